"""Which records a measure counts, and how they add up to it: what stands behind a number, record by record.

Whoever lists the records of a query with :attr:`Behind.where` beside the query's own filters, and with
:attr:`Behind.columns`, can add them up to exactly the number that the query gives: :meth:`Behind.value` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import ceil
from typing import Any, Final, Literal

from tokometer.measures.atoms import Atom, Different, Extreme, Facts, Minute, Rank, Total
from tokometer.measures.catalogue import CUBES
from tokometer.measures.facts import FACTS
from tokometer.measures.kinds import Measure, Value
from tokometer.measures.query import Filter, measure_named
from tokometer.records import PARTS, QUANTITIES
from tokometer.records.basis import ASSUMED, USAGE_UNKNOWN, unpriced
from tokometer.records.histogram import bucket_of
from tokometer.records.status import ERRORS
from tokometer.records.time import to_us

_MINUTE_US: Final = 60_000_000
#: How a record takes part in a sum: with the fact's value (an unknown one adds nothing), with 1 where the fact is
#: known or where it is not, or with 1 whatever it says.
How = Literal["sum", "known", "unknown", "each"]


@dataclass(frozen=True, slots=True)
class Addend:
    """What one record adds: a fact of it, or 1. Taken away where `minus`."""

    fact: str
    how: How = "sum"
    minus: bool = False

    def of(self, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - int, float or Decimal, as the fact is
        """What the record in this row adds."""
        if self.how == "each":
            value: Any = 1
        elif self.how == "sum":
            value = row[self.fact] or 0
        else:
            value = int((row[self.fact] is None) == (self.how == "unknown"))
        return -value if self.minus else value


@dataclass(frozen=True, slots=True)
class Term:
    """One of the things that a measure is computed from, as rows have it.

    Sums have `addends`; of everything else, `facts` are what of a row it is told from. `where` says which of the listed
    records take part, by the short names of dimensions.
    """

    atom: Atom
    addends: tuple[Addend, ...] = ()
    facts: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """What has to be listed."""
        added = tuple(addend.fact for addend in self.addends if addend.how != "each")
        return (*added, *self.facts, *(name for name, _ in self.where))

    def value(self, rows: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - whatever the atom is
        """What the rows make of it."""
        taken = [row for row in rows if all(row[name] in values for name, values in self.where)]
        if isinstance(self.atom, Total):
            start: Any = Decimal(0) if self.atom.money else 0
            return sum((addend.of(row) for row in taken for addend in self.addends), start)
        return _TOLD[type(self.atom)](self.atom, taken, self.facts)


@dataclass(frozen=True, slots=True)
class Behind:
    """The records behind a measure: of which cube, under which filters beside the query's own, and how they add up."""

    measure: Measure
    cube: str
    where: tuple[Filter, ...]
    terms: tuple[Term, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the records have to be listed with, each once."""
        named = dict.fromkeys(name for term in self.terms for name in term.columns)
        return tuple(named) or ("at",)

    @property
    def shown(self) -> str:
        """The column that a list sorted by what adds most is sorted by; empty where each record adds the same."""
        for term in self.terms:
            for name in (*(addend.fact for addend in term.addends if addend.how == "sum"), *term.facts):
                if name in FACTS[self.cube]:
                    return name
        return ""

    def value(self, rows: Iterable[Mapping[str, Any]], seconds: float = 0) -> Value:
        """The measure's value, from all rows of the list; `seconds` of wall time, for measures that are rates."""
        listed = list(rows)
        return self.measure.value(Facts({term.atom: term.value(listed) for term in self.terms}, lambda: seconds))


@lru_cache(maxsize=512)
def behind(measure: str) -> Behind:
    """The records behind a measure, by its name (`calls.cost`).

    Raises:
        QueryError: there is no such measure.
    """
    found = measure_named(measure)
    cube = found.name.partition(".")[0]
    atoms = tuple(dict.fromkeys(found.atoms()))
    where = _common(cube, atoms)
    return Behind(found, cube, where, tuple(_term(cube, atom) for atom in atoms))


def _common(cube: str, atoms: Sequence[Atom]) -> tuple[Filter, ...]:
    """What every record that takes part in any of the atoms passes."""
    conditions = [_narrow(cube, atom) for atom in atoms]
    first = conditions[0]
    if first is None or any(one is None or one.dimension != first.dimension for one in conditions):
        return ()
    if all(one == first for one in conditions):
        return (first,)
    if any(one is not None and one.op == "prefix" for one in conditions):
        return ()
    values = dict.fromkeys(value for one in conditions if one is not None for value in one.values)
    return (Filter(first.dimension, "in", tuple(values)),)


def _narrow(cube: str, atom: Atom) -> Filter | None:
    """The filter that all records pass which take part in an atom; None where that may be any."""
    if isinstance(atom, Total):
        if len(atom.where) == 1:
            [(column, values)] = atom.where
            return Filter(f"{cube}.{_dimension(cube, column)}", "in", values)
        return _NARROW.get((cube, atom.columns, atom.minus))
    return None


def _dimension(cube: str, column: str) -> str:
    """The short name of the dimension that is just a column."""
    named = CUBES[cube].dimensions.items()
    return next(name for name, one in named if one.column == column and not (one.only or one.sql or one.derive))


def _term(cube: str, atom: Atom) -> Term:
    if isinstance(atom, Total):
        plus = [_addend(cube, name, minus=False) for name in atom.columns]
        minus = [_addend(cube, name, minus=True) for name in atom.minus]
        where = tuple((_dimension(cube, column), values) for column, values in atom.where)
        return Term(atom, (*plus, *minus) or (Addend("", "each"),), where=where)
    if isinstance(atom, Rank):
        return Term(atom, facts=(_RANKED[atom.column],))
    if isinstance(atom, Different):
        return Term(atom, facts=_IDENTITY[atom.things])
    if isinstance(atom, Extreme):
        return Term(atom, facts=(atom.column, "at"))
    return Term(atom, facts=("at", "status"))


def _addend(cube: str, column: str, *, minus: bool) -> Addend:
    fact, how = _ADDED.get((cube, column)) or _ADDED.get(("", column)) or (column, "sum")
    return Addend(fact, how, minus)


#: What a column of sums is made of, where it is not just the fact of that name.
_ADDED: Final[dict[tuple[str, str], tuple[str, How]]] = {
    ("calls", "requests"): ("", "each"),
    ("calls", "cost_usd"): ("cost", "sum"),
    ("calls", "unpriced"): ("cost", "unknown"),
    ("bills", "unconverted"): ("amount", "unknown"),
    ("calls", "latency_count"): ("latency_us", "known"),
    ("calls", "ttft_count"): ("ttft_us", "known"),
    ("changes", "cost_usd"): ("cost", "sum"),
    ("changes", "time_to_merge_count"): ("time_to_merge_us", "known"),
    ("", "duration_count"): ("duration_us", "known"),
    ("", "value_count"): ("value", "known"),
    **{("calls", f"parts.{name}"): (f"{name}_tokens", "sum") for name in PARTS},
    **{("calls", f"quantities.{name}"): (f"{name}_thousandths", "sum") for name in QUANTITIES},
}
_UNPRICED: Final = Filter("calls.price_certainty", "in", ("unpriced",))
_ASSUMED: Final = Filter("calls.price_basis", "prefix", (ASSUMED,))
#: Sums of what only some records have: cube, columns, and those taken away → what those records pass.
_NARROW: Final[dict[tuple[str, tuple[str, ...], tuple[str, ...]], Filter]] = {
    ("calls", ("unpriced",), ()): _UNPRICED,
    ("calls", ("unpriced",), ("no_usage",)): _UNPRICED,
    ("calls", ("requests",), ("unpriced",)): Filter("calls.price_certainty", "in", ("exact", "assumed")),
    ("calls", ("assumed",), ()): _ASSUMED,
    ("calls", ("cost_assumed",), ()): _ASSUMED,
    # Rows of version 1 do not say why they have no price.
    ("calls", ("no_usage",), ()): Filter(
        "calls.price_basis", "in", (*(unpriced(reason) for reason in USAGE_UNKNOWN), "unpriced")
    ),
    ("calls", ("revenue",), ()): Filter("calls.revenue_stated", "=", ("yes",)),
}
_RANKED: Final = {
    "latency_bucket": "latency_us",
    "ttft_bucket": "ttft_us",
    "duration_us": "duration_us",
    "value_thousandths": "value",
    "merged_cost": "merged_cost",
    "time_to_merge_us": "time_to_merge_us",
}
#: What tells different things apart; where the last of it is empty, there is none.
_IDENTITY: Final = {
    "sessions": ("workspace", "source", "session"),
    "providers": ("provider",),
    "tickets": ("ticket",),
    "knowledge_bases": ("knowledge_base",),
}


def _ranked(atom: Rank, rows: Sequence[Mapping[str, Any]], facts: Sequence[str]) -> Any:  # noqa: ANN401 - as stored
    known = [row[facts[0]] for row in rows if row[facts[0]] is not None]
    if atom.column.endswith("_bucket"):
        known = [bucket_of(value) for value in known]
    elif atom.column == "value_thousandths":
        known = [value * 1000 for value in known]
    return sorted(known)[ceil(len(known) * atom.permille / 1000) - 1] if known else None


def _different(atom: Different, rows: Sequence[Mapping[str, Any]], facts: Sequence[str]) -> int:
    found = {tuple(row[name] for name in facts) for row in rows}
    return len({one for one in found if one[-1]} if atom.things in ("sessions", "tickets") else found)


def _extreme(atom: Extreme, rows: Sequence[Mapping[str, Any]], facts: Sequence[str]) -> Any:  # noqa: ANN401 - as stored
    known = [row for row in rows if row[facts[0]] is not None]
    if not known:
        return None
    if atom.which == "last":
        return max(known, key=lambda row: (row["at"], row[facts[0]]))[facts[0]]
    return (max if atom.which == "max" else min)(row[facts[0]] for row in known)


def _minutes(atom: Minute, rows: Sequence[Mapping[str, Any]], _facts: Sequence[str]) -> int:
    called: dict[int, int] = {}
    failed: dict[int, int] = {}
    for row in rows:
        minute = to_us(row["at"]) // _MINUTE_US
        called[minute] = called.get(minute, 0) + 1
        failed[minute] = failed.get(minute, 0) + (row["status"] in ERRORS)
    return len(called) if atom.which == "active" else sum(2 * failed[one] > called[one] for one in called)


_TOLD: Final[dict[type, Any]] = {Rank: _ranked, Different: _different, Extreme: _extreme, Minute: _minutes}

__all__ = ["Addend", "Behind", "Term", "behind"]
