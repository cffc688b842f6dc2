"""Hermes Agent, as the registry finds it."""

from typing import Final

from tokometer.sources.hermes.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="hermes",
    title="Hermes Agent",
    family="agents",
    about="Token totals of its sessions by model and task, runs and tools.",
    found=FOUND,
)
