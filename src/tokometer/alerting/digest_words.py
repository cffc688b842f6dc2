"""What a digest says in words: cost and how it changed, budgets, top models, alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tokometer.accounts import Alert
from tokometer.alerting.digests import Period
from tokometer.judgement.budgets import lines, scope_words
from tokometer.measures import Filter, Query, Question, Result
from tokometer.measures.run import PREVIOUS
from tokometer.records.plural import counted
from tokometer.records.units import PERCENT, REQUESTS, TOKENS, USD, Unit, show
from tokometer.settings import BudgetLine, Settings

Ask = Callable[[Question], Result]
_TOP: Final = 5
_MOST_BUDGETS: Final = 8
_MOST_ALERTS: Final = 8
_MEASURES: Final = ("calls.cost", "calls.requests", "calls.total_tokens", "calls.error_rate", "calls.unpriced")
_SINCE: Final = {"day": "today", "week": "week", "month": "month"}
_THIS: Final = {"day": "today", "week": "this week", "month": "this month"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the words are made of."""

    ask: Ask
    settings: Settings
    #: Only these calls.
    where: tuple[Filter, ...] = ()
    #: Those that were firing at some time of the period.
    alerts: Sequence[Alert] = ()


def words(told: Told, period: Period) -> Iterator[str]:
    """The lines of a digest."""
    whole = _query(period, told.where, compare="previous")
    [row] = told.ask(whole).rows or [{}]
    before = "the day before" if period.first == period.last else "the week before"
    yield _changed("Cost", row, "cost", USD, before)
    yield _changed("Requests", row, "requests", REQUESTS, before)
    yield _changed("Tokens", row, "total_tokens", TOKENS, before)
    rate, then = (show(row.get(f"error_rate{ending}"), PERCENT) for ending in ("", PREVIOUS))
    yield f"Error rate: {rate} ({before}: {then})"
    if row.get("unpriced"):
        yield f"Not in the cost: {counted(int(row['unpriced']), 'call')} without a known price"
    yield from _part("Top models", _models(told, period, row.get("cost")))
    yield from _part("Budgets", _budgets(told, lines(told.settings)))
    yield from _part("Alerts", _alerts(told.alerts))


def _query(period: Period, where: tuple[Filter, ...], **more: Any) -> Query:  # noqa: ANN401 - fields of a query
    return Query(
        measures=more.pop("measures", _MEASURES),
        where=where,
        since=period.first.isoformat(),
        until=period.last.isoformat(),
        tz=period.tz,
        **more,
    )


def _changed(title: str, row: Any, name: str, unit: Unit, before: str) -> str:  # noqa: ANN401 - a row of a result
    """A figure and how it changed; what is unknown says so."""
    now, then = row.get(name), row.get(f"{name}{PREVIOUS}")
    if now is None or not then:
        return f"{title}: {show(now, unit)} ({before}: {show(then, unit)})"
    share = float(Decimal(now) / Decimal(then) - 1)
    arrow = "▲" if share > 0 else "▼" if share < 0 else "="
    return f"{title}: {show(now, unit)} ({arrow} {show(abs(share), PERCENT)} against {before}, {show(then, unit)})"


def _models(told: Told, period: Period, whole: Decimal | None) -> Iterator[str]:
    asked = _query(
        period, told.where, measures=("calls.cost", "calls.requests"), by=("calls.model",), order=("-calls.cost",)
    )
    for row in told.ask(asked).rows[:_TOP]:
        share = f", {show(float(row['cost'] / whole), PERCENT)}" if whole and row["cost"] is not None else ""
        requests = f"{show(row['requests'], REQUESTS)} requests"
        yield f"{row['model'] or 'no model'}: {show(row['cost'], USD)}{share}, {requests}"


def _budgets(told: Told, budgets: Iterable[BudgetLine]) -> Iterator[str]:
    """Where each budget stands now, in its own period."""
    found = list(budgets)
    for line in found[:_MOST_BUDGETS]:
        where = tuple(Filter(f"calls.{name}", "in", values) for name, values in line.filters)
        asked = Query(measures=("calls.cost",), where=where, since=_SINCE[line.period], tz=line.tz)
        rows = told.ask(asked).rows
        spent = rows[0]["cost"] if rows else None
        share = f" ({show(float(spent / line.amount), PERCENT)})" if spent is not None and line.amount else ""
        title = line.title or scope_words(line.filters)
        over = ", over budget" if spent is not None and spent > line.amount else ""
        yield f"{title}: {show(spent, USD)} of {show(line.amount, USD)} {_THIS[line.period]}{share}{over}"
    if len(found) > _MOST_BUDGETS:
        yield f"… and {len(found) - _MOST_BUDGETS} more"


def _alerts(alerts: Sequence[Alert]) -> Iterator[str]:
    if not alerts:
        yield "none"
    for alert in alerts[:_MOST_ALERTS]:
        about = f": {alert.value}" if alert.value else ""
        state = "resolved" if alert.resolved else "still firing"
        yield f"{alert.title}{about} ({alert.severity}, {state})"
    if len(alerts) > _MOST_ALERTS:
        yield f"… and {len(alerts) - _MOST_ALERTS} more"


def _part(title: str, said: Iterator[str]) -> Iterator[str]:
    """A part with its heading; nothing where there is nothing to say."""
    found = list(said)
    if found:
        yield ""
        yield title
        yield from (f"• {line}" for line in found)
