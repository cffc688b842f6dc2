"""Zed, as the registry finds it."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.zed.found import FOUND

SOURCE: Final = Source(
    name="zed",
    title="Zed",
    family="agents",
    about="Token totals of its agent's threads, and their tools.",
    found=FOUND,
)
