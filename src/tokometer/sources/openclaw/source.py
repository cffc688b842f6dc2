"""OpenClaw, as the registry finds it."""

from typing import Final

from tokometer.sources.openclaw.found import FOUND
from tokometer.sources.openclaw.webhook import FinishedRun, recipe
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="openclaw",
    title="OpenClaw",
    family="agents",
    about="Calls, tools, sessions, subagents and scheduled jobs, of its files and of its databases.",
    found=FOUND,
    pushed=(FinishedRun(),),
    recipe=recipe,
)
