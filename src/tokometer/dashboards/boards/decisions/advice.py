"""What could be done otherwise."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Advice
from tokometer.dashboards.panel import Section

ADVICE: Final = (
    Section(
        (
            Advice(
                id="decisions.advice",
                title="What to Do",
                leads="what-if",
                most=12,
                width=12,
                every=600,
                how="What the same calls would have cost otherwise, and what in your own calls says so.",
            ),
        ),
        title="Advice",
    ),
)
