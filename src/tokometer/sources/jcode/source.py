"""Jcode, as the registry finds it."""

from typing import Final

from tokometer.sources.jcode.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="jcode",
    title="Jcode",
    family="agents",
    about="Calls of its sessions.",
    found=FOUND,
)
