"""Mux, as the registry finds it."""

from typing import Final

from tokometer.sources.mux.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="mux",
    title="Mux",
    family="agents",
    about="Token totals of its workspaces, by model.",
    found=FOUND,
)
