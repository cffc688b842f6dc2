"""fx, as the registry finds it."""

from typing import Final

from tokometer.sources.fx.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="fx",
    title="fx",
    family="agents",
    about="What its sessions used in all, by model.",
    found=FOUND,
)
