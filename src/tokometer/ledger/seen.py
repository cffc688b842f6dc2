"""What was met lately, in little memory, so that what is new need not be looked for in the tables."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from typing import Final

#: Names in one of two generations, but for those of the batch that filled it; a hundred bytes each.
_MOST: Final = 150_000
#: Names of which a table keeps a mark: 8 bytes each, as half of its slots stay empty.
_MARKED: Final = 1 << 21
#: Tables at once: 16 MiB each. With both generations that makes 130 MB, and 10 to 13 million names.
_TABLES: Final = 6
#: After every quarter hour.
_NEVER: Final = 1 << 62
_MARK_BITS: Final = 32
_MARK_MASK: Final = (1 << _MARK_BITS) - 1


class _Table:
    """Marks of the names of some generations that were forgotten.

    The low bits of a name's hash say in which slot it stands, or behind which, and the upper ones are its mark. That
    one that was never met is taken for one that was happens once in a billion, and costs a look-up.
    """

    __slots__ = ("_left", "_mask", "_slots", "began", "first", "until")

    def __init__(self, began: int, names: int) -> None:
        #: Everything that came between these times is in it, in microseconds since the epoch.
        self.began = began
        self.until = began
        #: The first quarter hour in which any of them was met.
        self.first = _NEVER
        size = 1 << (2 * names - 1).bit_length()
        self._left = names
        self._mask = size - 1
        self._slots = array("I", bytes(4 * size))

    def has_room(self, names: int) -> bool:
        """Whether so many more can be put into it."""
        return names <= self._left

    def put(self, generation: dict[int, int], until: int) -> None:
        """Put a generation into it, of names that came up to then."""
        slots, mask = self._slots, self._mask
        for key in generation:
            at, mark = key & mask, key >> _MARK_BITS & _MARK_MASK or 1
            while (there := slots[at]) and there != mark:
                at = at + 1 & mask
            slots[at] = mark
        self._left -= len(generation)
        self.until = until
        self.first = min(self.first, *generation.values())

    def among(self, keys: Sequence[int]) -> list[int]:
        """Those of these hashes that are in it."""
        slots, mask = self._slots, self._mask
        found = []
        # Of every other name the first slot already says that it is not there.
        for key in [key for key in keys if slots[key & mask]]:
            at, mark = key & mask, key >> _MARK_BITS & _MARK_MASK or 1
            while (there := slots[at]) and there != mark:
                at = at + 1 & mask
            if there:
                found.append(key)
        return found


class Seen:
    """Names (of traces, of answers) with the first quarter hour in which each was met.

    Two generations: when the newer one is full, the older one goes into a table in which only a mark of each name is
    left; when there are too many tables, the oldest is forgotten. So much is kept however many names come, and what it
    does not know was not met since :attr:`since`. That it does not know a name means little of what came before.
    """

    __slots__ = ("_began", "_marked", "_most", "_new", "_old", "_tables", "_tables_most", "_turned")

    def __init__(self, since: int, most: int = _MOST, *, marked: int = _MARKED, tables: int = _TABLES) -> None:
        """`most` names in a generation, marks of `marked` in each of so many `tables`."""
        self._turned = self._began = since
        self._most = most
        self._marked = marked
        self._new: dict[int, int] = {}
        self._old: dict[int, int] = {}
        self._tables: list[_Table] = []
        self._tables_most = tables

    @property
    def since(self) -> int:
        """In microseconds since the epoch, by our clock: everything that came later is known."""
        return self._tables[0].began if self._tables else self._turned

    @property
    def lately(self) -> int:
        """The same of what :meth:`meet` knows without :meth:`recall`."""
        return self._turned

    def meet(self, names: Collection[str], quarter: int, now: int) -> dict[str, int]:
        """Those of `names` that were met lately, with their first quarter hour. Knows all of them afterwards."""
        # Hashes, because the names themselves would take three times the room; two names in one cost a look-up.
        hashed = dict(zip(map(hash, names), names, strict=True))
        first = {key: self._old[key] for key in hashed.keys() & self._old.keys()}
        first.update((key, self._new[key]) for key in hashed.keys() & self._new.keys())
        if len(self._new) >= self._most:
            self._turn(now)
        self._new.update(dict.fromkeys(hashed, quarter))
        self._new.update((key, min(quarter, was)) for key, was in first.items())
        return {hashed[key]: was for key, was in first.items()}

    def recall(self, names: Collection[str], after: int) -> dict[str, int]:
        """Those of `names` that were met before that, with a quarter hour that is not after their first.

        Looks only where names are that came after a time, in microseconds.
        """
        hashed = dict(zip(map(hash, names), names, strict=True))
        keys = list(hashed)
        first: dict[int, int] = {}
        for table in self._tables:
            if table.until > after:
                first.update((key, min(table.first, first.get(key, table.first))) for key in table.among(keys))
        return {hashed[key]: was for key, was in first.items()}

    def _turn(self, now: int) -> None:
        """The newer generation becomes the older one, which becomes marks in a table."""
        if self._old:
            if not (self._tables and self._tables[-1].has_room(len(self._old))):
                self._tables.append(_Table(self._turned, max(self._marked, len(self._old))))
            self._tables[-1].put(self._old, self._began)
            del self._tables[: -self._tables_most or None]
        self._turned, self._began = self._began, now
        self._old, self._new = self._new, {}
