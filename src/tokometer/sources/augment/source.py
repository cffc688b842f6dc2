"""Augment, as the registry finds it."""

from typing import Final

from tokometer.sources.augment.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="augment",
    title="Augment",
    family="agents",
    about="Calls and tools of Auggie's sessions.",
    found=FOUND,
)
