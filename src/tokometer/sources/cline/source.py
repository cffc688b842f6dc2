"""Cline, as the registry finds it."""

from typing import Final

from tokometer.sources.cline.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="cline",
    title="Cline",
    family="agents",
    about="Calls, tools and errors of its tasks, in every editor and on the command line.",
    found=FOUND,
)
