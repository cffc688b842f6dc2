"""LiteLLM's Langfuse callback beside its own: one request is one call, whatever became of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from generators.sources.litellm import MORNING, payload
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.records import Record, now_us
from tokometer.sources.langfuse.ingestion import Ingestion
from tokometer.sources.litellm.payload import records_of
from tokometer.sources.noticed import Noticed
from tokometer.sources.otlp import decode_traces
from tokometer.sources.protocol import Sent

ANSWER = "chatcmpl-AbC123dEf456GhI789"
REQUEST = "6f1a2b3c-0000-4000-8000-00000000c0de"
LOST = {"status": "failure", "error_information": {"error_code": "429", "error_class": "RateLimitError"}}
ONE = [("openai", "ok", 1000, 200, 4_500_000)]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """What a ledger keeps of batches of records: the same, in whatever order they come."""
    made: list[Ledger] = []

    def keep(*batches: list[Record]) -> list[tuple[Any, ...]]:
        answers = []
        for order in permutations(batches):
            made.append(ledger := DuckDBLedger(tmp_path / f"{len(made)}.duckdb"))
            for records in order:
                ledger.commit(Batch(list(records)))
            columns = "provider, status, input_tokens, output_tokens, CAST(cost_reported * 1000000000 AS BIGINT)"
            rows = ledger.fetch(Statement(f"SELECT {columns} FROM calls ORDER BY started_at"))
            answers.append([tuple(row) for row in rows])
            assert ledger.audit() == []
        assert all(answer == answers[0] for answer in answers), answers
        return answers[0]

    yield keep
    for ledger in made:
        ledger.close()


def called_back(minute: float = 0, **changes: Any) -> list[Record]:
    """What LiteLLM's generic callback says."""
    told = payload(changes.pop("id", ANSWER), minute, 1000, 200, 0.0045, litellm_call_id=REQUEST, **changes)
    if told["status"] == "failure":
        told |= {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "response_cost": 0, "metadata": {}}
    return list(records_of(told, Noticed("litellm", "POST"), 0))


def at(minute: float) -> str:
    """A time of that morning."""
    return datetime.fromtimestamp(MORNING + 60 * minute, UTC).isoformat()


def generation(minute: float = 0, **changes: Any) -> list[Record]:
    """What its Langfuse callback says of the same."""
    body = {
        "id": f"time-09-0{int(minute)}-00-000000_{ANSWER}",
        "traceId": REQUEST,
        "name": "litellm-acompletion",
        "startTime": at(minute),
        "endTime": at(minute + 0.05),
        "model": "gpt-5-mini",
        "usage": {"input": 1000, "output": 200, "unit": "TOKENS", "totalCost": 0.0045},
        "usageDetails": {"input": 1000, "output": 200, "total": 1200, "cache_read_input_tokens": 0},
        "metadata": {"cache_hit": False},
        **changes,
    }
    events = [
        {"id": f"t-{minute}", "type": "trace-create", "timestamp": at(minute), "body": {"id": body["traceId"]}},
        {"id": f"g-{body['id']}", "type": "generation-create", "timestamp": at(minute), "body": body},
    ]
    sent = Sent("application/json", {}, now_us())
    received = Ingestion().read(json.dumps({"batch": events}).encode(), sent)
    assert received.refusals == []
    return received.records


def failed(number: int, minute: float) -> list[Record]:
    """An attempt that failed, of which no answer's id is known."""
    id_ = f"9f1a2b3c-0000-4000-8000-00000000c0d{number}"
    return generation(minute, id=id_, level="ERROR", statusMessage="RateLimitError: 429", usage=None, usageDetails=None)


def test_an_answer_is_one_call(kept: Callable[..., list[tuple[Any, ...]]]) -> None:
    """The id of the answer stands in the name of Langfuse's generation."""
    assert kept(called_back(), generation()) == ONE


def test_an_answer_of_the_cache_is_one_call_that_used_nothing(kept: Callable[..., list[tuple[Any, ...]]]) -> None:
    """It is no second one, and none of the first answer; its tokens were not used again."""
    hit = generation(1, metadata={"cache_hit": True})
    cached = [("litellm", "ok", 0, 0, 0)]
    assert kept(called_back(), called_back(1, cache_hit=True), hit) == ONE + cached
    assert kept(hit) == cached
    assert kept(generation(), hit) == ONE + cached


def test_attempts_that_failed_are_as_many_as_there_were(kept: Callable[..., list[tuple[Any, ...]]]) -> None:
    """They have nothing in common but the request, which both ways name."""
    lost = [("openai", "rate_limit", None, None, None)] * 2
    attempts = [*called_back(id=REQUEST, **LOST), *called_back(0.1, id=REQUEST, **LOST), *called_back(0.2)]
    told = [*failed(1, 0), *failed(2, 0.1), *generation(0.2)]
    assert kept(attempts, told) == lost + ONE
    assert kept(told) == lost + ONE


def test_a_client_names_the_generation_itself(kept: Callable[..., list[tuple[Any, ...]]]) -> None:
    """It is a generation like any other then, below the one that it stands below."""
    outer = generation(name="answer", id="outer", traceId="t")
    assert kept(outer, generation(id="inner", traceId="t", parentObservationId="outer")) == ONE


def test_an_answer_in_the_output_names_the_call(kept: Callable[..., list[tuple[Any, ...]]]) -> None:
    """Whoever logs the whole answer, in Langfuse's events, its attributes or MLflow's, tells its id with it."""
    answer = {"id": ANSWER, "choices": []}
    assert kept(generation(id="g", name="answer", output=answer), called_back()) == ONE
    for attributes in (
        {"mlflow.spanType": "CHAT_MODEL", "mlflow.spanOutputs": json.dumps(answer)},
        {"langfuse.observation.type": "generation", "langfuse.observation.output": json.dumps(answer)},
    ):
        assert kept(_span(attributes), called_back()) == ONE


def _span(attributes: dict[str, str]) -> list[Record]:
    given = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 200, **attributes}
    listed = [
        {"key": key, "value": {"intValue": value} if isinstance(value, int) else {"stringValue": value}}
        for key, value in {**given, "gen_ai.request.model": "gpt-5-mini", "gen_ai.system": "openai"}.items()
    ]
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "chat", "attributes": listed}
    span |= {"startTimeUnixNano": MORNING * 10**9, "endTimeUnixNano": (MORNING + 3) * 10**9}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    return decode_traces(json.dumps(body).encode(), "json").records
