"""What people type for a time, and what it means where they are."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tokometer.measures import QueryError
from tokometer.measures.windows import Window, resolve
from tokometer.records import to_us

NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")
#: A Wednesday, 10:07 in New York.
NOW = to_us(datetime(2025, 11, 19, 15, 7, tzinfo=UTC))


def ask(since: str, until: str = "", tz: ZoneInfo = NEW_YORK, now: int = NOW) -> Window:
    """The window at a fixed moment, with a first record on 1 May."""
    return resolve(since, until, tz, now, lambda: to_us(datetime(2025, 5, 1, 12, tzinfo=UTC)))


def shown(window: Window | None, tz: ZoneInfo = NEW_YORK) -> tuple[str, str]:
    """Its edges as local times."""
    assert window is not None
    since, until = (datetime.fromtimestamp(us / 1e6, tz).isoformat() for us in (window.since, window.until))
    return since, until


@pytest.mark.parametrize(
    ("since", "start"),
    [
        ("today", "2025-11-19T00:00:00-05:00"),
        ("week", "2025-11-17T00:00:00-05:00"),
        ("month", "2025-11-01T00:00:00-04:00"),
        ("year", "2025-01-01T00:00:00-05:00"),
        ("all", "2025-05-01T00:00:00-04:00"),
        ("1d", "2025-11-19T00:00:00-05:00"),
        ("30d", "2025-10-21T00:00:00-04:00"),
        ("12w", "2025-09-01T00:00:00-04:00"),
        ("12mo", "2024-12-01T00:00:00-05:00"),
        ("2y", "2024-01-01T00:00:00-05:00"),
        ("24h", "2025-11-18T10:15:00-05:00"),
        ("2025-11-02", "2025-11-02T00:00:00-04:00"),
        ("20251102", "2025-11-02T00:00:00-04:00"),
        ("2025-11-02T12:00:00Z", "2025-11-02T07:00:00-05:00"),
        ("2025-11-02T12:00:00", "2025-11-02T12:00:00-05:00"),
    ],
)
def test_windows_reach_to_the_running_quarter_hour(since: str, start: str) -> None:
    """Days, weeks and months count the running one; the end is the end of the running quarter hour."""
    assert shown(ask(since)) == (start, "2025-11-19T10:15:00-05:00")


def test_minutes_are_exact() -> None:
    """The last fifteen minutes are fifteen minutes, not up to thirty."""
    window = ask("15m")
    assert (window.since, window.until) == (NOW - 900_000_000, NOW)
    assert not window.aligned or NOW % 900_000_000 == 0


@pytest.mark.parametrize(
    ("since", "until", "edges"),
    [
        ("yesterday", "", ("2025-11-18T00:00:00-05:00", "2025-11-19T00:00:00-05:00")),
        ("last_week", "", ("2025-11-10T00:00:00-05:00", "2025-11-17T00:00:00-05:00")),
        ("last_month", "", ("2025-10-01T00:00:00-04:00", "2025-11-01T00:00:00-04:00")),
        ("2025-11-01", "2025-11-02", ("2025-11-01T00:00:00-04:00", "2025-11-03T00:00:00-05:00")),
        ("7d", "yesterday", ("2025-11-13T00:00:00-05:00", "2025-11-19T00:00:00-05:00")),
    ],
)
def test_ends(since: str, until: str, edges: tuple[str, str]) -> None:
    """A date as the end is the whole day; periods that are over have their own end."""
    assert shown(ask(since, until)) == edges


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        ("today", "", ("2025-11-18T00:00:00-05:00", "2025-11-18T10:15:00-05:00")),
        ("week", "", ("2025-11-10T00:00:00-05:00", "2025-11-12T10:15:00-05:00")),
        ("month", "", ("2025-10-01T00:00:00-04:00", "2025-10-19T10:15:00-04:00")),
        ("30d", "", ("2025-09-21T00:00:00-04:00", "2025-10-20T10:15:00-04:00")),
        ("yesterday", "", ("2025-11-17T00:00:00-05:00", "2025-11-18T00:00:00-05:00")),
        ("24h", "", ("2025-11-17T10:15:00-05:00", "2025-11-18T10:15:00-05:00")),
        ("last_month", "", ("2025-09-01T00:00:00-04:00", "2025-10-01T00:00:00-04:00")),
        ("2025-11-02", "2025-11-02", ("2025-11-01T00:00:00-04:00", "2025-11-02T00:00:00-04:00")),
    ],
)
def test_the_period_before_ends_at_the_same_point(since: str, until: str, before: tuple[str, str]) -> None:
    """Today is compared with yesterday until the same time of day, this month with last month until the same day."""
    assert shown(ask(since, until).previous(NEW_YORK)) == before


def test_the_period_before_a_longer_month_is_the_whole_shorter_one() -> None:
    """On 31 March, the month is compared with all of February, which has no such day."""
    utc = ZoneInfo("UTC")
    window = ask("month", tz=utc, now=to_us(datetime(2025, 3, 31, 12, tzinfo=UTC)))
    assert shown(window.previous(utc), utc) == ("2025-02-01T00:00:00+00:00", "2025-03-01T00:00:00+00:00")


def test_nothing_is_before_all_time() -> None:
    """All time has no period before it."""
    assert ask("all").previous(NEW_YORK) is None


def test_midnight_is_the_askers() -> None:
    """At 15:07 UTC it is 20:37 in Kolkata, whose day began at 18:30 UTC."""
    assert shown(ask("today", tz=KOLKATA), KOLKATA)[0] == "2025-11-19T00:00:00+05:30"


def test_a_day_that_begins_this_moment_has_a_quarter_hour() -> None:
    """At midnight itself today, this week and this month have begun: their first quarter hour runs."""
    midnight = to_us(datetime(2026, 6, 1, tzinfo=UTC))
    for since in ("today", "week", "month"):
        found = resolve(since, "", ZoneInfo("UTC"), midnight, lambda: None)
        assert (found.since, found.until - found.since) == (midnight, 900_000_000)


@pytest.mark.parametrize("since", ["", "tomorow", "7x", "0d", "2025-13-01", "yesterdy", "9999-12-31T23:59:59Z", "\x00"])
def test_nonsense_is_refused(since: str) -> None:
    """What is no time is refused, with the forms that are."""
    with pytest.raises(QueryError):
        ask(since)


def test_a_window_must_have_length() -> None:
    """A window that ends before it begins is refused."""
    with pytest.raises(QueryError, match="before it begins"):
        ask("2025-11-02", "2025-11-01")


@pytest.mark.parametrize("since", ["0001-01-01", "99999d", "99999y", "1969-12-31T00:00:00Z"])
def test_very_early_starts_are_cut(since: str) -> None:
    """Nothing was metered before 2015, however early the window begins."""
    assert ask(since).since == to_us(datetime(2015, 1, 1, tzinfo=UTC))


def test_very_late_ends_are_cut() -> None:
    """A window to the end of the calendar is cut to what can have records."""
    assert ask("7d", "2999-01-01").until < to_us(datetime(2027, 6, 1, tzinfo=UTC))
