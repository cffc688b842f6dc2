"""Tests of tokometer.judgement.jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from generators.told_answers import NOW, Teller, judged
from tokometer.measures import Feed, Filter, Query

SINCE = NOW - timedelta(days=7)


def _ran(job: str, at: datetime, status: str = "ok", schedule: str = "0 7 * * *", **more: Any) -> dict[str, Any]:
    return {
        "job_id": job,
        "job": job.title(),
        "at": at,
        "status": status,
        "schedule": schedule,
        "error_type": "",
        "error_message": "",
        "duration_ms": 1_000.0,
        "next_run_at": None,
        "session_id": "",
    } | more


def _daily(job: str, days: range, status: str = "ok", hour: int = 7, **more: Any) -> list[dict[str, Any]]:
    """A run each day, so many days ago."""
    first = NOW.replace(hour=hour)
    return [_ran(job, first - timedelta(days=day), status, **more) for day in days]


def _judge(runs: list[dict[str, Any]], *later: list[dict[str, Any]], **matter: Any) -> list[Mapping[str, Any]]:
    newest = sorted(runs, key=lambda run: run["at"], reverse=True)
    return judged("jobs", teller=Teller((newest, *later), since=SINCE), since="7d", **matter)


def test_expected_against_actual() -> None:
    """Each job is held against its schedule; the worst comes first, and its state says how it stands."""
    runs = [
        *_daily("good", range(7)),
        *_daily("missed", range(1, 7)),
        *_daily("stopped", range(3, 7)),
        *_daily("failing", range(1, 7)),
        _ran("failing", NOW.replace(hour=7), "error"),
        *_daily("late", range(1, 7)),
        _ran("late", NOW.replace(hour=8)),
        *_daily("silent", range(7), schedule="whenever"),
    ]
    rows = _judge(runs, [{"job_id": "good", "runs": 3}])
    states = {row["job_id"]: row["state"] for row in rows}
    assert states == {
        "stopped": "stopped",
        "missed": "missed",
        "failing": "failing",
        "late": "late",
        "good": "ok",
        "silent": "ok",
    }
    assert next(iter(states)) == "stopped"
    by_id = {row["job_id"]: row for row in rows}
    assert (by_id["good"]["expected"], by_id["good"]["runs"], by_id["good"]["jobs"]) == (7, 7, 1.0)
    assert (by_id["stopped"]["missed"], by_id["stopped"]["overdue"]) == (3, NOW.replace(hour=7) - timedelta(days=2))
    assert by_id["late"]["worst_delay"] == 3600.0
    assert by_id["silent"]["expected"] is None
    assert [row["standing"] for row in rows] == ["critical", "critical", "critical", "warning", "good", "good"]


def test_a_job_that_did_not_run_in_the_window_at_all() -> None:
    """What ran in the month before is still expected: it has stopped."""
    gone = _daily("gone", range(9, 10))
    [row] = _judge([], [{"job_id": "gone", "runs": 1}], gone)
    assert (row["state"], row["runs"], row["missed"], row["last_run"]) == ("stopped", 0, 7, gone[0]["at"])


def test_flapping_and_its_cause() -> None:
    """A job that goes on and off flaps; failures are grouped by what they say but for what varies."""
    runs = []
    for day in range(7):
        status = "error" if day % 2 else "ok"
        message = f"Host 10.0.0.{day} did not answer within {day + 1} s" if day % 2 else ""
        runs += _daily("flap", range(day, day + 1), status, error_message=message)
    [row] = _judge(runs, [])
    assert (row["state"], row["turns"], row["ok"], row["failed"]) == ("flapping", 6, 4, 3)
    assert (row["cause"], row["cause_count"]) == ("Host … did not answer within … s", 3)


def test_cost_of_a_good_run_counts_failed_ones_in() -> None:
    """All calls of the runs' sessions, divided by the runs that ended well; without sessions it is unknown."""
    runs = [
        *_daily("paid", range(1, 3), session_id="s1"),
        *_daily("paid", range(1), "error", session_id="s2"),
        *_daily("free", range(2)),
    ]
    costs = [
        {"session": "s1", "cost": Decimal("0.5"), "requests": 3},
        {"session": "s2", "cost": Decimal("0.3"), "requests": 1},
    ]
    rows = {row["job_id"]: row for row in _judge(runs, [], costs)}
    assert rows["paid"]["cost"] == Decimal("0.8")
    assert rows["paid"]["cost_per_success"] == Decimal("0.4")
    assert (rows["free"]["cost"], rows["free"]["cost_per_success"]) == (None, None)


def test_a_changed_schedule_is_held_only_against_the_runs_since() -> None:
    """What a job did under another schedule is not held against the present one."""
    runs = [*_daily("moved", range(3, 7)), *_daily("moved", range(3), hour=9, schedule="0 9 * * *")]
    [row] = _judge(runs, [{"job_id": "moved", "runs": 1}])
    assert (row["expected"], row["missed"], row["runs"], row["state"]) == (3, 0, 7, "ok")


def test_a_schedule_without_a_zone_may_be_on_the_viewers_clock() -> None:
    """Runs at seven in Vienna are on time for `0 7 * * *` there, and the row says which clock it was."""
    runs = _daily("local", range(7), hour=6)
    [row] = _judge(runs, [], tz="Europe/Vienna")
    assert (row["zone"], row["expected"], row["late"], row["missed"]) == ("Europe/Vienna", 7, 0, 0)


def test_failures_by_cause() -> None:
    """Failed runs of all jobs with the same message but for what varies are one row."""
    failed = [
        _ran("a", NOW - timedelta(hours=1), "error", error_message="Quota of 30 reached", error_type="rate_limit"),
        _ran("b", NOW - timedelta(hours=2), "error", error_message="Quota of 31 reached", error_type="rate_limit"),
        _ran("a", NOW - timedelta(hours=3), "error", error_type="timeout"),
        _ran("a", NOW - timedelta(hours=4), "error"),
    ]
    teller = Teller((failed,))
    rows = judged("job_failures", teller=teller)
    assert [(row["cause"], row["job_failures"], row["jobs"]) for row in rows] == [
        ("Quota of … reached", 2, "A, B"),
        ("no reason given", 1, "A"),
        ("timeout", 1, "A"),
    ]
    assert rows[0]["share"] == 0.5
    assert rows[0]["example"] == "Quota of 30 reached"


def test_filters_that_jobs_do_not_have() -> None:
    """Of the calls of one user nothing can be told: nothing is asked either."""
    assert judged("jobs", where=(Filter("calls.user", "=", ("ada",)),), since="7d") == []


def test_what_is_asked() -> None:
    """The runs of the window, then which jobs there were in the month before."""
    teller = Teller(([], []), since=SINCE)
    judged("jobs", teller=teller, since="7d")
    feed, before = teller.asked
    assert isinstance(feed, Feed)
    assert isinstance(before, Query)
    assert before.until == SINCE.isoformat()
