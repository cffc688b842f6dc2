"""Budgets and objectives that the company's people have made on the page, fitted to what they spend."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tokometer.accounts import Budget, Objective
from tokometer.accounts.accounts import Accounts
from tokometer.ledger import Readable
from tokometer.measures import Filter, Query, answer
from tokometer.settings import Settings

_WEEKS: Final = 4
_DAYS: Final = 7 * _WEEKS
#: Title, who made it, period, its part of four weeks, zone, whose spending, and the budget as a share of what is usual.
_BUDGETS: Final[tuple[tuple[str, str, str, int, str, dict[str, list[str]], str, bool], ...]] = (
    (
        "Coding agents, a week",
        "Ada",
        "week",
        _WEEKS,
        "Europe/Berlin",
        {"agent": ["claude-code", "codex"]},
        "1.15",
        True,
    ),
    ("Research and data, a day", "Lin", "day", _DAYS, "UTC", {"team": ["data", "research"]}, "1.6", True),
    ("Staging", "Ada", "month", 1, "UTC", {"environment": ["staging"]}, "1.4", False),
)
_OBJECTIVE: Final[dict[str, Any]] = {"availability": 0.99, "error_rate": 0.02, "period": "30d"}


def decide(accounts: Accounts, ledger: Readable, _settings: Settings, now: datetime) -> None:
    """Make them. A budget for what costs nothing is none."""
    for title, who, period, parts, tz, filters, share, stops in _BUDGETS:
        usual = _cost(ledger, filters, now) / parts
        amount = round(usual * Decimal(share), 0 if usual > 10 else 2)  # noqa: PLR2004 - as people round
        if amount > 0:
            budget = Budget(title=title, amount=amount, period=period, tz=tz, filters=filters, stops=stops)
            accounts.budgets.add(budget, who)
    accounts.objectives.add(Objective(provider="anthropic", declared=_OBJECTIVE), "Ada")


def _cost(ledger: Readable, filters: dict[str, list[str]], now: datetime) -> Decimal:
    """USD of four weeks."""
    where = tuple(Filter(f"calls.{name}", "in", tuple(values)) for name, values in filters.items())
    rows = answer(ledger, Query(measures=("calls.cost",), where=where, since=f"{_DAYS}d"), now=now).rows
    cost: Decimal | None = rows[0]["cost"] if rows else None
    return cost or Decimal(0)
