"""Antigravity, as the registry finds it."""

from typing import Final

from tokometer.sources.antigravity.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="antigravity",
    title="Antigravity",
    family="agents",
    about="Calls of its conversations, retries included: of its editor, its desktop application and its command line.",
    found=FOUND,
)
