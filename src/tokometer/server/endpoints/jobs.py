"""`/api/jobs`: scheduled jobs against their schedules, and why their runs fail."""

from __future__ import annotations

from typing import Any, Final

from tokometer.server.endpoints.asking import Asked, window_parts
from tokometer.server.endpoints.declared import Field, Rows, block
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import PERCENT, SECONDS, TEXT, TIME, USD, WHOLE

_JOBS: Final = Rows(
    "jobs",
    block(
        "",
        Field("job", "", TEXT, "Daily digest", "Its name."),
        Field("job_id", "", TEXT, "daily-digest", "Its id."),
        Field("state", "", TEXT, "flapping", "`ok`, `stopped`, `missed`, `failing`, `flapping`, `late`, `unsteady`."),
        Field("standing", "", TEXT, "warning", "`good`, `warning`, `critical` or `none`."),
        Field("schedule", "", TEXT, "0 6 * * *", "When it runs, as its source says."),
        Field("zone", "", TEXT, "UTC", "The clock that a cron expression was held against."),
        Field("kept_percent", "", PERCENT, 96.7, "Share of the runs that were due that began, on time or late."),
        Field("expected", "", WHOLE, 30, "Runs that were due; null where nothing says when."),
        Field("runs", "", WHOLE, 29, "Runs that there were."),
        Field("on_time", "", WHOLE, 28, "Runs that began when they were due."),
        Field("late", "", WHOLE, 1, "Runs that began late."),
        Field("missed", "", WHOLE, 1, "Runs that did not begin."),
        Field("extra", "", WHOLE, 0, "Runs beside those that were due."),
        Field("worst_delay_seconds", "", SECONDS, 940, "How late the latest run began."),
        Field("missing", "", WHOLE, 0, "Runs missed since the last one."),
        Field("overdue_since", "", TIME, "2026-11-27T06:00:00Z", "Since when runs are missing."),
        Field("next_due", "", TIME, "2026-11-28T06:00:00Z", "When it is due next."),
        Field("successful", "", WHOLE, 27, "Runs that ended well."),
        Field("failed", "", WHOLE, 2, "Runs that ended in an error."),
        Field("skipped", "", WHOLE, 0, "Runs that did not take place."),
        Field("success_percent", "", PERCENT, 93.1, "Successful runs of those that ended."),
        Field("turns", "", WHOLE, 4, "How often the last runs went from good to bad or back."),
        Field("cost", "", USD, 1.42, "Of the calls of its runs' sessions; null where none are known."),
        Field("cost_per_successful_run", "", USD, 0.0526, "The same for each run that ended well."),
        Field("cause", "", TEXT, "Rate limit reached; gave up after … attempts", "What most failed runs say."),
        Field("last_run", "", TIME, "2026-11-27T06:00:02Z", "When it ran last."),
        Field("last_status", "", TEXT, "ok", "How that ended."),
    ),
    meaning="The worst first.",
)
_FAILURES: Final = Rows(
    "failures",
    block(
        "",
        Field("cause", "", TEXT, "Rate limit reached; gave up after … attempts", "What they say; `…` varies."),
        Field("error_type", "", TEXT, "rate_limit", "The kind of error."),
        Field("runs", "", WHOLE, 12, "Failed runs that say so."),
        Field("share_percent", "", PERCENT, 40, "Of all failed runs."),
        Field("jobs", "", TEXT, "Daily digest, Log summary", "The jobs that failed so."),
        Field("first", "", TIME, "2026-11-20T06:00:02Z", "The first one of the window."),
        Field("last", "", TIME, "2026-11-27T06:00:02Z", "The last one."),
    ),
    meaning="Failed runs by what they say, the most frequent first.",
)
JOBS: Final = block("", *window_parts(), _JOBS, _FAILURES)


def _jobs(asked: Asked) -> dict[str, Any]:
    judged = asked.context.judge("jobs", asked.window).rows
    rows = [
        _JOBS.row.write(
            {},
            {
                **row,
                "kept_percent": row["jobs"],
                "worst_delay_seconds": row["worst_delay"],
                "overdue_since": row["overdue"],
                "successful": row["ok"],
                "success_percent": row["success"],
                "cost_per_successful_run": row["cost_per_success"],
            },
        )
        for row in judged
    ]
    failed = [
        _FAILURES.row.write({}, {**row, "runs": row["job_failures"], "share_percent": row["share"]})
        for row in asked.context.judge("job_failures", asked.window).rows
    ]
    told = {**asked.told(), "jobs": asked.arranged(rows, _JOBS), "failures": failed[:100]}
    return JOBS.write({}, told)


ENDPOINTS: Final = (
    Endpoint(
        path="/api/jobs",
        summary="Scheduled jobs: expected against actual runs, cost of a good run, and causes of failures",
        about="A job's schedule is a cron expression, an interval, or what a run says of the next one; "
        "`judgement.jobs` says how runs are held against it. `sort` and `limit` are about the jobs.",
        answer=JOBS,
        make=_jobs,
        period="7d",
        every=60.0,
    ),
)
router: Final = routed("jobs", ENDPOINTS)
