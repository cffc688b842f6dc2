"""Pricing the calls of a slice by rows of rates, in whole numbers, as `tokometer.prices.book` prices each of them.

`priced` is a table of this cursor: the calls of a slice that are in scope, what they cost and what they would. Those
that rows of rates cannot price are read, and handed to the book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import duckdb

from tokometer.ledger.arrow import arrow_table
from tokometer.ledger.duckdb.values import TYPES, money
from tokometer.ledger.priced import STORED, stored_call
from tokometer.ledger.pricing import FOUND, Words, found_in, priced_sql
from tokometer.ledger.recosting import RATES, Found, Prices, Scope, plan_key, scope_sql
from tokometer.ledger.tables import Column

_WORDS: Final = Words({"r": "calls.rowid"}, "epoch_us(started_at)", lambda top, unit: f"{top} // {unit}", money)
_ALONE: Final = f"SELECT rowid, {STORED} FROM calls WHERE rowid IN (SELECT r FROM priced WHERE NOT by_rates)"
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
    where, bound = scope_terms(scope)
    sql = priced_sql(_WORDS, f"{where} AND {part}", scoped=prices.scoped)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE priced AS {sql}", {"first": first, "last": last, **bound})
    _price_alone(cursor, prices)
    return found_in(cursor.execute(FOUND.format(priced="priced")).fetchall())


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


def _over(cursor: duckdb.DuckDBPyConnection, staged: object, sql: str) -> None:  # noqa: ARG001 - found by its name
    cursor.execute(sql)
