"""Reasonix, as the registry finds it."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.reasonix.found import FOUND

SOURCE: Final = Source(
    name="reasonix",
    title="Reasonix",
    family="agents",
    about="Calls of its statistics.",
    found=FOUND,
)
