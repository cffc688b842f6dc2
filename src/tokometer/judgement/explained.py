"""Which part of the calls explains most of a rise: `82 % of the rise: agent research on model gpt-5`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tokometer.judgement.declared import Matter
from tokometer.measures import Query, Result
from tokometer.records.providers import value_name
from tokometer.records.units import PERCENT, show

#: What parts are made of, those that say most first.
DIMENSIONS: Final = ("agent", "model", "team", "provider")
_PAIRS: Final = (("agent", "model"), ("team", "model"), ("agent", "team"))
#: What is usual of the parts is what they were in so many days before.
_BEFORE: Final = timedelta(days=28)
#: A pair is told where it explains at least this part of what the best single value explains.
_AS_MUCH: Final = 0.75
#: A part that explains less is no explanation.
_LEAST: Final = 0.3
_MEASURES: Final = ("cost", "total_tokens", "requests", "errors", "mean_latency")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A part of the calls, and its share of a rise, 0 to 1."""

    share: float
    #: `by_agent`, `by_model`, …: its values.
    parts: Mapping[str, str]
    words: str


def questions(matter: Matter, of: str, since: datetime, until: datetime) -> tuple[Query, Query]:
    """The parts of the calls in a period, and in the weeks before it."""
    asked = [name for name in _MEASURES if name in (_needs(of))]
    by = DIMENSIONS

    def query(start: datetime, end: datetime) -> Query:
        return matter.over(start.isoformat(), end.isoformat()).query(*asked, by=by)

    return query(since, until), query(since - _BEFORE, since)


def explain(of: str, by: str, expected: float, now: Result, before: Result) -> Explanation | None:
    """The part that explains most of a rise, from the answers to :func:`questions`; None where nothing rose.

    Args:
        of: The measure that rose: `cost`, `total_tokens`, `error_rate` or `p95_latency`.
        by: A dimension of which only one value was asked about, and which so explains nothing; '' for none.
        expected: What was usual of the period, of cost and tokens.
        now: The parts in the period.
        before: The parts in the weeks before.
    """
    rises = rises_of(of, now.rows, before.rows, expected)
    whole = sum(rises.values())
    if whole <= 0:
        return None
    # A model is nearly always that of one provider, which explains nothing.
    known = (by, "provider") if by == "model" else (by,)
    told = _telling(rises, [name for name in DIMENSIONS if name not in known])
    singles: list[tuple[str, ...]] = [(name,) for name in told]
    pairs = [pair for pair in _PAIRS if set(pair) <= set(told)]
    best, single = max(((_most(rises, names), names) for names in singles), key=lambda one: one[0][0])
    found, names = best, single
    enough = _AS_MUCH * min(best[0], whole)
    for pair in pairs:
        both = _most(rises, pair)
        if both[0] >= enough and len(names) == 1:
            found, names = both, pair
    part = min(1.0, found[0] / whole)
    if part < _LEAST:
        return Explanation(part, {}, "spread over many: no part explains a third of the rise")
    parts = {f"by_{name}": value for name, value in zip(names, found[1], strict=True)}
    said = " on ".join(f"{name} {value_name(name, value)}" for name, value in zip(names, found[1], strict=True))
    return Explanation(part, parts, f"{show(part, PERCENT)} of the rise: {said}")


def rises_of(
    of: str, now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], expected: float
) -> dict[tuple[str, ...], float]:
    """How much more each part (values of :data:`DIMENSIONS`) had than is usual; they add up to the rise.

    Of cost and tokens, beyond its usual share of what was `expected` of the period; of errors, beyond the usual rate of
    all; of latency, milliseconds beyond the usual mean of all.
    """
    if of == "error_rate":
        usual = _mean(before, "errors", weigh=False)
        return {_key(row): (row["errors"] or 0) - usual * row["requests"] for row in now}
    if of == "p95_latency":
        usual = _mean(before, "mean_latency", weigh=True)
        return {_key(row): row["requests"] * ((row["mean_latency"] or usual) - usual) for row in now}
    found = {_key(row): float(row[of] or 0) for row in now}
    whole = sum(float(row[of] or 0) for row in before)
    for row in before:
        key = _key(row)
        found[key] = found.get(key, 0.0) - expected * float(row[of] or 0) / (whole or 1.0)
    return found


def _telling(rises: Mapping[tuple[str, ...], float], names: Sequence[str]) -> list[str]:
    """The dimensions that tell calls apart; where none does, those that name them."""
    values = {name: {key[DIMENSIONS.index(name)] for key in rises} for name in names}
    apart = [name for name in names if len(values[name]) > 1]
    return apart or [name for name in names if values[name] != {""}] or list(names)


def _mean(rows: Sequence[Mapping[str, Any]], name: str, *, weigh: bool) -> float:
    calls = sum(row["requests"] for row in rows if row[name] is not None)
    total = sum(float(row[name]) * (row["requests"] if weigh else 1) for row in rows if row[name] is not None)
    return total / calls if calls else 0.0


def _needs(of: str) -> tuple[str, ...]:
    own = {"error_rate": ("errors",), "p95_latency": ("mean_latency",)}.get(of, (of,))
    return ("requests", *own)


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] or "" for name in DIMENSIONS)


def _most(rises: Mapping[tuple[str, ...], float], names: Sequence[str]) -> tuple[float, tuple[str, ...]]:
    """The value, or the pair of values, with the largest rise."""
    places = [DIMENSIONS.index(name) for name in names]
    sums: dict[tuple[str, ...], float] = {}
    for key, rise in rises.items():
        part = tuple(key[place] for place in places)
        sums[part] = sums.get(part, 0.0) + rise
    # What nobody has named explains nothing.
    named = [part for part in sums if all(part)]
    if not named:
        return 0.0, ("",) * len(names)
    part = max(named, key=lambda one: sums[one])
    return sums[part], part
