"""How far an import is, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tokometer.records.plural import counted


def reading_words(reading: Mapping[str, Any], tz: str) -> str:
    """`read 412 of 630 files, back to 3 Nov 2026`, from what `collect.horizon.Reach.to_json` gives."""
    words = f"read {reading['files']:,} of {counted(reading['all_files'], 'file')}"
    if reading["back_to"] is None or not reading["files"]:
        return words
    at = datetime.fromisoformat(reading["back_to"]).astimezone(ZoneInfo(tz))
    return f"{words}, back to {at.day} {at:%b %Y}"
