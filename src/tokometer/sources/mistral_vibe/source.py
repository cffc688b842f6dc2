"""Mistral Vibe, as the registry finds it."""

from typing import Final

from tokometer.sources.mistral_vibe.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="mistral_vibe",
    title="Mistral Vibe",
    family="agents",
    about="Token totals of its sessions, and runs.",
    found=FOUND,
)
