"""Business & Financial Metrics: what comes in, what it costs, what is left, and what should change."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Advice, Also, Bridge, Bubble, Progress, Ranking, Series, Stat, Treemap, Verdicts
from tokometer.dashboards.kinds.verdicts import HasAny
from tokometer.dashboards.levels import budget_line
from tokometer.dashboards.panel import Dashboard, Group, Section

_NO_REVENUE: Final = "No revenue configured: neither calls nor rate cards nor bills tell of any."

BUSINESS: Final = Dashboard(
    id="business",
    title="Business & Financial Metrics",
    short="Business",
    key="b",
    group=Group.MONEY,
    about="What comes in, what it costs, what is left of it, and what should change: the page for whoever pays.",
    sections=(
        Section(
            (
                Stat(
                    id="business.revenue",
                    title="Daily Revenue",
                    of="judgement.profit.revenue",
                    window="today",
                    every=60,
                    nothing=_NO_REVENUE,
                    how="What today has brought in so far: as calls state it, as rate cards charge it, as bills say.",
                ),
                Stat(
                    id="business.cost",
                    title="Daily Cost",
                    leads="usage",
                    of="calls.cost",
                    window="today",
                    every=60,
                    colour="cost",
                    how="What today has cost so far, against yesterday until now.",
                ),
                Stat(
                    id="business.margin",
                    title="Profit Margin",
                    of="judgement.profit.margin",
                    stands="judgement.profit",
                    window="today",
                    every=60,
                    also=(Also("judgement.profit", "profit today"), Also("judgement.profit", "this month", "month")),
                    nothing=_NO_REVENUE,
                    how="The share of today's revenue that the cost leaves, with the profit of today and of the month.",
                ),
                Stat(
                    id="business.budget_used",
                    title="Budget Used",
                    of="judgement.budget",
                    window="month",
                    every=60,
                    also=(
                        Also("judgement.budget.remaining", "left of this month's"),
                        Also("judgement.budget.projected_share", "expected by its end"),
                    ),
                    nothing="No budget configured for these calls.",
                    how="How much of the month's budget is used, and how much of it will be.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="business.trend",
                    title="Cost Trend ({range})",
                    leads="usage",
                    of=("calls.cost",),
                    shape="area",
                    grain="day",
                    levels=budget_line,
                    rolling=7,
                    per=True,
                    marks=True,
                    tall=True,
                    every=300,
                    width=8,
                    how="Cost a day against a day's part of the budget, with the mean of seven days dashed.",
                ),
                Bridge(
                    id="business.split",
                    title="Why the Cost Changed",
                    of="judgement.cost_split",
                    before="previous",
                    after="cost",
                    parts=(("volume", "Use"), ("mix", "Mix of models"), ("price", "Price")),
                    every=300,
                    width=4,
                    how="What of the change came from use, other models and other prices; it adds up to the cent.",
                ),
            )
        ),
        Section(
            (
                Treemap(
                    id="business.models",
                    title="Cost by Model ({range})",
                    leads="model-performance",
                    of="calls.cost",
                    by="model",
                    group="provider",
                    tall="taller",
                    every=300,
                    width=8,
                    how="All models by provider, each as large as its share of the cost; a click shows only it.",
                ),
                Ranking(
                    id="business.expensive",
                    title="Top 5 Expensive Models ({range})",
                    leads="model-performance",
                    by="model",
                    of="calls.cost",
                    top=5,
                    change=False,
                    every=300,
                    width=4,
                    how="The five models that cost most, with their shares of it.",
                ),
            )
        ),
        Section(
            (
                Verdicts(
                    id="business.budget",
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
                    nothing="No budget configured. Budgets stand in tokometer.toml, under [budget].",
                    how="Each budget, what is spent of it and, as a mark on its bar, what will be by the month's end.",
                ),
                Verdicts(
                    id="business.movers",
                    title="Top Movers ({range})",
                    leads="usage",
                    of="judgement.movers",
                    by=("model",),
                    columns=("cost", "", "change", "note"),
                    titles=("Cost", "Change", "In %", ""),
                    changes=("", "change"),
                    standing=False,
                    most=8,
                    every=300,
                    width=5,
                    how="The models whose cost changed most since the period before, new and gone ones among them.",
                ),
            )
        ),
        Section(
            (
                Bubble(
                    id="business.value",
                    title="Cost/Token vs Throughput ({range})",
                    leads="tokens",
                    by="model",
                    x="calls.tokens_per_second",
                    y="calls.cost_per_mtok",
                    size="calls.cost",
                    log_x=True,
                    log_y=True,
                    every=300,
                    width=6,
                    how="What a million tokens of each model cost against how many come out a second; large is dear.",
                ),
                Verdicts(
                    id="business.economics",
                    title="Unit Economics by Model ({range})",
                    of="judgement.unit_economics",
                    by=("model",),
                    columns=("revenue_per_request", "cost_per_request", ""),
                    titles=("Revenue a request", "Cost", "Profit"),
                    changes=("",),
                    standing=False,
                    compared=True,
                    every=300,
                    width=6,
                    how="What a request to each model brings in, costs and leaves; without revenue, only its cost.",
                ),
            )
        ),
        Section(
            (
                Advice(
                    id="business.tips",
                    title="Cost Optimization Tips",
                    window="30d",
                    every=600,
                    width=12,
                    how="What the same use would have cost otherwise, with the evidence that it would have been safe.",
                ),
            )
        ),
    ),
)
