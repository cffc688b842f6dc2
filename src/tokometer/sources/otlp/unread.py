"""What no rule reads: collected with a span's attributes, counted for a request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from tokometer.records import Notice
from tokometer.records.lengths import MAX_TEXT
from tokometer.records.redaction import redacted

#: Key of a span's attributes under which it is collected, as (topic, name).
UNREAD: Final = "unread"
DOES_NOT_ADD_UP: Final = "counts that do not add up"
_NAME: Final = 80
#: Different names of one topic in one request; what is beyond is counted together.
_MOST: Final = 50
_OTHERS: Final = "others"
#: Parts of a name that are not the same twice: ids, indexes, dates.
_VARIABLE: Final = re.compile(r"(?<![0-9a-z])(?:[0-9a-f-]{16,}|\d+)(?![0-9a-z])|\d{4,}", re.IGNORECASE)


def note(found: dict[str, Any], topic: str, name: str) -> None:
    """Keep in mind that a span has something that is not understood."""
    noted = found.setdefault(UNREAD, [])
    if (topic, name) not in noted:
        noted.append((topic, name))


class Unread:
    """What the spans of one request have that is not understood, by name, each with the first place where it stood."""

    def __init__(self, source: str, place: str) -> None:
        self._source = source
        self._place = place
        self._seen: dict[tuple[str, str], tuple[int, int]] = {}
        self._names: dict[str, int] = {}

    def add(self, index: int, noted: Iterable[tuple[str, str]]) -> None:
        """What the span with this index has."""
        for topic, name in noted:
            one = (topic, _plain(name))
            if one not in self._seen:
                names = self._names[topic] = self._names.get(topic, 0) + 1
                if names > _MOST:
                    one = (topic, _OTHERS)
            count, first = self._seen.get(one, (0, index))
            self._seen[one] = count + 1, first

    def notices(self, at: int) -> list[Notice]:
        """All of it; `at` is our clock in microseconds."""
        return [
            Notice(self._source, topic, name, f"{self._place}:{first}", count, at)
            for (topic, name), (count, first) in self._seen.items()
        ]


def _plain(name: str) -> str:
    plain = _VARIABLE.sub("#", redacted(name, MAX_TEXT))[:_NAME]
    return "".join(letter if letter.isprintable() else "?" for letter in plain)
