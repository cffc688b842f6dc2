"""pi, as the registry finds it."""

from typing import Final

from tokometer.sources.pi.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="pi",
    title="pi",
    family="agents",
    about="Calls, tools, sessions and errors of its sessions, and of its descendants' (Oh My Pi, Senpi, Kimchi, …).",
    found=FOUND,
)
