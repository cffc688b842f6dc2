"""How reliable scheduled jobs are: what share of runs ended well, which job fails most and why, which did not run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, text
from tokometer.measures import Feed, Filter, Query
from tokometer.records.units import COUNT, PERCENT
from tokometer.settings import Settings

_JOBS: Final = "jobs"
#: Failed runs that are looked through for their cause.
_LOOKED_AT: Final = 200
#: Runs that are looked through for those that did not begin; and how long after its time a run may begin. A run is told
#: when it has ended, so that one that takes long looks like one that has not begun.
_RAN: Final = 2_000
GRACE: Final = timedelta(hours=1)
#: Below these shares of good runs, jobs are worrying, and bad.
GOOD: Final = 0.95
WARNING: Final = 0.8


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    where = matter.where_in(_JOBS)
    if where is None:
        return []
    found, ran = yield (
        Query(
            measures=("jobs.runs", "jobs.ok", "jobs.failed", "jobs.skipped"),
            by=("jobs.job",),
            where=where,
            since=matter.since,
            until=matter.until,
            tz=matter.tz,
        ),
        Feed(
            cube=_JOBS,
            columns=("job_id", "job", "at", "next_run_at"),
            where=where,
            since=matter.since,
            until=matter.until,
            tz=matter.tz,
            limit=_RAN,
        ),
    )
    if not found.rows:
        return []
    row = _totals(found.rows) | _missed(ran.rows, min(matter.now, ran.meta.until))
    worst = max(found.rows, key=lambda job: (job["failed"], job["job"]))
    if not worst["failed"]:
        return [row]
    [failures] = yield (
        Feed(
            cube=_JOBS,
            columns=("error_message", "error_type"),
            where=(*where, Filter("jobs.job", "=", (worst["job"],)), Filter("jobs.status", "=", ("error",))),
            since=matter.since,
            until=matter.until,
            tz=matter.tz,
            limit=_LOOKED_AT,
        ),
    )
    return [row | {"worst_job": worst["job"], "worst_failures": worst["failed"], "worst_cause": _cause(failures.rows)}]


def _totals(jobs: Sequence[Mapping[str, Any]]) -> Row:
    ok, failed, skipped = (sum(job[name] for job in jobs) for name in ("ok", "failed", "skipped"))
    return {
        "cron": ok / (ok + failed) if ok + failed else None,
        "ok": ok,
        "failed": failed,
        "skipped": skipped,
        "jobs": len(jobs),
        "failing_jobs": sum(1 for job in jobs if job["failed"]),
    }


def _missed(runs: Sequence[Mapping[str, Any]], until: datetime) -> Row:
    """The runs that should have begun and did not; they come newest first. Nothing of jobs that do not say when."""
    counts: Counter[str] = Counter()
    following: dict[str, datetime] = {}
    told = False
    for run in runs:
        due, job = run["next_run_at"], run["job_id"]
        begun = following.get(job, until)
        if due is not None:
            told = True
            counts[run["job"] or job] += due + GRACE < begun
        following[job] = run["at"]
    most = max(counts, key=lambda job: counts[job], default="")
    missed = counts.total()
    return {"missed": missed if told else None, "missed_job": most if missed else None}


def _cause(failures: Sequence[Mapping[str, Any]]) -> str:
    """What most of the failures say; of equally many, the latest."""
    told = [str(failure["error_message"] or failure["error_type"] or "") for failure in failures]
    counts = Counter(one for one in told if one)
    return max(counts, key=lambda one: (counts[one], -told.index(one))) if counts else ""


def _standing(row: Row, _: Settings) -> Standing:
    if row["cron"] is None:
        return "none"
    return "good" if row["cron"] >= GOOD else "warning" if row["cron"] >= WARNING else "critical"


CRON: Final = Judgement(
    name="cron",
    title="Job success",
    unit=PERCENT,
    better="higher",
    description=(
        "The share of the runs of scheduled jobs that ended well, which job failed most often and why, and what did "
        "not run when it was due."
    ),
    formula=(
        "runs that ended well / runs that ended; skipped ones do not count. The cause is what most of the failed runs "
        "of the job with most failures say. A run is missed where the one before says when it is due, and there is "
        "none until an hour later: however many fall into the gap, it counts once"
    ),
    by=("",),
    facts=(
        Fact("ok", COUNT, "integer", "Successful", "runs that ended well"),
        Fact("failed", COUNT, "integer", "Failed", "runs that ended in an error"),
        Fact("skipped", COUNT, "integer", "Skipped", "runs that did not take place"),
        Fact("jobs", COUNT, "integer", "Jobs", "different jobs that ran"),
        Fact("failing_jobs", COUNT, "integer", "Failing jobs", "different jobs with a failed run"),
        Fact("missed", COUNT, "integer", "Missed", "runs that had not begun an hour after they were due"),
        text("missed_job", "the job with most missed runs", "Most missed"),
        text("worst_job", "the job with most failed runs", "Most failures"),
        Fact("worst_failures", COUNT, "integer", "Failures of that job", "its failed runs"),
        text("worst_cause", "what most of its failed runs say", "Cause"),
    ),
    thresholds=f"warning below {GOOD:.0%}, critical below {WARNING:.0%}",
    cube=_JOBS,
    inquire=_inquire,
    standing=_standing,
)
