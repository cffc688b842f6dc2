"""What LiteLLM tells: payloads of its generic API callback, and rows of its table of spend logs."""

from __future__ import annotations

import csv
import io
import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from generators.left import document, lines, text
from tokometer.conformance import Answers, Files, Requests
from tokometer.sources.protocol import Fetched, Target

#: 2026-03-02, 09:00 UTC.
MORNING = 1_772_442_000
#: As LiteLLM keeps a virtual key: its hash.
KEY_HASH = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"


def payload(id_: str, minute: float, prompt: int, output: int, cost: float, **more: Any) -> dict[str, Any]:
    """A `StandardLoggingPayload` of a call that went well, as LiteLLM 1.83 makes it."""
    start = MORNING + 60 * minute
    usage: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": None,
        "completion_tokens_details": None,
    }
    made: dict[str, Any] = {
        "id": id_,
        "trace_id": str(UUID(int=int.from_bytes(id_.encode()[-16:]))),
        "call_type": "acompletion",
        "cache_hit": False,
        "stream": None,
        "status": "success",
        "status_fields": {"llm_api_status": "success", "guardrail_status": "not_run"},
        "custom_llm_provider": "openai",
        "saved_cache_cost": 0.0,
        "startTime": start,
        "endTime": start + 2.5,
        "completionStartTime": start + 2.5,
        "response_time": 2.5,
        "model": "gpt-5-mini",
        "model_id": "d0c1",
        "model_group": "fast",
        "api_base": "https://api.openai.com/v1",
        "metadata": {
            "user_api_key_hash": KEY_HASH,
            "user_api_key_alias": "search-prod",
            "user_api_key_team_id": "t-1",
            "user_api_key_team_alias": "search",
            "user_api_key_user_id": "ada",
            "user_api_key_user_email": None,
            "user_api_key_org_id": "engine-works",
            "spend_logs_metadata": {"feature": "autocomplete"},
            "requester_metadata": {},
            "usage_object": usage,
        },
        "cache_key": None,
        "response_cost": cost,
        "cost_breakdown": {"input_cost": cost / 2, "output_cost": cost / 2, "total_cost": cost},
        "total_tokens": prompt + output,
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "request_tags": ["prod", "User-Agent: engine", "User-Agent: engine/1.2"],
        "end_user": "customer-7",
        "requester_ip_address": "192.0.2.1",
        "messages": [{"role": "user", "content": "And then?"}],
        "response": {"id": id_, "choices": [{"finish_reason": "stop", "message": {"content": "Then this."}}]},
        "model_parameters": {"temperature": 0},
        "hidden_params": {"litellm_overhead_time_ms": 4.5, "additional_headers": {}},
        "model_map_information": {"model_map_key": "gpt-5-mini", "model_map_value": {}},
        "error_str": None,
        "error_information": {"error_code": "", "error_class": "", "llm_provider": "", "traceback": ""},
        "response_cost_failure_debug_info": None,
        "guardrail_information": None,
    }
    return made | more


def claude() -> dict[str, Any]:
    """A streamed call of Claude with a cache: LiteLLM adds reads and writes to the prompt."""
    made = payload("msg_01AbCdEf2345GhIj6789", 1, 1_000, 200, 0.0123)
    made["metadata"]["usage_object"] |= {
        "prompt_tokens_details": {"cached_tokens": 600, "cache_creation_tokens": 300, "text_tokens": 100},
        "cache_creation_input_tokens": 300,
        "cache_read_input_tokens": 600,
        "completion_tokens_details": {"reasoning_tokens": 50, "text_tokens": 150},
    }
    made |= {
        "custom_llm_provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "api_base": "https://api.anthropic.com",
        "stream": True,
        "completionStartTime": made["startTime"] + 0.75,
        "session_id": "s-1",
    }
    return made


def cache_hit(minute: float = 3) -> dict[str, Any]:
    """An answer of LiteLLM's cache: it repeats the first answer's tokens, and costs nothing."""
    made = payload("chatcmpl-AbC123dEf456GhI789", minute, 100, 20, 0.0)
    return made | {
        "id": f"{made['id']}_cache_hit{made['startTime'] + 0.01}",
        "cache_hit": True,
        "saved_cache_cost": 0.0005,
        "endTime": made["startTime"] + 0.004,
        "completionStartTime": made["startTime"] + 0.004,
        "hidden_params": {"litellm_overhead_time_ms": None},
    }


def failure(minute: float = 4) -> dict[str, Any]:
    """One attempt of a request that its provider refused; its id is that of the whole request."""
    made = payload("7d1f0c52-99a4-4f6e-8f66-3f0f4a3d1b2c", minute, 0, 0, 0.0, status="failure")
    made["error_information"] = {
        "error_code": "429",
        "error_class": "RateLimitError",
        "llm_provider": "openai",
        "error_message": "Rate limit reached for gpt-5-mini",
        "traceback": 'File "main.py"',
    }
    made["error_str"] = "litellm.RateLimitError"
    made["response"] = {}
    made["cost_breakdown"] = None
    return made


def tool() -> dict[str, Any]:
    """A tool of an MCP server, called through LiteLLM."""
    made = payload("2b0e1c3f-1a2b-4c3d-9e8f-0a1b2c3d4e5f", 6, 0, 0, 0.0, call_type="call_mcp_tool")
    made["metadata"]["mcp_tool_call_metadata"] = {
        "name": "get_page",
        "mcp_server_name": "deepwiki",
        "namespaced_tool_name": "deepwiki/get_page",
    }
    made["hidden_params"] = {}
    return made


def guarded() -> dict[str, Any]:
    """A call that was checked first."""
    made = payload("chatcmpl-ZyX987wVu654TsR321", 7, 40, 10, 0.0002)
    made["guardrail_information"] = [
        {
            "guardrail_name": "pii",
            "guardrail_status": "success",
            "start_time": made["startTime"] + 0.1,
            "duration": 0.05,
        }
    ]
    return made


PLAIN = payload("chatcmpl-AbC123dEf456GhI789", 0, 100, 20, 0.0005)
ALL = [PLAIN, claude(), cache_hit(), failure(4), failure(4.1), tool(), guarded()]
#: Of them, by hand: calls are all but the tool, and the hit of the cache used nothing.
TOTALS = {
    "calls": 6,
    "errors": 2,
    "input_tokens": 100 + 100 + 40,
    "cache_read_tokens": 600,
    "cache_write_tokens": 300,
    "output_tokens": 20 + 200 + 10,
    "reasoning_tokens": 50,
    "cost_reported": 500_000 + 12_300_000 + 200_000,
    "tools": 1,
    "steps": 1,
    # LiteLLM's own time of five calls, and what the cache saved: money, tokens.
    "samples": 5 + 2,
}


def row(made: dict[str, Any]) -> dict[str, Any]:
    """The row of the spend logs that tells of the same call."""
    metadata = deepcopy(made["metadata"])
    metadata |= {"cost_breakdown": made["cost_breakdown"], "guardrail_information": made["guardrail_information"]}
    metadata["litellm_overhead_time_ms"] = made["hidden_params"].get("litellm_overhead_time_ms")
    metadata["status"] = made["status"]
    start, end = made["startTime"], made["endTime"]
    id_ = made["id"]
    if made["cache_hit"]:
        # Made unique with the clock, a moment later than in the payload.
        id_ = f"{id_.partition('_cache_hit')[0]}_cache_hit{start + 0.0127}"
    if made["status"] == "failure":
        # Written when the whole request has failed, with the time of that.
        metadata["error_information"] = made["error_information"]
        start = end = end + 1
    called = metadata.get("mcp_tool_call_metadata")
    return {
        "request_id": id_,
        "call_type": made["call_type"],
        "api_key": made["metadata"]["user_api_key_hash"],
        "spend": made["response_cost"],
        "total_tokens": made["total_tokens"],
        "prompt_tokens": made["prompt_tokens"],
        "completion_tokens": made["completion_tokens"],
        "startTime": iso(start),
        "endTime": iso(end),
        "completionStartTime": iso(made["completionStartTime"]),
        "model": made["model"],
        "model_id": made["model_id"],
        "model_group": made["model_group"],
        "custom_llm_provider": made["custom_llm_provider"],
        "api_base": made["api_base"],
        "user": made["metadata"]["user_api_key_user_id"],
        "metadata": metadata,
        "cache_hit": str(made["cache_hit"]),
        "cache_key": "Cache OFF",
        "request_tags": made["request_tags"],
        "team_id": made["metadata"]["user_api_key_team_id"],
        "organization_id": made["metadata"]["user_api_key_org_id"],
        "end_user": made["end_user"],
        "requester_ip_address": "192.0.2.1",
        "session_id": made["trace_id"],
        "status": made["status"],
        "mcp_namespaced_tool_name": called["namespaced_tool_name"] if called else None,
    }


def iso(seconds: float) -> str:
    """A time as LiteLLM's API gives it: cut to milliseconds."""
    return (
        datetime.fromtimestamp(int(round(seconds * 1_000_000) // 1_000) / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[
            :-3
        ]
        + "Z"
    )


#: The request that failed has one row, whatever it tried.
ROWS = [row(made) for made in (PLAIN, claude(), cache_hit(), failure(4.1), tool(), guarded())]
#: What was saved is known of the tokens alone.
ROW_TOTALS = TOTALS | {"calls": 5, "errors": 1, "samples": 4 + 1}


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Rows as PostgreSQL's COPY writes them: JSON as text, times without a zone."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    for one in rows:
        cells = {
            key: json.dumps(value) if isinstance(value, dict | list) else value
            for key, value in one.items()
            if value is not None
        }
        for key in ("startTime", "endTime", "completionStartTime"):
            cells[key] = str(cells[key]).replace("T", " ").removesuffix("Z")
        writer.writerow(cells)
    return out.getvalue()


def body(*payloads: Any) -> bytes:
    """A request of the callback in its usual format."""
    return json.dumps(list(payloads)).encode()


def page(rows: list[dict[str, Any]], number: int, pages: int) -> Fetched:
    """A page of `/spend/logs/v2`."""
    content = {"data": rows, "total": len(ROWS), "page": number, "page_size": 100, "total_pages": pages}
    return Fetched(200, json.dumps(content).encode(), "application/json")


def asked(since: int, until: int, number: int) -> str:
    """The path with which a page is asked for."""
    start, end = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d+%H%%3A%M%%3A%S") for at in (since, until))
    return (
        f"/spend/logs/v2?start_date={start}&end_date={end}&page={number}&page_size=100&sort_by=startTime&sort_order=asc"
    )


def _old(first: str, last: str) -> str:
    """The path with which days are asked for."""
    return f"/spend/logs?start_date={first}&end_date={last}&summarize=false"


_NOW = MORNING + 7_200
_LATER = _NOW + 60

EXAMPLES = [
    Requests(
        "json_array",
        "/v1/litellm",
        [(body(*ALL[:4]), "application/json"), (body(*ALL[4:]), "application/json")],
        TOTALS,
    ),
    Requests(
        "ndjson", "/v1/litellm", [("\n".join(json.dumps(one) for one in ALL).encode(), "application/json")], TOTALS
    ),
    Requests("single", "/v1/litellm", [(json.dumps(one).encode(), "application/json") for one in ALL], TOTALS),
    Files(
        "spend-logs-json", "document", [document("export/spend.json", ROWS)], ROW_TOTALS, named=("export/spend.json",)
    ),
    Files(
        "spend-logs-lines", "document", [lines("export/spend.jsonl", *ROWS)], ROW_TOTALS, named=("export/spend.jsonl",)
    ),
    Files("spend-logs-csv", "document", [text("export/spend.csv", as_csv(ROWS))], ROW_TOTALS, named=("export",)),
    Answers(
        "spend-logs",
        Target("proxy", "http://127.0.0.1:4000", 60.0, secret="k"),
        [
            {
                asked(_NOW - 30 * 86_400, _NOW + 1, 1): page(ROWS[:3], 1, 2),
                asked(_NOW - 30 * 86_400, _NOW + 1, 2): page(ROWS[3:], 2, 2),
            },
            {asked(_NOW - 3_600, _LATER + 1, 1): page(ROWS[:2], 1, 1)},
        ],
        ROW_TOTALS,
        clocks=(_NOW * 1_000_000, _LATER * 1_000_000),
    ),
    Answers(
        "spend-logs-old",
        Target("proxy", "http://127.0.0.1:4000", 60.0, secret="k"),
        [
            {_old("2026-01-31", "2026-03-03"): Fetched(200, json.dumps(ROWS[:4]).encode(), "application/json")},
            {_old("2026-03-02", "2026-03-03"): Fetched(200, json.dumps(ROWS).encode(), "application/json")},
        ],
        ROW_TOTALS,
        clocks=(_NOW * 1_000_000, _LATER * 1_000_000),
    ),
]
