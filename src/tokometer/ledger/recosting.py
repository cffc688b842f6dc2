"""Giving many stored calls other costs at once: what is asked for, what that changes, and how far it has come.

The rates come from above as rows of whole numbers (:data:`RATES`); calls that rows cannot price are handed up one by
one. What calls and their rollups would cost is first put *beside* what they cost, in short transactions, where nobody
sees it; then both change places in one. So what was there before is beside it afterwards, and can be put back.
See `docs/decisions/038-costs-change-places.md`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple, Protocol

import msgspec

from tokometer.ledger.protocol import LedgerUnavailable
from tokometer.ledger.tables import Column, columns_of
from tokometer.records import ModelCall

#: What rates are found by; those after the first four only where prices depend on whose a call is.
PLAN_KEY: Final = ("provider", "model", "service_tier", "region")
WHOSE: Final = ("workspace", "account", "api_key", "team")
#: A row of rates: its key, when and for what size it holds, and how many of what make a nano-dollar (see
#: `tokometer.prices.compiled`).
RATES: Final[tuple[Column, ...]] = columns_of(
    """name: provider model service_tier region workspace account api_key team
    int: since until clock_from clock_until above most
    flag: priced free careful
    int: input cache_read cache_write_5m cache_write_1h output reasoning request unit room
    name: basis"""
)
#: The key in `meta` under which a ledger keeps its last re-costing.
LAST: Final = "recosting"

State = Literal["staging", "switching", "applied", "undoing", "undone", "dropped"]
#: Prices calls in place.
Price = Callable[[Sequence[ModelCall]], None]


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls are priced anew: those that began since a time and before another (µs), of a provider, of a model."""

    since: int = 0
    until: int = 2**62
    provider: str = ""
    model: str = ""
    workspace: str | None = None


class Last(msgspec.Struct, frozen=True, kw_only=True):
    """The last re-costing of a ledger, as the ledger itself keeps it."""

    id: str
    state: State
    #: Microseconds since the epoch.
    at: int
    calls: int = 0


@dataclass(slots=True)
class Difference:
    """What changes for one model. Money is US dollars, exact; calls without a price add none."""

    calls: int = 0
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    unpriced_before: int = 0
    unpriced_after: int = 0

    def add(self, other: Difference) -> None:
        """Count what another one counts."""
        self.calls += other.calls
        self.before += other.before
        self.after += other.after
        self.unpriced_before += other.unpriced_before
        self.unpriced_after += other.unpriced_after


@dataclass(slots=True)
class Found:
    """What a re-costing changes, or would."""

    #: Calls in the scope.
    calls: int = 0
    #: Those that cost what they did: their price is known to be more or less sure than was said, or is only beside what
    #: their source reported.
    marked: int = 0
    #: Those that rows of rates could not price, so that the book did, one by one.
    alone: int = 0
    models: dict[tuple[str, str], Difference] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """Calls that cost something else."""
        return sum(one.calls for one in self.models.values())

    def add(self, other: Found) -> None:
        """Count what another one counts."""
        self.calls += other.calls
        self.marked += other.marked
        self.alone += other.alone
        for key, difference in other.models.items():
            self.models.setdefault(key, Difference()).add(difference)


class Prices(NamedTuple):
    """What calls are priced with: rows of rates for the plans that a ledger names, and the book for other calls."""

    version: str
    scoped: bool
    #: Rows of :data:`RATES` for plans by their keys (:data:`PLAN_KEY`, and :data:`WHOSE` where scoped).
    rates: Callable[[Sequence[tuple[str, ...]]], Iterator[tuple[Any, ...]]]
    price: Price


class Cancelled(Exception):
    """Somebody no longer wants it; nothing has changed."""


class Unfinished(LedgerUnavailable):
    """It is written down that it is to be done, and is done as soon as the ledger can."""


#: Takes calls done and all; raises :class:`Cancelled` where it is to end.
Progress = Callable[[int, int], None]


class Recosting(Protocol):
    """Re-costs one ledger. One at a time; from any thread."""

    def preview(self, scope: Scope, prices: Prices, progress: Progress) -> Found:
        """What it would change. Changes nothing."""

    def room(self) -> tuple[int, int]:
        """How many bytes an application may need on the disk, and how many there are."""

    def apply(self, id_: str, scope: Scope, prices: Prices, progress: Progress) -> Found:
        """Change the costs of the calls in scope: all of them, or where this raises or the process ends, none.

        Raises:
            Cancelled: `progress` did; nothing has changed, but what was re-costed before can no longer be undone.
            Unfinished: The ledger's server went away in the middle of it; what is missing follows.
            LedgerError: It cannot be done.
        """

    def undo(self, id_: str, progress: Progress) -> int:
        """Put back what the calls cost before; returns how many those were. Calls that came since stay as they are.

        Raises:
            Unfinished: As for :meth:`apply`.
            LedgerError: Something newer was re-costed on top, or it is undone already.
        """

    @property
    def last(self) -> Last | None:
        """The last one, None where there was none yet."""


@contextmanager
def alone(busy: threading.Lock) -> Iterator[None]:
    """While something is re-costed or undone.

    Raises:
        LedgerUnavailable: Something else is.
    """
    if not busy.acquire(blocking=False):
        raise LedgerUnavailable("another re-costing is under way; try again when it is over")
    try:
        yield
    finally:
        busy.release()


def plan_key(scoped: bool) -> tuple[str, ...]:
    """The columns by which calls find their rates."""
    return PLAN_KEY + WHOSE if scoped else PLAN_KEY


def scope_sql(scope: Scope) -> tuple[str, Mapping[str, Any]]:
    """A condition on calls and what it binds; on quarter hours and times it has to be added by the engine."""
    where, bound = ["1 = 1"], dict[str, Any]()
    for name in ("provider", "model", "workspace"):
        value = getattr(scope, name)
        if value or (name == "workspace" and value is not None):
            where.append(f"{name} = ${name}")
            bound[name] = value
    return " AND ".join(where), bound


def cannot_undo(last: Last | None, id_: str) -> str:
    """Why a re-costing cannot be undone, where the last one is another or in another state."""
    if last is None:
        return "nothing was re-costed yet"
    if last.id != id_:
        return "something newer was re-costed on top of it: undo that first, if it still can be, or re-cost again"
    words: dict[State, str] = {"undone": "it is undone already", "dropped": "it was never applied"}
    return words.get(last.state, "it is not applied yet")


__all__ = [
    "LAST",
    "PLAN_KEY",
    "RATES",
    "WHOSE",
    "Cancelled",
    "Difference",
    "Found",
    "Last",
    "Prices",
    "Progress",
    "Recosting",
    "Scope",
    "Unfinished",
    "alone",
    "cannot_undo",
    "plan_key",
    "scope_sql",
]
