"""What comes from each provider: usage, bills and balances, and from where. Nothing is invented that nobody sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, text
from tokometer.judgement.inventory import LAST_USED, last_used, last_used_questions
from tokometer.measures import Feed, Filter, Query
from tokometer.records.units import COUNT, SECONDS, USD
from tokometer.settings import Settings
from tokometer.settings.owned import OwnAccount

ARRIVES: Final = "usage arrives"
QUIET: Final = "no usage in this window"
NO_ACCOUNT: Final = "not connected"
BILLS: Final = "bills received"
_BALANCES: Final = 500
#: States of accounts, the one first that somebody has to look at.
_WORST: Final = ("failing", "not synced yet", "paused", "connected")


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
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
    accounts: dict[str, list[OwnAccount]] = {}
    for one in settings.own_accounts:
        accounts.setdefault(one.provider, []).append(one)
    # An account alone makes a provider of the whole only, not of what somebody has narrowed.
    whole = () if matter.where else accounts
    names = [name for name in dict.fromkeys([*sources, *ages, *billed, *whole]) if name]
    rows = [_row(name, sources.get(name, {}), ages.get(name), billed.get(name), balances.get(name)) for name in names]
    return [{**row, **_account(accounts.get(row["provider"], []), row, matter.now)} for row in rows]


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


def _account(accounts: Sequence[OwnAccount], row: Row, now: datetime) -> Row:
    """What the accounts of a provider say; of several the one that stands worst, and what is left in all of them."""
    if not accounts:
        return {"synced": None, "error": ""}
    worst = min(accounts, key=lambda one: _WORST.index(one.state) if one.state in _WORST else len(_WORST))
    synced = max((one.synced for one in accounts if one.synced), default=None)
    told = [one.balance for one in accounts if one.balance is not None and one.unit == "USD"]
    more = f" ({len(accounts)} accounts)" if len(accounts) > 1 else ""
    return {
        "account": f"{worst.state}{more}",
        "synced": None if synced is None else max(0.0, (now - synced).total_seconds()),
        "error": worst.error,
        "balance": sum(told, Decimal(0)) if told else row["balance"],
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
    if row["error"]:
        return "critical"
    return "good" if row["connection"] == ARRIVES else "none"


CONNECTION: Final = Judgement(
    name="connection",
    title="State",
    unit=COUNT,
    better="",
    description=(
        "Whether usage of a provider arrives, from which sources, and whether the provider's own account tells of "
        "bills and balance; how its account stands, if one is connected. A balance that nobody tells of is unknown."
    ),
    formula="usage arrives where calls of the provider began in the window; bills and balances of the last 90 days",
    by=("provider",),
    facts=(
        text("account", "how its own account stands, or whether bills of it have been received"),
        text("error", "what is wrong with its account"),
        Fact("synced", SECONDS, title="Synced (ago)", meaning="how long ago its account was last read without a fault"),
        text("sources", "where its usage comes from"),
        Fact("requests", COUNT, "integer", "Requests", "its calls in the window"),
        Fact("age", SECONDS, title="Last used (ago)", meaning="how long ago it was last used, at least"),
        Fact("billed", USD, "money", "Billed", "what it billed for usage in the last 90 days, where bills are known"),
        Fact("balance", USD, "money", "Balance", "its latest known balance"),
    ),
    type="text",
    thresholds="critical where its account fails, good where usage arrives, without a grade else",
    inquire=_inquire,
    standing=_standing,
)
