"""The made-up company's subscriptions, with who has a seat, and what a euro was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from tokometer.accounts import ExchangeRate, Subscription
from tokometer.accounts.accounts import Accounts
from tokometer.ledger import Readable
from tokometer.measures import Filter, Query, run
from tokometer.settings import Settings

_WHO: Final = "Ada"
_SINCE: Final = timedelta(days=75)
_MONTH: Final = 30
#: What a euro was in US dollars, the latest last.
_EUROS: Final = ("1.0790", "1.0845", "1.0912", "1.1020")
#: Seats of the first plan: those who use it most, one who uses it little, one who never did.
_MOST: Final = 4


def decide(accounts: Accounts, ledger: Readable, _settings: Settings, now: datetime) -> None:
    """A plan whose seats have names, and one that is paid in euros."""
    today = now.astimezone(UTC).date()
    people = _users(ledger, "claude_code")
    seats = [*people[:_MOST], *people[-1:]]
    accounts.subscriptions.add(
        Subscription(
            title="Claude Max of the platform team",
            provider="anthropic",
            plan="Max 5x",
            price=Decimal(100),
            seats=len(seats) + 1,
            people=[
                *({"name": one.replace("-", " ").capitalize(), "match": {"user": [one]}} for one in seats),
                {"name": "Somebody who has left", "match": {"user": ["nobody"]}},
            ],
            filters={"source": ["claude_code"]},
            limits={"5h": {"tokens": "40000000"}, "7d": {"cost": "400"}},
            since=today - _SINCE,
        ),
        _WHO,
    )
    accounts.subscriptions.add(
        Subscription(
            title="ChatGPT Business",
            provider="openai",
            plan="Business",
            price=Decimal("29.00"),
            currency="EUR",
            seats=6,
            filters={"source": ["codex"]},
            since=today - _SINCE,
        ),
        _WHO,
    )
    for ago, rate in enumerate(reversed(_EUROS)):
        day = today - timedelta(days=_MONTH * ago + _MONTH // 2)
        accounts.rates.add(ExchangeRate(currency="EUR", day=day, rate=Decimal(rate), origin="made up"), _WHO)


def _users(ledger: Readable, source: str) -> list[str]:
    """Who made calls, the most costly first."""
    where = (Filter("calls.source", "=", (source,)),)
    rows = run(ledger, Query(measures=("calls.cost",), by=("calls.user",), where=where, since="all")).rows
    return [row["user"] for row in sorted(rows, key=lambda row: (-(row["cost"] or 0), row["user"])) if row["user"]]
