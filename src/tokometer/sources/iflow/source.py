"""iFlow, as the registry finds it."""

from typing import Final

from tokometer.sources.iflow.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="iflow",
    title="iFlow CLI",
    family="agents",
    about="Calls and tools of its sessions; tokens where it says them.",
    found=FOUND,
)
