"""Zones as quarter hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.measures import QueryError
from tokometer.measures.zones import Zone, date_of, day_number, midnight, month_number, month_start, zone_info
from tokometer.records import to_us

NAMES = (
    "UTC",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/New_York",
    "America/Havana",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Santiago",
    "Pacific/Chatham",
    "Antarctica/Troll",
)
YEAR_2015 = to_us(datetime(2015, 1, 1, tzinfo=UTC)) // 900_000_000


@given(name=st.sampled_from(NAMES), first=st.integers(0, 96 * 365 * 12), length=st.integers(1, 96 * 500))
def test_wall_quarters_are_what_the_clock_shows(name: str, first: int, length: int) -> None:
    """Every quarter hour has the offset that the standard library gives it, changes of the clock included."""
    tz = ZoneInfo(name)
    span = Zone(tz, YEAR_2015 + first, YEAR_2015 + first + length)
    checked = {span.first, span.last - 1, *(piece.start for piece in span.pieces)}
    checked |= {piece.end - 1 for piece in span.pieces}
    for quarter in checked:
        local = datetime.fromtimestamp(quarter * 900, tz).replace(tzinfo=UTC)
        assert span.wall(quarter) * 900 == local.timestamp()


@given(name=st.sampled_from(NAMES), day=st.dates(date(2015, 1, 2), date(2030, 1, 1)))
def test_a_day_begins_at_its_first_moment(name: str, day: date) -> None:
    """A day begins with its date, also where the clock skips midnight, and a moment before it is another date."""
    tz = ZoneInfo(name)
    start = datetime.fromtimestamp(midnight(day, tz) / 1e6, UTC)
    assert start.astimezone(tz).date() == day
    assert (start - timedelta(microseconds=1)).astimezone(tz).date() == day - timedelta(days=1)


def test_midnights_that_do_not_exist_or_come_twice() -> None:
    """Cairo's summer begins at 1:00; Havana's winter begins with a second 0:00, after the day's start."""
    cairo = datetime.fromtimestamp(
        midnight(date(2024, 4, 26), ZoneInfo("Africa/Cairo")) / 1e6, ZoneInfo("Africa/Cairo")
    )
    assert cairo.isoformat() == "2024-04-26T01:00:00+03:00"
    zone = ZoneInfo("America/Havana")
    havana = datetime.fromtimestamp(midnight(date(2024, 11, 3), zone) / 1e6, zone)
    assert havana.isoformat() == "2024-11-03T00:00:00-04:00"


@given(day=st.dates(date(1970, 1, 1), date(2100, 1, 1)))
def test_numbers_of_days_and_months_lead_back(day: date) -> None:
    """Days and months are counted from 1970 and can be told from their numbers."""
    assert date_of(day_number(day)) == day
    assert month_start(month_number(day)) == day.replace(day=1)


def test_unknown_zones_are_refused_with_a_guess() -> None:
    """A misspelt zone gets the nearest name."""
    with pytest.raises(QueryError, match="did you mean 'Europe/Berlin'"):
        zone_info("europe/berln")
