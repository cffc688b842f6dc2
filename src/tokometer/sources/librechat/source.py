"""LibreChat, as the registry finds it."""

from typing import Final

from tokometer.sources.librechat.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="librechat",
    title="LibreChat",
    family="chat",
    about="Calls of its transactions; read where somebody names the export.",
    found=FOUND,
)
