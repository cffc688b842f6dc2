"""ZCode, as the registry finds it."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.zcode.found import FOUND

SOURCE: Final = Source(
    name="zcode",
    title="ZCode",
    family="agents",
    about="Calls of its database, with their latency.",
    found=FOUND,
)
