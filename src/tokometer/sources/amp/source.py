"""Amp, as the registry finds it."""

from typing import Final

from tokometer.sources.amp.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="amp",
    title="Amp",
    family="agents",
    about="Calls and tools of its threads, with the credits that it charged.",
    found=FOUND,
)
