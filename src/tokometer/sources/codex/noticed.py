"""What no rule understood in one reading of one file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tokometer.records import Notice
from tokometer.records.redaction import redacted

#: Cut to what a list can show.
_LONGEST: Final = 80
#: A file that is something else entirely is not listed name by name.
_MOST: Final = 100


class Noticed:
    """Counts things by topic and name, each with the first place where it stood."""

    def __init__(self, source: str, path: Path) -> None:
        self._source = source
        self._path = path
        self._found: dict[tuple[str, str], tuple[int, str]] = {}

    def add(self, topic: str, name: str, offset: int | None = None) -> None:
        """Count `name` (a key, a type, a tier; never content) under a topic; `offset` is the line's in the file."""
        shown = "".join(letter if letter.isprintable() else "?" for letter in redacted(name, _LONGEST))
        if (topic, shown) not in self._found and len(self._found) >= _MOST:
            shown = "others"
        place = str(self._path) if offset is None else f"{self._path}:{offset}"
        count, first = self._found.get((topic, shown), (0, place))
        self._found[topic, shown] = (count + 1, first)

    def notices(self) -> list[Notice]:
        """What was counted."""
        return [
            Notice(self._source, topic, name, place, count) for (topic, name), (count, place) in self._found.items()
        ]
