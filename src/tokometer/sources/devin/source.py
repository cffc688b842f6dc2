"""Devin, as the registry finds it."""

from typing import Final

from tokometer.sources.devin.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="devin",
    title="Devin",
    family="agents",
    about="Calls of its command line's sessions, with their latency.",
    found=FOUND,
)
