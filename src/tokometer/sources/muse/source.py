"""Muse Code, as the registry finds it."""

from typing import Final

from tokometer.sources.muse.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="muse",
    title="Muse Code",
    family="agents",
    about="Calls of its sessions and subagents.",
    found=FOUND,
)
