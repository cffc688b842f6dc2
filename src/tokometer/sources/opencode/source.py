"""OpenCode, as the registry finds it."""

from typing import Final

from tokometer.sources.opencode.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="opencode",
    title="OpenCode",
    family="agents",
    about="Calls, tools, sessions, subagents and errors, of its database and of the JSON files before it.",
    found=FOUND,
)
