"""When the demo's people work."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from generators.demo_history import NOW
from tokometer.demo.incidents import incidents
from tokometer.demo.rhythm import DAY, HOUR, hours, pace_of

MINUTE = 60_000_000


@given(
    days=st.integers(1, 40),
    calls=st.integers(0, 10**6),
    ends=st.integers(NOW, NOW + 9 * DAY),
    seed=st.integers(0, 99),
)
def test_the_hours_cover_the_window_and_all_calls(days: int, calls: int, ends: int, seed: int) -> None:
    """They follow each other without a gap, and the last one's target is everything."""
    start = ends - days * DAY
    found = list(hours(start, ends, calls, Random(seed)))

    assert found[0].start == start
    assert found[-1].end == ends
    assert all(one.end == two.start for one, two in pairwise(found))
    assert found[-1].target == calls
    assert [hour.target for hour in found] == sorted(hour.target for hour in found)
    assert all(hour.end - hour.start <= 1.5 * HOUR for hour in found)
    assert found[-1].end - found[-1].start > HOUR / 2


@given(days=st.integers(1, 400), ends=st.integers(NOW, NOW + 9 * DAY))
def test_incidents_fall_into_the_window(days: int, ends: int) -> None:
    """However long it is and whenever it ends, and they do not overlap."""
    start = ends - days * DAY
    outage, storm = incidents(start, ends)

    assert start < outage.start < outage.end <= storm.start < storm.end < ends


@given(days=st.integers(7, 400), calls=st.integers(1, 10**6), ends=st.integers(NOW, NOW + 9 * DAY))
def test_it_goes_on_no_faster_than_its_own_busy_hours(days: int, calls: int, ends: int) -> None:
    """An hour has what the history has at that hour of its busiest day, and never less than half of what one has."""
    pace = pace_of(calls, ends - days * DAY, ends)
    mean = calls / (days * DAY // HOUR)
    week = [3600 * pace(ends + hour * HOUR) for hour in range(24 * 7)]

    assert max(week[:24]) <= 6 * mean
    assert min(week) >= 0.49 * mean
    assert all(abs(hour - week[at % 24]) < 1e-6 * hour for at, hour in enumerate(week))
