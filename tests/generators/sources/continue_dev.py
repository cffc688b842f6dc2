"""Development data as Continue keeps it, of two versions of its schema."""

from __future__ import annotations

from typing import Any

from generators.left import lines
from tokometer.conformance import Files

FILE = ".continue/dev_data/0.2.0/tokensGenerated.jsonl"
BEFORE = ".continue/dev_data/0.1.0/tokensGenerated.jsonl"


def generation(second: int, model: str, prompt: int, output: int, **more: Any) -> dict[str, Any]:
    """One generation."""
    told = {"eventName": "tokensGenerated", "schema": "0.2.0", "timestamp": f"2026-03-02T09:00:{second:02}.000Z"}
    told |= {"userId": "ada", "userAgent": "Visual Studio Code/1.99 (Continue/1.0.9)", "selectedProfileId": "local"}
    return told | {"model": model, "promptTokens": prompt, "generatedTokens": output} | more


CHAT = generation(1, "claude-sonnet-4-5", 1_000, 80, provider="anthropic")
LOCAL = generation(2, "qwen2.5-coder:7b", 300, 40, provider="ollama")
NOTHING = generation(3, "gpt-5", 0, 0, provider="openai")
OLD = {"model": "gpt-4o", "provider": "openai", "promptTokens": 50, "generatedTokens": 5}
OLD |= {"timestamp": "2025-06-02T09:00:00.000Z", "schema": "0.1.0"}

GENERATIONS = Files(
    "0.2.0",
    "lines",
    [lines(FILE, CHAT, NOTHING), lines(FILE, LOCAL)],
    {"calls": 2, "input_tokens": 1_300, "output_tokens": 120},
)
FORMER = Files("0.1.0", "lines", [lines(BEFORE, OLD)], {"calls": 1, "input_tokens": 50, "output_tokens": 5})

EXAMPLES = [GENERATIONS, FORMER]
