"""Whose sessions these are: the machine, and the account that Claude Code was logged in to."""

from __future__ import annotations

import socket
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from tokometer.host.regular import check_regular, read_bytes
from tokometer.records.redaction import redacted

#: The file holds the history of every project, too.
_LIMIT: Final = 32 << 20
_LONGEST: Final = 200


class _Account(msgspec.Struct):
    """What is said of the login; its tokens stand elsewhere, and nothing else of this file is read."""

    emailAddress: str | None = None  # noqa: N815 - the file's own names
    organizationName: str | None = None  # noqa: N815
    organizationUuid: str | None = None  # noqa: N815


class _Config(msgspec.Struct):
    oauthAccount: _Account | None = None  # noqa: N815


_decode: Final = msgspec.json.Decoder(_Config).decode


@lru_cache(maxsize=1)
def machine() -> str:
    """The name of this host."""
    return socket.gethostname()


def account_of(config: Path) -> str:
    """The login of a configuration folder (`~/.claude`); empty where no file states one.

    `.claude.json` lies in a folder that `CLAUDE_CONFIG_DIR` names, else in the home folder.
    """
    beside = config.parent.parent if config.parent.name == ".config" else config.parent
    for folder in (config, beside):
        path = folder / ".claude.json"
        try:
            status = check_regular(path)
        except OSError:
            continue
        found = _read(str(path), (status.st_mtime_ns, status.st_size))
        if found:
            return found
    return ""


@lru_cache(maxsize=64)
def _read(path: str, state: tuple[int, int]) -> str:  # noqa: ARG001 - a part of the cache's key
    """The login that a file states; asked once for each state of it."""
    try:
        account = _decode(read_bytes(path, _LIMIT)).oauthAccount
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if account is None:
        return ""
    named = account.emailAddress or account.organizationName or account.organizationUuid or ""
    return redacted(named.strip(), _LONGEST)
