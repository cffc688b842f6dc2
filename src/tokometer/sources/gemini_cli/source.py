"""Gemini CLI, as the registry finds it."""

from typing import Final

from tokometer.sources.gemini_cli.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="gemini_cli",
    title="Gemini CLI",
    family="agents",
    about="Calls, tools, subagents and errors of its recorded chats, rewound ones included.",
    found=FOUND,
)
