"""What no rule understood in one reading, counted."""

from __future__ import annotations

from typing import Final

from tokometer.records import Notice, now_us
from tokometer.records.redaction import redacted

#: Cut to what a list can show.
_LONGEST: Final = 80
#: What is something else entirely is not listed name by name.
_MOST: Final = 100
_OTHERS: Final = "others"


class Noticed:
    """Counts things by topic and name, each with the first place where it stood."""

    def __init__(self, source: str, place: str) -> None:
        self._source = source
        self._place = place
        self._found: dict[tuple[str, str], list[int | None]] = {}

    def add(self, topic: str, name: str, position: int | None = None, *, count: int = 1) -> None:
        """Count `name` (a key, a type, a tier; never content) under a topic (a key of `records.TOPICS`).

        `position` is the byte offset of the line in the file, or the index in the request.
        """
        shown = "".join(letter if letter.isprintable() else "?" for letter in redacted(name, _LONGEST))
        if (topic, shown) not in self._found and len(self._found) >= _MOST:
            shown = _OTHERS
        found = self._found.setdefault((topic, shown), [0, position])
        found[0] = (found[0] or 0) + count

    def all(self) -> list[Notice]:
        """What was counted."""
        at = now_us()
        return [
            Notice(
                self._source, topic, name, self._place if where is None else f"{self._place}:{where}", count or 0, at
            )
            for (topic, name), (count, where) in self._found.items()
        ]
