"""Rows of Portkey's logs export: a call, an answer of its cache, and a call that failed."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from generators.left import lines, text
from tokometer.conformance import Files


def row(number: int, prompt: int, output: int, cents: float, **more: Any) -> dict[str, Any]:
    """A row with every column that can be asked for."""
    made: dict[str, Any] = {
        "id": f"3c90c3cc-0d44-4b50-8888-8dd2573605{number:02}",
        "trace_id": f"trace-{number}",
        "created_at": f"2026-03-02T09:{number:02}:00.000Z",
        "request": {"body": {"model": "gpt-5-mini", "messages": []}},
        "response": {"body": {}},
        "is_success": 1,
        "ai_org": "openai",
        "ai_model": "gpt-5-mini",
        "req_units": prompt,
        "res_units": output,
        "total_units": prompt + output,
        "request_url": "https://api.openai.com/v1/chat/completions",
        "cost": cents,
        "cost_currency": "USD",
        "response_time": 1_250,
        "response_status_code": 200,
        "cache_status": "DISABLED",
        "mode": "single",
        "config": "pc-1",
        "prompt_slug": "",
        "metadata": {"_user": "ada", "feature": "search"},
    }
    return made | more


ANSWER = {
    "id": "chatcmpl-Pk92LmXw84TzRk",
    "choices": [{"finish_reason": "stop"}],
    "usage": {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 64},
    },
}
ROWS = [
    row(0, 100, 20, 0.12, response={"body": ANSWER}),
    row(1, 40, 10, 0.05),
    row(2, 100, 20, 0.0, cache_status="HIT", response_time=3),
    row(3, 0, 0, 0, is_success=0, response_status_code=429, response={"body": {"error": {"message": "slow down"}}}),
]
#: The hit of the cache used nothing; cents are hundredths of a dollar.
TOTALS = {
    "calls": 4,
    "errors": 1,
    "input_tokens": 36 + 40,
    "cache_read_tokens": 64,
    "output_tokens": 30,
    "cost_reported": 1_200_000 + 500_000,
}


def as_csv() -> str:
    """The rows as CSV: nested values are JSON."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROWS[0]))
    writer.writeheader()
    for one in ROWS:
        writer.writerow({key: json.dumps(value) if isinstance(value, dict) else value for key, value in one.items()})
    return out.getvalue()


EXAMPLES = [
    Files("logs-export", "document", [lines("pk/logs.jsonl", *ROWS)], TOTALS, named=("pk/logs.jsonl",)),
    Files("logs-csv", "document", [text("pk/logs.csv", as_csv())], TOTALS, named=("pk",)),
]
