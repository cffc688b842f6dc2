"""Model Performance Analytics: which models are used, which fail, what each costs and how fast it is."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Bubble, Distribution, Gauge, HeatMap, Ranking, Series
from tokometer.dashboards.limits import has_issues, health_limits
from tokometer.dashboards.panel import Dashboard, Group, Section

MODEL_PERFORMANCE: Final = Dashboard(
    id="model-performance",
    title="Model Performance Analytics",
    short="Model performance",
    key="p",
    group=Group.COMPARE,
    about="Which models are used most, which fail or are slow, and what each costs: for whoever chooses models.",
    sections=(
        Section(
            (
                Ranking(
                    id="model-performance.top",
                    title="Top 5 Models",
                    leads="usage",
                    by="model",
                    of="calls.requests",
                    top=5,
                    change=False,
                    every=60,
                    width=4,
                    how="The models with most requests in the window, with their share of all.",
                ),
                Ranking(
                    id="model-performance.issues",
                    title="Models with Issues",
                    leads="incidents",
                    by="model",
                    of="calls.error_rate",
                    columns=("calls.requests",),
                    only=has_issues,
                    change=False,
                    nothing="No model fails more often than the settings allow.",
                    window="24h",
                    every=30,
                    width=4,
                    how="Models of the last 24 hours that fail more often than `thresholds.model_issue_error_rate`.",
                ),
                Gauge(
                    id="model-performance.health",
                    title="Model Health Gauge",
                    leads="providers",
                    of="judgement.health_score",
                    word="judgement.health_score.status",
                    by="model",
                    top=3,
                    columns=3,
                    limits=health_limits,
                    every=30,
                    width=4,
                    how="Health over the last 15 minutes, of the three models with most requests in the window.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="model-performance.volume",
                    title="Request Volume ({range})",
                    leads="usage",
                    of=("calls.requests",),
                    by="model",
                    shape="stack",
                    least="hour",
                    every=60,
                    width=7,
                    tall=True,
                    marks=True,
                    how="Requests by model over time, stacked.",
                ),
                Ranking(
                    id="model-performance.cost",
                    title="Cost per Model",
                    leads="business",
                    by="model",
                    of="calls.cost",
                    columns=("calls.requests",),
                    change=False,
                    every=300,
                    width=5,
                    how="What each model cost in the window, with its share of all.",
                ),
            )
        ),
        Section(
            (
                HeatMap(
                    id="model-performance.heat",
                    title="Performance Heatmap",
                    of="calls.mean_latency",
                    by="model",
                    top=12,
                    tall="tall",
                    every=60,
                    width=12,
                    how="The mean latency hour by hour, of the models with most requests; darker is slower.",
                ),
            )
        ),
        Section(
            (
                Distribution(
                    id="model-performance.latency",
                    title="Latency Distribution",
                    by="model",
                    shape="quantiles",
                    top=10,
                    every=60,
                    width=6,
                    how="p50, p95 and p99 of the ten models with most requests, on one logarithmic axis.",
                ),
                Bubble(
                    id="model-performance.success",
                    title="Success Rate vs Usage",
                    by="model",
                    x="calls.requests",
                    y="calls.success_rate",
                    size="calls.cost",
                    log_x=True,
                    every=60,
                    width=6,
                    how="How often each model succeeds against how much it is used; its size is what it cost.",
                ),
            )
        ),
    ),
)
