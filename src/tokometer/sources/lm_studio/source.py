"""LM Studio as a source."""

from __future__ import annotations

from typing import Final

from tokometer.sources.lm_studio.asked import LmStudioPoll
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="lm_studio",
    title="LM Studio",
    family="models",
    about="Which models are on a machine and in its memory, and what they are. Calls come through `tokometer proxy`.",
    polled=LmStudioPoll(),
)
