"""Gateway & Provider Comparison: who is well, who is fast, who is dear, side by side."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Bubble, Column, Distribution, Gauge, Matrix, Series, Share
from tokometer.dashboards.limits import availability_limits, error_rate_limits, health_limits, latency_limits
from tokometer.dashboards.panel import Dashboard, Group, Section

PROVIDERS: Final = Dashboard(
    id="providers",
    title="Gateway & Provider Comparison",
    short="Providers",
    key="c",
    group=Group.COMPARE,
    about="Who is well, who is fast and who is dear: all providers side by side, for whoever chooses where calls go.",
    sections=(
        Section(
            (
                Gauge(
                    id="providers.health",
                    title="Health Gauge Grid",
                    leads="incidents",
                    of="judgement.health_score",
                    word="judgement.health_score.status",
                    by="provider",
                    top=24,
                    worst=True,
                    columns=6,
                    limits=health_limits,
                    every=60,
                    width=12,
                    how="Health over the last 15 minutes; of the unwell and most used, where there are many.",
                ),
            )
        ),
        Section(
            (
                Matrix(
                    id="providers.matrix",
                    title="Comparison Matrix",
                    leads="model-performance",
                    by="provider",
                    columns=(
                        Column("judgement.health_score", "Health", scale=""),
                        Column("judgement.breaker", "Breaker", scale=""),
                        Column("calls.requests"),
                        Column("calls.requests", "Share", scale="share"),
                        Column("calls.error_rate", limits=error_rate_limits),
                        Column("calls.p50_latency", "p50"),
                        Column("calls.p95_latency", "p95", limits=latency_limits),
                        Column("calls.p99_latency", "p99"),
                        Column("calls.availability", "Uptime 24h", "24h", scale="", limits=availability_limits),
                        Column("calls.availability", "Uptime 7d", "7d", scale="", limits=availability_limits),
                        Column("calls.availability", "Uptime 30d", "30d", scale="", limits=availability_limits),
                        Column("calls.cost"),
                        Column("calls.cost_per_request", "Per request"),
                        Column("calls.cost_per_mtok", "Per M tokens"),
                        Column("calls.tokens_per_second", "Tokens/s"),
                    ),
                    rank="calls.requests",
                    every=300,
                    how="All about every provider; each column has a scale of its own, and sorts by a click on it.",
                ),
            )
        ),
        Section(
            (
                Bubble(
                    id="providers.reliability",
                    title="Cost vs Reliability",
                    leads="incidents",
                    by="provider",
                    x="calls.cost_per_request",
                    y="calls.success_rate",
                    size="calls.requests",
                    log_x=True,
                    every=300,
                    width=6,
                    how="What a request costs against how often it succeeds; up and to the left is better.",
                ),
                Distribution(
                    id="providers.latency",
                    title="Latency Distribution",
                    leads="model-performance",
                    by="provider",
                    shape="violins",
                    top=17,
                    every=60,
                    width=6,
                    how="How long calls took, by provider, with p50, p95 and p99 marked; the axis is logarithmic.",
                ),
            )
        ),
        Section(
            (
                Share(
                    id="providers.requests",
                    title="Request Distribution",
                    leads="usage",
                    by="provider",
                    of="calls.requests",
                    what="requests",
                    every=60,
                    width=6,
                    how="Which providers the requests went to.",
                ),
                Share(
                    id="providers.cost",
                    title="Cost Distribution",
                    leads="business",
                    by="provider",
                    of="calls.cost",
                    what="cost",
                    every=60,
                    width=6,
                    how="Which providers were paid how much.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="providers.cost_trend",
                    title="Cost Trend",
                    leads="business",
                    of=("calls.cost",),
                    by="provider",
                    shape="line",
                    least="hour",
                    per=True,
                    marks=True,
                    tall=True,
                    every=300,
                    width=6,
                    how="What each provider cost over time.",
                ),
                Series(
                    id="providers.uptime_trend",
                    title="Uptime Trend",
                    leads="incidents",
                    of=("calls.availability",),
                    by="provider",
                    rank="calls.requests",
                    shape="line",
                    least="hour",
                    from_zero=False,
                    joined=True,
                    marks=True,
                    tall=True,
                    every=300,
                    width=6,
                    how="The share of minutes with traffic in which at least half of a provider's calls succeeded.",
                ),
            )
        ),
    ),
)
