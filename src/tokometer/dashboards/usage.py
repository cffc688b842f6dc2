"""The Usage dashboard: what was used, what it cost, and where the month will end."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.breakdown import Breakdown
from tokometer.dashboards.outlook import Outlook
from tokometer.dashboards.panel import Dashboard, Section
from tokometer.dashboards.series import Spend, Trend
from tokometer.dashboards.summary import Figures, Periods

USAGE: Final = Dashboard(
    "usage",
    "Usage",
    (
        Section((Periods("usage.periods", "Periods"),)),
        Section((Figures("usage.figures", "Figures"),)),
        Section((Spend("usage.spend", "By model", by="model"), Outlook("usage.outlook", "Month-end forecast"))),
        Section(
            (
                Breakdown("usage.models", "Models", by="model"),
                Breakdown("usage.providers", "Providers", by="provider", width=4, slim=True),
            )
        ),
        Section(
            (
                Trend("usage.requests", "Requests", measure="requests", shape="area"),
                Trend("usage.tokens", "Tokens", measure="total_tokens", shape="bars"),
                Trend("usage.cost", "Cost", measure="cost", shape="line"),
            ),
            title="Trends",
            control="trend",
        ),
    ),
)
