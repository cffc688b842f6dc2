"""Tokens & Throughput Analysis: how many tokens, how fast, at which price, and how well they were foreseen."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Also, Bubble, Gauge, Ranking, Series, Stat, Verdicts
from tokometer.dashboards.levels import Benchmark
from tokometer.dashboards.limits import efficiency_limits
from tokometer.dashboards.panel import Dashboard, Group, Section

TOKENS: Final = Dashboard(
    id="tokens",
    title="Tokens & Throughput Analysis",
    short="Tokens",
    key="t",
    group=Group.OBSERVE,
    about="How many tokens, how fast, at which price, and how well they were foreseen: for whoever sizes and tunes.",
    sections=(
        Section(
            (
                Stat(
                    id="tokens.total",
                    title="Total Tokens ({range})",
                    leads="usage",
                    of="calls.total_tokens",
                    window="24h",
                    every=60,
                    colour="tokens",
                    also=(
                        Also("calls.prompt_tokens", "in"),
                        Also("calls.output_tokens", "out"),
                        Also("calls.cache_hit_share", "of the input from cache"),
                    ),
                    how="All tokens of the last 24 hours: what went in, cached or not, and what came out.",
                ),
                Stat(
                    id="tokens.per_second",
                    title="Tokens/Second",
                    of="calls.tokens_per_second",
                    window="5m",
                    every=30,
                    colour="tokens",
                    also=(
                        Also("calls.tokens_per_second", "over 24 hours", "24h"),
                        Also("calls.speed", "while generating"),
                    ),
                    how="Output tokens a second over the last five minutes, idle time included, and while generating.",
                ),
                Stat(
                    id="tokens.price",
                    title="Cost per 1M Tokens",
                    leads="business",
                    of="calls.cost_per_mtok",
                    every=300,
                    colour="cost",
                    also=(Also("calls.cost_per_mtok", "over 30 days", "30d"),),
                    how="What a million tokens of every kind cost on average, over the calls that have a price.",
                ),
                Gauge(
                    id="tokens.efficiency",
                    title="Efficiency Gauge",
                    of="judgement.token_efficiency",
                    limits=efficiency_limits,
                    also=(
                        Also("judgement.token_efficiency.estimated_tokens", "estimated"),
                        Also("judgement.token_efficiency.actual_tokens", "used"),
                    ),
                    every=60,
                    width=3,
                    nothing="No estimate: no client sends one, and there is no use of the 28 days before.",
                    how="How close the tokens that were used came to those expected; 100 is a perfect estimate.",
                ),
            )
        ),
        Section(
            (
                Ranking(
                    id="tokens.models",
                    title="Tokens by Model ({range})",
                    leads="usage",
                    by="model",
                    of="calls.total_tokens",
                    parts=("calls.prompt_tokens", "calls.output_tokens"),
                    top=10,
                    every=60,
                    width=6,
                    how="The ten models with most tokens, what went in and what came out side by side.",
                ),
                Bubble(
                    id="tokens.ratio",
                    title="Input:Output Ratio ({range})",
                    by="model",
                    x="calls.avg_input_per_request",
                    y="calls.avg_output_per_request",
                    size="calls.cost",
                    log_x=True,
                    log_y=True,
                    every=60,
                    width=6,
                    how="How much goes into a call of each model and how much comes out of it; large is dear.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="tokens.throughput",
                    title="Tokens/Sec Trend ({range})",
                    of=("calls.tokens_per_second",),
                    by="provider",
                    shape="stack",
                    least="hour",
                    marks=True,
                    every=300,
                    width=6,
                    how="Output tokens a second, hour by hour, the providers on top of each other.",
                ),
                Series(
                    id="tokens.cost",
                    title="Cost/Token Trend ({range})",
                    leads="business",
                    of=("calls.cost_per_mtok",),
                    least="hour",
                    levels=Benchmark("calls.cost_per_mtok"),
                    marks=True,
                    every=300,
                    width=6,
                    how="What a million tokens cost, hour by hour, against all tokens of the 28 days before today.",
                ),
            )
        ),
        Section(
            (
                Verdicts(
                    id="tokens.estimates",
                    title="Estimated and Used by Model ({range})",
                    of="judgement.token_efficiency",
                    by=("model",),
                    columns=("estimated_tokens", "actual_tokens", "off", "", "basis"),
                    changes=("off",),
                    coloured=False,
                    worst_first=True,
                    compared=True,
                    every=300,
                    width=12,
                    how="Which models use more or fewer tokens than expected, and what they were expected from.",
                ),
            )
        ),
    ),
)
