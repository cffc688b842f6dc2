"""Kimi, as the registry finds it."""

from typing import Final

from tokometer.sources.kimi.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="kimi",
    title="Kimi CLI",
    family="agents",
    about="Calls, tools and subagents of Kimi CLI's and Kimi Code's sessions.",
    found=FOUND,
)
