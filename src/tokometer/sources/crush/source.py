"""Crush, as the registry finds it."""

from typing import Final

from tokometer.sources.crush.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="crush",
    title="Crush",
    family="agents",
    about="Costs of its sessions, tools and subagents.",
    found=FOUND,
)
