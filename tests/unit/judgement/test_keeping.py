"""Tests of tokometer.judgement.keeping."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.judgement.keeping import Run, is_flapping, kept, turns
from tokometer.judgement.schedules import Cron, Every, Once, dues

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DAILY = Cron("0 7 * * *")


def _at(day: int, hour: float = 7.0) -> Run:
    return Run(datetime(2026, 3, day, tzinfo=UTC) + timedelta(hours=hour))


def test_on_time_late_missed_and_extra() -> None:
    """Each due time has the first run until the next; 10 % of the time between is late, at most 15 minutes."""
    runs = [_at(6, 7.01), _at(6, 9), _at(7, 7.5), _at(9, 6.995), _at(10)]
    held = kept(DAILY, runs, datetime(2026, 3, 6, tzinfo=UTC), NOW, known=True)
    assert held is not None
    assert (held.expected, held.on_time, held.late, held.missed, held.extra) == (5, 3, 1, 1, 1)
    assert held.worst == timedelta(minutes=30)
    assert (held.overdue, held.missing) == (None, 0)
    assert held.following == datetime(2026, 3, 11, 7, tzinfo=UTC)


def test_a_run_is_awaited_for_an_hour_and_as_long_as_it_takes() -> None:
    """Runs are told when they have ended: what takes three hours is not missed after two."""
    since, due = datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 10, 7, tzinfo=UTC)
    runs = [
        Run(datetime(2026, 3, 8, 7, tzinfo=UTC), took=timedelta(hours=3)),
        Run(datetime(2026, 3, 9, 7, tzinfo=UTC), took=timedelta(hours=2)),
    ]
    waiting = kept(DAILY, runs, since, due + timedelta(hours=4), known=True)
    assert waiting is not None
    assert (waiting.expected, waiting.missed) == (2, 0)
    gone = kept(DAILY, runs, since, due + timedelta(hours=4, seconds=1), known=True)
    assert gone is not None
    assert (gone.expected, gone.missed, gone.overdue) == (3, 1, due)


def test_a_new_job_is_expected_from_its_first_run_on() -> None:
    """What was not there before the window is not missed before it began; what was there is."""
    runs = [_at(9), _at(10)]
    new = kept(DAILY, runs, NOW - 5 * DAY, NOW, known=False)
    old = kept(DAILY, runs, NOW - 5 * DAY, NOW, known=True)
    assert new is not None
    assert old is not None
    assert (new.expected, new.missed) == (2, 0)
    assert (old.expected, old.missed) == (5, 3)


def test_intervals_count_from_the_run_before() -> None:
    """An interval drifts with its runs; where several fit between two of them, the others were missed."""
    every = Every(timedelta(minutes=30))
    times = (0, 31, 62, 95, 185, 215)
    runs = [Run(NOW - timedelta(hours=4) + timedelta(minutes=at)) for at in times]
    held = kept(every, runs, NOW - 5 * DAY, NOW - timedelta(minutes=20), known=False)
    assert held is not None
    # 95 → 185: due at 125 and 155, missed; 185 is the third.
    assert (held.expected, held.on_time, held.late, held.missed, held.extra) == (8, 6, 0, 2, 0)
    stopped = kept(every, runs, NOW - 5 * DAY, NOW + 3 * timedelta(hours=1), known=False)
    assert stopped is not None
    assert stopped.missing == 5
    assert stopped.overdue == runs[-1].at + timedelta(minutes=30)


def test_a_job_that_is_gone_is_missing_all_that_was_due() -> None:
    """Its last run lies before the window: all of the window is missed."""
    held = kept(DAILY, [_at(1)], NOW - 3 * DAY, NOW, known=True)
    every = kept(Every(6 * timedelta(hours=1)), [_at(1)], NOW - 3 * DAY, NOW, known=True)
    assert held is not None
    assert every is not None
    assert (held.missed, held.missing, held.extra) == (3, 3, 0)
    assert every.missed == 12
    assert every.missing == 12


def test_what_runs_say_of_the_next_stands_in_for_a_schedule() -> None:
    """Without a schedule that is understood, the time that a run says for the next is when that is due."""
    runs = [Run(NOW - 3 * DAY, following=NOW - 2 * DAY), Run(NOW - 2 * DAY, following=NOW - DAY)]
    held = kept(None, runs, NOW - 5 * DAY, NOW, known=False)
    assert held is not None
    assert (held.expected, held.missed, held.overdue) == (3, 1, NOW - DAY)
    assert kept(None, [Run(NOW - DAY)], NOW - 5 * DAY, NOW, known=False) is None


def test_once() -> None:
    """A single time is kept or missed."""
    at = NOW - DAY
    held = kept(Once(at), [Run(at + timedelta(seconds=3))], NOW - 5 * DAY, NOW, known=False)
    gone = kept(Once(at), [], NOW - 5 * DAY, NOW, known=False)
    assert held is not None
    assert gone is not None
    assert (held.on_time, gone.missed) == (1, 1)


@pytest.mark.parametrize(
    ("statuses", "count", "flaps"),
    [
        (["ok", "error"] * 3, 5, True),
        (["ok"] * 10 + ["error"] * 10, 1, False),
        (["ok", "skipped", "ok"], 0, False),
        (["ok", "error", "ok"], 2, False),
        (["ok"] * 8 + ["error", "ok"] * 2, 4, True),
        (["ok"] * 20 + ["error", "ok"] * 2, 4, False),
    ],
)
def test_flapping(statuses: list[str], count: int, flaps: bool) -> None:
    """Of the last 21 ended runs at least four, and 30 %, turned from good to bad or back."""
    assert turns(statuses) == count
    assert is_flapping(statuses) == flaps


@given(
    expression=st.sampled_from(("*/20 * * * *", "0 */4 * * *", "30 2 * * *", "15 5 * * 1-5", "0 3 L * *")),
    zone=st.sampled_from(("UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe")),
    until=st.datetimes(datetime(2025, 3, 1), datetime(2027, 4, 30)),
    days=st.integers(1, 40),
    data=st.data(),
)
@hypothesis_settings(max_examples=examples(40), deadline=None)
def test_every_due_time_is_kept_missed_or_open(
    expression: str, zone: str, until: datetime, days: int, data: st.DataObject
) -> None:
    """Whatever runs are left out: those that are left are on time, the others are missed, the newest may still come."""
    now = until.replace(tzinfo=UTC)
    cron, since = Cron(expression, zone), now - timedelta(days=days)
    due = dues(cron, since, now)
    there = data.draw(st.lists(st.booleans(), min_size=len(due), max_size=len(due)))
    runs = [Run(at + timedelta(seconds=2)) for at, is_there in zip(due, there, strict=True) if is_there]
    runs = [run for run in runs if run.at < now]
    held = kept(cron, runs, since, now, known=True)
    assert held is not None
    assert (held.on_time, held.late, held.extra) == (len(runs), 0, 0)
    open_ones = sum(at + timedelta(hours=1) >= now for at in due)
    assert len(due) - open_ones <= held.expected <= len(due)
    assert held.expected == held.on_time + held.missed
