"""Ollama as a source."""

from __future__ import annotations

from typing import Final

from tokometer.sources.ollama.asked import OllamaPoll
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="ollama",
    title="Ollama",
    family="models",
    about="Which models are on a machine and in its memory, and what they are. Calls come through `tokometer proxy`.",
    polled=OllamaPoll(),
)
