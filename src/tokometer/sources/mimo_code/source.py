"""MiMo Code, as the registry finds it."""

from typing import Final

from tokometer.sources.mimo_code.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="mimo_code",
    title="MiMo Code",
    family="agents",
    about="Calls, tools, sessions and errors of its database.",
    found=FOUND,
)
