"""Codebuff, as the registry finds it."""

from typing import Final

from tokometer.sources.codebuff.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="codebuff",
    title="Codebuff",
    family="agents",
    about="Calls, tools and credits of its chats.",
    found=FOUND,
)
