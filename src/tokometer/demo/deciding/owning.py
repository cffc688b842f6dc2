"""The made-up company's machines with what was paid for them, and what it counts: orders and active users."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from tokometer.accounts import Hardware, Series
from tokometer.accounts.accounts import Accounts
from tokometer.ledger import Readable
from tokometer.settings import Settings

_WORKSPACE: Final = "default"
_WHO: Final = "Ada"
_ZONE: Final = "UTC"
#: Days of history.
_DAYS: Final = 120
#: Orders on a working day at the beginning and now, and the share of them on Saturday and Sunday.
_ORDERS: Final = (310.0, 455.0)
_WEEKEND: Final = (0.55, 0.4)
_USERS: Final = (820.0, 1_040.0)
_SATURDAY: Final = 5
_MACHINES: Final = (
    ("Atlas 1, two L40S", "atlas-01", 14_800, 58, {"*": "anthropic/claude-haiku-4-5"}),
    ("Atlas 2, L4 and A6000", "atlas-02", 21_500, 45, {"*": "openai/gpt-5-mini"}),
)


def decide(accounts: Accounts, _ledger: Readable, _settings: Settings, now: datetime) -> None:
    """Two machines, one of which pays for itself soon, and two series with a value each day up to yesterday."""
    today = now.astimezone(UTC).date()
    for title, host, price, days, compared in _MACHINES:
        bought = datetime.combine(today - timedelta(days=days), datetime.min.time(), UTC)
        accounts.hardware.add(
            Hardware(
                title=title,
                match=host,
                price=Decimal(price),
                bought=bought,
                power_price=Decimal("0.27"),
                compared=compared,
            ),
            _WHO,
        )
    for name, title, unit, adds, span, weekend in (
        ("orders", "Orders", "order", True, _ORDERS, _WEEKEND),
        ("active-users", "Active users", "active user", False, _USERS, (0.8, 0.75)),
    ):
        series = accounts.series.add(Series(name=name, title=title, unit=unit, tz=_ZONE, adds=adds), _WHO)
        accounts.series.put(_WORKSPACE, series.id, _points(name, today, span, weekend), _WHO)


def _points(seed: str, today: date, span: tuple[float, float], weekend: tuple[float, float]) -> dict[date, float]:
    rng = Random(seed)  # noqa: S311 - made-up data, the same each time
    found = {}
    for ago in range(_DAYS, 0, -1):
        day = today - timedelta(days=ago)
        level = span[1] + (span[0] - span[1]) * ago / _DAYS
        if day.weekday() >= _SATURDAY:
            level *= weekend[day.weekday() - _SATURDAY]
        found[day] = float(round(level * rng.uniform(0.93, 1.07)))
    return found
