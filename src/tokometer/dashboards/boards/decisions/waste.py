"""What was paid for nothing."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Waste
from tokometer.dashboards.panel import Section

WASTE: Final = (
    Section(
        (
            Waste(
                id="decisions.waste",
                title="Paid for Nothing ({range})",
                leads="context",
                every=3600,
                how="What was paid for nothing, by kind: what it is, in which sessions it was, how to mend it.",
            ),
        ),
        title="Waste",
    ),
)
