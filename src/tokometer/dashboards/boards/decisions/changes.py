"""What changed since the period before, and why."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards import leading
from tokometer.dashboards.kinds import Bridge, Itemised, Verdicts
from tokometer.dashboards.kinds.verdicts import HasAny
from tokometer.dashboards.panel import Section

CHANGES: Final = (
    Section(
        (
            Bridge(
                id="decisions.split",
                title="Why the Cost Changed ({range})",
                of="judgement.cost_drivers",
                before="previous",
                after="cost",
                parts=(("volume", "Use"), ("mix", "Mix of models"), ("cache", "Caching"), ("rate", "Rate")),
                every=300,
                width=5,
                how="What of the change came from use, other models, caching and other rates; it adds up to the cent.",
            ),
            Verdicts(
                id="decisions.movers",
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
                width=7,
                how="The models whose cost changed most since the period before, new and gone ones among them.",
            ),
        ),
        title="What changed",
    ),
    Section(
        (
            Itemised(
                id="decisions.anomalies",
                title="Anomalies ({range})",
                of="judgement.anomalies",
                name="what",
                under=leading.of_anomaly,
                word="grade",
                columns=("start", "said", "explained"),
                titles=("When", "Was", "Explained"),
                to=leading.anomaly,
                most=10,
                every=300,
                width=12,
                nothing="Nothing was far above what is usual at such an hour and weekday.",
                how=(
                    "Hours (up to ten days) or days far above the usual of that hour and weekday, and the part of the "
                    "calls that had most of what was beyond its usual share."
                ),
            ),
        ),
    ),
    Section(
        (
            Verdicts(
                id="decisions.owners",
                title="Whose Cost Changed, and Why ({range})",
                of="judgement.cost_drivers",
                by=("team", "agent", "project"),
                columns=("cost", "", "volume", "mix", "cache", "rate", "yearly"),
                titles=("Cost", "Change", "Use", "Mix", "Caching", "Rate", "In a year"),
                changes=("", "volume", "mix", "cache", "rate", "yearly"),
                standing=False,
                only=HasAny("cost_drivers"),
                most=14,
                every=300,
                width=12,
                how="Each owner's change since the period before, as parts that add up to it, and what a year makes.",
            ),
        ),
    ),
)
