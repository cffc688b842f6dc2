"""Where it is going: the end of the period, and what budgets have left."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards import leading
from tokometer.dashboards.kinds import Itemised, Outlook, Verdicts
from tokometer.dashboards.kinds.verdicts import HasAny
from tokometer.dashboards.panel import Section

FORECAST: Final = (
    Section(
        (
            Outlook(
                id="decisions.outlook",
                title="Month-end Forecast",
                width=4,
                how="Where the month will end if the days go on as they did, and how far off such forecasts were.",
            ),
            Itemised(
                id="decisions.budgets",
                title="Until When Budgets Last",
                of="judgement.budgets",
                name="budget",
                under=leading.of_budget,
                word="state",
                columns=("amount", "spent", "projected", "used_up_at"),
                titles=("Amount", "Spent", "Expected", "Used up"),
                share="budgets",
                to=leading.budget,
                most=10,
                every=60,
                width=8,
                nothing="No budget is set. Set one on Budgets, or in tokometer.toml.",
                how=(
                    "What is spent of each budget in its day, week or month, what it will be at the end, and when it "
                    "will be used up if the days go on as the forecast says."
                ),
            ),
        ),
        title="Forecast",
    ),
    Section(
        (
            Verdicts(
                id="decisions.expected",
                title="Cost: the Next 30 and 90 Days",
                of="judgement.cost_forecast",
                by=("", "team", "model"),
                columns=("", "next_30", "low_30", "high_30", "next_90", "low_90", "high_90", "error", "naive_error"),
                titles=(
                    *("Month's end", "30 days", "30: least", "30: most", "90 days", "90: least", "90: most"),
                    *("Error", "Last week"),
                ),
                standing=False,
                only=HasAny("next_30"),
                most=14,
                every=600,
                width=12,
                nothing="Not enough history: a forecast needs three whole days of use.",
                how=(
                    "What is expected by the month's end and in the next 30 and 90 days, four times of five between "
                    "the least and the most, and how far off back-tested forecasts of 30 days were, beside those that "
                    "repeat the last week."
                ),
            ),
        ),
    ),
    Section(
        (
            *(
                Verdicts(
                    id=f"decisions.expected_{measure}",
                    title=f"{title}: the Next 30 and 90 Days",
                    of=f"judgement.{measure}_forecast",
                    by=("", "provider"),
                    columns=("next_30", "next_90", "error", "naive_error"),
                    titles=("30 days", "90 days", "Error", "Last week"),
                    standing=False,
                    only=HasAny("next_30"),
                    most=6,
                    every=600,
                    width=6,
                    nothing="Not enough history: a forecast needs three whole days of use.",
                    how="The same of other measures; beside the error of 30 days that of repeating the last week.",
                )
                for measure, title in (("requests", "Requests"), ("total_tokens", "Tokens"))
            ),
        ),
    ),
)
