"""Cursor, as the registry finds it."""

from typing import Final

from tokometer.sources.cursor.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="cursor",
    title="Cursor",
    family="agents",
    about="Calls of the usage that its dashboard exports; read where somebody names the file.",
    found=FOUND,
)
