"""Grok Build, as the registry finds it."""

from typing import Final

from tokometer.sources.grok_build.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="grok_build",
    title="Grok Build",
    family="agents",
    about="Turns of its sessions with their models, tokens and costs, and tools.",
    found=FOUND,
)
