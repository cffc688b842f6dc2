"""Goose, as the registry finds it."""

from typing import Final

from tokometer.sources.goose.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="goose",
    title="Goose",
    family="agents",
    about="Token totals of its sessions, runs and tools.",
    found=FOUND,
)
