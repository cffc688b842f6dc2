"""Anthropic's report of costs, whose amounts are cents as decimal text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tokometer.records import Bill, Record, to_datetime
from tokometer.records.values import money
from tokometer.sources.told import Told
from tokometer.statements.anthropic.names import Names
from tokometer.statements.anthropic.usage import TIMES, place, query_of
from tokometer.statements.buckets import pages, stated_rows
from tokometer.statements.lines import cents, line_id
from tokometer.statements.protocol import SOURCE, Asked, Portion, Stated

REPORT: Final = "costs"
_PATH: Final = "/organizations/cost_report"
_BY: Final = ("workspace_id", "description")
_ABOUT: Final = (
    *("workspace_id", "description", "cost_type", "model", "token_type", "service_tier", "context_window"),
    *("inference_geo", "speed"),
)
_KNOWN: Final = frozenset({"amount", "currency", "list_amount", *_ABOUT})
_TYPES: Final = {
    "uncached_input_tokens": "input",
    "cache_read_input_tokens": "cache_read",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write",
    "output_tokens": "output",
}


def costs(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """See :class:`tokometer.statements.Report`."""
    names = Names(asked)

    def rows(row: Told, since: int, until: int) -> Iterable[Record]:
        yield _bill(row, since, until, asked, names)

    yield from stated_rows(asked, portion, pages(asked, _PATH, query_of(portion, _BY)), REPORT, TIMES, _KNOWN, rows)


def _bill(row: Told, since: int, until: int, asked: Asked, names: Names) -> Bill:
    value = money(row.needed(cents(row, "amount"), "amount"), signed=True)
    listed = cents(row, "list_amount")
    currency = row.text("currency").upper() or "USD"
    workspace, kind = row.text("workspace_id"), row.text("cost_type")
    about = [(name, row.text(name)) for name in _ABOUT if name in row]
    if currency != "USD":
        about.append(("currency", currency))
    window = row.text("context_window")
    told = row.text("token_type")
    labels = {
        **names.labels(workspace),
        **({"context_window": window} if window else {}),
        **({"cost_type": kind} if kind and kind != "tokens" else {}),
    }
    return Bill(
        source=SOURCE,
        native_id=line_id(asked.id, Bill.kind, REPORT, to_datetime(since), about),
        started_at=since,
        ended_at=until,
        provider=asked.provider,
        amount=value if currency == "USD" else None,
        stated_amount=None if currency == "USD" else value,
        list_amount=None if listed is None or currency != "USD" else money(listed, signed=True),
        currency=currency,
        type="usage" if value >= 0 else "credit",
        line_item=row.text("description") or kind,
        model=row.text("model"),
        project=workspace,
        service_tier=row.text("service_tier"),
        token_type=_TYPES.get(told, told),
        region=place(row),
        report=REPORT,
        labels=labels or None,
    )
