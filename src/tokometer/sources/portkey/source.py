"""Portkey, as the registry finds it."""

from typing import Final

from tokometer.sources.portkey.exports import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="portkey",
    title="Portkey",
    family="gateways",
    about="Calls of its logs exports.",
    found=FOUND,
)
