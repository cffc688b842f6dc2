"""What the planning of a commit asks of an engine: which records are stored, and what stands in groups of calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from tokometer.ledger.rows import GroupKey
from tokometer.ledger.tables import Table
from tokometer.ledger.told_places import Shelf as ToldShelf


class Stored(NamedTuple):
    """What the ledger says of one stored record without reading it whole."""

    id: bytes
    revision: int
    origin: int
    started_at: int


#: What a call is to its group: of the calls of one, only those of the highest rank count.
SHADOW, ECHO, REAL = range(3)


def rank_of(*, shadow: bool, echo: bool) -> int:
    """The rank of a call in its group."""
    return SHADOW if shadow else ECHO if echo else REAL


class Shadow(NamedTuple):
    """A stored shadow or echo of a group."""

    group: GroupKey
    id: bytes
    rank: int


class Answered(NamedTuple):
    """A group with a stored call that is not a shadow, and the rank of one."""

    group: GroupKey
    rank: int


Quarters = tuple[int, int] | None


class Shelf(ToldShelf, Protocol):
    """What planning a commit needs to know of the stored records."""

    def stored(self, table: Table, ids: Sequence[bytes], quarters: Quarters) -> Iterable[Stored]:
        """Those of `ids` that are stored; looks only in `quarters` (first and last, inclusive) where given."""

    def any_shadows(self) -> bool:
        """Whether there may be stored shadows or echoes at all."""

    def shadows(self, groups: Sequence[GroupKey], quarters: Quarters) -> Iterable[Shadow]:
        """The stored shadows and echoes of these groups. There are few in all: quick where there are none."""

    def answered(self, groups: Sequence[GroupKey], quarters: Quarters) -> Iterable[Answered]:
        """Those of these groups that have a stored call which is not a shadow: once for each rank that there is."""
