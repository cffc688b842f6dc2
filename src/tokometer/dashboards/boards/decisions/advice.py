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
                most=8,
                acting=True,
                width=12,
                every=3600,
                how=(
                    "What the same calls would have cost otherwise, what in your own calls says so, and what became of "
                    "what was done."
                ),
            ),
        ),
        title="Advice",
    ),
)
