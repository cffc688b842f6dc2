"""Tests of tokometer.dashboards.scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qs

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tokometer.dashboards.calendar import RANGES, elapsed
from tokometer.dashboards.drawing import periods
from tokometer.dashboards.scope import Scope, ScopeError, parse_scope

_NOW = datetime(2026, 11, 18, 14, 7, 30, tzinfo=UTC)
_MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
_ZONES = ("UTC", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Pacific/Apia", "Asia/Kathmandu")


def _scope(now: datetime = _NOW, **parameters: str | list[str]) -> Scope:
    asked = {name: value if isinstance(value, list) else [value] for name, value in parameters.items()}
    return parse_scope(asked, ("model", "team"), now)


def test_defaults() -> None:
    """Without parameters a page shows seven days by the hour, in UTC, compared, unfiltered."""
    scope = _scope()
    assert (scope.range, scope.grain, scope.compare, scope.where) == ("7d", "hour", True, ())
    assert scope.window.since == datetime(2026, 11, 12, tzinfo=UTC)
    assert scope.window.until == datetime(2026, 11, 19, tzinfo=UTC)


def test_viewers_days() -> None:
    """Today begins at the viewer's midnight."""
    scope = _scope(range="today", tz="Asia/Kolkata")
    assert scope.window.since == datetime(2026, 11, 17, 18, 30, tzinfo=UTC)


def test_filters() -> None:
    """Known dimensions filter, whatever else is in the URL does not."""
    scope = _scope(model=["b", "a", "a"], utm_source="x")
    assert scope.where == (("model", ("a", "b")),)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"range": "8d"}, "range"),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"tz": "../../etc/passwd"}, "tz"),
        ({"trend": "hour"}, "trend"),
        ({"measure": "sum"}, "measure"),
        ({"show": "delta"}, "show"),
        ({"per": "day"}, "per"),
        ({"range": "custom"}, "since"),
        ({"range": "custom", "since": "yesterday"}, "since"),
        ({"range": "custom", "since": "2026-11-02", "until": "2026-11-01"}, "until"),
        ({"range": "custom", "since": "0001-01-01"}, "since"),
        ({"range": "custom", "since": "2026-01-01T00:00:00+99:00"}, "since"),
    ],
)
def test_refused(parameters: dict[str, str], named: str) -> None:
    """What cannot be understood is named."""
    with pytest.raises(ScopeError, match=f"^{named}:"):
        _scope(**parameters)


_STEPPED = [name for name in RANGES if name not in ("all", "custom")]


@given(_MOMENTS, st.sampled_from(_ZONES), st.sampled_from(_STEPPED))
def test_moving(now: datetime, zone: str, name: str) -> None:
    """Earlier and then later leads back to the range itself, across every change of the clocks."""
    scope = _scope(now, range=name, tz=zone)
    assert scope.moved(1) == ""
    earlier = _scope(now, tz=zone, **parse_qs(scope.moved(-1)))
    assert earlier.window.until == scope.window.since
    assert earlier.moved(1) == f"range={name}"


@given(_MOMENTS, st.sampled_from(_ZONES), st.integers(1, 60), st.integers(1, 40))
def test_moving_days(now: datetime, zone: str, ago: int, days: int) -> None:
    """Of dates, earlier and then later leads to the same dates, or to as many whole months."""
    last = now.date() - timedelta(days=ago)
    first = last - timedelta(days=days - 1)
    scope = _scope(now, tz=zone, since=first.isoformat(), until=last.isoformat())
    earlier = _scope(now, tz=zone, **parse_qs(scope.moved(-1)))
    assert earlier.window.until == scope.window.since
    back = _scope(now, tz=zone, **parse_qs(earlier.moved(1)))
    assert back.window.since == scope.window.since
    whole = earlier.window.since.day == earlier.window.until.day == 1
    assert whole or back.window.until == scope.window.until


def test_months_are_stepped_by_months() -> None:
    """This month leads to the whole one before and back; October to September; a quarter to the one before."""
    this = _scope(range="month")
    october = _scope(**parse_qs(this.moved(-1)))
    assert october.window.title == "1 Oct 2026 – 31 Oct 2026"
    assert _scope(**parse_qs(october.moved(-1))).window.title == "1 Sep 2026 – 30 Sep 2026"
    assert october.moved(1) == "range=month"
    third = _scope(since="2026-07-01", until="2026-09-30")
    assert _scope(**parse_qs(third.moved(-1))).window.title == "1 Apr 2026 – 30 Jun 2026"


def test_hours_keep_their_times() -> None:
    """The 24 hours before the last ones say from when to when they are."""
    earlier = _scope(**parse_qs(_scope(range="24h").moved(-1)))
    assert earlier.window.title == "16 Nov 2026 14:15 – 17 Nov 2026 14:15"


def test_all_time() -> None:
    """All time begins with the first record, and has nothing beside it."""
    first = datetime(2026, 3, 8, 17, 0, tzinfo=UTC)
    asked = {"range": ["all"], "tz": ["Asia/Kolkata"]}
    scope = parse_scope(asked, (), _NOW, first=lambda: first)
    assert scope.window.since == datetime(2026, 3, 7, 18, 30, tzinfo=UTC)
    assert scope.window.asked == ("all", "")
    assert scope.moved(-1) == scope.moved(1) == ""
    assert parse_scope({"range": ["all"]}, (), _NOW).window.since == datetime(2026, 11, 18, tzinfo=UTC)


@settings(deadline=None)
@given(_MOMENTS, st.sampled_from(_ZONES), st.sampled_from([*RANGES][:-1]))
@example(datetime(2020, 4, 5, tzinfo=UTC), "Australia/Lord_Howe", "today")
@example(datetime(2020, 10, 4, tzinfo=UTC), "Australia/Lord_Howe", "today")
def test_periods_tile(now: datetime, zone: str, name: str) -> None:
    """The periods of a chart follow each other without gaps, begin with the window, and the last one holds now."""
    scope = _scope(now, range=name, tz=zone)
    stretch = periods(scope.window, scope.grain, scope.now)
    assert stretch[0].start == scope.window.since
    assert all(elapsed(one.end, other.start) == timedelta(0) for one, other in pairwise(stretch))
    assert [period.open for period in stretch] == [False] * (len(stretch) - 1) + [True]
    assert stretch[-1].start <= now < stretch[-1].end
    assert len(stretch) <= 250


def test_a_day_of_25_hours() -> None:
    """The day on which New York's clocks go back has 25 hours, and the chart shows them all."""
    scope = _scope(datetime(2026, 11, 2, 4, 30, tzinfo=UTC), range="today", tz="America/New_York")
    assert elapsed(scope.window.since, scope.window.until) == timedelta(hours=25)
    assert len(periods(scope.window, "hour", scope.now)) == 25


def test_shared_key() -> None:
    """Two viewers of the same thing share an answer; the choices that a panel does not use make no difference."""
    one, other = _scope(range="7d", trend="day"), _scope(range="30d", trend="day")
    assert one.key(("trend",)) == other.key(("trend",))
    assert one.key(("range",)) != other.key(("range",))
    assert one.key(()) != _scope(tz="Asia/Kolkata").key(())


@settings(deadline=None)
@given(_MOMENTS, st.sampled_from(_ZONES), st.sampled_from([*RANGES][:-1]))
@example(datetime(2020, 4, 5, 1, tzinfo=UTC), "Australia/Lord_Howe", "today")
@example(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/New_York", "24h")
def test_complete_periods(now: datetime, zone: str, name: str) -> None:
    """Of complete periods, none is still running: the window ends where its last period does, at or before now."""
    scope = _scope(now, range=name, tz=zone, complete="1")
    assert scope.window.until.astimezone(UTC) <= now
    stretch = periods(scope.window, scope.grain, scope.now)
    assert not any(period.open for period in stretch)
    assert stretch[0].start == scope.window.since
    assert stretch[-1].end == scope.window.until
    if name.endswith("d"):
        assert (scope.window.until.date() - scope.window.since.date()).days == int(name[:-1])
    if name == "all":
        return
    # What it is compared with is as many whole periods, right before it.
    earlier = _scope(now, tz=zone, **parse_qs(scope.moved(-1)))
    assert earlier.window.until == scope.window.since


def test_complete_words() -> None:
    """The menus' words say which whole periods are meant and what they are compared with."""
    told = {
        name: (scope.window.title, scope.before)
        for name in RANGES
        if name != "custom" and (scope := _scope(range=name, complete="1"))
    }
    assert told["today"] == ("Yesterday", "the day before")
    assert told["7d"] == ("Last 7 whole days", "the 7 days before")
    assert told["month"] == ("Last month", "the month before")
    assert told["24h"][0] == "Last 24 hours, whole hours"


def test_complete_custom() -> None:
    """A custom window that is under way ends with yesterday; one that is over stays as it is."""
    running = _scope(range="custom", since="2026-11-10", until="2026-11-20", complete="1")
    assert running.window.until == datetime(2026, 11, 18, tzinfo=UTC)
    over = _scope(range="custom", since="2026-11-01", until="2026-11-10", complete="1")
    assert over.window.until == datetime(2026, 11, 11, tzinfo=UTC)


def test_values_are_left_out() -> None:
    """With a minus in front a dimension's values are left out; they are part of what two viewers share."""
    parameters = {"-model": ["b", "a", "b"], "model": ["c"], "-nothing": ["x"]}
    scope = parse_scope(parameters, ("model", "team"), _NOW)
    assert (scope.where, scope.without) == ((("model", ("c",)),), (("model", ("a", "b")),))
    assert scope.filtered == ("model",)
    assert scope.key(()) != parse_scope({"model": ["c"]}, ("model", "team"), _NOW).key(())
