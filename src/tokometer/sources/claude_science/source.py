"""Claude Science, as the registry finds it."""

from typing import Final

from tokometer.sources.claude_science.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="claude_science",
    title="Claude Science",
    family="agents",
    about="Token totals of its frames, by model.",
    found=FOUND,
)
