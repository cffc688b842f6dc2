"""What matters most."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Brief
from tokometer.dashboards.panel import Section

BRIEF: Final = (
    Section(
        (
            Brief(
                id="decisions.brief",
                title="In Short ({range})",
                every=3600,
                how="What was spent and why, where the month is heading, what to do first, what was for nothing.",
            ),
        )
    ),
)
