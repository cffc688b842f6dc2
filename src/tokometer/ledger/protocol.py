"""What a ledger promises, whatever engine is behind it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol, TypeVar

from tokometer.ledger.packed import Packed, Stood, where
from tokometer.ledger.waiting import Waiting
from tokometer.records import ModelCall, Notice, Record, Refusal

if TYPE_CHECKING:
    from tokometer.ledger.recosting import Recosting

T = TypeVar("T")
#: Seconds after which to ask again where nobody knows better.
RETRY_AFTER: Final = 5

Engine = Literal["duckdb", "clickhouse"]
#: `refused` is what an engine could not take, though everything before it had; see `tokometer.collect.committing`.
Outcome = Literal["accepted", "duplicate", "changed", "refused"]


@dataclass(slots=True)
class Batch:
    """What one commit makes durable, all or nothing."""

    records: list[Record] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    #: (source, place) → opaque state with which the source goes on.
    cursors: dict[tuple[str, str], bytes] = field(default_factory=dict)
    #: A sender that corrects itself: of two versions with equal revision the one that arrives later is right.
    corrections: bool = False
    #: More records, made into columns already; they count as arriving after `records`.
    packed: list[Packed] = field(default_factory=list)
    #: Fills `cost_priced` and what goes with it, where the commit changes what a call's price depends on.
    price: Callable[[Iterable[ModelCall]], None] | None = None
    #: What no rule understood. Counted beside the records; the same notice read again counts again.
    notices: list[Notice] = field(default_factory=list)
    #: Records that our clock does not believe yet, to be kept until it does (:mod:`tokometer.ledger.aside`).
    aside: list[Waiting] = field(default_factory=list)
    #: What was kept aside and has come to its time: it and its refusals go with this commit.
    due: list[Waiting] = field(default_factory=list)
    #: (source, place) of files that could not be read and now can: their refusals as a whole go.
    healed: list[tuple[str, str]] = field(default_factory=list)
    #: Where `records` stood, in their order, as far as that is known; those of `packed` know it themselves.
    stood: list[Stood] = field(default_factory=list)
    #: More records, for a server elsewhere: how many, and their shipment. For an outbox; a ledger has none of them.
    shipped: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many records these are."""
        return len(self.records) + sum(map(len, self.packed)) + sum(count for count, _ in self.shipped)

    def where(self, position: int) -> tuple[str, int]:
        """The place at which a record of the batch stood and its position there; empty and 0 where nobody knows."""
        if position < len(self.records):
            return where(self.stood, position)
        position -= len(self.records)
        for packed in self.packed:
            if position < len(packed):
                return where(packed.stood, position)
            position -= len(packed)
        raise IndexError(position)

    def add(self, other: Batch) -> None:
        """Take in what another one holds, after what this one does."""
        if other.stood or self.stood:
            self.stood += [Stood("", len(self.records))] if self.records and not self.stood else []
            self.stood += other.stood or [Stood("", len(other.records))]
        self.records += other.records
        self.packed += other.packed
        self.shipped += other.shipped
        self.refusals += other.refusals
        self.notices += other.notices
        self.aside += other.aside
        self.due += other.due
        self.healed += other.healed
        self.cursors.update(other.cursors)

    def unpack(self) -> None:
        """Turn what is packed back into records."""
        for packed in self.packed:
            self.add(Batch(packed.records(), stood=packed.stood))
        self.packed.clear()


@dataclass(slots=True)
class Receipt:
    """What a commit did with the records of its batch."""

    accepted: int = 0
    duplicate: int = 0
    changed: int = 0
    #: Those of the batch that had been refused before, and those of its records that were in the commit.
    refused: int = 0
    #: What became of each record, in the batch's order: `records`, then each of `packed`.
    outcomes: list[Outcome] = field(default_factory=list)
    #: Kinds of record that were touched (`calls`, `tools`, …), for live pages.
    touched: frozenset[str] = frozenset()
    #: Why records of the batch were refused in the commit, by their position.
    spoiled: dict[int, Refusal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$name` parameters, in the engine's dialect. Identifiers come from declarations, values are bound."""

    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One rollup value that differs from what its records say."""

    table: str
    key: Mapping[str, Any]
    column: str
    stored: Any
    expected: Any


class Unsettled(NamedTuple):
    """A quarter hour that a rollup lacks because it could not be built (:mod:`tokometer.ledger.unsettled`)."""

    rollup: str
    quarter: int
    reason: str
    #: Microseconds since the epoch.
    since: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Commits that were acknowledged and are not in the ledger."""

    commits: int
    #: When the last one was that is there, in microseconds since the epoch; 0 where there is none.
    since: int


class LedgerError(Exception):
    """The ledger cannot do what was asked; the message says what to do next."""


class LedgerLocked(LedgerError):
    """Another process holds this data folder."""


class LedgerUnavailable(LedgerError):
    """It cannot be done now, and will be possible again without anybody's doing: worth another try after a while."""

    def __init__(self, message: str, retry_after: int = RETRY_AFTER) -> None:
        super().__init__(message)
        #: Seconds after which to try again.
        self.retry_after = retry_after


class LedgerFull(LedgerUnavailable):
    """There is no room on the disk. What was acknowledged is safe, and is answered where the engine can."""


class LedgerDamaged(LedgerError):
    """What is on the disk is not what was written; the message says what is damaged and what to do."""


class Readable(Protocol):
    """What answers questions about records: a ledger, or what it was at one moment. Safe to call from any thread."""

    @property
    def engine(self) -> Engine:
        """Which SQL dialect :meth:`fetch` speaks."""

    @property
    def rolled(self) -> frozenset[str]:
        """The keys of labels that take part in the rollups."""

    @property
    def unsettled(self) -> Sequence[Unsettled]:
        """What the rollups lack because it could not be settled, in the order of time; mostly nothing."""

    def settle(self) -> int:
        """Rebuild the rollups of everything dirty, and return how many quarter hours that were. Cheap when clean.

        What cannot be settled is set aside (:attr:`unsettled`) and stops nothing around it.
        """

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """The rows of a query, as tuples: Decimal money, naive UTC datetimes, ints, floats, str."""

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` reads from here. Of a snapshot it is read once, and shared by all who name it by this `key`."""


class Snapshot(Readable, Protocol):
    """What a ledger was at one moment: whatever is committed later is not in it. To be closed soon.

    Its :meth:`settle` does nothing, and raises :class:`LedgerUnavailable` where the rollups are not up to date with it.
    """

    @property
    def state(self) -> Hashable:
        """Equal for snapshots that hold the same; None where that cannot be told."""

    @property
    def is_lost(self) -> bool:
        """Whether it can answer no more, since what it is of was closed."""

    def close(self) -> None:
        """Let go of it; a second call does nothing."""


class Ledger(Readable, Protocol):
    """Records kept exactly once, and rollups of them. Safe to call from several threads."""

    def commit(self, batch: Batch) -> Receipt:
        """Make a batch durable: new and changed records, refusals and cursors, all or nothing.

        The rollups of what it touched are marked dirty in the same transaction; :meth:`settle` rebuilds them.
        """

    def roll_up(self, keys: Iterable[str]) -> None:
        """Let these keys of labels, and no others, take part in the rollups; what that changes is marked dirty."""

    def bulk(self) -> AbstractContextManager[None]:
        """While it is open much is being committed: it may cost less at the price of slower queries meanwhile."""

    def rest(self) -> None:
        """Do what makes the next start quick. Called now and then when nothing has come for a while."""

    def snapshot(self, readers: int) -> Snapshot:
        """What is in it now, its rollups up to date, for so many threads that ask at the same time.

        ClickHouse has none: there each question sees what is committed when it is asked.
        """

    def cursors(self, source: str) -> dict[str, bytes]:
        """The state that each place of a source was left in."""

    def forget(self, source: str, places: Iterable[str]) -> None:
        """Drop cursors of places that are gone."""

    def audit(self) -> Sequence[Discrepancy]:
        """Every difference between the rollups and what the records say (settles first); empty is a clean bill."""

    def prune(self, table: str, before: int) -> int:
        """Drop the rows of a table of :data:`tokometer.ledger.retention.KEPT_DAYS` that are older than a time.

        `before` is in microseconds since the epoch. Returns how many rows that were.

        Raises:
            KeyError: There is no such table, or what is in it is kept for good.
        """

    def reprice(self, costs: Mapping[bytes, tuple[int | None, str, str]]) -> int:
        """Set the computed cost (nano-USD), price version and price basis of calls by id; return how many changed."""

    @property
    def recosting(self) -> Recosting:
        """What gives many calls other costs at once."""

    def ready(self) -> None:
        """Say whether records can be taken just now; what was closed after an error is opened again. Cheap.

        Raises:
            LedgerError: They cannot, and why.
            LedgerDamaged: What somebody asked for could not be read; records may be taken all the same.
        """

    @property
    def missing(self) -> Missing | None:
        """What was acknowledged and is gone (a damaged log, an older copy in its place), until it is repaired."""

    def stats(self) -> dict[str, int]:
        """Rows per table and bytes on disk."""

    def close(self) -> None:
        """Let go of the data; a second call does nothing."""
