"""Tests of tokometer.judgement.cron."""

from __future__ import annotations

from typing import Any

import pytest

from generators.told_answers import Teller, judged
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
    teller = Teller((jobs, failures))
    [row] = judged("cron", teller=teller)
    assert row["cron"] == pytest.approx(156 / 166)
    assert (row["ok"], row["failed"], row["skipped"]) == (156, 10, 3)
    assert (row["jobs"], row["failing_jobs"]) == (3, 2)
    assert (row["worst_job"], row["worst_failures"], row["worst_cause"]) == ("backup", 6, "Network timeout")
    assert row["standing"] == "warning"
    feed = teller.asked[1]
    assert isinstance(feed, Feed)
    assert Filter("jobs.job", "=", ("backup",)) in feed.where


def test_nothing_failed() -> None:
    """Where nothing failed, nothing is looked through."""
    [row] = judged("cron", [_job("backup", 7)])
    assert row["cron"] == 1.0
    assert row["worst_job"] is None
    assert row["standing"] == "good"


@pytest.mark.parametrize(("ok", "failed", "standing"), [(95, 5, "good"), (80, 20, "warning"), (79, 21, "critical")])
def test_standing(ok: int, failed: int, standing: str) -> None:
    """95 % is good, below 80 % is critical."""
    [row] = judged("cron", [_job("a", ok, failed)], [])
    assert row["standing"] == standing


def test_only_skipped() -> None:
    """Runs that did not take place are neither good nor bad."""
    [row] = judged("cron", [_job("a", skipped=4)])
    assert row["cron"] is None
    assert row["standing"] == "none"


def test_nothing_ran() -> None:
    """Without jobs, or with a filter that jobs do not know, there is nothing to tell."""
    assert judged("cron", []) == []
    assert judged("cron", teller=Teller(()), where=(Filter("calls.operation", "=", ("chat",)),)) == []
