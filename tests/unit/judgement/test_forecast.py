"""Tests of tokometer.judgement.forecast."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators import series
from tokometer.judgement import Day, Forecast, forecast
from tokometer.judgement.forecast import back_tested, learned, least_days
from tokometer.judgement.smoothing import SMOOTHERS, states

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
    assert so_far <= found.low <= found.estimate * (1 + 1e-12)
    assert found.estimate <= found.high * (1 + 1e-12)


@given(_VALUES, st.floats(1e-3, 1e3), st.integers(1, 31))
def test_unit_free(values: list[float], scale: float, left: int) -> None:
    """Cents instead of dollars give the same forecast in cents."""
    one, other = _ask(values, left=left), _ask([value * scale for value in values], left=left)
    assert math.isclose(other.estimate, one.estimate * scale, rel_tol=1e-6, abs_tol=1e-6)


@given(st.floats(0.01, 1e6), st.integers(7, 90), st.integers(1, 31))
def test_constant(value: float, days: int, left: int) -> None:
    """Use that never changes is forecast as it is, and is doubted the less the longer it has been so."""
    found, longer = _ask([value] * days, left=left), _ask([value] * (days + 60), left=left)
    assert found.estimate == pytest.approx(value * left)
    assert found.high - found.low > longer.high - longer.low > 0
    assert longer.high < 1.2 * longer.estimate


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
    """Two days are no history; three are one with a wide interval, and say nothing of what is far ahead."""
    assert forecast(_days([1.0, 2.0]), 3.0, Day(date(2026, 1, 3), 0.0), 0.5, date(2026, 2, 1)) is None
    found = _ask([9.0, 10.0, 11.0])
    assert found.error is found.naive_error is None
    assert found.low < 0.6 * found.estimate
    assert found.high > 1.7 * found.estimate
    day = _FIRST + timedelta(days=22)
    assert forecast(_days([10.0] * 22), 0.0, Day(day, 0.0), 0.0, day + timedelta(days=90)) is None
    assert least_days(90) == 23


def test_from_nothing() -> None:
    """After months without use what begins is followed."""
    found = _ask([0.0] * 60 + [10.0] * 14, left=7)
    assert 45 < found.estimate < 80


def test_spike() -> None:
    """One day far out is not taken for the new level."""
    calm = [10.0 + index % 3 for index in range(60)]
    assert _ask([*calm, 500.0], left=7).estimate < 1.6 * _ask([*calm, 11.0], left=7).estimate


def test_past_forecasts_know_no_future() -> None:
    """What a smoother knew after some days does not change with what came later."""
    values = series.family("step", 3)
    for how in SMOOTHERS:
        assert states(values, how, {60})[60] == states(values[:60], how, {60})[60]


@pytest.mark.parametrize("kind", ["trend", "week", "step"])
def test_beats_the_last_week_repeated(kind: str) -> None:
    """Days and totals of the next week and month come nearer than by repeating the last week; four in five are held."""
    off, naive, held, asked = [0.0, 0.0], [0.0, 0.0], 0, 0
    for seed in range(20):
        values = series.family(kind, seed)
        for cut, left in ((60, 7), (75, 30), (100, 7), (118, 30), (140, 7), (150, 30)):
            found, came = _ask(values[:cut], left=left), values[cut : cut + left]
            again = [values[cut - 7 + ahead % 7] for ahead in range(left)]
            total = math.fsum(came)
            off[0] += abs(found.estimate - total)
            naive[0] += abs(math.fsum(again) - total)
            off[1] += sum(abs(day.value - one) for day, one in zip(found.path, came, strict=True))
            naive[1] += sum(abs(one - other) for one, other in zip(again, came, strict=True))
            held += found.low <= total <= found.high
            asked += 1
    assert off[0] < naive[0]
    assert off[1] < 0.9 * naive[1]
    assert 0.7 <= held / asked <= 0.9


def test_says_how_far_off_it_was() -> None:
    """The back-tested error stands beside that of the last week repeated, and is about what then comes."""
    values = series.family("week", 5)
    found = _ask(values, left=30)
    assert found.error is not None
    assert found.naive_error is not None
    assert 0.01 < found.error < found.naive_error < 0.3


def test_days_are_learned_from_once() -> None:
    """The same days for other horizons are not learned from again, and the same question is not tried again."""
    days = [float(day % 7 + 1) for day in range(60)]
    learned.cache_clear()
    back_tested.cache_clear()
    found = [_ask(days, left=left) for left in (10, 29, 10)]
    assert found[0] == found[2] != found[1]
    assert (learned.cache_info().misses, back_tested.cache_info().misses) == (1, 2)
    back_tested.cache_clear()
    learned.cache_clear()
    assert _ask(days, left=29) == found[1]
