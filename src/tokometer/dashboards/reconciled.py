"""What the panels of reconciliation share: the book of a window, asked once for all of them, and where parts lead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from tokometer.dashboards.calendar import Window
from tokometer.dashboards.context import Context
from tokometer.dashboards.drill import BETWEEN, Condition
from tokometer.dashboards.kinds.itemised import Leads
from tokometer.judgement.declared import drive
from tokometer.judgement.reconciliation import Book, reconcile
from tokometer.judgement.reconciliation.judged import BETWEEN as NAMES
from tokometer.records.providers import provider_name
from tokometer.records.time import EARLIEST, LATEST

Row = Mapping[str, Any]
_DAY: Final = timedelta(days=1)
#: Causes whose evidence are our calls, and whose is the provider's report of usage; of others it is the bill.
_OURS: Final = ("unbilled", "unpriced", "late")
_REPORTED: Final = ("unseen", "cache", "counting", "shift", "tier")


def book_of(context: Context, window: Window) -> Book:
    """The reconciliation of the viewer's calls in a window."""
    book: Book = drive(reconcile(context.matter(window)), context.ask)[0]
    return book


def gap_part(row: Row) -> Leads:
    """A part of a gap: the calls, lines of usage or lines of the bill that it is about."""
    day = row["at"].astimezone(UTC)
    within = f"{day.isoformat()}{BETWEEN}{(day + _DAY).isoformat()}"
    whose = Condition("provider", (row["provider"],))
    called, stated = (tuple((row[name] or "").split(NAMES)) for name in ("called", "stated"))
    if row["cause"] in _OURS and row["called"]:
        return Leads("calls.cost", (whose, Condition("model", called)), within)
    of = "reported.total_tokens" if row["cause"] in _REPORTED and row["reports"] == "yes" else "bills.amount"
    return Leads(of, (whose, Condition("model", stated)), within)


def of_gap_part(row: Row) -> str:
    """The cause and the day of a part."""
    return f"{row['title']} · {provider_name(row['provider'])} · {row['at']:%-d %b}"


def gap_cause(row: Row) -> Leads:
    """A cause: the calls, lines of usage or lines of the bill of the window."""
    whose = (Condition("provider", (row["provider"],)),) if row["provider"] else ()
    if row["cause"] in _OURS:
        return Leads("calls.cost", whose)
    return Leads("reported.total_tokens" if row["cause"] in _REPORTED else "bills.amount", whose)


def of_cause(row: Row) -> str:
    """What a cause means, and which models have most of it."""
    models = f": {row['models']}" if row["models"] else ""
    return f"{row['meaning']}{models}"


def month_of(window: Window) -> str:
    """The calendar month that a window is: `2026-10`; '' where it is none."""
    since, until = window.since, window.until
    whole = since.day == until.day == 1 and not (since.hour or until.hour)
    months = (until.year - since.year) * 12 + until.month - since.month
    return f"{since:%Y-%m}" if whole and months == 1 else ""


def bounds(month: str) -> tuple[date, date]:
    """The first day of a month (`2026-10`), and the first after it.

    Raises:
        ValueError: It is none.
    """
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
    if not EARLIEST.date() <= first <= LATEST.date() or f"{first:%Y-%m}" != month:
        raise ValueError(f"{month[:20]!r} is no month; write 2026-10")
    return first, (first + 32 * _DAY).replace(day=1)
