"""Rovo Dev, as the registry finds it."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.rovo_dev.found import FOUND

SOURCE: Final = Source(
    name="rovo_dev",
    title="Rovo Dev",
    family="agents",
    about="Calls and tools of its sessions.",
    found=FOUND,
)
