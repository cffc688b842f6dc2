"""OpenAI Codex CLI, as the registry finds it."""

from typing import Final

from tokometer.sources.codex.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="codex",
    title="Codex",
    family="agents",
    about="Calls, tools, turns and plan limits of its rollouts, of the desktop app and the IDE extension as well.",
    found=FOUND,
)
