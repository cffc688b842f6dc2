"""Tests of tokometer.judgement.incidents and tokometer.judgement.uptime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.incidents import incidents_in
from tokometer.measures import Query, Slices
from tokometer.settings import Settings, SloOverride

START = datetime(2026, 3, 10, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _quarters(course: str, provider: str = "a", calls: int = 4, failed: int = 4) -> tuple[list[dict[str, Any]], int]:
    """Quarter hours with bad minutes of a course from START on, as Slices tells them, and its minutes with calls.

    One character a minute: `g` good, `b` bad, `.` without calls; a bad minute has so many calls, and failed ones.
    """
    rows, seen = [], 0
    for begin in range(0, len(course), 15):
        minutes = course[begin : begin + 15]
        active = sum(1 << place for place, what in enumerate(minutes) if what != ".")
        bad = sum(1 << place for place, what in enumerate(minutes) if what == "b")
        if bad:
            rows.append(
                {
                    "provider": provider,
                    "quarter": START + begin * MINUTE,
                    "seen": seen,
                    "active": active,
                    "bad": bad,
                    "requests": calls * bad.bit_count(),
                    "errors": failed * bad.bit_count(),
                }
            )
        seen += active.bit_count()
    return rows, seen


def _spans(course: str) -> list[tuple[int, int | None, int]]:
    """Start, end (None: goes on) and bad minutes of each incident, in minutes."""
    rows, active = _quarters(course)
    return [
        ((one.start - START) // MINUTE, None if one.end is None else (one.end - START) // MINUTE, one.bad_minutes)
        for one in incidents_in(rows, active)
    ]


@pytest.mark.parametrize(
    ("course", "spans"),
    [
        # One bad minute is none, nor are two with a good one between them.
        ("ggbgggg", []),
        ("gbgbgbgg", []),
        # Two in a row are one, which three good ones end.
        ("gbbggg", [(1, 3, 2)]),
        # Two good ones do not, so what comes then is part of it.
        ("gbbggbggg", [(1, 6, 3)]),
        ("gbbgg", [(1, None, 2)]),
        # Three do, so what comes then is another.
        ("bbgggbbggg", [(0, 2, 2), (5, 7, 2)]),
        # Minutes without calls tell nothing.
        ("b..b.g..g....g", [(0, 4, 2)]),
        # Across a quarter hour, with whole good and empty quarter hours between.
        ("g" * 14 + "b" + "b" + "g" * 14, [(14, 16, 2)]),
        ("bb" + "." * 43 + "gg" + "." * 13 + "b" + "ggg", [(0, 61, 3)]),
        ("bb" + "." * 13 + "ggg" + "." * 12 + "b" + "ggg", [(0, 2, 2)]),
        # One that ends in quarter hours that have no bad minute and so are not told.
        ("g" * 13 + "bb" + "g" * 30, [(13, 15, 2)]),
    ],
)
def test_runs(course: str, spans: list[tuple[int, int | None, int]]) -> None:
    """Two bad minutes in a row begin an incident, three good ones in a row end it."""
    assert _spans(course) == spans


@given(st.text("gb.", max_size=100))
def test_equals_going_through_every_minute(course: str) -> None:
    """Whatever the course, incidents are those that one finds who looks at every minute."""
    found: list[list[int | None]] = []
    bad = good = 0
    first = 0
    for minute, what in enumerate(course):
        if what == "g":
            good, bad = good + 1, 0
            if good == 3 and found and found[-1][1] is None:
                found[-1][1] = found[-1][2]
        elif what == "b":
            good = 0
            ongoing = bool(found) and found[-1][1] is None
            bad += 1
            first = minute if bad == 1 else first
            if ongoing:
                found[-1][2:] = [minute + 1, (found[-1][3] or 0) + 1]
            elif bad == 2:
                found.append([first, None, minute + 1, 2])
                bad = 0
    assert _spans(course) == [(start, end, minutes) for start, end, _, minutes in found]


@pytest.mark.parametrize(
    ("failed", "severity"), [(10, "critical"), (9, "critical"), (8, "major"), (7, "major"), (6, "minor")]
)
def test_severity(failed: int, severity: str) -> None:
    """By the share of the calls that failed in the bad minutes: 90 % is critical, 70 % major."""
    rows, active = _quarters("bbggg", calls=10, failed=failed)
    [row] = judged("incidents", rows, [{"provider": "a", "active_minutes": active}], by="provider")
    assert row["severity"] == severity
    assert row["incidents"] == pytest.approx(failed / 10)
    assert (row["requests"], row["errors"]) == (20, 2 * failed)


def test_rows() -> None:
    """One row an incident, the newest first, in the asker's zone; one that goes on lasts to its last bad minute."""
    rows, active = _quarters("bbggg" + "g" * 10 + "bbb")
    other, minutes = _quarters("bbbbggg", provider="b")
    teller = Teller(
        [[*rows, *other], [{"provider": "a", "active_minutes": active}, {"provider": "b", "active_minutes": minutes}]]
    )
    zone = ZoneInfo("America/New_York")
    teller.since, teller.until = START.astimezone(zone), (START + timedelta(hours=6)).astimezone(zone)
    found = judged("incidents", teller=teller, by="provider", now=START + 30 * MINUTE)
    assert [(row["provider"], row["ongoing"], row["duration"]) for row in found] == [
        ("a", True, 3 * 60),
        ("a", False, 2 * 60),
        ("b", False, 4 * 60),
    ]
    assert found[0]["start"].isoformat() == "2026-03-10T04:15:00-04:00"
    assert found[0]["end"] is None
    assert found[1]["end"].isoformat() == "2026-03-10T04:02:00-04:00"


def test_calls_of_a_shared_quarter_hour() -> None:
    """A quarter hour with bad minutes of two incidents, and one of none, shares its calls out by minutes."""
    rows, active = _quarters("bbgggbbbgggbggg")
    rows[0]["requests"], rows[0]["errors"] = 60, 54
    found = judged("incidents", rows, [{"provider": "a", "active_minutes": active}], by="provider")
    # Six bad minutes: ten calls each, of which nine failed.
    assert [(row["requests"], row["errors"], row["bad_minutes"]) for row in found] == [(30, 27, 3), (20, 18, 2)]


def test_nothing_happened() -> None:
    """Without a bad minute there is no row."""
    assert judged("incidents", [], [{"active_minutes": 900}]) == []


# -- uptime ------------------------------------------------------------------------------------------------------------


def _uptime(
    course: str, within: Sequence[Mapping[str, Any]], daily: Sequence[Mapping[str, Any]], **about: Any
) -> list[Mapping[str, Any]]:
    rows, active = _quarters(course)
    teller = Teller([within, rows, [{"provider": "a", "active_minutes": active}], daily])
    teller.since, teller.until = about.pop("since", START), about.pop("until", NOW)
    return judged("uptime", teller=teller, by="provider", now=NOW, **about)


def _answers(course: str) -> tuple[list[Mapping[str, Any]], ...]:
    """Slices, active minutes and days of a course."""
    rows, active = _quarters(course)
    return rows, [{"provider": "a", "active_minutes": active}], []


def _within(active: int = 100, bad: int = 1) -> list[dict[str, Any]]:
    availability = 1 - bad / active
    return [{"provider": "a", "availability": availability, "active_minutes": active, "bad_minutes": bad}]


def test_uptime_with_incidents() -> None:
    """Quiet since the end of the last incident, and downtime as far as it is within the window."""
    # 08:00 to 08:04 and 08:15 to 08:18; the window begins at 08:02; now is 12:00.
    course = "bbbb" + "g" * 11 + "bbb" + "ggg"
    [row] = _uptime(course, _within(), [], since=START + 2 * MINUTE)
    assert (row["incidents"], row["downtime"]) == (2, (2 + 3) * 60)
    assert row["quiet_days"] == pytest.approx((3 * 60 + 42) / (24 * 60))
    assert row["last_incident"] == START + 15 * MINUTE
    assert (row["uptime"], row["target"], row["standing"]) == (0.99, 0.999, "warning")


def test_uptime_during_an_incident() -> None:
    """While an incident goes on, it is critical, and there are no quiet days."""
    [row] = _uptime("gggbb", _within(), [])
    assert (row["ongoing"], row["quiet_days"], row["standing"]) == (True, 0, "critical")
    assert row["downtime"] == 2 * 60


def test_uptime_of_a_window_that_is_over() -> None:
    """It says what was so at the window's end: it stays the same, and nothing that came later is looked at."""
    until = START + 20 * MINUTE
    teller = Teller([_within(), *_answers("bbbb" + "g" * 16)], since=START, until=until)
    [row] = judged("uptime", teller=teller, by="provider", until=until.isoformat())
    assert (row["quiet_days"], row["last_incident"]) == (pytest.approx(16 / (24 * 60)), START)
    for question in teller.asked[1:]:
        assert isinstance(question, Query | Slices)
        assert question.until == until.isoformat()
        assert question.since == (until - timedelta(days=90)).isoformat()


def test_uptime_of_a_long_window() -> None:
    """All of its incidents count; the last one is told of where it was in the 90 days before its end."""
    teller = Teller([_within(), *_answers("bbbb" + "g" * 16)], since=START, until=START + timedelta(days=100))
    [row] = judged("uptime", teller=teller, by="provider", now=NOW + timedelta(days=900), since="year", until="then")
    assert (row["incidents"], row["downtime"], row["last_incident"]) == (1, 4 * 60, None)
    assert isinstance(teller.asked[1], Slices)
    assert (teller.asked[1].since, teller.asked[1].until) == ("year", "then")


def test_uptime_without_incidents() -> None:
    """Without one it is quiet since the first day with calls."""
    daily = [
        {"provider": "a", "time": NOW - timedelta(days=days, hours=12), "requests": requests}
        for days, requests in ((3, 0), (2, 5), (1, 0), (0, 7))
    ]
    override = Settings(slo_overrides=(SloOverride(provider="a", availability=0.99),))
    [row] = _uptime("ggg", _within(), daily, settings=override)
    assert (row["quiet_days"], row["last_incident"], row["incidents"], row["downtime"]) == (2.5, None, 0, 0)
    assert (row["target"], row["standing"]) == (0.99, "good")
