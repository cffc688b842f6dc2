"""Claude Code, as the registry finds it."""

from typing import Final

from tokometer.sources.claude_code.found import FOUND
from tokometer.sources.claude_code.statusline import StatusLine, recipe
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="claude_code",
    title="Claude Code",
    family="agents",
    about="Calls, tools, subagents and errors of its transcripts, Cowork's included; plan limits of its status line.",
    found=FOUND,
    pushed=(StatusLine(),),
    recipe=recipe,
)
