"""Aider, as the registry finds it."""

from typing import Final

from tokometer.sources.aider.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="aider",
    title="Aider",
    family="agents",
    about="Calls of its analytics log; read where somebody names the file.",
    found=FOUND,
)
