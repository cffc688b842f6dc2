"""What comes from each provider: usage, bills and balances, and from where. Nothing is invented that nobody sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, text
from tokometer.judgement.inventory import LAST_USED, last_used, last_used_questions
from tokometer.measures import Feed, Filter, Query
from tokometer.records.units import COUNT, SECONDS, USD
from tokometer.settings import Settings

ARRIVES: Final = "usage arrives"
QUIET: Final = "no usage in this window"
#: Provider accounts are not read: what a provider itself says of usage, cost and balance comes with bills only.
NO_ACCOUNT: Final = "not connected"
BILLS: Final = "bills received"
_BALANCES: Final = 500


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    bills = matter.where_in("bills")
    asked = matter.over(matter.since, matter.until)
    questions: list[Query | Feed] = [
        asked.query("requests", by=("provider", "source")),
        *last_used_questions(asked, "provider"),
    ]
    if bills is not None:
        questions += [
            Query(measures=("bills.lines", "bills.amount"), by=("bills.provider",), where=bills, since="90d"),
            Feed(
                cube="bills",
                columns=("at", "provider", "amount"),
                where=(*bills, Filter("bills.type", "=", ("balance",))),
                since="90d",
                limit=_BALANCES,
            ),
        ]
    used, *answers = yield tuple(questions)
    steps = len(LAST_USED)
    ages = last_used(answers[:steps], "provider", matter.now)
    sources = _sources(used.rows)
    billed = {row["provider"]: row for row in answers[steps].rows} if bills is not None else {}
    balances = _balances(answers[steps + 1].rows) if bills is not None else {}
    names = [name for name in dict.fromkeys([*sources, *ages, *billed]) if name]
    return [_row(name, sources.get(name, {}), ages.get(name), billed.get(name), balances.get(name)) for name in names]


def _row(
    name: str, sources: Mapping[str, int], age: float | None, billed: Mapping[str, Any] | None, balance: Decimal | None
) -> Row:
    return {
        "provider": name,
        "connection": ARRIVES if sources else QUIET,
        "account": BILLS if billed else NO_ACCOUNT,
        "sources": ", ".join(sorted(sources)),
        "requests": sum(sources.values()),
        "age": age,
        "billed": billed["amount"] if billed and billed["lines"] else None,
        "balance": balance,
    }


def _sources(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        if row["requests"]:
            found.setdefault(row["provider"], {})[row["source"]] = row["requests"]
    return found


def _balances(rows: Sequence[Mapping[str, Any]]) -> dict[str, Decimal]:
    """The latest balance of each; the rows are newest first."""
    found: dict[str, Decimal] = {}
    for row in rows:
        if row["amount"] is not None:
            found.setdefault(row["provider"], row["amount"])
    return found


def _standing(row: Row, _: Settings) -> Standing:
    return "good" if row["connection"] == ARRIVES else "none"


CONNECTION: Final = Judgement(
    name="connection",
    title="State",
    unit=COUNT,
    better="",
    description=(
        "Whether usage of a provider arrives, from which sources, and whether the provider's own account tells of "
        "bills and balance. A balance that no record tells of is unknown."
    ),
    formula="usage arrives where calls of the provider began in the window; bills and balances of the last 90 days",
    by=("provider",),
    facts=(
        text("account", "whether its own account is read, or bills of it have been received"),
        text("sources", "where its usage comes from"),
        Fact("requests", COUNT, "integer", "Requests", "its calls in the window"),
        Fact("age", SECONDS, title="Last used (ago)", meaning="how long ago it was last used, at least"),
        Fact("billed", USD, "money", "Billed", "what it billed for usage in the last 90 days, where bills are known"),
        Fact("balance", USD, "money", "Balance", "its latest known balance"),
    ),
    type="text",
    thresholds="good where usage arrives, without a grade else",
    inquire=_inquire,
    standing=_standing,
)
