"""Junie, as the registry finds it."""

from typing import Final

from tokometer.sources.junie.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="junie",
    title="Junie",
    family="agents",
    about="Calls of its sessions, with their latency and subagent.",
    found=FOUND,
)
