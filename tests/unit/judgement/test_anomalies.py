"""Tests of tokometer.judgement.anomalies and tokometer.judgement.season."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generators import series
from tokometer.judgement.anomalies import Anomaly, against_season, anomalies, is_anomalous

_HOUR = timedelta(hours=1)
_KINDS = {
    "hours": series.hours,
    "growing hours": partial(series.hours, growth=1.5),
    "two weeks of hours": partial(series.hours, days=14, spikes=4),
    "days": series.days,
    "growing days": partial(series.days, growth=1.0),
}


def _meet(found: Anomaly, spike: tuple[int, int], points: list[tuple[datetime, float]]) -> bool:
    first, last = points[spike[0]][0], points[spike[0] + spike[1] - 1][0]
    return found.start <= last and first < found.end


@pytest.mark.parametrize("kind", _KINDS)
def test_planted(kind: str) -> None:
    """Of spikes in series with days, weeks and noise at least 90 % are found, and 80 % of those told are right."""
    found = right = planted = hit = 0
    for seed in range(8):
        made = _KINDS[kind](seed)
        told = anomalies(made.points)
        found += len(told)
        planted += len(made.spikes)
        right += sum(any(_meet(one, spike, made.points) for spike in made.spikes) for one in told)
        hit += sum(any(_meet(one, spike, made.points) for one in told) for spike in made.spikes)
    assert hit / planted >= 0.9
    assert right / found >= 0.8


@pytest.mark.parametrize("noise", [0.1, 0.2, 0.35])
def test_calm(noise: float) -> None:
    """Six weeks of hours without a spike have at most one false alarm in two series."""
    assert sum(len(anomalies(series.hours(seed, spikes=0, noise=noise).points)) for seed in range(6)) <= 3


def test_step() -> None:
    """A level that rises and stays is no anomaly once the days around it have it."""
    calm = series.hours(3, spikes=0).points
    at = len(calm) // 2
    stepped = [(when, value * (2.5 if place >= at else 1)) for place, (when, value) in enumerate(calm)]
    assert all(one.start < stepped[at][0] + timedelta(days=1) for one in anomalies(stepped))


def test_since() -> None:
    """What began before is not told, and says what is usual all the same."""
    made = series.hours(5)
    last = made.spikes[-1]
    [*_, told] = anomalies(made.points, made.points[last[0]][0])
    assert told.start == made.points[last[0]][0]
    assert told.peak > 1.5 * told.peak_expected
    assert told.excess == pytest.approx(told.value - told.expected)


def test_clocks_are_put_back() -> None:
    """On the day that has an hour twice, a spike of an hour is an hour long, and a day one of 25 hours."""
    zone = ZoneInfo("America/New_York")
    first = datetime(2026, 10, 5, 4, tzinfo=UTC)
    calm = series.hours(1, spikes=0, days=35).points
    points = [((first + place * _HOUR).astimezone(zone), value) for place, (_, value) in enumerate(calm)]
    at = next(place for place, (when, _) in enumerate(points) if when.day == 1 and when.month == 11 and when.hour == 14)
    points[at] = (points[at][0], 40 * points[at][1] + 100)
    [told] = anomalies(points, points[at - 10][0])
    assert told.end.astimezone(UTC) - told.start.astimezone(UTC) == _HOUR
    midnights = [(datetime(2026, 10, 1, tzinfo=zone) + timedelta(days=place), 10.0 + place % 3) for place in range(40)]
    midnights[31] = (midnights[31][0], 90.0)
    [day] = anomalies(midnights)
    assert day.end == datetime(2026, 11, 2, tzinfo=zone)


def test_now() -> None:
    """The same value is an anomaly at night and none at noon; a missing one is below."""
    history = series.hours(1, spikes=0, days=28).points
    night = history[-1][0].replace(hour=3) + timedelta(days=1)
    noon = night.replace(hour=13)
    until = [point for point in history if point[0] < night]
    usual = against_season(until, 44.0, noon)
    assert usual is not None
    assert usual.low < 44 < usual.high
    assert is_anomalous(until, 44.0, night) is True
    assert is_anomalous(until, 44.0, noon) is False
    assert is_anomalous(until, 0.0, noon, side="below") is True
    assert is_anomalous(until, 0.0, noon) is False


def test_too_little() -> None:
    """With less than a week of history nothing is said."""
    history = series.hours(1, spikes=0, days=6).points
    assert is_anomalous(history, 1e9, history[-1][0] + _HOUR) is None
    assert is_anomalous([], 1.0, series.FIRST) is None
    assert anomalies(history) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1e12), min_size=0, max_size=60), st.floats(0, 1e12))
@example([5e-324], 0.0)
@example([0.0, 0.0, 0.0, 0.0, 1.0, 8.7e-291, 8.7e-291], 0.0)
def test_any(values: list[float], value: float) -> None:
    """Whatever the values, what is usual is a range of amounts around what is expected."""
    points = [(series.FIRST + timedelta(days=place), one) for place, one in enumerate(values)]
    usual = against_season(points, value, series.FIRST + timedelta(days=len(values)))
    if usual is not None:
        assert 0 <= usual.low <= usual.expected <= usual.high


@given(st.floats(1e-6, 1e6))
@settings(max_examples=10, deadline=None)
def test_unit_free(scale: float) -> None:
    """Cents instead of dollars have the same anomalies."""
    made = series.days(2)
    scaled = [(at, value * scale) for at, value in made.points]
    assert [one.start for one in anomalies(scaled)] == [one.start for one in anomalies(made.points)]
