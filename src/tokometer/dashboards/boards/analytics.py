"""Mission Control: what the assistants do, how well, at which hours, and what could cost less."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Advice, Figures, HeatMap, Ranking, Series, Share, Tally
from tokometer.dashboards.panel import Dashboard, Group, Section

ANALYTICS: Final = Dashboard(
    id="analytics",
    title="Mission Control",
    key="a",
    group=Group.OBSERVE,
    range="week",
    about="What the assistants do, how well, at which hours, and what could cost less.",
    sections=(
        Section(
            (
                Figures(
                    id="analytics.overview",
                    title="{range}",
                    of=(
                        ("calls.messages", "Messages", "requests"),
                        ("calls.cost", "Cost", "cost"),
                        ("calls.sessions", "Sessions", "other"),
                        ("calls.success_rate", "Success rate", "other"),
                    ),
                    how="Messages both ways, what they cost, in how many sessions, and how many calls went well.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="analytics.usage",
                    title="Messages Over Time",
                    of=("calls.messages",),
                    shape="area",
                    width=7,
                    tall=True,
                    marks=True,
                    how="Messages by hour or day. Hover a point for its exact number.",
                ),
                Share(
                    id="analytics.models",
                    title="Model Distribution",
                    leads="usage",
                    by="model",
                    of="calls.total_tokens",
                    columns=("calls.cost",),
                    width=5,
                    what="tokens",
                    how="Which models the tokens went to, and what they cost. A click on a name shows only that model.",
                ),
            )
        ),
        Section(
            (
                Ranking(
                    id="analytics.agents",
                    title="Agent Performance",
                    by="agent",
                    of="runs.runs",
                    columns=("runs.mean_duration", "runs.success_rate", "judgement.cost_per_task"),
                    change=False,
                    shares=False,
                    width=7,
                    every=120,
                    how="Tasks of each agent, how long one takes, how many end well, and what one costs.",
                ),
                Tally(
                    id="analytics.cron",
                    title="Cron Reliability (Last 7 Days)",
                    of="judgement.cron",
                    parts=("ok", "failed", "skipped"),
                    facts=("failing_jobs", "missed", "missed_job", "worst_job", "worst_failures", "worst_cause"),
                    window="7d",
                    width=5,
                    every=120,
                    nothing="No scheduled job has run in this window.",
                    how="How many runs of scheduled jobs ended well, which job fails most, why, and what did not run.",
                ),
            )
        ),
        Section(
            (
                HeatMap(
                    id="analytics.peak",
                    title="Peak Hours: Activity Heatmap (Messages)",
                    of="calls.messages",
                    width=7,
                    every=300,
                    how="When the week is busy, in your time zone: messages by weekday and hour of the day.",
                ),
                Advice(
                    id="analytics.insights",
                    title="Optimization Insights",
                    width=5,
                    every=3600,
                    how="What the same calls would have cost otherwise, and what in your own calls says so.",
                ),
            )
        ),
    ),
)
