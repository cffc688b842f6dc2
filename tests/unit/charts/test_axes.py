"""Tests of tokometer.charts.axes."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tokometer.charts.axes import time_axis, value_axis

_BERLIN = ZoneInfo("Europe/Berlin")


@given(st.floats(1e-9, 1e15))
def test_value_axis(largest: float) -> None:
    """An axis begins at zero, reaches past the largest value but not twice as far, and has few ticks."""
    axis = value_axis(largest, str)
    assert axis.ticks[0] == 0.0
    assert largest * (1 - 1e-9) <= axis.domain[1] <= largest * 2
    assert 3 <= len(axis.ticks) <= 6
    assert axis.ticks == sorted(set(axis.ticks))
    assert len(axis.labels) == len(axis.ticks)


@given(st.integers(0, 10_000))
def test_counts_have_whole_ticks(largest: int) -> None:
    """No tick stands at half a call."""
    assert all(tick == int(tick) for tick in value_axis(largest, str, whole=True).ticks)


def test_days() -> None:
    """Thirty days are marked at Mondays."""
    starts = [datetime(2026, 10, 24, tzinfo=_BERLIN) + timedelta(days=day) for day in range(30)]
    assert time_axis(starts, starts[-1], "day").labels == ["26 Oct", "2 Nov", "9 Nov", "16 Nov"]


def test_hours_of_a_week() -> None:
    """A week of hours is marked at midnights, with the date."""
    starts = [datetime(2026, 11, 16, tzinfo=_BERLIN) + timedelta(hours=hour) for hour in range(168)]
    assert time_axis(starts, starts[-1], "hour").labels == [f"{day} Nov" for day in range(16, 23)]


def test_months() -> None:
    """The year is said where it begins."""
    starts = [datetime(2025, 12, 1, tzinfo=_BERLIN), *(datetime(2026, month, 1, tzinfo=_BERLIN) for month in (1, 2, 3))]
    assert time_axis(starts, starts[-1], "month").labels == ["Dec 2025", "Jan 2026", "Feb", "Mar"]


def test_nothing() -> None:
    """No periods make an empty axis, not an error."""
    assert time_axis([], datetime(2026, 1, 1, tzinfo=_BERLIN), "day").ticks == []
