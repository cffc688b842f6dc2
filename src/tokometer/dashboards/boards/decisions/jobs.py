"""Whether scheduled jobs ran when they were due, what a good run costs, and why runs fail."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards import leading
from tokometer.dashboards.kinds import Itemised, Tally
from tokometer.dashboards.panel import Section

_NOTHING: Final = "No scheduled job has run in this window, or in the month before it."

JOBS: Final = (
    Section(
        (
            Itemised(
                id="decisions.jobs",
                title="Jobs against Their Schedule ({range})",
                of="judgement.jobs",
                name="job",
                under=leading.of_job,
                word="state",
                columns=("expected", "runs", "late", "missed", "failed", "success", "cost_per_success", "last_run"),
                titles=("Due", "Runs", "Late", "Missed", "Failed", "Success", "Cost per good run", "Last run"),
                to=leading.job,
                most=20,
                every=120,
                width=12,
                nothing=_NOTHING,
                how=(
                    "How many runs each job's schedule calls for, how many there were, on time, late or not at all, "
                    "and what a run that ended well cost, failed ones included. The worst come first."
                ),
            ),
        ),
        title="Jobs",
    ),
    Section(
        (
            Tally(
                id="decisions.cron",
                title="Scheduled Jobs (Last 7 Days)",
                of="judgement.cron",
                parts=("ok", "failed", "skipped"),
                facts=("failing_jobs", "missed", "missed_job", "worst_job", "worst_failures", "worst_cause"),
                window="7d",
                width=5,
                every=120,
                nothing="No scheduled job has run in this window.",
                how="How many runs of scheduled jobs ended well, which job fails most, why, and what did not run.",
            ),
            Itemised(
                id="decisions.job_failures",
                title="Why Jobs Fail ({range})",
                of="judgement.job_failures",
                name="cause",
                under=leading.of_job_failure,
                columns=("", "of_jobs", "last"),
                titles=("Runs", "Jobs", "Last"),
                share="share",
                to=leading.job_failure,
                most=8,
                every=120,
                width=7,
                nothing="No run has failed in this window.",
                how="Failed runs with the same message, whatever number, id or name in quotes it holds.",
            ),
        ),
    ),
)
