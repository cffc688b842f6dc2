"""Decisions: what is coming, what changed and why, what to do about it: the week's note for whoever decides.

A module a section; a new panel is one entry in one of them.
"""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.boards.decisions.advice import ADVICE
from tokometer.dashboards.boards.decisions.brief import BRIEF
from tokometer.dashboards.boards.decisions.changes import CHANGES
from tokometer.dashboards.boards.decisions.forecast import FORECAST
from tokometer.dashboards.boards.decisions.hardware import HARDWARE
from tokometer.dashboards.boards.decisions.jobs import JOBS
from tokometer.dashboards.boards.decisions.units import UNITS
from tokometer.dashboards.boards.decisions.waste import WASTE
from tokometer.dashboards.panel import Dashboard, Group

DECISIONS: Final = Dashboard(
    id="decisions",
    title="Decisions",
    key="i",
    group=Group.ACT,
    range="30d",
    about="What is coming, what changed and why, and what to do about it: the week's note for whoever decides.",
    sections=(*BRIEF, *FORECAST, *CHANGES, *ADVICE, *WASTE, *JOBS, *HARDWARE, *UNITS),
)

__all__ = ["DECISIONS"]
