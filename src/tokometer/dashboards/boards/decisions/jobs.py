"""Whether scheduled jobs ran, and how they ended."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Tally
from tokometer.dashboards.panel import Section

JOBS: Final = (
    Section(
        (
            Tally(
                id="decisions.cron",
                title="Scheduled Jobs (Last 7 Days)",
                of="judgement.cron",
                parts=("ok", "failed", "skipped"),
                facts=("failing_jobs", "missed", "missed_job", "worst_job", "worst_failures", "worst_cause"),
                window="7d",
                width=12,
                every=120,
                nothing="No scheduled job has run in this window.",
                how="How many runs of scheduled jobs ended well, which job fails most, why, and what did not run.",
            ),
        ),
        title="Jobs",
    ),
)
