"""Whether machines of one's own pay off."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards import leading
from tokometer.dashboards.kinds import Itemised, Stat
from tokometer.dashboards.panel import Section

HARDWARE: Final = (
    Section(
        (
            Itemised(
                id="decisions.hardware",
                title="Hardware that Pays Off ({range})",
                leads="units",
                of="judgement.hardware",
                name="machine",
                under=leading.of_machine,
                word="verdict",
                columns=("utilisation", "", "at_full_use", "api_per_mtok", "savings", "left", "break_even"),
                titles=("Use", "Per M tokens", "At full use", "At the API", "Saved", "Left", "Break-even"),
                to=leading.machine,
                most=5,
                every=300,
                width=9,
                nothing="No machine has been entered: its price, when it was bought, what power costs (page Units).",
                how=(
                    "What a million tokens costs on each machine, amortisation and power, at today's use and at full; "
                    "what the same tokens would have cost at the API that it is compared with; what that has saved "
                    "since it was bought, and when it will have paid for itself."
                ),
            ),
            Stat(
                id="decisions.utilisation",
                title="Compute Utilization",
                leads="insights",
                of="judgement.compute.utilisation",
                every=60,
                width=3,
                nothing="No device has told how busy it is.",
                how="How busy the GPUs were on average, as they themselves say.",
            ),
        ),
        title="Hardware",
    ),
)
