"""Open WebUI, as the registry finds it."""

from typing import Final

from tokometer.sources.open_webui.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="open_webui",
    title="Open WebUI",
    family="chat",
    about="Answers of its chats with what they used, ratings, knowledge and its documents.",
    found=FOUND,
)
