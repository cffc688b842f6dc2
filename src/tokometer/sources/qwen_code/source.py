"""Qwen Code, as the registry finds it."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.qwen_code.found import FOUND

SOURCE: Final = Source(
    name="qwen_code",
    title="Qwen Code",
    family="agents",
    about="Calls, their latency, tools, subagents and errors of its recorded chats.",
    found=FOUND,
)
