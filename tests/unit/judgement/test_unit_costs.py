"""Tests of tokometer.judgement.unit_costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller, judged
from tokometer.measures import Query
from tokometer.settings import Settings
from tokometer.settings.owned import OwnSeries

SINCE = datetime(2026, 3, 7, tzinfo=UTC)


def _series(points: dict[str, float], **values: Any) -> Settings:
    told = {
        "id": "s1",
        "name": "orders",
        "title": "Orders",
        "unit": "order",
        "tz": "UTC",
        "adds": True,
        "revision": 1,
        "points": tuple((date.fromisoformat(day), value) for day, value in points.items()),
    } | values
    return Settings(own_series=(OwnSeries(**told),))


def _day(day: str, cost: str | None) -> dict[str, Any]:
    return {"day": day, "cost": None if cost is None else Decimal(cost)}


def test_cost_per_order() -> None:
    """The cost of the days that have a value, over what was counted; beside it the window before."""
    settings = _series({"2026-03-03": 10, "2026-03-07": 100, "2026-03-08": 50, "2026-03-10": 50})
    now = [_day("2026-03-07", "3"), _day("2026-03-09", "99"), _day("2026-03-10", "1")]
    teller = Teller((now, [_day("2026-03-03", "0.5")]), since=SINCE)
    [row] = judged("unit_costs", teller=teller, settings=settings)
    # The 8th has no calls and costs nothing; the 9th has no value, and does not count.
    assert (row["unit_costs"], row["amount"], row["cost"], row["days"]) == (Decimal("0.02"), 200, Decimal(4), 3)
    assert row["before"] == Decimal("0.05")
    assert row["change"] == pytest.approx(-0.6)
    before = teller.asked[1]
    assert isinstance(before, Query)
    assert (before.since, before.until) == ("2026-03-03", "2026-03-06")


def test_a_level_is_the_mean() -> None:
    """Of active users the mean counts, and their cost is that of all days."""
    settings = _series({"2026-03-07": 100, "2026-03-08": 300}, adds=False)
    teller = Teller(([_day("2026-03-07", "3"), _day("2026-03-08", "1")], []), since=SINCE)
    [row] = judged("unit_costs", teller=teller, settings=settings)
    assert (row["amount"], row["unit_costs"], row["before"]) == (200, Decimal("0.02"), None)


def test_days_on_which_nobody_knows_a_price() -> None:
    """They are left out, and counted."""
    settings = _series({"2026-03-09": 10, "2026-03-10": 10})
    teller = Teller(([_day("2026-03-09", None), _day("2026-03-10", "1")], []), since=SINCE)
    [row] = judged("unit_costs", teller=teller, settings=settings)
    assert (row["days"], row["days_unknown"], row["unit_costs"]) == (1, 1, Decimal("0.1"))


def test_days_are_those_of_the_series() -> None:
    """The cost is asked by the days of the series' own zone, whatever the viewer's is."""
    teller = Teller(([], []), since=SINCE)
    judged("unit_costs", teller=teller, settings=_series({}, tz="Asia/Tokyo"), tz="America/New_York")
    assert [question.tz for question in teller.asked if isinstance(question, Query)] == ["Asia/Tokyo"] * 2


@given(
    points=st.dictionaries(st.integers(0, 9), st.integers(0, 1_000), max_size=10),
    costs=st.dictionaries(st.integers(0, 9), st.integers(0, 10**12), max_size=10),
    zone=st.sampled_from(("UTC", "Europe/Vienna", "America/New_York")),
)
def test_days_add_up_to_the_window(points: dict[int, int], costs: dict[int, int], zone: str) -> None:
    """Cost and amount of the course are those of the sum, over a change of clocks as well."""
    first = date(2026, 3, 25)
    days = {first + timedelta(days=at): float(value) for at, value in points.items()}
    settings = _series({str(day): value for day, value in days.items()}, tz=zone)
    rows = [_day(str(first + timedelta(days=at)), str(Decimal(nano).scaleb(-9))) for at, nano in costs.items()]
    since, now = datetime(2026, 3, 24, 20, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC)
    whole = judged("unit_costs", teller=Teller((rows, []), since=since, until=now), settings=settings, now=now)[0]
    course = judged("unit_course", teller=Teller((rows,), since=since, until=now), settings=settings, now=now)
    assert sum(row["cost"] for row in course) == (whole["cost"] or 0)
    assert sum(row["amount"] for row in course) == (whole["amount"] or 0)
    assert [row["day"] for row in course] == [str(day) for day in days]


def test_nothing_is_counted() -> None:
    """Without a series there are no rows, and nothing is asked."""
    assert judged("unit_costs", now=NOW) == []
