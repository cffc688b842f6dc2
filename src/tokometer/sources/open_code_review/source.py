"""OpenCodeReview, as the registry finds it."""

from typing import Final

from tokometer.sources.open_code_review.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="open_code_review",
    title="OpenCodeReview",
    family="agents",
    about="Calls, failures and tools of its reviews.",
    found=FOUND,
)
