"""Where it is going: the end of the period, and what budgets have left."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Outlook, Verdicts
from tokometer.dashboards.kinds.verdicts import HasAny, Progress
from tokometer.dashboards.panel import Section

FORECAST: Final = (
    Section(
        (
            Outlook(
                id="decisions.outlook",
                title="Month-end Forecast",
                width=5,
                how="Where the month will end if the days go on as they did, and how far off such forecasts were.",
            ),
            Verdicts(
                id="decisions.budgets",
                title="Budgets this Month",
                of="judgement.budget",
                by=("", "provider", "model", "team"),
                columns=("monthly_budget", "spent", "", "projected"),
                titles=("Budget", "Spent", "Used", "Expected"),
                progress=Progress("spent", "monthly_budget", "projected"),
                only=HasAny("monthly_budget"),
                window="month",
                every=60,
                width=7,
                nothing="No budget is set for these calls.",
                how="Each budget, what is spent of it and, as a mark on its bar, what will be by the month's end.",
            ),
        ),
        title="Forecast",
    ),
)
