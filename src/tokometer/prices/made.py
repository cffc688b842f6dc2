"""Prices that people make in the page, as a file that every process finds beside `prices.toml` and reads alike.

They are kept in the accounts database; the file is written from there, and never read back into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tokometer.host.private import write_private
from tokometer.host.regular import read_text
from tokometer.prices.overrides import PAGE, Override, override_of

_HEAD: Final = (
    "# Written by Tokometer from what was made on the page Prices. Change it there: this file is written anew.\n"
)


def entry_of(
    provider: str,
    model: str,
    declared: Mapping[str, Any],
    since: datetime | None,
    until: datetime | None,
    note: str = "",
) -> dict[str, Any]:
    """What is kept of a price as an entry of `prices.toml`: prices are decimal text, times aware."""
    entry: dict[str, Any] = {"model": model or "*"}
    if provider:
        entry["provider"] = provider
    for name, value in declared.items():
        entry[name] = value if name in _TEXTS else int(value) if name == "above_tokens" else Decimal(str(value))
    if since is not None:
        entry["valid_from"] = since
    if until is not None:
        entry["valid_until"] = until
    if note:
        entry["note"] = note
    return entry


_TEXTS: Final = frozenset({"service_tier", "workspace", "account", "api_key", "team"})


def checked(number: int, entry: Mapping[str, Any]) -> Override:
    """The entry as it is used.

    Raises:
        PriceFileError: it says something that is not a price; its `key` ends in the entry's.
    """
    return override_of(Path("prices"), number, dict(entry), PAGE)


def written(entries: Iterable[Mapping[str, Any]]) -> str:
    """Entries as text of TOML; empty where there are none."""
    parts = ["\n".join(["[[price]]", *(f"{name} = {_value(value)}" for name, value in one.items())]) for one in entries]
    return _HEAD + "\n" + "\n\n".join(parts) + "\n" if parts else ""


def write(path: Path, entries: Iterable[Mapping[str, Any]]) -> bool:
    """Have the file say these entries, and be gone where there are none; whether that changed it."""
    text = written(entries)
    try:
        before = read_text(path)
    except (OSError, UnicodeDecodeError):
        before = ""
    if text == before:
        return False
    if text:
        write_private(path, text.encode())
    else:
        path.unlink(missing_ok=True)
    return True


def _value(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    # What JSON writes of text, TOML reads.
    return json.dumps(value).replace("\\u007f", "\\u007F") if isinstance(value, str) else str(value)
