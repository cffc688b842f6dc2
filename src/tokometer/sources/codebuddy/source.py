"""CodeBuddy, as the registry finds it."""

from typing import Final

from tokometer.sources.codebuddy.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="codebuddy",
    title="CodeBuddy",
    family="agents",
    about="Calls, tools and subagents of its sessions, and of WorkBuddy's.",
    found=FOUND,
)
