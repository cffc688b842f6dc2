"""GitHub Copilot in editors, as the registry finds it."""

from typing import Final

from tokometer.sources.copilot_chat.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="copilot_chat",
    title="GitHub Copilot Chat",
    family="agents",
    about="Requests of its chats in Visual Studio Code and its relatives.",
    found=FOUND,
)
