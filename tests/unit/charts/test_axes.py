"""Tests of tokometer.charts.axes."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.charts.axes import Grain, log_axis, time_axis, value_axis

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


@pytest.mark.parametrize("room", range(60, 1_000, 20))
def test_labels_that_have_no_room_give_way_together(room: int) -> None:
    """On however few pixels, the labels of a month's days are apart, and as many days lie between each two of them."""
    starts = [datetime(2026, 11, 1, tzinfo=_BERLIN) + timedelta(days=day) for day in range(30)]
    axis = time_axis(starts, starts[-1] + timedelta(days=1), "day", 5)
    assert axis.labels == ["2 Nov", "9 Nov", "16 Nov", "23 Nov", "30 Nov"]
    own = next((one for one in (axis, *axis.fewer) if one.fits(room)), axis.fewer[-1])
    steps = {round((later - former) / 86_400_000) for former, later in pairwise(own.ticks)}
    assert len(steps) == 1
    places = [room * (tick - own.domain[0]) / (own.domain[1] - own.domain[0]) for tick in own.ticks]
    assert all(later - former >= 40 for former, later in pairwise(places)) or own is axis.fewer[-1]


def test_months() -> None:
    """The year is said where it begins."""
    starts = [datetime(2025, 12, 1, tzinfo=_BERLIN), *(datetime(2026, month, 1, tzinfo=_BERLIN) for month in (1, 2, 3))]
    assert time_axis(starts, starts[-1], "month").labels == ["Dec 2025", "Jan 2026", "Feb", "Mar"]


def test_nothing() -> None:
    """No periods make an empty axis, not an error."""
    assert time_axis([], datetime(2026, 1, 1, tzinfo=_BERLIN), "day").ticks == []


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9))
def test_value_axis_anywhere(smallest: float, span: float) -> None:
    """An axis that does not begin at zero holds both ends and wastes less than half of itself."""
    axis = value_axis(smallest + span, str, smallest=smallest)
    low, high = axis.domain
    slack = 1e-6 * max(span, abs(smallest))
    assert low <= smallest + slack
    assert high >= smallest + span - slack
    assert high - low <= 2 * span + slack
    assert axis.ticks == sorted(set(axis.ticks))


def test_shares_near_the_top() -> None:
    """Availability between 99.2 and 100 % fills its axis, which does not go beyond 100 %."""
    axis = value_axis(1.0, lambda value: f"{100 * value:g}", smallest=0.992, most=1.0)
    assert axis.labels == ["99.2", "99.4", "99.6", "99.8", "100"]
    flat = value_axis(1.0, str, smallest=1.0, most=1.0)
    assert flat.domain[0] < flat.domain[1] == 1.0


@given(st.floats(1e-6, 1e9), st.floats(1, 1e9), st.integers(3, 12))
def test_log_axis(low: float, factor: float, most: int) -> None:
    """A logarithmic axis spans what it is asked to, and its ticks are few, rising and within."""
    axis = log_axis(low, low * factor, str, most)
    assert axis.domain[0] < axis.domain[1]
    assert len(axis.ticks) <= most
    assert axis.ticks == sorted(set(axis.ticks))
    assert all(axis.domain[0] <= tick <= axis.domain[1] for tick in axis.ticks)


def test_log_axis_of_durations() -> None:
    """Durations have ticks that people say: seconds, then whole minutes."""
    axis = log_axis(100.0, 700_000.0, lambda value: f"{value / 1_000:g} s", most=5, second=1_000.0)
    assert axis.labels == ["0.1 s", "1 s", "10 s", "60 s", "600 s"]


@pytest.mark.parametrize("days", [3, 7, 10, 14])
@pytest.mark.parametrize("grain", ["quarter", "hour"])
def test_a_long_axis_says_of_which_days_it_is_at_any_width(days: int, grain: Grain) -> None:
    """However few labels have room, the first one has a date; of a week or more, each has."""
    step = timedelta(minutes=15 if grain == "quarter" else 60)
    start = datetime(2026, 11, 20, 1, tzinfo=ZoneInfo("Asia/Kolkata"))
    starts = [start + at * step for at in range(int(timedelta(days=days) / step))]
    axis = time_axis(starts, starts[-1] + step, grain)
    for one in (axis, *axis.fewer):
        assert "Nov" in one.labels[0], one.labels
        assert days < 7 or all("Nov" in label or "Dec" in label for label in one.labels), one.labels
