"""Times are whole microseconds since the epoch, and unbelievable ones are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import RecordError, check_time, now_us, quarter_of, to_datetime, to_us
from tokometer.records.time import EARLIEST_US, LATEST_US, QUARTER_US

zones = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@given(st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=zones))
def test_a_moment_survives_both_ways(moment: datetime) -> None:
    """To the microsecond, whatever its zone."""
    assert to_datetime(to_us(moment)) == moment


def test_a_naive_datetime_is_utc() -> None:
    """No zone of the machine comes in."""
    assert to_us(datetime(2026, 1, 1)) == to_us(datetime(2026, 1, 1, tzinfo=UTC))


@given(st.datetimes(datetime(2015, 1, 1), datetime(2100, 1, 1), timezones=zones))
def test_days_and_hours_of_every_zone_are_whole_quarter_hours(moment: datetime) -> None:
    """So a cell of a quarter hour lies in one local hour and one local day, half-hour zones included."""
    start = to_datetime(quarter_of(to_us(moment)) * QUARTER_US).astimezone(moment.tzinfo)
    end = start + timedelta(microseconds=QUARTER_US - 1)
    assert start <= moment <= end
    assert (start.date(), start.hour) == (end.date(), end.hour)


def test_a_believable_time_is_returned() -> None:
    """From 2015 to 2100, both included, whatever our clock says."""
    now = now_us()
    for us in (EARLIEST_US, now, now + 86_400_000_000, LATEST_US):
        assert check_time(us, "at") == us


@pytest.mark.parametrize(
    ("us", "reason"),
    [
        (0, "before 2015"),
        (1_700_000_000, "before 2015"),
        (1_700_000_000_000, "before 2015"),
        (-1, "before 2015"),
        (EARLIEST_US - 1, "before 2015"),
        (to_us(datetime(2999, 1, 1)), "in the future"),
        (1_700_000_000_000_000_000, "in the future"),
        (10**40, "in the future"),
    ],
)
def test_an_unbelievable_time_is_refused(us: int, reason: str) -> None:
    """Seconds, milliseconds and nanoseconds taken for microseconds, 1970 and 2999; the field is named."""
    with pytest.raises(RecordError, match=reason) as error:
        check_time(us, "started_at")
    assert error.value.field == "started_at"
