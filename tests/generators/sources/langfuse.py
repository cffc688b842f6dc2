"""What Langfuse's SDKs send: a trace of a chain that asks a model twice, told in events that arrive as they please."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tokometer.conformance import Requests

TRACE = "0f4c2a7e-53f1-4a9d-9d8a-4e0f6f2b7c11"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> str:
    """A time of that morning, as the SDKs write it."""
    return (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(number: int, type_: str, seconds: float, **body: Any) -> dict[str, Any]:
    """An event, with its own id and time."""
    return {
        "id": f"e0000000-0000-4000-8000-{number:012}",
        "type": type_,
        "timestamp": at(seconds),
        "body": body,
        "metadata": {},
    }


EVENTS = [
    event(
        1,
        "trace-create",
        0.0,
        id=TRACE,
        timestamp=at(0),
        name="support",
        userId="customer-7",
        sessionId="s-1",
        release="v41",
        tags=["beta", "eu"],
        metadata={"plan": "pro", "langgraph_step": 3},
        input={"question": "And then?"},
        environment="production",
    ),
    event(2, "span-create", 0.1, id="obs-chain", traceId=TRACE, name="chain", startTime=at(0.1)),
    event(
        3,
        "generation-create",
        0.2,
        id="obs-call-1",
        traceId=TRACE,
        parentObservationId="obs-chain",
        name="answer",
        startTime=at(0.2),
        model="gpt-5-mini",
        modelParameters={"temperature": 0},
        input=[{"role": "user", "content": "And then?"}],
        promptName="support",
        promptVersion=3,
        environment="production",
    ),
    event(
        4,
        "generation-update",
        3.0,
        id="obs-call-1",
        traceId=TRACE,
        completionStartTime=at(0.7),
        endTime=at(2.7),
        output="Then this.",
        usage={"input": 100, "output": 40, "total": 140, "unit": "TOKENS"},
        usageDetails={
            "input": 60,
            "input_cached_tokens": 40,
            "output": 30,
            "output_reasoning_tokens": 10,
            "total": 140,
        },
        costDetails={"input": 0.001, "output": 0.002, "total": 0.003},
    ),
    event(
        5,
        "generation-create",
        3.1,
        id="obs-call-2",
        traceId=TRACE,
        name="answer",
        startTime=at(3.1),
        endTime=at(3.2),
        model="gpt-5-mini",
        level="ERROR",
        statusMessage="RateLimitError: 429",
    ),
    event(6, "span-update", 3.3, id="obs-chain", traceId=TRACE, endTime=at(3.3)),
    event(
        7,
        "observation-create",
        3.4,
        id="obs-tool",
        traceId=TRACE,
        type="TOOL",
        name="search",
        startTime=at(3.0),
        endTime=at(3.1),
    ),
    event(8, "event-create", 3.5, id="obs-event", traceId=TRACE, name="shown", startTime=at(3.5)),
    event(9, "score-create", 60.0, id="score-1", traceId=TRACE, name="helpful", value=1, dataType="BOOLEAN"),
    event(
        10,
        "score-create",
        61.0,
        id="score-2",
        traceId=TRACE,
        observationId="obs-call-1",
        name="tone",
        value="friendly",
        dataType="CATEGORICAL",
        comment="reads well",
    ),
    event(11, "sdk-log", 62.0, log={"message": "flushed"}),
]
#: By hand: two calls, of which one failed; the trace, the chain and the event are steps.
TOTALS = {
    "calls": 2,
    "errors": 1,
    "input_tokens": 60,
    "cache_read_tokens": 40,
    "output_tokens": 40,
    "reasoning_tokens": 10,
    "cost_reported": 3_000_000,
    "steps": 3,
    "tools": 1,
    "scores": 2,
}


def batch(*events: dict[str, Any]) -> tuple[bytes, str]:
    """A request."""
    content = {"batch": events, "metadata": {"batch_size": len(events), "sdk_integration": "default"}}
    return json.dumps(content).encode(), "application/json"


EXAMPLES = [
    Requests(
        "as-it-happens", "/api/public/ingestion", [batch(*EVENTS[:3]), batch(*EVENTS[3:7]), batch(*EVENTS[7:])], TOTALS
    ),
    Requests("one-by-one", "/api/public/ingestion", [batch(one) for one in EVENTS], TOTALS),
    Requests("backwards", "/api/public/ingestion", [batch(*reversed(EVENTS))], TOTALS),
    Requests(
        "score",
        "/api/public/scores",
        [
            (
                json.dumps({"traceId": TRACE, "name": "fast", "value": 0.5, "timestamp": at(70)}).encode(),
                "application/json",
            )
        ],
        {"scores": 1},
    ),
]
