"""Minutes as SQL: those with calls, the bad among them, and the quarter hours that have bad ones.

A bad minute is one in which fewer than half of the calls succeeded (see :mod:`tokometer.records.status` for what an
error is).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tokometer.ledger import Statement
from tokometer.ledger.schema import FAILED
from tokometer.measures.atoms import Minute
from tokometer.measures.kinds import Dimension
from tokometer.measures.scope import Scope
from tokometer.records.time import MICROSECONDS

_MINUTE_US: Final = 60 * MICROSECONDS
_MINUTES_PER_QUARTER: Final = 15
_BAD: Final = "2 * failed > called"


def minutes(scope: Scope, atoms: Sequence[Minute]) -> str:
    """How many minutes each group has."""
    names = [f"k{i}" for i in range(len(scope.ask.keys))]
    keys = [f"{scope.key(key)} AS {name}" for key, name in zip(scope.ask.keys, names, strict=True)]
    if scope.stored.rollup:
        counts = [f"coalesce(sum({scope.dialect.bits(atom.which)}), 0) AS v{i}" for i, atom in enumerate(atoms)]
        return scope.select([*keys, *counts], [_whose(scope)])
    of_minutes = _by_minute(scope, keys, names)
    bad = f" FILTER (WHERE {_BAD})"
    counts = [f"count(*){bad if atom.which == 'bad' else ''} AS v{i}" for i, atom in enumerate(atoms)]
    grouped = f" GROUP BY {', '.join(names)}" if names else ""
    return f"SELECT {', '.join([*names, *counts])} FROM ({of_minutes}) AS minutes{grouped}"


def slices_statement(scope: Scope, provider: Dimension | None) -> Statement:
    """The quarter hours that have a bad minute; of each provider, or of all together.

    Columns: the provider (empty for all together), the quarter hour, the minutes with calls before it, those with
    calls and the bad ones as bits (the lowest is the first minute), the calls in the bad ones, and the failed of those.
    """
    by = scope.value(provider) if provider else "''"
    of_quarters = _stored_quarters(scope, by) if scope.stored.rollup else _quarters(scope, by, apart=bool(provider))
    partition = "PARTITION BY k0 " if provider else ""
    running = (
        f"SELECT k0, quarter, sum(active_minutes) OVER ({partition}ORDER BY quarter) - active_minutes AS seen, "
        f"active, bad, requests, errors FROM ({of_quarters}) AS quarters"
    )
    sql = f"SELECT * FROM ({running}) AS slices WHERE bad > 0 ORDER BY quarter, k0 LIMIT {scope.ask.most + 1}"
    return Statement(sql, scope.values)


def _stored_quarters(scope: Scope, by: str) -> str:
    where = " AND ".join([*scope.conditions(), _whose(scope)])
    return (
        f"SELECT {by} AS k0, quarter, {scope.dialect.bits('active')} AS active_minutes, active, bad, requests, errors "
        f"FROM {scope.rows()} WHERE {where}"
    )


def _quarters(scope: Scope, by: str, *, apart: bool) -> str:
    of_minutes = _by_minute(scope, [f"{by} AS k0", "quarter"], [*(["k0"] if apart else []), "quarter"])
    bit = scope.dialect.bit(f"minute - {_MINUTES_PER_QUARTER} * quarter")
    bad = f"FILTER (WHERE {_BAD})"
    return (
        f"SELECT k0, quarter, count(*) AS active_minutes, sum({bit}) AS active, sum({bit}) {bad} AS bad, "
        f"sum(called) {bad} AS requests, sum(failed) {bad} AS errors "
        f"FROM ({of_minutes}) AS minutes GROUP BY k0, quarter"
    )


def _whose(scope: Scope) -> str:
    """Of the rows of the rollup those of all calls, or those of the providers."""
    return f"scope = {scope.bind(scope.ask.need.minutes)}"


def _by_minute(scope: Scope, keys: Sequence[str], names: Sequence[str]) -> str:
    """A row for each minute with calls: `minute` since 1970, how many were `called`, how many `failed`."""
    minute = scope.dialect.divide(scope.dialect.micros("started_at"), _MINUTE_US)
    counts = ["count(*) AS called", f"count(*) FILTER (WHERE {FAILED}) AS failed"]
    return scope.select([*keys, f"{minute} AS minute", *counts], [], [*names, "minute"])
