"""Tests of tokometer.judgement.forecast."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.judgement import Day, Forecast, forecast

_FIRST = date(2026, 1, 1)
_VALUES = st.lists(st.floats(0, 1e9, allow_nan=False), min_size=3, max_size=100)


def _days(values: list[float]) -> list[Day]:
    return [Day(_FIRST + timedelta(days=index), value) for index, value in enumerate(values)]


def _ask(
    values: list[float], *, so_far: float = 0.0, today: float = 0.0, elapsed: float = 0.0, left: int = 10
) -> Forecast:
    day = _FIRST + timedelta(days=len(values))
    found = forecast(_days(values), so_far, Day(day, today), elapsed, day + timedelta(days=left))
    assert found is not None
    return found


@given(_VALUES, st.floats(0, 1e9), st.floats(0, 1), st.integers(1, 31))
def test_encloses(values: list[float], so_far: float, elapsed: float, left: int) -> None:
    """What has been used is the least that can come out, and the interval encloses the estimate."""
    found = _ask(values, so_far=so_far, elapsed=elapsed, left=left)
    assert found.estimate >= so_far
    if found.low is not None and found.high is not None:
        assert so_far <= found.low <= found.estimate * (1 + 1e-12)
        assert found.estimate <= found.high * (1 + 1e-12)


@given(_VALUES, st.floats(1e-3, 1e3), st.integers(1, 31))
def test_unit_free(values: list[float], scale: float, left: int) -> None:
    """Cents instead of dollars give the same forecast in cents."""
    one, other = _ask(values, left=left), _ask([value * scale for value in values], left=left)
    assert math.isclose(other.estimate, one.estimate * scale, rel_tol=1e-6, abs_tol=1e-6)


@given(st.floats(0.01, 1e6), st.integers(7, 90), st.integers(1, 31))
def test_constant(value: float, days: int, left: int) -> None:
    """Use that never changes is forecast as it is, without doubt."""
    found = _ask([value] * days, left=left)
    assert found.estimate == pytest.approx(value * left)
    assert found.low == pytest.approx(found.estimate)
    assert found.high == pytest.approx(found.estimate)


@given(_VALUES, st.floats(0, 1e9))
def test_nothing_left(values: list[float], so_far: float) -> None:
    """At the end of the period the forecast is what was used."""
    found = _ask(values, so_far=so_far, elapsed=1.0, left=1)
    assert found.estimate == so_far == found.low == found.high


def test_path_adds_up() -> None:
    """The days of the path are those that are left, and add up to the estimate."""
    found = _ask([1.0, 2.0, 3.0, 4.0], so_far=5.0, left=4)
    assert [day.date.day for day in found.path] == [5, 6, 7, 8]
    assert found.so_far + math.fsum(day.value for day in found.path) == pytest.approx(found.estimate)


def test_weekdays() -> None:
    """After three weeks a weekend that is always idle is forecast as idle, nearly."""
    values = [10.0 if (_FIRST + timedelta(days=index)).weekday() < 5 else 0.0 for index in range(56)]
    found = _ask(values, left=7)
    assert found.seasonal
    weekend = [day.value for day in found.path if day.date.weekday() >= 5]
    workdays = [day.value for day in found.path if day.date.weekday() < 5]
    assert max(weekend) < 2
    assert min(workdays) > 8


def test_too_short() -> None:
    """Two days are no history, three are a forecast without an interval."""
    assert forecast(_days([1.0, 2.0]), 3.0, Day(date(2026, 1, 3), 0.0), 0.5, date(2026, 2, 1)) is None
    found = _ask([1.0, 2.0, 3.0])
    assert found.low is None
    assert found.error is None


def test_covers() -> None:
    """Over noisy weeks the 80 % interval holds the outcome in about four of five cases."""
    rng = random.Random(7)
    held, trials = 0, 120
    for _ in range(trials):
        level = rng.uniform(5, 50)
        values = [level * (0.4 if index % 7 in (2, 3) else 1.0) * rng.lognormvariate(0, 0.35) for index in range(100)]
        found = _ask(values[:84], left=15, elapsed=0.0)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= math.fsum(values[84:99]) <= found.high
    assert 0.6 * trials <= held <= 0.97 * trials
