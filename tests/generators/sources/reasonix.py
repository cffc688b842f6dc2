"""Statistics as Reasonix keeps them, a file for each day."""

from __future__ import annotations

from typing import Any

from generators.left import lines
from tokometer.conformance import Files

FILE = ".reasonix/stats/2026-03-02.jsonl"


def request(second: int, model: str, prompt: int, output: int, hit: int = 0, **more: Any) -> dict[str, Any]:
    """What a request used."""
    told = {"ts": f"2026-03-02T09:00:{second:02}Z", "model": model, "prompt": prompt, "completion": output}
    return told | {"cache_hit": hit, "total": prompt + output, "requests": 1} | more


TURN = {"ts": "2026-03-02T09:00:00Z", "turn": True}
FIRST = request(1, "deepseek/deepseek-chat", 1_000, 80, 700, cache_miss=300, reasoning=20)
#: Two that say the same are two.
TWIN = request(2, "openrouter/google/gemini-2.5-pro", 100, 10, 30)
COUNTED = request(3, "deepseek-reasoner", 0, 0, requests=4)
NOTHING = request(4, "deepseek-chat", 0, 0, requests=0)

STATISTICS = Files(
    "stats",
    "lines",
    [lines(FILE, TURN, FIRST, TWIN), lines(FILE, TWIN, COUNTED, NOTHING)],
    {
        "calls": 4,
        "input_tokens": 300 + 70 + 70,
        "cache_read_tokens": 760,
        "output_tokens": 100,
        "reasoning_tokens": 20,
    },
)

EXAMPLES = [STATISTICS]
