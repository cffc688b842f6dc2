"""Whether machines of one's own pay off."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Stat
from tokometer.dashboards.panel import Section

HARDWARE: Final = (
    Section(
        (
            Stat(
                id="decisions.utilisation",
                title="Compute Utilization",
                leads="insights",
                of="judgement.compute.utilisation",
                every=60,
                width=12,
                nothing="No device has told how busy it is.",
                how="How busy the GPUs were on average, as they themselves say.",
            ),
        ),
        title="Hardware",
    ),
)
