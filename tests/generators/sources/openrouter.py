"""What OpenRouter answers and exports: generations, activity, credits, a key."""

from __future__ import annotations

import json
from typing import Any

from generators.left import document, lines, text
from tokometer.conformance import Answers, Files, Requests
from tokometer.sources.protocol import Fetched, Target

#: 2026-03-02, 09:00 UTC.
MORNING = 1_772_442_000


def generation(number: int, prompt: int, cached: int, output: int, reasoning: int, **more: Any) -> dict[str, Any]:
    """A generation, as `/api/v1/generation` answers it."""
    made: dict[str, Any] = {
        "id": f"gen-17724420{number:02}-Qx7LmZp24RtVw9Kd",
        "upstream_id": "chatcmpl-1",
        "total_cost": 0.0015,
        "cache_discount": -0.0002,
        "upstream_inference_cost": None,
        "created_at": f"2026-03-02T09:{number:02}:00.250Z",
        "model": "openai/gpt-5-mini",
        "app_id": 7,
        "streamed": True,
        "cancelled": False,
        "provider_name": "OpenAI",
        "latency": 400,
        "moderation_latency": 50,
        "generation_time": 2_000,
        "finish_reason": "stop",
        "native_finish_reason": "completed",
        "tokens_prompt": prompt - 3,
        "tokens_completion": output - 2,
        "native_tokens_prompt": prompt,
        "native_tokens_completion": output,
        "native_tokens_reasoning": reasoning,
        "native_tokens_cached": cached,
        "usage": 0.0015,
        "is_byok": False,
        "origin": "https://engine.example",
        "session_id": "s-1",
        "external_user": "customer-7",
    }
    return made | more


PLAIN = generation(0, 1_000, 600, 200, 50)
OWN_KEY = generation(1, 100, 0, 20, 0, is_byok=True, total_cost=0.0001, usage=0.0001, upstream_inference_cost=0.002)
CANCELLED = generation(2, 50, 0, 5, 0, cancelled=True, finish_reason=None, total_cost=0.0, usage=0)
GENERATIONS = [PLAIN, OWN_KEY, CANCELLED]
TOTALS = {
    "calls": 3,
    "input_tokens": 400 + 100 + 50,
    "cache_read_tokens": 600,
    "output_tokens": 200 + 20 + 5,
    "reasoning_tokens": 50,
    # With one's own key, what the provider takes stands beside the fee.
    "cost_reported": 1_500_000 + 2_100_000,
}
CSV = (
    "generation_id,created_at,cost_total,cost_web_search,cost_cache,cost_file_processing,byok_usage_inference,tokens_prompt,"
    "tokens_completion,tokens_reasoning,tokens_cached,model_permaslug,provider_name,variant,cancelled,streamed,user,"
    "finish_reason_raw,finish_reason_normalized,generation_time_ms,time_to_first_token_ms,app_name,api_key_name\n"
    f"{PLAIN['id']},2026-03-02 09:00:00.250,0.0015,,-0.0002,,0,1000,200,50,600,openai/gpt-5-mini,OpenAI,standard,"
    "false,true,customer-7,completed,stop,2000,400,Engine,prod\n"
    "gen-1772442099-Zr8KmYp31QtWx6Ld,2026-03-02 09:05:00,0,,,,0,80,0,0,0,openai/gpt-5-mini,OpenAI,free,false,"
    "false,,,error,900,,Engine,prod\n"
)
CSV_TOTALS = {
    "calls": 2,
    "errors": 1,
    "input_tokens": 480,
    "cache_read_tokens": 600,
    "output_tokens": 200,
    "reasoning_tokens": 50,
    "cost_reported": 1_500_000,
}


def day(date: str, model: str, usage: float, requests: int, **more: Any) -> dict[str, Any]:
    """A day of a model, as `/api/v1/activity` answers it."""
    made: dict[str, Any] = {
        "date": date,
        "model": model,
        "model_permaslug": f"{model}-2026",
        "endpoint_id": "550e8400-e29b-41d4-a716-446655440000",
        "provider_name": "OpenAI",
        "usage": usage,
        "byok_usage_inference": 0,
        "requests": requests,
        "prompt_tokens": 50_000,
        "completion_tokens": 12_000,
        "reasoning_tokens": 2_500,
    }
    return made | more


DAYS = [day("2026-03-01", "openai/gpt-5-mini", 0.75, 10), day("2026-03-01", "anthropic/claude-sonnet-4.5", 1.5, 4)]


def answer(data: Any) -> Fetched:
    """An answer of the API."""
    return Fetched(200, json.dumps({"data": data}).encode(), "application/json")


KEY = {
    "label": "sk-or-v1-0e6...1c9",
    "limit": 100,
    "limit_remaining": 74.5,
    "limit_reset": "monthly",
    "usage": 25.5,
    "usage_daily": 0.5,
    "byok_usage": 17.38,
    "is_free_tier": False,
}
_TARGET = Target("openrouter", "https://openrouter.ai/api/v1", 900.0, secret="k")

EXAMPLES = [
    Requests(
        "generations",
        "/v1/openrouter",
        [
            (json.dumps({"data": PLAIN}).encode(), "application/json"),
            (json.dumps([OWN_KEY, CANCELLED]).encode(), "application/json"),
        ],
        TOTALS,
    ),
    Files("generations", "document", [lines("or/gen.jsonl", *GENERATIONS)], TOTALS, named=("or/gen.jsonl",)),
    Files("activity-csv", "document", [text("or/activity.csv", CSV)], CSV_TOTALS, named=("or/activity.csv",)),
    Files("activity-json", "document", [document("or/days.json", {"data": DAYS})], {"bills": 2}, named=("or",)),
    Answers(
        "account",
        _TARGET,
        [
            {
                "/activity": answer(DAYS),
                "/credits": answer({"total_credits": 100.0, "total_usage": 25.5}),
                "/key": answer(KEY),
            },
            {
                "/activity": answer([*DAYS, day("2026-03-02", "openai/gpt-5-mini", 0.1, 1)]),
                "/credits": answer({"total_credits": 100.0, "total_usage": 25.5}),
            },
        ],
        # Days of models, and the credits as they did not change; the key is told once.
        {"bills": 3 + 1, "samples": 4},
        clocks=(MORNING * 1_000_000, (MORNING + 900) * 1_000_000),
    ),
]
