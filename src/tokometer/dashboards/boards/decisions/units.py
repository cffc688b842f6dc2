"""What one of what the business counts costs."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards import leading
from tokometer.dashboards.kinds import Itemised, Verdicts
from tokometer.dashboards.panel import Section

UNITS: Final = (
    Section(
        (
            Itemised(
                id="decisions.units",
                title="Cost per Unit of Business ({range})",
                leads="units",
                of="judgement.unit_costs",
                name="series",
                under=leading.of_series,
                columns=("amount", "cost", "", "before", "change"),
                titles=("Counted", "Cost", "Per unit", "Before", "Change"),
                changes=("change",),
                to=leading.series,
                most=5,
                every=300,
                width=12,
                nothing="Nothing is counted yet: orders, tickets, active users, by day (page Units).",
                how="The cost of the calls, divided by what was counted on the same days.",
            ),
        ),
        title="Units",
    ),
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
    ),
)
