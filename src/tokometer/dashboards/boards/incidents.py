"""Real-Time Incident Response: what is wrong now, since when, with whom, and what was said."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards import leading
from tokometer.dashboards.kinds import (
    Alerts,
    Also,
    Feed,
    Gauge,
    HeatMap,
    Incidents,
    Itemised,
    Series,
    StatusGrid,
    Verdicts,
)
from tokometer.dashboards.kinds.heatmap import availability_states
from tokometer.dashboards.levels import Bands, success_objective
from tokometer.dashboards.limits import availability_objective, error_rate_limits, objective_limits
from tokometer.dashboards.panel import Dashboard, Group, Section
from tokometer.measures import Filter
from tokometer.records.status import ERRORS

INCIDENTS: Final = Dashboard(
    id="incidents",
    title="Real-Time Incident Response",
    short="Incidents",
    key="r",
    group=Group.ACT,
    range="24h",
    about="What is wrong now, since when, with whom, and what was said: the page for whoever is on call.",
    sections=(
        Section(
            (
                Alerts(
                    id="incidents.alerts",
                    title="Alert List",
                    window="24h",
                    every=15,
                    how="Everything that is wrong now, the worst first, and the incidents of the last 24 hours.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="incidents.error_rate",
                    title="Error Rate (real-time)",
                    of=("calls.error_rate",),
                    shape="line",
                    window="6h",
                    grain="five_minutes",
                    bands=Bands(error_rate_limits),
                    marks=True,
                    every=10,
                    width=5,
                    how="The share of calls that failed, in steps of five minutes, over green, amber and red ground.",
                ),
                Series(
                    id="incidents.success",
                    title="Request Success Rate",
                    of=("calls.success_rate",),
                    shape="line",
                    window="6h",
                    grain="five_minutes",
                    levels=success_objective,
                    from_zero=False,
                    marks=True,
                    every=15,
                    width=4,
                    how="The share of calls that succeeded, in steps of five minutes, against the objective.",
                ),
                Gauge(
                    id="incidents.slo",
                    title="SLO Compliance Gauge",
                    of="calls.availability",
                    low=0.9,
                    high=1.0,
                    target=availability_objective,
                    limits=objective_limits,
                    window="month",
                    also=(Also("calls.error_rate", "errors"), Also("calls.p95_latency", "p95")),
                    every=30,
                    width=3,
                    how="This month's availability against its objective: green above, amber below, red far below.",
                ),
            )
        ),
        Section(
            (
                Incidents(
                    id="incidents.timeline",
                    title="Incidents ({range})",
                    every=30,
                    how="When each provider was down, how badly and for how long; what goes on stands first.",
                ),
            )
        ),
        Section(
            (
                StatusGrid(
                    id="incidents.breakers",
                    title="Circuit Breaker Status",
                    leads="providers",
                    of="judgement.breaker",
                    also=(
                        Also("judgement.breaker.failure_count", "failures"),
                        Also("judgement.breaker.trips", "times opened"),
                    ),
                    window="24h",
                    every=30,
                    how="The breaker of every provider, as a gateway reports it, else as these outcomes would have it.",
                ),
            )
        ),
        Section(
            (
                Verdicts(
                    id="incidents.gateway",
                    title="Gateway",
                    of="judgement.gateway",
                    by=("model",),
                    columns=(
                        *("tried", "", "cooldowns", "taken_over", "not_taken_over", "instead"),
                        *("requests_left", "tokens_left"),
                    ),
                    titles=(
                        *("Requests", "Failed", "Cooldowns", "Fallbacks", "Fallbacks failed", "Answered instead"),
                        *("Requests left", "Tokens left"),
                    ),
                    standing=False,
                    width=12,
                    every=60,
                    nothing="No gateway is scraped.",
                    how=(
                        "What a gateway's own metrics say of each model: requests to its deployments, the share that "
                        "failed, cooldowns, the models that answered in its place, and what providers still allow."
                    ),
                ),
            )
        ),
        Section(
            (
                Itemised(
                    id="incidents.gateway_budgets",
                    title="Budgets of the Gateway",
                    of="judgement.gateway_budgets",
                    name="of",
                    under=leading.of_gateway_budget,
                    columns=("total", "left"),
                    titles=("Budget", "Left"),
                    share="gateway_budgets",
                    word="state",
                    to=leading.gateway_budget,
                    width=12,
                    every=60,
                    nothing="No gateway with budgets is scraped.",
                    how="What is left of the budgets that a gateway keeps of teams and keys; without any, it refuses.",
                ),
            )
        ),
        Section(
            (
                HeatMap(
                    id="incidents.availability",
                    title="Availability Heatmap ({range})",
                    leads="providers",
                    of="calls.availability",
                    by="provider",
                    limits=availability_states,
                    words=("Up", "Degraded", "Down"),
                    tall="taller",
                    every=60,
                    width=12,
                    how="Every provider hour by hour: the share of its minutes with calls in which most succeeded.",
                ),
            )
        ),
        Section(
            (
                Feed(
                    id="incidents.errors",
                    title="Recent Errors Table",
                    of="calls.errors",
                    columns=("error_type", "provider", "model", "http_status"),
                    long="error_message",
                    more=(
                        "error_code",
                        "error_class",
                        "request_id",
                        "attempt",
                        "latency_ms",
                        "endpoint",
                        "user",
                        "team",
                        "api_key",
                        "session",
                        "trace_id",
                        "stack_trace",
                    ),
                    where=(Filter("calls.status", "in", ERRORS),),
                    limit=100,
                    every=5,
                    how="The last hundred calls that failed; a row opens to tell all that is known of it.",
                    nothing="No call failed in this window.",
                ),
                Feed(
                    id="incidents.logs",
                    title="Application Logs",
                    of="logs.lines",
                    columns=("level", "service", "logger"),
                    long="message",
                    more=(
                        "error_type",
                        "route",
                        "http_status",
                        "duration_ms",
                        "provider",
                        "model",
                        "request_id",
                        "session",
                        "user",
                        "trace_id",
                    ),
                    limit=50,
                    every=5,
                    how="The last fifty lines of the applications' logs, as they come in.",
                    nothing="No log line has come in in this window. Applications send theirs to /v1/logs.",
                ),
            )
        ),
        Section(
            (
                Verdicts(
                    id="incidents.burn",
                    title="Burn Rate",
                    of="judgement.burn_rate",
                    by=("", "provider"),
                    columns=("objective", "burn_5m", "burn_1h", "burn_6h", "burn_3d"),
                    titles=("Objective", "5 min", "1 h", "6 h", "3 d"),
                    word="alert",
                    window="72h",
                    worst_first=True,
                    every=30,
                    width=7,
                    how="How many times too fast each error budget is used up, over short and long windows.",
                ),
                Verdicts(
                    id="incidents.objectives",
                    title="Objectives",
                    leads="providers",
                    of="judgement.slo",
                    by=("", "provider"),
                    columns=("objective", ""),
                    titles=("Objective", "Error budget left"),
                    window="month",
                    worst_first=True,
                    every=60,
                    width=5,
                    how="Each objective, whether it is met, and how much of its error budget is left; the worst first.",
                ),
            )
        ),
    ),
)
