"""Pricing the calls of a slice by rows of rates, in whole numbers, as `tokometer.prices.book` prices each of them.

`priced` is a table of this cursor: the calls of a slice that are in scope, what they cost and what they would. Those
that rows of rates cannot price are read, and handed to the book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import duckdb

from tokometer.ledger.arrow import arrow_table
from tokometer.ledger.duckdb.values import TYPES, money
from tokometer.ledger.priced import STORED, stored_call
from tokometer.ledger.recosting import RATES, Difference, Found, Prices, Scope, plan_key, scope_sql
from tokometer.ledger.schema import TOKENS
from tokometer.ledger.tables import Column
from tokometer.records.basis import unpriced

#: Larger counts are the book's; so many five times over still fit 64 bits.
_CLIP: Final = 2**58
#: As `tokometer.prices.plan` has them: no call costs a billion dollars; what is refused is not billed.
_MOST_NANO: Final = 10**18 - 1
_REFUSED: Final = "status IN ('rate_limit', 'invalid_request', 'auth_error') OR coalesce(http_status, 0) >= 400"
_INPUT: Final = tuple(name for name in TOKENS if name != "output_tokens")
_SUM: Final = (
    "t.input_tokens * p.input + t.cache_read_tokens * p.cache_read "
    "+ (t.cache_write_5m_tokens + t.cache_write_unknown_tokens) * p.cache_write_5m "
    "+ t.cache_write_1h_tokens * p.cache_write_1h + t.output_tokens * p.output "
    "+ least(t.reasoning, t.output_tokens) * (p.reasoning - p.output) + p.request"
)
_FITS: Final = " AND ".join(f"t.{name} <= p.room" for name in TOKENS)
#: Nano-dollars, half to even.
_ROUNDED: Final = (
    "top // unit + CASE WHEN 2 * (top % unit) > unit OR (2 * (top % unit) = unit AND (top // unit) % 2 = 1) "
    "THEN 1 ELSE 0 END"
)
_PRICED: Final = (
    "CREATE OR REPLACE TEMP TABLE priced AS SELECT r, provider, model, was, was_basis, reported, by_rates, "
    f"CASE WHEN nano <= {_MOST_NANO} THEN {money('nano')} END AS becomes, "
    "CASE WHEN reported OR free OR refused THEN '' "
    f"WHEN NOT told THEN '{unpriced('no-usage')}' "
    f"WHEN NOT priced THEN CASE WHEN model <> '' THEN '{unpriced('no-price')}' ELSE '{unpriced('no-model')}' END "
    f"WHEN nano > {_MOST_NANO} THEN '{unpriced('too-much')}' ELSE basis END AS basis "
    "FROM (SELECT *, CASE WHEN NOT by_rates THEN NULL WHEN free OR refused THEN 0 "
    f"WHEN told AND priced THEN {_ROUNDED} END AS nano "
    f"FROM (SELECT t.*, p.free, p.priced, p.unit, p.basis, NOT t.odd AND NOT p.careful AND {_FITS} AS by_rates, "
    f"CASE WHEN NOT t.odd AND {_FITS} THEN {_SUM} END AS top "
    "FROM (SELECT *, began % 86400000000 AS clock, total = 0 AND output_tokens = 0 AND is_error AS refused, "
    "odder OR (output_tokens = 0 AND is_refusal) AS odd FROM ("
    "SELECT calls.rowid AS r, {key}, epoch_us(started_at) AS began, "
    "CASE WHEN cost_reported IS NULL THEN cost_usd ELSE cost_priced END AS was, price_basis AS was_basis, "
    "cost_reported IS NOT NULL AS reported, "
    + ", ".join(f"least(coalesce({name}, 0), {_CLIP}) AS {name}" for name in TOKENS)
    + f", {' + '.join(f'least(coalesce({name}, 0), {_CLIP})' for name in _INPUT)} AS total, "
    f"least(coalesce(reasoning_tokens, 0), {_CLIP}) AS reasoning, "
    f"NOT ({' AND '.join(f'{name} IS NULL' for name in TOKENS)}) AS told, ({_REFUSED}) AS is_error, "
    "lower(stop_reason) = 'refusal' AS is_refusal, "
    "parts <> '' OR quantities <> '' OR coalesce(unsplit_tokens, 0) <> 0 AS odder "
    "FROM calls WHERE quarter BETWEEN $first AND $last AND {where})) AS t "
    "JOIN rates p ON {on} AND t.began >= p.since AND t.began < p.until AND t.clock >= p.clock_from "
    "AND t.clock < p.clock_until AND t.total > p.above AND t.total <= p.most))"
)
_DIFFERS: Final = "becomes IS DISTINCT FROM was"
#: What a source reported stays the call's cost, whatever it is beside our price.
_COSTS: Final = f"({_DIFFERS} AND NOT reported)"
_MARKED: Final = f"(CASE WHEN reported THEN {_DIFFERS} ELSE NOT {_DIFFERS} AND basis <> was_basis END)"
_FOUND: Final = (
    f"SELECT provider, model, count(*), count(*) FILTER (WHERE NOT by_rates), count(*) FILTER (WHERE {_COSTS}), "
    f"count(*) FILTER (WHERE {_MARKED}), "
    f"coalesce(sum(was) FILTER (WHERE {_COSTS}), 0), coalesce(sum(becomes) FILTER (WHERE {_COSTS}), 0), "
    "count(*) FILTER (WHERE was IS NULL AND becomes IS NOT NULL AND NOT reported), "
    "count(*) FILTER (WHERE becomes IS NULL AND was IS NOT NULL AND NOT reported) "
    "FROM priced GROUP BY provider, model"
)
#: Whether a call of `priced` costs something else, or is known to do so more or less surely.
CHANGES: Final = f"({_DIFFERS} OR (NOT reported AND basis <> was_basis))"
_ALONE: Final = f"SELECT rowid, {STORED} FROM calls WHERE rowid IN (SELECT r FROM priced WHERE NOT by_rates)"
_NANO: Final = Decimal(10**9)
_BY_BOOK: Final = (Column("r", "int"), Column("cost", "money", null=True), Column("basis", "name"))


def scope_terms(scope: Scope) -> tuple[str, Mapping[str, Any]]:
    """A condition on calls, and what it binds."""
    where, bound = scope_sql(scope)
    if scope.since > 0:
        where, bound = f"{where} AND started_at >= make_timestamp($since)", {**bound, "since": scope.since}
    if scope.until < 2**62:
        where, bound = f"{where} AND started_at < make_timestamp($until)", {**bound, "until": scope.until}
    return where, bound


def take_rates(cursor: duckdb.DuckDBPyConnection, scope: Scope, prices: Prices) -> None:
    """Make the table of rates for all calls in scope."""
    key = plan_key(prices.scoped)
    where, bound = scope_terms(scope)
    keys = cursor.execute(f"SELECT DISTINCT {', '.join(key)} FROM calls WHERE {where}", bound).fetchall()
    columns = ", ".join(f'"{column.name}" {TYPES[column.type]}' for column in RATES)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE rates ({columns})")
    rows = list(prices.rates(keys))
    if rows:
        _over(cursor, arrow_table(RATES, list(zip(*rows, strict=True))), "INSERT INTO rates SELECT * FROM staged")


def price_slice(
    cursor: duckdb.DuckDBPyConnection, first: int, last: int, scope: Scope, prices: Prices, part: str = "1 = 1"
) -> Found:
    """Make the table `priced` for the calls in scope of some quarter hours, and say what changes.

    To be called in a transaction, in which the row numbers of `priced` hold.
    """
    key = plan_key(prices.scoped)
    where, bound = scope_terms(scope)
    sql = _PRICED.format(
        key=", ".join(key), on=" AND ".join(f"t.{name} = p.{name}" for name in key), where=f"{where} AND {part}"
    )
    cursor.execute(sql, {"first": first, "last": last, **bound})
    _price_alone(cursor, prices)
    return _found(cursor)


def _price_alone(cursor: duckdb.DuckDBPyConnection, prices: Prices) -> None:
    numbers, calls = [], []
    for number, *row in cursor.execute(_ALONE).fetchall():
        numbers.append(number)
        calls.append(stored_call(*row).call)
    if not calls:
        return
    prices.price(calls)
    values: list[Sequence[Any]] = [
        numbers,
        [call.cost_priced for call in calls],
        [call.price_basis for call in calls],
    ]
    _over(
        cursor,
        arrow_table(_BY_BOOK, values),
        f"UPDATE priced SET becomes = {money('s.cost')}, basis = s.basis FROM staged s WHERE priced.r = s.r",
    )


def _found(cursor: duckdb.DuckDBPyConnection) -> Found:
    found = Found()
    for provider, model, calls, alone, changed, marked, before, after, mended, lost in cursor.execute(
        _FOUND
    ).fetchall():
        found.calls += calls
        found.alone += alone
        found.marked += marked
        if changed:
            found.models[provider, model] = Difference(changed, before, after, mended, lost)
    return found


def _over(cursor: duckdb.DuckDBPyConnection, staged: object, sql: str) -> None:  # noqa: ARG001 - found by its name
    cursor.execute(sql)
