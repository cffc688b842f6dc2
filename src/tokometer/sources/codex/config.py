"""What Codex's home folder says of all its threads: the tier that is configured, and whose account it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from tokometer.host.regular import check_regular, read_bytes, read_text
from tokometer.host.toml import NotToml, parse
from tokometer.records.redaction import redacted

#: Larger than either file ever is.
_LIMIT: Final = 1 << 20
_Reader = Callable[[Path, int, int], str]


class _Tokens(msgspec.Struct):
    """The one thing in `auth.json` that is no secret; the rest of it is never decoded."""

    account_id: str | None = None


class _Auth(msgspec.Struct):
    tokens: _Tokens | None = None


def configured_tier(home: Path) -> str:
    """The service tier that `config.toml` asks for, as it is written; empty where it asks for none."""
    return _cached(home / "config.toml", _tier)


def account_of(home: Path) -> str:
    """The account that Codex is signed in to now (`tokens.account_id` of `auth.json`); empty where that is not said."""
    return _cached(home / "auth.json", _account)


def _cached(path: Path, read: _Reader) -> str:
    try:
        status = check_regular(path)
    except OSError:
        return ""
    return read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _tier(path: Path, _mtime_ns: int, _size: int) -> str:
    """The tier in one version of the file, read once."""
    try:
        setting = parse(read_text(path, _LIMIT)).get("service_tier")
    except (OSError, UnicodeDecodeError, NotToml):
        return ""
    return setting if isinstance(setting, str) else ""


@lru_cache(maxsize=8)
def _account(path: Path, _mtime_ns: int, _size: int) -> str:
    """The account in one version of the file, read once."""
    try:
        auth = msgspec.json.decode(read_bytes(path, _LIMIT), type=_Auth)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return redacted(auth.tokens.account_id or "", 200) if auth.tokens else ""
