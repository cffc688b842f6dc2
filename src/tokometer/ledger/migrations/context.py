"""Version 8 of the schema, what fills prompts: conversations within sessions, sizes of results, compactions.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from typing import Final

from tokometer.ledger.tables import Column, columns_of

_CALLS: Final = columns_of("text: thread")
_TOOLS: Final = columns_of("text: thread\nint: prompt_bytes? prompt_image_tokens?")
_STEPS: Final = columns_of(
    """name: subagent trigger
    text: thread
    int: prompt_bytes? prompt_image_tokens? tokens_before? tokens_after?"""
)
#: What each table gets.
COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    **dict.fromkeys(("calls", "told"), _CALLS),
    **dict.fromkeys(("tools", "told_tools"), _TOOLS),
    "steps": _STEPS,
}
