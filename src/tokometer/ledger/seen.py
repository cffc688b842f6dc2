"""What was met lately, in little memory, so that what is new need not be looked for in the tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

#: Names in one of two generations; a hundred bytes each.
_MOST: Final = 600_000


class Seen:
    """Names (of traces, of answers) with the first quarter hour in which each was met.

    Two generations: when the newer one is full, the older one is forgotten. That it does not know a name means little,
    but for what has come since :attr:`since`.
    """

    __slots__ = ("_began", "_most", "_new", "_old", "since")

    def __init__(self, since: int, most: int = _MOST) -> None:
        #: In microseconds since the epoch, by our clock: everything that came later is known.
        self.since = since
        self._began = since
        self._most = most
        self._new: dict[int, int] = {}
        self._old: dict[int, int] = {}

    def meet(self, names: Collection[str], quarter: int, now: int) -> dict[str, int]:
        """Those of `names` that were met before, with their first quarter hour. Knows all of them afterwards."""
        # Hashes, because the names themselves would take three times the room; two names in one cost a look-up.
        hashed = dict(zip(map(hash, names), names, strict=True))
        first = {key: self._old[key] for key in hashed.keys() & self._old.keys()}
        first.update((key, self._new[key]) for key in hashed.keys() & self._new.keys())
        if len(self._new) >= self._most:
            self.since, self._began = self._began, now
            self._old, self._new = self._new, {}
        self._new.update(dict.fromkeys(hashed, quarter))
        self._new.update((key, min(quarter, was)) for key, was in first.items())
        return {hashed[key]: was for key, was in first.items()}
