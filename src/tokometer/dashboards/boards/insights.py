"""Insights: what the machines deliver, and whether they pay off."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Also, Histogram, Series, Share, Stat, Verdicts
from tokometer.dashboards.panel import Dashboard, Group, Section

INSIGHTS: Final = Dashboard(
    id="insights",
    title="Insights",
    key="n",
    group=Group.ACT,
    range="7d",
    about="What the machines deliver, how far they are used, and how fast they answer: for whoever bought them.",
    sections=(
        Section(
            (
                Stat(
                    id="insights.speed",
                    title="Tokens/Second",
                    of="calls.tokens_per_second",
                    window="5m",
                    every=10,
                    width=2,
                    colour="tokens",
                    also=(Also("calls.tokens_per_second", "on average in the window", "range"),),
                    how="Output tokens a second of wall time now, over the last five minutes, and on average.",
                ),
                Stat(
                    id="insights.queries",
                    title="Total Queries",
                    of="calls.requests",
                    every=30,
                    width=2,
                    colour="requests",
                    how="Calls in the window.",
                ),
                Stat(
                    id="insights.utilisation",
                    title="Compute Utilization",
                    of="judgement.compute.utilisation",
                    every=60,
                    width=2,
                    nothing="No device has told how busy it is.",
                    how="How busy the GPUs were on average, as they themselves say.",
                ),
                Stat(
                    id="insights.uptime",
                    title="Uptime",
                    of="judgement.uptime",
                    every=60,
                    width=2,
                    also=(Also("judgement.uptime.quiet", "without an incident", "range"),),
                    how="The share of the minutes with calls in which most succeeded, and the days since an incident.",
                ),
                Stat(
                    id="insights.flops",
                    title="FLOPS",
                    of="judgement.compute",
                    every=60,
                    width=2,
                    nothing="No model of known size has run on a known device.",
                    how="What the models have computed a second: 2 × active parameters × tokens.",
                ),
                Stat(
                    id="insights.mfu",
                    title="MFU",
                    of="judgement.compute.mfu",
                    every=60,
                    width=2,
                    nothing="No device of known peak has told how busy it is.",
                    how="Model FLOPS utilisation: what was computed of what the devices could compute at their peak.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="insights.usage",
                    title="Usage Over Time",
                    of=("calls.requests",),
                    shape="area",
                    width=8,
                    tall=True,
                    marks=True,
                    how="Queries over time; hover a point for its exact number. The range is chosen above.",
                ),
                Share(
                    id="insights.models",
                    title="Model Usage Breakdown",
                    leads="usage",
                    by="model",
                    of="calls.requests",
                    width=4,
                    top=6,
                    what="queries",
                    how="Which models are used most. A click on one filters everything else on the page.",
                ),
            )
        ),
        Section(
            (
                Histogram(
                    id="insights.latency",
                    title="Performance Distribution: Response Times",
                    leads="model-performance",
                    width=6,
                    every=120,
                    how="How many calls took how long. The marks are the median, and what 95 % and 99 % stayed below.",
                ),
                Series(
                    id="insights.throughput",
                    title="Tokens per second",
                    of=("calls.tokens_per_second",),
                    shape="line",
                    width=6,
                    how="Output tokens a second of wall time, over time.",
                ),
            )
        ),
        Section(
            (
                Verdicts(
                    id="insights.servers",
                    title="Inference servers",
                    of="judgement.serving",
                    by=("model",),
                    columns=(
                        *("prefill_rate", "decode_rate", "ttft_p50", "", "inter_token_p95", "cache_share"),
                        *("running", "waiting", "kv_cache_peak"),
                    ),
                    titles=(
                        *(
                            "Prefill",
                            "Decode",
                            "First token, p50",
                            "First token, p95",
                            "Between tokens, p95",
                            "Prefix cache",
                        ),
                        *("Running", "Waiting", "KV cache, peak"),
                    ),
                    standing=False,
                    width=12,
                    every=60,
                    nothing="No inference server is scraped.",
                    how=(
                        "What the servers themselves count, by model: prompt tokens worked on and tokens generated a "
                        "second, latency from their histograms, their queue, batch and KV cache."
                    ),
                ),
            )
        ),
    ),
)
