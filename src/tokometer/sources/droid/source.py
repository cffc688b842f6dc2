"""Droid, as the registry finds it."""

from typing import Final

from tokometer.sources.droid.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="droid",
    title="Droid",
    family="agents",
    about="Token totals of its sessions by model, and their tools.",
    found=FOUND,
)
