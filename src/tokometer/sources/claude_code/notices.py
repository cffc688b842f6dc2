"""What no rule understood in one reading, counted."""

from __future__ import annotations

from typing import Final

from tokometer.records import Notice, now_us
from tokometer.records.redaction import redacted

_LONGEST: Final = 80
#: Names of one reading beyond which they are only counted together.
_MOST: Final = 100
_OTHERS: Final = "…"


class Notices:
    """Counts by topic and name; the place is where each was first met."""

    def __init__(self, source: str, path: str) -> None:
        self._source = source
        self._path = path
        self._found: dict[tuple[str, str], list[int]] = {}

    def add(self, topic: str, name: str, offset: int) -> None:
        """Count one more of these, met in the line at `offset`."""
        key = topic, redacted(name, _LONGEST)
        if key not in self._found and len(self._found) >= _MOST:
            key = topic, _OTHERS
        self._found.setdefault(key, [0, offset])[0] += 1

    def all(self) -> list[Notice]:
        """Everything that was counted."""
        at = now_us()
        return [
            Notice(self._source, topic, name, f"{self._path}:{offset}", count=count, at=at)
            for (topic, name), (count, offset) in self._found.items()
        ]
