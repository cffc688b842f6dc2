"""The Executive Overview: is everything well, how much is going on, and what does today cost."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Alerts, Also, Column, Matrix, Series, Stat, StatusGrid
from tokometer.dashboards.limits import error_rate_limits
from tokometer.dashboards.panel import Dashboard, Group, Section

EXECUTIVE: Final = Dashboard(
    id="overview",
    title="Executive Overview",
    short="Overview",
    key="o",
    group=Group.OBSERVE,
    range="24h",
    about="Is everything well, how much is going on, and what does today cost: one look for whoever answers for it.",
    sections=(
        Section(
            (
                Stat(
                    id="overview.health",
                    title="Overall Health Score",
                    leads="providers",
                    of="judgement.health_score",
                    window="15m",
                    every=30,
                    how="The mean health of all providers with traffic in the last 15 minutes, from 0 to 100.",
                ),
                Stat(
                    id="overview.requests_per_minute",
                    title="Active Requests/min",
                    leads="usage",
                    of="calls.requests_per_minute",
                    window="5m",
                    every=15,
                    colour="requests",
                    how="Calls a minute over the last five minutes, all providers together.",
                ),
                Stat(
                    id="overview.latency",
                    title="Avg Response Time",
                    leads="model-performance",
                    of="calls.mean_latency",
                    window="15m",
                    every=30,
                    how="The mean latency of the last 15 minutes, each call counting once.",
                ),
                Stat(
                    id="overview.cost",
                    title="Daily Cost",
                    leads="business",
                    of="calls.cost",
                    window="today",
                    every=60,
                    colour="cost",
                    how="What today has cost so far, against yesterday until now.",
                ),
            )
        ),
        Section(
            (
                StatusGrid(
                    id="overview.providers",
                    title="Provider Health Grid",
                    leads="providers",
                    of="judgement.health_score",
                    word="judgement.health_score.status",
                    also=(
                        Also("judgement.health_score.error_rate", "errors"),
                        Also("judgement.health_score.p95_latency", "p95"),
                    ),
                    window="15m",
                    every=60,
                    how="The health of every provider of the last 30 days, as of the last 15 minutes.",
                ),
            )
        ),
        Section(
            (
                Alerts(
                    id="overview.alerts",
                    title="Alert List",
                    leads="incidents",
                    window="24h",
                    every=30,
                    how="Everything that is wrong now, the worst first, and the incidents of the last 24 hours.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="overview.volume",
                    title="Request Volume ({range})",
                    leads="usage",
                    of=("calls.requests",),
                    shape="area",
                    every=30,
                    width=7,
                    marks=True,
                    tall=True,
                    how="Requests of all providers over time, with what happened meanwhile marked on the axis.",
                ),
                Matrix(
                    id="overview.errors",
                    title="Error Rate Distribution",
                    leads="incidents",
                    by="provider",
                    columns=(
                        Column("calls.error_rate", limits=error_rate_limits),
                        Column("calls.errors", "Errors"),
                        Column("calls.requests"),
                    ),
                    rank="calls.error_rate",
                    top=8,
                    every=60,
                    width=5,
                    how="The share of calls that failed, by provider, the worst first, marked above the thresholds.",
                ),
            )
        ),
    ),
)
