"""Vercel's gateway beside the AI SDK that asks it: the SDK's span names the generation, whatever the answer's id is."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from generators.otlp_spans import protobuf, span
from tokometer.ledger import Batch, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.records import ModelCall, Record
from tokometer.records.values import moment
from tokometer.sources.noticed import Noticed
from tokometer.sources.otlp import decode_traces
from tokometer.sources.vercel_ai_gateway.rows import records_of

NAME = "gen_01ARZ3NDEKTSV4RRFFQ69G5FAV"
AT = "2026-03-02T09:00:00Z"
ROW = {"id": NAME, "created_at": AT, "model": "openai/gpt-4o", "total_cost": 0.0045, "generation_time": 2500}
ROW |= {"native_tokens_prompt": 1000, "native_tokens_completion": 200}


def told(gateway: dict[str, Any]) -> list[Record]:
    """What the SDK's span says, with what the gateway passed on."""
    attributes = {
        "ai.operationId": "ai.streamText.doStream",
        "ai.model.provider": "gateway",
        "ai.model.id": "openai/gpt-4o",
        "ai.usage.inputTokens": 1000,
        "ai.usage.outputTokens": 200,
        "ai.response.id": "aitxt-7",
        "ai.response.providerMetadata": json.dumps({"gateway": gateway}),
    }
    start = moment(AT) * 1000
    return decode_traces(
        protobuf(span(attributes=attributes, startTimeUnixNano=start, endTimeUnixNano=start + 3 * 10**9)), "protobuf"
    ).records


def test_one_generation_is_one_call(tmp_path: Path) -> None:
    """Whichever comes first; the provider is the same from both."""
    ways = [told({"generationId": NAME, "cost": "0.0045"}), list(records_of(ROW, Noticed("vercel_ai_gateway", "x")))]
    for number, order in enumerate(permutations(ways)):
        ledger = DuckDBLedger(tmp_path / f"{number}.duckdb")
        for records in order:
            ledger.commit(Batch(list(records)))
        columns = "provider, response_id, input_tokens, output_tokens, CAST(cost_reported AS DOUBLE)"
        rows = [tuple(row) for row in ledger.fetch(Statement(f"SELECT {columns} FROM calls"))]
        ledger.close()
        assert rows == [("vercel", NAME, 1000, 200, 0.0045)]


@pytest.mark.parametrize("said", [{}, {"generationId": 7, "cost": "free"}, {"generationId": "gen_x", "cost": None}])
def test_what_is_no_generation_says_nothing(said: dict[str, Any]) -> None:
    """The call is no less believable for it."""
    (call,) = told(said)
    assert isinstance(call, ModelCall)
    assert (call.response_id, call.cost_reported, call.input_tokens, call.request_id) == ("", None, 1000, "aitxt-7")
