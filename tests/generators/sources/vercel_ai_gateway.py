"""What Vercel's AI Gateway answers: generations, a spend report, credits."""

from __future__ import annotations

import json
from typing import Any

from generators.left import document, lines
from tokometer.conformance import Answers, Files
from tokometer.sources.protocol import Fetched, Target

#: 2026-03-02, 09:00 UTC.
MORNING = 1_772_442_000


def generation(letter: str, prompt: int, cached: int, output: int, cost: float) -> dict[str, Any]:
    """A generation, as `/v1/generation` answers it."""
    return {
        "id": f"gen_01KKHTQ85GD6CXP31EJTEPPJ{letter}R",
        "total_cost": cost,
        "upstream_inference_cost": 0,
        "usage": cost,
        "created_at": "2026-03-02T09:00:00.000Z",
        "model": "anthropic/claude-sonnet-4.5",
        "is_byok": False,
        "provider_name": "anthropic",
        "streamed": True,
        "finish_reason": "stop",
        "latency": 300,
        "generation_time": 1_800,
        "native_tokens_prompt": prompt,
        "native_tokens_completion": output,
        "native_tokens_reasoning": 0,
        "native_tokens_cached": cached,
        "native_tokens_cache_creation": 0,
        "billable_web_search_calls": 0,
    }


GENERATIONS = [generation("A", 100, 60, 20, 0.003), generation("B", 50, 0, 10, 0.001)]
TOTALS = {
    "calls": 2,
    "input_tokens": 40 + 50,
    "cache_read_tokens": 60,
    "output_tokens": 30,
    "cost_reported": 4_000_000,
}
ROWS = [
    {"day": "2026-03-01", "model": "openai/gpt-5-mini", "total_cost": 0.5, "market_cost": 0.5, "request_count": 10},
    {
        "day": "2026-03-01",
        "model": "anthropic/claude-sonnet-4.5",
        "total_cost": 1.5,
        "input_tokens": 9,
        "request_count": 4,
    },
]
MORE = [{**ROWS[0], "total_cost": 0.6, "request_count": 12}, {**ROWS[0], "day": "2026-03-02", "request_count": 1}]


def answer(content: Any) -> Fetched:
    """An answer of the API."""
    return Fetched(200, json.dumps(content).encode(), "application/json")


def asked(first: str, last: str) -> str:
    """The path with which a report is asked for."""
    return f"/report?start_date={first}&end_date={last}&date_part=day&group_by=model"


EXAMPLES = [
    Files(
        "generations", "document", [lines("v/gen.jsonl", *({"data": one} for one in GENERATIONS))], TOTALS, named=("v",)
    ),
    Files("report", "document", [document("v/report.json", {"results": ROWS})], {"bills": 2}, named=("v/report.json",)),
    Answers(
        "account",
        Target("vercel", "https://ai-gateway.vercel.sh/v1", 900.0, secret="k"),
        [
            {
                "/credits": answer({"balance": "95.50", "total_used": "4.50"}),
                asked("2026-01-31", "2026-03-02"): answer({"results": ROWS}),
            },
            {
                "/credits": answer({"balance": "95.40", "total_used": "4.60"}),
                asked("2026-02-28", "2026-03-02"): answer({"results": MORE}),
            },
        ],
        {"bills": 3 + 2},
        clocks=(MORNING * 1_000_000, (MORNING + 900) * 1_000_000),
    ),
]
