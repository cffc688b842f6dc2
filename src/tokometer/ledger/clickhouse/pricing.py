"""Pricing stored calls by rows of rates on ClickHouse: what calls cost and would cost goes into a table, by the server.

Calls that rows of rates cannot price are in it, too, until the book has priced them: `by_rates` is false of them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tokometer.ledger.clickhouse.tables import create
from tokometer.ledger.clickhouse.values import native
from tokometer.ledger.priced import STORED, stored_call
from tokometer.ledger.pricing import CHANGES, FOUND, Words, found_in, priced_sql
from tokometer.ledger.recosting import RATES, Found, Prices, Progress, Scope, plan_key, scope_sql
from tokometer.ledger.slices import Span, slices
from tokometer.ledger.tables import Column, Table, columns_of
from tokometer.records import to_datetime
from tokometer.records.time import QUARTER_US

if TYPE_CHECKING:
    from tokometer.ledger.clickhouse.ledger import ClickHouseLedger

#: Calls that are priced or written in one statement: others wait that long.
MOST_CALLS: Final = 50_000
#: Calls that come up to the book at once.
_MOST_ALONE: Final = 20_000
#: Between two statements.
_GAP_SECONDS: Final = 0.005
#: Later than anything that is believed, and a time that ClickHouse can write.
_LATEST: Final = 4_102_444_800_000_000
SPAN: Final = "quarter BETWEEN $first AND $last"

#: What a call cost and what it is to cost; in a table, `version` is that of the call's row when it was looked at.
COSTS: Final[tuple[Column, ...]] = columns_of(
    """id: id
    small: quarter
    name: provider model workspace source
    text: session_id
    money: was? becomes?
    name: was_version new_version was_basis basis
    flag: reported by_rates"""
)
#: What COSTS has of a call beside what pricing says.
_CARRIED: Final = ("id", "quarter", "workspace", "source", "session_id", "version")


def _money(nano: str) -> str:
    whole = f"CAST({nano} AS Nullable(Decimal(18, 0)))"
    return f"CAST({whole} * CAST(0.000000001 AS Decimal(10, 9)) AS Nullable(Decimal(18, 9)))"


_WORDS: Final = Words(
    {**{name: f"calls.{name}" for name in _CARRIED}, "was_version": "calls.price_version"},
    "toUnixTimestamp64Micro(started_at)",
    lambda top, unit: f"intDiv({top}, {unit})",
    _money,
)


def costs_table(name: str) -> Table:
    """A table of :data:`COSTS`."""
    return Table(name, COSTS, ("id",))


def carry_out(ledger: ClickHouseLedger, statement: str, values: Mapping[str, Any]) -> None:
    """Carry out one of many statements, and let others in who wait: a lock goes to who takes it first, which is us."""
    ledger.command(statement, values)
    time.sleep(_GAP_SECONDS)


class Pricing:
    """Fills one table of costs."""

    def __init__(self, ledger: ClickHouseLedger, costs: str, scope: Scope, prices: Prices) -> None:
        self._ledger = ledger
        self._costs = costs_table(costs)
        self._prices = prices
        self._where, self._bound = _terms(scope)

    def fill(self, progress: Progress, times: int) -> Found:
        """Make the table and fill it; `progress` is told of the calls done, and of so many times all of them."""
        counts = self._ledger.query(
            f"SELECT quarter, count(*) FROM calls WHERE {self._where} GROUP BY quarter", self._bound
        )
        all_ = sum(count for _, count in counts)
        self._ledger.command(create(self._costs))
        rates = self._rates()
        try:
            for span in slices(counts, MOST_CALLS):
                self._price(span, rates)
                done = sum(count for quarter, count in counts if span.first <= quarter)
                progress(done, times * all_)
        finally:
            self._ledger.command(f"DROP TABLE IF EXISTS {rates} SYNC")
        alone = self._price_alone()
        found = found_in(self._ledger.query(FOUND.format(priced=f"{self._costs.name} WHERE by_rates")))
        found.calls, found.alone = all_, alone
        return found

    def _rates(self) -> str:
        """Make a table of the rates of all calls in scope."""
        key = plan_key(self._prices.scoped)
        plans = self._ledger.query(f"SELECT DISTINCT {', '.join(key)} FROM calls WHERE {self._where}", self._bound)
        names = tuple(column.name for column in RATES)
        table = Table(f"rates_{uuid.uuid4().hex}", RATES, names[: names.index("most")])
        self._ledger.command(create(table))
        rows = list(self._prices.rates(plans))
        if rows:
            self._ledger.insert(table, native(table, list(zip(*rows, strict=True))))
        return table.name

    def _price(self, span: Span, rates: str) -> None:
        """Have a slice priced by rows of rates; what stays as it is is left out."""
        names = [name for name in self._costs.names if name != "new_version"]
        sql = priced_sql(_WORDS, self._where, scoped=self._prices.scoped, rates=rates)
        carry_out(
            self._ledger,
            f"INSERT INTO {self._costs.name} ({', '.join(names)}, new_version, version) "
            f"SELECT {', '.join(names)}, CASE WHEN becomes IS NULL THEN '' ELSE $price_version END, version "
            f"FROM ({sql}) AS priced WHERE NOT by_rates OR {CHANGES}",
            {**self._bound, **span._asdict(), "price_version": self._prices.version},
        )

    def _price_alone(self) -> int:
        """Have the book price what is left, and return how many calls those were."""
        odd = f"FROM {self._costs.name} WHERE NOT by_rates"
        counts = self._ledger.query(f"SELECT quarter, count(*) {odd} GROUP BY quarter")
        for span in slices(counts, _MOST_ALONE):
            rows = list(self._by_book(span, odd))
            if rows:
                values = native(self._costs, list(zip(*(row[:-1] for row in rows), strict=True)))
                versions = [row[-1] for row in rows]
                self._ledger.write(self._costs.name, [*self._costs.names, "version"], [*values, versions])
        return sum(count for _, count in counts)

    def _by_book(self, span: Span, odd: str) -> Iterator[Sequence[Any]]:
        """Rows of :data:`COSTS`, and the version of each call's row, for those of a slice whose cost changes."""
        rows = self._ledger.query(
            f"SELECT version, source, session_id, price_version, {STORED} FROM calls "
            f"WHERE {SPAN} AND (quarter, id) IN (SELECT quarter, id {odd} AND {SPAN})",
            span._asdict(),
        )
        stored = [stored_call(*row[4:]) for row in rows]
        self._prices.price([one.call for one in stored])
        for (version, source, session, was_version, *_), (id_, was, was_basis, call) in zip(rows, stored, strict=True):
            becomes, reported = call.cost_priced, call.cost_reported is not None
            basis = "" if reported else call.price_basis
            if becomes == was and (reported or basis == was_basis):
                continue
            yield (
                *(id_, call.started_at // QUARTER_US, call.provider, call.model, call.workspace, source, session),
                *(was, becomes, was_version, "" if becomes is None else self._prices.version, was_basis, basis),
                *(reported, True, version),
            )


def _terms(scope: Scope) -> tuple[str, dict[str, Any]]:
    """A condition on calls, and what it binds."""
    where, bound = scope_sql(scope)
    terms, values = [where], dict(bound)
    if scope.since > 0:
        terms.append("started_at >= $since")
        values["since"] = to_datetime(min(scope.since, _LATEST))
    if scope.until < _LATEST:
        terms.append("started_at < $until")
        values["until"] = to_datetime(max(scope.until, 0))
    return " AND ".join(terms), values
