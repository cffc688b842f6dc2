"""Tests of tokometer.judgement.expected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from generators.told_answers import NOW, judged
from tokometer.judgement.expected import NOT_ENOUGH


def _days(count: int, value: str, team: str = "") -> list[dict[str, Any]]:
    today = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC)
    named = {"team": team} if team else {}
    return [
        {**named, "time": today - timedelta(days=count - place), "cost": Decimal(value), "requests": 3}
        for place in range(count + 1)
    ]


def test_ten_dollars_a_day() -> None:
    """Ten dollars a day make 300 in 30 days and 900 in 90; half of today is gone, and the first day is left out."""
    [row] = judged("cost_forecast", _days(60, "10"))
    assert row["days"] == 59
    assert row["next_30"] == Decimal(295)
    assert row["next_90"] == Decimal(895)
    # Ten days up to now, today's ten included, and 21 and a half to come.
    assert (row["so_far"], row["cost_forecast"]) == (Decimal(100), Decimal(315))
    assert row["low_90"] < row["low_30"] * 4 < row["next_90"] * 2
    assert (row["error"], row["naive_error"]) == (0.0, 0.0)
    assert row["note"] is None


def test_little_history() -> None:
    """Two days are not enough, three weeks are not for 90 days, and ten do not tell weekdays apart."""
    [row] = judged("cost_forecast", _days(2, "10"))
    assert (row["cost_forecast"], row["next_30"], row["note"]) == (None, None, NOT_ENOUGH)
    [row] = judged("requests_forecast", _days(10, "10"))
    assert row["requests_forecast"] is not None
    assert row["low_30"] < row["next_30"] < row["high_30"]
    assert (row["next_90"], row["error"]) == (None, None)
    assert row["note"] == "weekdays not yet told apart"


def test_by_team() -> None:
    """Each name has a forecast of its own, the largest first."""
    rows = judged("cost_forecast", [*_days(30, "1", "web"), *_days(30, "5", "ml")], by="team")
    assert [(row["team"], row["next_30"]) for row in rows] == [("ml", Decimal("147.5")), ("web", Decimal("29.5"))]
