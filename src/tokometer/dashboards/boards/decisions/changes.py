"""What changed since the period before, and why."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Bridge, Verdicts
from tokometer.dashboards.panel import Section

CHANGES: Final = (
    Section(
        (
            Bridge(
                id="decisions.split",
                title="Why the Cost Changed ({range})",
                of="judgement.cost_split",
                before="previous",
                after="cost",
                parts=(("volume", "Use"), ("mix", "Mix of models"), ("price", "Price")),
                every=300,
                width=5,
                how="What of the change came from use, other models and other prices; it adds up to the cent.",
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
)
