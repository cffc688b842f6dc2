"""What was paid for nothing."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Ranking
from tokometer.dashboards.panel import Section

WASTE: Final = (
    Section(
        (
            Ranking(
                id="decisions.unread",
                title="Cache Writes Never Read by Project ({range})",
                by="project",
                of="judgement.cache_waste",
                columns=tuple(f"judgement.cache_waste.{fact}" for fact in ("share", "expired", "last")),
                shares=False,
                change=False,
                every=300,
                width=12,
                nothing="Nothing was written to a cache in sessions.",
                how="Where cache writes were for nothing: because the next call came too late, or never.",
            ),
        ),
        title="Waste",
    ),
)
