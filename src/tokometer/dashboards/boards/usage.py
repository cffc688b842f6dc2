"""The Usage dashboard: what was used, what it cost, and where the month will end."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Figures, Outlook, Periods, Ranking, Series
from tokometer.dashboards.panel import Dashboard, Group, Section

_SWITCHED: Final = ("calls.cost", "calls.total_tokens", "calls.requests")

USAGE: Final = Dashboard(
    id="usage",
    title="Usage",
    key="u",
    group=Group.OBSERVE,
    about="What was used, what it cost, and where the month will end: the page for everybody.",
    sections=(
        Section(
            (
                Periods(
                    id="usage.periods",
                    title="Today, this week, this month, all time",
                    how="Cost, requests and tokens of today, this week, this month and all time, whatever the range.",
                ),
            )
        ),
        Section(
            (
                Figures(
                    id="usage.figures",
                    title="{range}",
                    of=(
                        ("calls.cost", "Cost", "cost"),
                        ("calls.requests", "Requests", "requests"),
                        ("calls.total_tokens", "Tokens", "tokens"),
                        ("calls.sessions", "Sessions", "other"),
                        ("calls.success_rate", "Success", "other"),
                        ("calls.cache_hit_share", "Cache hits", "other"),
                    ),
                    how="The chosen window in six figures, each with its course and its change against the one before.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="usage.spend",
                    title="By {by}",
                    of=_SWITCHED,
                    by="model",
                    shape="bars",
                    switch=True,
                    chosen=True,
                    per=True,
                    marks=True,
                    tall=True,
                    width=8,
                    how="When it was used, by which model or whatever else is chosen; a click on a bar leads into it.",
                ),
                Outlook(
                    id="usage.outlook",
                    title="Month-end forecast",
                    how="Where the month will end if the days go on as they did, and how far off such forecasts were.",
                ),
            )
        ),
        Section(
            (
                Ranking(
                    id="usage.models",
                    title="By {by}",
                    leads="model-performance",
                    by="model",
                    chosen=True,
                    of="calls.cost",
                    columns=("calls.total_tokens", "calls.requests"),
                    trend=True,
                    width=8,
                    how="Every model, or what else is chosen, with its share of the cost; a click shows only that one.",
                ),
                Ranking(
                    id="usage.providers",
                    title="Providers",
                    leads="providers",
                    by="provider",
                    of="calls.cost",
                    change=False,
                    width=4,
                    how="Who was paid how much; a click on a name shows only that provider.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="usage.kinds",
                    title="Kinds of tokens",
                    leads="tokens",
                    of=(
                        "calls.input_tokens",
                        "calls.cache_read_tokens",
                        "calls.cache_write_tokens",
                        "calls.output_tokens",
                    ),
                    shape="bars",
                    paced=True,
                    width=8,
                    how="What the tokens were: new input, read from the cache or written to it, output with reasoning.",
                ),
                Series(
                    id="usage.latency",
                    title="Latency",
                    leads="model-performance",
                    of=("calls.p50_latency", "calls.p95_latency", "calls.p99_latency"),
                    joined=True,
                    paced=True,
                    width=4,
                    how="How long calls took: half of them, 95 and 99 of 100 were faster.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="usage.requests",
                    title="Requests",
                    of=("calls.requests",),
                    shape="area",
                    trend=True,
                    width=4,
                    how="Requests of the last 30 days, 12 weeks or 12 months.",
                ),
                Series(
                    id="usage.tokens",
                    title="Tokens",
                    of=("calls.total_tokens",),
                    shape="bars",
                    trend=True,
                    width=4,
                    how="Tokens of the last 30 days, 12 weeks or 12 months.",
                ),
                Series(
                    id="usage.cost",
                    title="Cost",
                    of=("calls.cost",),
                    trend=True,
                    per=True,
                    width=4,
                    how="Cost of the last 30 days, 12 weeks or 12 months.",
                ),
            ),
            title="Trends",
            control="trend",
        ),
    ),
)
