"""Continue, as the registry finds it."""

from typing import Final

from tokometer.sources.continue_dev.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="continue_dev",
    title="Continue",
    family="agents",
    about="Calls of its development data, as Continue counts their tokens.",
    found=FOUND,
)
