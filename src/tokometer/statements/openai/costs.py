"""OpenAI's report of costs: a line for each day, project and item of the bill."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from tokometer.records import Bill, Record, to_datetime
from tokometer.sources.told import Told
from tokometer.statements.buckets import pages, stated_rows
from tokometer.statements.lines import line_id
from tokometer.statements.openai.names import Names
from tokometer.statements.openai.usage import TIMES, query_of
from tokometer.statements.protocol import SOURCE, Asked, Portion, Stated

_PATH: Final = "/organization/costs"
_BY: Final = ("project_id", "line_item", "api_key_id")
_KNOWN: Final = frozenset(
    {
        *("object", "amount", "line_item", "project_id", "quantity", "api_key_id", "user_id"),
        *("project_name", "organization_id", "organization_name", "user_email"),
    }
)
#: `gpt-5.2-2026-01-15, cached input`: a model, and what of it.
_ITEM: Final = re.compile(r"(?P<model>[^,]+?)\s*,\s*(?P<what>[^,]+?(?:,.*)?)")
#: What the second half of an item means.
_TYPES: Final = (
    ("cache write", "cache_write"),
    ("cached", "cache_read"),
    ("input", "input"),
    ("output", "output"),
)
_TIERS: Final = ("batch", "flex", "priority", "scale")


def costs(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """See :class:`tokometer.statements.Report`."""
    names = Names(asked)

    def rows(row: Told, since: int, until: int) -> Iterable[Record]:
        yield _bill(row, since, until, asked, names)

    yield from stated_rows(
        asked, portion, pages(asked, _PATH, query_of(portion, _BY, 180)), "costs", TIMES, _KNOWN, rows
    )


def _bill(row: Told, since: int, until: int, asked: Asked, names: Names) -> Bill:
    amount = row.within("amount")
    currency = amount.text("currency").upper() or "USD"
    value = row.needed(amount.money("value", signed=True), "amount.value")
    item, project, key = row.text("line_item"), row.text("project_id"), row.text("api_key_id")
    model, token_type, tier = understood(item)
    labels = names.labels(project, key, row.text("user_id"))
    told = row.word("project_name")
    about = [("project_id", project), ("line_item", item), ("api_key_id", key)]
    if currency != "USD":
        about.append(("currency", currency))
    return Bill(
        source=SOURCE,
        native_id=line_id(asked.id, Bill.kind, "costs", to_datetime(since), about),
        started_at=since,
        ended_at=until,
        provider=asked.provider,
        amount=value if currency == "USD" else None,
        stated_amount=None if currency == "USD" else value,
        currency=currency,
        type="usage" if value >= 0 else "credit",
        line_item=item,
        model=model,
        project=project,
        api_key=key,
        user=row.text("user_id"),
        service_tier=tier,
        token_type=token_type,
        quantity=row.number("quantity"),
        report="costs",
        labels={**({"project_name": told} if told else {}), **(labels or {})} or None,
    )


def understood(item: str) -> tuple[str, str, str]:
    """The model, the type of tokens and the tier that an item of the bill is about; empty where it is of none."""
    found = _ITEM.fullmatch(item)
    if found is None:
        return "", "", ""
    what = found["what"].lower()
    token_type = next((kind for word, kind in _TYPES if word in what), "")
    return found["model"], token_type, next((tier for tier in _TIERS if tier in what), "")
