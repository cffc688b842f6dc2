"""What one of what the business counts costs."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Verdicts
from tokometer.dashboards.panel import Section

UNITS: Final = (
    Section(
        (
            Verdicts(
                id="decisions.economics",
                title="Unit Economics by Model ({range})",
                leads="business",
                of="judgement.unit_economics",
                by=("model",),
                columns=("revenue_per_request", "cost_per_request", ""),
                titles=("Revenue a request", "Cost", "Profit"),
                changes=("",),
                standing=False,
                compared=True,
                every=300,
                width=12,
                nothing="No revenue configured: neither calls nor rate cards nor bills tell of any.",
                how="What a request of each model brings in, costs and leaves.",
            ),
        ),
        title="Units",
    ),
)
