"""One call of OpenAI's, as every way in that can tell of it does: the requests and files of the real programs."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from generators import otlp_logs, otlp_spans
from generators.left import text
from generators.sources import helicone, litellm, portkey
from tokometer.records import ModelCall, Record, now_us
from tokometer.sources.otlp import decode_logs, decode_traces
from tokometer.sources.protocol import Push, Sent
from tokometer.sources.registry import FILE_SOURCES, SOURCES

NAME: Final = "chatcmpl-9J3uRz8f0QpVh1XcY2bTk7"
PROMPT, OUTPUT, COST = 100, 20, 500_000
#: 2026-03-02, 09:00 UTC, in seconds, and how long the call took.
BEGAN: Final = litellm.MORNING
TOOK: Final = 2.5
_USED: Final = {"prompt_tokens": PROMPT, "completion_tokens": OUTPUT, "total_tokens": PROMPT + OUTPUT}
_ANSWER: Final = {"id": NAME, "object": "chat.completion", "created": BEGAN, "model": "gpt-5-mini-2025-08-07"}
_GENAI: Final = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5-mini", "gen_ai.system": "openai"}
_TOKENS: Final = {"gen_ai.usage.input_tokens": PROMPT, "gen_ai.usage.output_tokens": OUTPUT}
#: Ways that say what it cost.
COSTING: Final = frozenset({"callback", "spend log", "portkey"})
#: Ways that know no tokens.
EMPTY: Final = frozenset({"broken off"})


def ways(folder: Path) -> dict[str, list[Record]]:
    """By way, what its decoder makes of it; `folder` is for files."""
    log = deepcopy(helicone.CHAT)
    log["providerResponse"]["json"] |= {**_ANSWER, "usage": _USED}
    row = portkey.row(0, PROMPT, OUTPUT, 0.05, response={"body": {**_ANSWER, "usage": _USED}})
    proxied = {
        "id": "one",
        "started_at": BEGAN * 1_000_000,
        "latency_ns": int(TOOK * 10**9),
        "http_status": 200,
        "ending": "whole",
        "form": "openai",
        "operation": "chat",
        "request_id": "req_7",
        "answer": {**_ANSWER, "usage": _USED},
    }
    payload = litellm.payload(NAME, 0, PROMPT, OUTPUT, COST / 10**9)
    own = {"source": "table", "started_at": BEGAN * 1_000_000, "input_tokens": PROMPT, "output_tokens": OUTPUT}
    return {
        "span": _spans(1, **_GENAI, **_TOKENS, **{"gen_ai.response.id": NAME}),
        "older names": _spans(
            2,
            **{"llm.request.type": "chat", "gen_ai.response.model": "gpt-5-mini", "gen_ai.response.id": NAME},
            **{"gen_ai.usage.prompt_tokens": PROMPT, "gen_ai.usage.completion_tokens": OUTPUT},
        ),
        "openinference": _spans(
            3,
            **{"openinference.span.kind": "LLM", "llm.model_name": "gpt-5-mini", "llm.token_count.prompt": PROMPT},
            **{"llm.token_count.completion": OUTPUT, "output.value": json.dumps({**_ANSWER, "choices": []})},
        ),
        "broken off": _spans(4, **_GENAI, **{"gen_ai.response.id": NAME, "error.type": "CancelledError"}),
        "event": _event(**_GENAI, **_TOKENS, **{"gen_ai.response.id": NAME}),
        "callback": _pushed("litellm", "/v1/litellm", [payload]),
        "spend log": _read("litellm", folder / "spend.jsonl", json.dumps(litellm.row(payload))),
        "helicone": _pushed("helicone", "/custom/v1/log", log),
        "portkey": _read("portkey", folder / "portkey.jsonl", json.dumps(row)),
        "proxy": _pushed("proxy", "/api/proxy", proxied, "application/x-ndjson"),
        "webhook": _pushed("webhook", "/api/webhooks/{name}", {**_ANSWER, "choices": [], "usage": _USED}),
        "table": [ModelCall(native_id="row:7", model="GPT-5 mini", response_id=NAME, **own)],  # type: ignore[arg-type]
    }


def _spans(number: int, **attributes: Any) -> list[Record]:
    span = {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "chat",
        "startTimeUnixNano": BEGAN * 10**9,
        "endTimeUnixNano": int((BEGAN + TOOK) * 10**9),
        "attributes": attributes,
    }
    return decode_traces(otlp_spans.protobuf(span), "protobuf").records


def _event(**attributes: Any) -> list[Record]:
    at = int((BEGAN + TOOK) * 10**9)
    name = "gen_ai.client.inference.operation.details"
    event = otlp_logs.log(None, attributes, timeUnixNano=at, observedTimeUnixNano=at, eventName=name)
    return decode_logs(otlp_logs.protobuf(event), "protobuf").records


def _pushed(source: str, path: str, body: Any, media_type: str = "application/json") -> list[Record]:
    [push] = [push for push in SOURCES[source].pushed if push.path == path]
    found: Push = push
    return list(found.read(json.dumps(body).encode(), Sent(media_type, {}, now_us())).records)


def _read(source: str, path: Path, content: str) -> list[Record]:
    text(path.name, content + "\n")(path.parent)
    return FILE_SOURCES[source].read(path, b"").records
