"""Real-Time Incident Response: what is wrong now, since when, with whom, and what was said."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import HeatMap
from tokometer.dashboards.kinds.heatmap import availability_states
from tokometer.dashboards.panel import Dashboard, Section

INCIDENTS: Final = Dashboard(
    id="incidents",
    title="Real-Time Incident Response",
    short="Incidents",
    key="i",
    range="24h",
    about="What is wrong now, since when, with whom, and what was said: the page for whoever is on call.",
    sections=(
        Section(
            (
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
            )
        ),
    ),
)
