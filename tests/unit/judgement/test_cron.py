"""Tests of tokometer.judgement.cron."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from generators.told_answers import NOW, Teller, judged
from tokometer.measures import Feed, Filter


def _job(name: str, ok: int = 0, failed: int = 0, skipped: int = 0) -> dict[str, Any]:
    return {"job": name, "runs": ok + failed + skipped, "ok": ok, "failed": failed, "skipped": skipped}


def test_reliability() -> None:
    """Skipped runs count for nothing; the worst job and what most of its failures say are named."""
    jobs = [_job("backup", 30, 6, 1), _job("digest", 126, 4), _job("scan", 0, 0, 2)]
    failures = [
        {"error_message": "The disk is full", "error_type": "disk"},
        *[{"error_message": "Network timeout", "error_type": ""}] * 3,
        {"error_message": "", "error_type": "killed"},
        {"error_message": "", "error_type": ""},
    ]
    teller = Teller((jobs, [], failures))
    [row] = judged("cron", teller=teller)
    assert row["cron"] == pytest.approx(156 / 166)
    assert (row["ok"], row["failed"], row["skipped"]) == (156, 10, 3)
    assert (row["jobs"], row["failing_jobs"]) == (3, 2)
    assert (row["worst_job"], row["worst_failures"], row["worst_cause"]) == ("backup", 6, "Network timeout")
    assert row["standing"] == "warning"
    feed = teller.asked[2]
    assert isinstance(feed, Feed)
    assert Filter("jobs.job", "=", ("backup",)) in feed.where


def test_nothing_failed() -> None:
    """Where nothing failed, nothing is looked through."""
    [row] = judged("cron", [_job("backup", 7)], [])
    assert row["cron"] == 1.0
    assert row["worst_job"] is None
    assert row["standing"] == "good"


@pytest.mark.parametrize(("ok", "failed", "standing"), [(95, 5, "good"), (80, 20, "warning"), (79, 21, "critical")])
def test_standing(ok: int, failed: int, standing: str) -> None:
    """95 % is good, below 80 % is critical."""
    [row] = judged("cron", [_job("a", ok, failed)], [], [])
    assert row["standing"] == standing


def test_only_skipped() -> None:
    """Runs that did not take place are neither good nor bad."""
    [row] = judged("cron", [_job("a", skipped=4)], [])
    assert row["cron"] is None
    assert row["standing"] == "none"


def _ran(job: str, at: float, due: float | None) -> dict[str, Any]:
    """A run that began so many hours ago, and says that the next is due so many hours ago."""
    next_run = None if due is None else NOW - timedelta(hours=due)
    return {"job_id": job, "job": job.title(), "at": NOW - timedelta(hours=at), "next_run_at": next_run}


def test_runs_that_did_not_begin() -> None:
    """A run is missed where none began within an hour of when it was due: between runs, and since the last one."""
    ran = [
        _ran("late", 0.2, -0.8),
        _ran("late", 2, 1),  # began 48 minutes after it was due
        _ran("gone", 5, 4),  # and none since
        _ran("gone", 9, 8),  # three hours late
        _ran("gone", 10, 9),
        _ran("soon", 24, 0.5),  # may still begin
        _ran("by-hand", 3, -20),
        _ran("by-hand", 4, -20),
        _ran("silent", 20, None),
    ]
    [row] = judged("cron", [_job("a", 9)], ran)
    assert (row["missed"], row["missed_job"]) == (2, "Gone")


def test_a_period_that_is_over() -> None:
    """What was due after the end of the period is not missed in it."""
    teller = Teller(([_job("a", 1)], [_ran("a", 30, 28)]), until=NOW - timedelta(hours=28))
    [row] = judged("cron", teller=teller)
    assert (row["missed"], row["missed_job"]) == (0, None)


def test_jobs_that_do_not_say_when_they_run_next() -> None:
    """Nothing is known then, which is not nothing."""
    [row] = judged("cron", [_job("a", 1)], [_ran("a", 3, None)])
    assert (row["missed"], row["missed_job"]) == (None, None)


def test_nothing_ran() -> None:
    """Without jobs, or with a filter that jobs do not know, there is nothing to tell."""
    assert judged("cron", [], []) == []
    assert judged("cron", teller=Teller(()), where=(Filter("calls.operation", "=", ("chat",)),)) == []
