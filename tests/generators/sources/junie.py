"""Sessions as Junie writes them down."""

from __future__ import annotations

from typing import Any

from generators.left import lines
from tokometer.conformance import Files

SESSION = "session-260302-090000-abcd"
FILE = f".junie/sessions/{SESSION}/events.jsonl"
#: 2 March 2026, 09:00 UTC, in milliseconds.
BEGAN = 1_772_442_000_000

PROMPT = {"kind": "UserPromptEvent", "timestampMs": BEGAN, "prompt": "…"}


def usage(model: str, fresh: int, read: int, output: int, **more: Any) -> dict[str, Any]:
    """What one model used."""
    counts = {"inputTokens": fresh, "cacheInputTokens": read, "outputTokens": output}
    return {"model": model, "provider": "anthropic", **counts, **more}


def event(second: int, *used: dict[str, Any], agent: str = "") -> dict[str, Any]:
    """What a request used."""
    inner: dict[str, Any] = {"kind": "LlmResponseMetadataEvent", "modelUsage": list(used)}
    if agent:
        inner["agent"] = {"id": "a1", "name": agent}
    return {"kind": "SessionA2uxEvent", "timestampMs": BEGAN + second * 1000, "event": {"agentEvent": inner}}


OTHER = {
    "kind": "SessionA2uxEvent",
    "timestampMs": BEGAN + 500,
    "event": {"agentEvent": {"kind": "AgentThoughtBlockUpdatedEvent", "text": "…"}},
}
FIRST = event(4, usage("claude-sonnet-4-5", 1_000, 200, 80, cacheCreateTokens=50, time=3_000, cost=0.01))
HELPER = event(9, usage("gpt-5", 300, 0, 40, provider="openai", reasoningTokens=10, time=1_500), agent="Explorer")
NOTHING = event(10, usage("gpt-5", 0, 0, 0))

EVENTS = Files(
    "events",
    "lines",
    [
        lines(FILE, PROMPT, OTHER, FIRST),
        # A session that is taken up again replays what it was told.
        lines(FILE, FIRST, HELPER, NOTHING),
    ],
    {
        "calls": 2,
        "input_tokens": 1_300,
        "cache_read_tokens": 200,
        "cache_write_tokens": 50,
        "output_tokens": 120,
        "reasoning_tokens": 10,
    },
)

EXAMPLES = [EVENTS]
