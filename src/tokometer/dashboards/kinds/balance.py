"""A reconciliation in a sentence, with the months and providers to choose from and the state of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from tokometer.dashboards.context import Context
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.judgement.reconciliation.book import Book
from tokometer.judgement.reconciliation.causes import UNEXPLAINED
from tokometer.judgement.reconciliation.judged import RECONCILIATION
from tokometer.judgement.reconciliation.stated import Stated
from tokometer.judgement.reconciliation.words import sentence

_OF: Final = "judgement.reconciliation"
#: Providers that have a sentence of their own: those with the largest gaps.
_TOLD: Final = 6
#: Months that can be chosen.
_MONTHS: Final = 6
_DAY: Final = timedelta(days=1)
_COLUMNS: Final = ("provider", _OF, f"{_OF}.metered", f"{_OF}.billed", f"{_OF}.{UNEXPLAINED}")


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one provider, or of all of them."""

    text: str
    state: str
    #: The provider; '' for all.
    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance(Placed):
    """Sentences: of all that was chosen, then of each provider; months and providers; how far statements reach."""

    kind: ClassVar[str] = "balance"
    width: int = 12

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (_OF,)

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`tokometer.dashboards.panel.Panel`."""
        return () if self.window else ("range", "complete")

    def view(self, context: Context) -> View:
        """One judgement, in all and by provider."""
        from tokometer.dashboards.reconciled import book_of, month_of

        window = context.window(self.window)
        book = book_of(context, window)
        rows = {row["provider"]: row for row in context.judge(_OF, window, "provider").rows}
        held = {name: row for name, row in rows.items() if name in book.reach}
        whole = next(iter(context.judge(_OF, window).rows), None)
        names = Names("provider", context.colours, list(held))
        month = month_of(window)
        about = _month(month) if month else window.title
        told = [] if whole is None or not held else self._told(about, whole, held, names)
        apart = [row for row in rows.values() if row["apart"] and row["provider"] not in held]
        shown = {
            "sentences": told,
            "more": max(0, len(held) - _TOLD),
            "months": list(_months(context, month)),
            "providers": list(_providers(context, held, names)),
            "states": list(_states(context, book, names)),
            "month": month,
            "apart": len(apart),
            "untold": book.untold,
            "sub": "",
            "of_window": True,
        }
        table = Table(
            _COLUMNS, [(name, *(row[_short(column)] for column in _COLUMNS[1:])) for name, row in rows.items()]
        )
        return View(shown, table, window, empty=not told)

    def _told(
        self, about: str, whole: Mapping[str, Any], held: Mapping[str, Mapping[str, Any]], names: Names
    ) -> list[Told]:
        each = [
            Told(sentence(f"{about}, {names.label(name)}", row), row["standing"], name)
            for name, row in list(held.items())[:_TOLD]
        ]
        if len(each) == 1:
            return each
        return [Told(sentence(f"{about}, all providers with statements", whole), whole["standing"]), *each]


def _short(column: str) -> str:
    return column.removeprefix(f"{_OF}.") if column != _OF else RECONCILIATION.name


def _month(month: str) -> str:
    return f"{datetime.strptime(month, '%Y-%m').replace(tzinfo=UTC):%B %Y}"


def _address(context: Context, first: date, end: date, provider: str) -> str:
    """The page about a month and a provider, with the viewer's zone."""
    params = {"range": "custom", "since": first.isoformat(), "until": (end - _DAY).isoformat()}
    if provider:
        params["provider"] = provider
    return f"/reconcile?{urlencode({**params, 'tz': context.scope.zone.key})}"


def _chosen(context: Context) -> str:
    values = dict(context.scope.where).get("provider", ())
    return values[0] if len(values) == 1 else ""


def _months(context: Context, chosen: str) -> list[dict[str, Any]]:
    """The running month and those before it."""
    end = (context.scope.now.date().replace(day=1) + 32 * _DAY).replace(day=1)
    found = []
    for _ in range(_MONTHS):
        first = (end - _DAY).replace(day=1)
        name = f"{first:%Y-%m}"
        to = _address(context, first, end, _chosen(context))
        found.append({"title": f"{first:%b %Y}", "to": to, "chosen": name == chosen})
        end = first
    return found[::-1]


def _providers(context: Context, held: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    """All of them, and each."""
    window, chosen = context.scope.window, _chosen(context)
    since, until = window.since.date(), window.until.date()
    listed = dict.fromkeys([*held, *([chosen] if chosen else [])])
    choices = [("", "All"), *((name, names.label(name)) for name in listed)]
    return [
        {"title": title, "to": _address(context, since, until, name), "chosen": name == chosen}
        for name, title in choices
    ]


def _states(context: Context, book: Book, names: Names) -> list[dict[str, str]]:
    """How far each provider's statements reach."""
    known = context.statements()
    listed = []
    for provider, reach in sorted(book.reach.items()):
        if not any(one.cell.provider == provider for one in book.parted):
            continue
        told = known.get(provider) or Stated(provider)
        if not told.account and len(book.reach) > 1 and provider != _chosen(context):
            continue
        synced = told.synced.astimezone(context.scope.zone) if told.synced else None
        listed.append(
            {
                "provider": names.label(provider) if provider else "(none)",
                "account": told.account or "no account: bills that were sent",
                "synced": f"{synced:%-d %b, %H:%M}" if synced else "",
                "error": told.error,
                "until": f"{reach.until - _DAY:%-d %b %Y}",
                "final": f"{reach.final - _DAY:%-d %b %Y}",
                "open": str(max(0, (min(reach.until, book.span.end) - max(reach.final, book.span.first)).days)),
            }
        )
    return listed
