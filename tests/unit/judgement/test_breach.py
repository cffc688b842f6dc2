"""Tests of tokometer.judgement.breach."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.judgement import Day
from tokometer.judgement.breach import Breach, breach

_NOW = datetime(2026, 3, 11, 12, 0, tzinfo=ZoneInfo("UTC"))
_END = date(2026, 4, 1)


def _breach(
    limit: float, *, so_far: float = 105.0, now: datetime = _NOW, days: int = 40, a_day: float = 10.0
) -> Breach:
    history = [Day(now.date() - timedelta(days=days - place), a_day) for place in range(days)]
    found = breach(history, so_far, limit, now, _END)
    assert found is not None
    return found


def test_hours() -> None:
    """With $10 a day, $10 above what was used by noon are used up after 24 hours."""
    found = _breach(115.0)
    assert found.over
    assert found.hours == pytest.approx(24)
    assert found.soonest is not None
    assert found.latest is not None
    assert found.soonest < 24 < found.latest
    assert found.projected == pytest.approx(105 + 20.5 * 10)


def test_never() -> None:
    """A budget that lasts has no hour at which it is used up."""
    found = _breach(1_000.0)
    assert (found.over, found.hours, found.soonest) == (False, None, None)


def test_used_up() -> None:
    """One that is used up already was reached 0 hours from now, with or without a history."""
    assert _breach(100.0).hours == 0
    found = breach([], 101.0, 100.0, _NOW, _END)
    assert found is not None
    assert (found.over, found.hours) == (True, 0)


def test_unknown() -> None:
    """Without enough days nothing is said."""
    assert breach([Day(_NOW.date() - timedelta(days=1), 5.0)], 5.0, 100.0, _NOW, _END) is None


def test_short_day() -> None:
    """A day on which clocks go forward has 23 hours."""
    now = datetime(2026, 3, 29, 0, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    found = _breach(110.0 - 1e-9, so_far=100.0, now=now)
    assert found.hours == pytest.approx(23)


@given(st.lists(st.floats(0.1, 100), min_size=20, max_size=60), st.floats(1, 2_000))
def test_order(values: list[float], limit: float) -> None:
    """The soonest is not after the expected, the expected not after the latest, and each is within the period."""
    history = [Day(_NOW.date() - timedelta(days=len(values) - place), value) for place, value in enumerate(values)]
    found = breach(history, 0.0, limit, _NOW, _END)
    assert found is not None
    hours = [value for value in (found.soonest, found.hours, found.latest) if value is not None]
    assert hours == sorted(hours)
    assert all(0 < value <= 20.5 * 24 for value in hours)
