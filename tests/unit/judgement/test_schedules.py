"""Tests of tokometer.judgement.schedules."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.judgement.schedules import (
    MOST_DUES,
    Cron,
    Every,
    Once,
    Schedule,
    due_after,
    due_before,
    dues,
    schedule_of,
    zone_of,
)

ZONES = ("UTC", "Europe/Vienna", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca")


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("0 7 * * 1-5", Cron("0 7 * * 1-5")),
        ("0 7 * * * (Europe/Vienna)", Cron("0 7 * * *", "Europe/Vienna")),
        ("CRON_TZ=Asia/Tokyo 0 7 * * *", Cron("0 7 * * *", "Asia/Tokyo")),
        ("@daily", Cron("0 0 * * *")),
        ("0 0 L * *", Cron("0 0 L * *")),
        ("every 30m", Every(timedelta(minutes=30))),
        ("@every 1h30m", Every(timedelta(minutes=90))),
        ("every 1500ms", Every(timedelta(seconds=1.5))),
        ("at 2026-03-02T07:00:00Z", Once(datetime(2026, 3, 2, 7, tzinfo=UTC))),
        ("at 1772434800000", Once(datetime(2026, 3, 2, 7, tzinfo=UTC))),
        ("0 7 * * * (Nowhere/There)", None),
        ("CRON_TZ=../../etc/passwd 0 7 * * *", None),
        ("61 * * * *", None),
        ("0 0 31 2 *", None),
        ("every 0s", None),
        ("every 3 fortnights", None),
        ("every 99999999999999999d", None),
        ("at noon", None),
        ("whenever", None),
        ("", None),
        ("* " * 150, None),
    ],
)
def test_what_schedules_say(text: str, schedule: Schedule | None) -> None:
    """Cron expressions, with a zone before or behind, intervals and single times are read; nothing else is."""
    assert schedule_of(text) == schedule


@given(
    minutes=st.sets(st.integers(0, 59), min_size=1, max_size=3),
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 1)),
)
@settings(max_examples=examples(25), deadline=None)
def test_hourly_jobs_have_a_run_for_every_such_minute_of_the_clock(
    minutes: set[int], zone: str, start: datetime
) -> None:
    """What runs every hour goes on through every change of clocks: exactly when the clock shows one of its minutes."""
    clock = ZoneInfo(zone)
    since = start.replace(tzinfo=UTC)
    until = since + timedelta(days=2)
    found = dues(Cron(",".join(map(str, sorted(minutes))) + " * * * *", zone), since, until)
    first = since.replace(second=0, microsecond=0)
    every = (first + timedelta(minutes=at) for at in range(2 * 24 * 60 + 1))
    assert found == [at for at in every if since <= at < until and at.astimezone(clock).minute in minutes]


@given(
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from(ZONES),
    start=st.dates(datetime(2024, 1, 1).date(), datetime(2027, 12, 1).date()),
)
@settings(max_examples=examples(40), deadline=None)
def test_daily_jobs_run_once_each_day(hour: int, minute: int, zone: str, start: object) -> None:
    """A job of a fixed time runs exactly once each local day, also where that hour comes twice or not at all."""
    clock = ZoneInfo(zone)
    since = datetime.fromisoformat(str(start)).replace(tzinfo=clock)
    until = (since + timedelta(days=40)).replace(tzinfo=clock)
    found = dues(Cron(f"{minute} {hour} * * *"), since.astimezone(UTC), until.astimezone(UTC), zone)
    days = [at.astimezone(clock).date() for at in found]
    assert days == [(since + timedelta(days=day)).date() for day in range(40)]
    real = [at for at in found if at.astimezone(clock).strftime("%H:%M") == f"{hour:02}:{minute:02}"]
    assert len(real) >= len(found) - 2


@given(day=st.integers(1, 31), year=st.integers(2023, 2030), zone=st.sampled_from(ZONES))
@settings(max_examples=examples(25), deadline=None)
def test_ends_of_months(day: int, year: int, zone: str) -> None:
    """The 31st comes in the months that have one, the last day (`L`) in every month, in leap years too."""
    clock = ZoneInfo(zone)
    since, until = datetime(year, 1, 1, tzinfo=clock), datetime(year + 1, 1, 1, tzinfo=clock)
    found = dues(Cron(f"0 12 {day} * *"), since.astimezone(UTC), until.astimezone(UTC), zone)
    months = [month for month in range(1, 13) if monthrange(year, month)[1] >= day]
    assert [(at.astimezone(clock).month, at.astimezone(clock).day) for at in found] == [(m, day) for m in months]
    last = dues(Cron("0 12 L * *"), since.astimezone(UTC), until.astimezone(UTC), zone)
    assert [at.astimezone(clock).day for at in last] == [monthrange(year, month)[1] for month in range(1, 13)]


@given(
    expression=st.sampled_from(("*/5 * * * *", "0 7 * * *", "30 2 * * *", "0 3 1 * *", "15 */6 * * 1-5")),
    zone=st.sampled_from(ZONES),
    at=st.datetimes(datetime(2024, 3, 1), datetime(2027, 12, 1)),
)
@settings(max_examples=examples(40), deadline=None)
def test_before_and_after(expression: str, zone: str, at: datetime) -> None:
    """The time before is the last of those up to now, the time after is the first of those from now."""
    cron, now = Cron(expression, zone), at.replace(tzinfo=UTC)
    earlier = dues(cron, now - timedelta(days=40), now + timedelta(microseconds=1))
    later = dues(cron, now, now + timedelta(days=40))
    assert due_before(cron, now) == earlier[-1]
    assert due_after(cron, now) == later[0]


def test_of_very_many_times_the_last_ones() -> None:
    """What is due every second for a year is worked out for its end only."""
    until = datetime(2026, 3, 1, tzinfo=UTC)
    found = dues(Cron("* * * * * *"), until - timedelta(days=365), until)
    assert MOST_DUES - 2 <= len(found) <= MOST_DUES
    assert found[-1] == until - timedelta(seconds=1)


def test_a_schedule_without_a_zone_is_on_the_clock_that_fits_its_runs() -> None:
    """What runs say of the next decides, else when they began; where nothing fits, it is UTC."""
    cron = Cron("0 7 * * *")
    vienna = [datetime(2026, 1, day, 6, tzinfo=UTC) for day in (5, 6, 7)]
    late = [at + timedelta(seconds=20) for at in vienna]
    assert zone_of(cron, vienna, [], ("UTC", "Europe/Vienna")) == "Europe/Vienna"
    assert zone_of(cron, [], late, ("UTC", "Europe/Vienna")) == "Europe/Vienna"
    assert zone_of(cron, [], [], ("UTC", "Europe/Vienna")) == "UTC"
    assert zone_of(Cron("0 7 * * *", "Asia/Tokyo"), vienna, [], ("UTC", "Europe/Vienna")) == "Asia/Tokyo"
