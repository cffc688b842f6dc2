"""Real-Time Incident Response: what is wrong now, since when, with whom, and what was said."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Alerts, Feed, HeatMap, Incidents
from tokometer.dashboards.kinds.heatmap import availability_states
from tokometer.dashboards.panel import Dashboard, Section
from tokometer.measures import Filter
from tokometer.records.status import ERRORS

INCIDENTS: Final = Dashboard(
    id="incidents",
    title="Real-Time Incident Response",
    short="Incidents",
    key="r",
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
                Incidents(
                    id="incidents.timeline",
                    title="Incidents ({range})",
                    every=30,
                    how="When each provider was down, how badly and for how long; what goes on stands first.",
                ),
                HeatMap(
                    id="incidents.availability",
                    title="Availability Heatmap ({range})",
                    of="calls.availability",
                    by="provider",
                    limits=availability_states,
                    words=("Up", "Degraded", "Down"),
                    tall="taller",
                    every=60,
                    width=12,
                    how="Every provider hour by hour: the share of its minutes with calls in which most succeeded.",
                ),
            ),
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
            ),
        ),
    ),
)
