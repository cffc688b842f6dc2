"""Tests of tokometer.judgement.budget and tokometer.judgement.month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.month import Month
from tokometer.measures import Filter
from tokometer.settings import Budget, Settings

UTC_ZONE = ZoneInfo("UTC")


def _days(*costs: float | None, name: str = "") -> list[dict[str, Any]]:
    """The cost of each day, the last one today (10 March)."""
    first = NOW.replace(hour=0) - timedelta(days=len(costs) - 1)
    beside = {"model": name} if name else {}
    return [
        {"time": first + timedelta(days=place), "cost": None if cost is None else Decimal(str(cost)), **beside}
        for place, cost in enumerate(costs)
    ]


def _judge(spent: str | None, limit: str | None, days: list[dict[str, Any]], **about: Any) -> Mapping[str, Any]:
    cost = None if spent is None else Decimal(spent)
    settings = Settings(budget=Budget(monthly=None if limit is None else Decimal(limit)))
    [row] = judged("budget", [{"cost": cost, "unpriced": 3}], days, settings=settings, **about)
    return row


def test_month() -> None:
    """The calendar month of a zone: what is left of it, and how much of it has passed."""
    month = Month(NOW, UTC_ZONE)
    assert (month.first, month.end) == (date(2026, 3, 1), date(2026, 4, 1))
    assert (month.days_left, month.elapsed, month.days_so_far) == (21, 0.5, 9.5)
    # As in the requirements: on 28 December, three days remain.
    assert Month(datetime(2025, 12, 28, 10, 30, tzinfo=UTC), UTC_ZONE).days_left == 3
    # In Auckland the next month has begun; an hour of it is no day to divide by.
    late = Month(datetime(2026, 3, 31, 12, tzinfo=UTC), ZoneInfo("Pacific/Auckland"))
    assert (late.first, late.days_so_far) == (date(2026, 4, 1), 1.0)
    # On the day on which New York's clocks go forward, noon is 11 of 23 hours in.
    noon = Month(datetime(2026, 3, 8, 16, tzinfo=UTC), ZoneInfo("America/New_York"))
    assert noon.elapsed == pytest.approx(11 / 23)


def test_used_and_projected() -> None:
    """Ten dollars a day: 95 so far, 310 at the end; the shares are those of the budget."""
    # Twelve days in February, nine and a half in March.
    row = _judge("95", "400", _days(*[10.0] * 21, 5.0))
    assert (row["budget"], row["spent"], row["remaining"]) == (0.2375, Decimal(95), Decimal(305))
    assert (row["days_remaining"], row["daily_average"]) == (21, Decimal(10))
    assert row["projected"] == Decimal(310)
    assert 200 < row["projected_low"] < 310 < row["projected_high"] < 450
    assert row["projected_share"] == pytest.approx(0.775)
    assert (row["over_budget"], row["alert_level"], row["standing"]) == (False, "ok", "good")
    assert (row["unpriced"], row["note"]) == (3, None)


@pytest.mark.parametrize(
    ("limit", "level", "over"),
    [
        # The projection of 310 is 77.5 %, 80 % and more, all, and more than all of it; 95 is all of the last.
        ("400", "ok", False),
        ("387.5", "warning", False),
        ("310", "critical", False),
        ("300", "critical", True),
        ("95", "critical", True),
    ],
)
def test_alert_levels(limit: str, level: str, over: bool) -> None:
    """A budget that is used, or will be, to 80 % is a warning, to 100 % critical; over is above it."""
    row = _judge("95", limit, _days(*[10.0] * 21, 5.0))
    assert (row["alert_level"], row["over_budget"]) == (level, over)


def test_too_little_history() -> None:
    """With fewer than three whole days nothing is projected, and what is spent decides."""
    row = _judge("390", "400", _days(190, 190, 10))
    assert (row["projected"], row["projected_share"]) == (None, None)
    assert (row["budget"], row["alert_level"], row["over_budget"]) == (0.975, "warning", False)


def test_no_budget() -> None:
    """Without a budget the cost is told, and everything that needs one is unknown."""
    row = _judge("95", None, _days(*[10.0] * 21, 5.0))
    assert row["note"] == "no budget configured"
    for name in ("budget", "monthly_budget", "remaining", "projected_share", "over_budget", "alert_level"):
        assert row[name] is None, name
    assert (row["spent"], row["projected"], row["standing"]) == (Decimal(95), Decimal(310), "none")


def test_unpriced_month() -> None:
    """A cost that nobody knows is no cost of zero."""
    row = _judge(None, "400", _days(*[None] * 5))
    assert (row["budget"], row["spent"], row["daily_average"], row["alert_level"]) == (None, None, None, None)


ALLOCATED = Settings(budget=Budget(monthly=Decimal(1000), models=(("x", Decimal(50)), ("idle", Decimal(5)))))


def test_allocations() -> None:
    """By model, each has its own budget if one is allocated; an allocated one without cost is listed, too."""
    spent = [{"model": name, "cost": Decimal(cost), "unpriced": 0} for name, cost in (("x", 45), ("y", 700))]
    teller = Teller([spent, _days(*[5.0] * 9, 0.0, name="x")])
    rows = {row["model"]: row for row in judged("budget", teller=teller, by="model", settings=ALLOCATED)}
    assert (rows["x"]["budget"], rows["x"]["alert_level"]) == (0.9, "critical")
    assert rows["x"]["projected"] > 50
    assert (rows["y"]["budget"], rows["y"]["note"]) == (None, "no budget configured")
    assert (rows["idle"]["budget"], rows["idle"]["spent"], rows["idle"]["alert_level"]) == (0, 0, "ok")
    # Days are asked only of those that have a budget.
    assert teller.asked[1].where == (Filter("calls.model", "in", ("x", "idle")),)


@pytest.mark.parametrize(
    ("where", "limit"),
    [
        ((), Decimal(1000)),
        ((Filter("calls.model", "=", ("x",)),), Decimal(50)),
        ((Filter("calls.model", "=", ("y",)),), None),
        ((Filter("calls.model", "in", ("x", "idle")),), None),
        ((Filter("calls.model", "!=", ("x",)),), None),
        ((Filter("calls.model", "=", ("x",)), Filter("calls.user", "=", ("ana",))), None),
        ((Filter("calls.user", "=", ("ana",)),), None),
    ],
)
def test_filters(where: tuple[Filter, ...], limit: Decimal | None) -> None:
    """A budget is for all of its calls: with filters there is one only where they choose exactly an allocation's."""
    [row] = judged("budget", [{"cost": Decimal(1), "unpriced": 0}], _days(1, 1), where=where, settings=ALLOCATED)
    assert row["monthly_budget"] == limit
