"""Costs that others state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generators.otlp_spans import as_json, protobuf, span
from tokometer.records import ModelCall
from tokometer.sources.otlp import Traces, decode_traces
from tokometer.sources.otlp.costs import COST_KEYS, COST_OBJECTS
from tokometer.sources.otlp.dialects import senders_of
from tokometer.sources.otlp.object_keys import OBJECTS as OBJECTS_OF_COUNTS

CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 5,
    "gen_ai.usage.output_tokens": 7,
}


def traces_of(attributes: dict[str, Any], encoding: Any = "protobuf") -> Traces:
    """What a span with these attributes comes to."""
    one = span("chat", CHAT | attributes)
    return decode_traces(protobuf(one) if encoding == "protobuf" else json.dumps(as_json(one)).encode(), encoding)


def cost(attributes: dict[str, Any], encoding: Any = "protobuf") -> int | None:
    """What a span with these attributes cost, as reported."""
    traces = traces_of(attributes, encoding)
    assert traces.refusals == []
    [call] = traces.records
    assert isinstance(call, ModelCall)
    return call.cost_reported


@pytest.mark.parametrize("value", [0.0123, "0.0123"])
@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize("name", COST_KEYS["cost"])
def test_every_total_is_a_reported_cost(name: str, encoding: str, value: object) -> None:
    """Each attribute of a whole cost is taken, as a number or as text, in both encodings."""
    assert cost({name: value}, encoding) == 12_300_000


@pytest.mark.parametrize("name", COST_KEYS["cost"])
def test_zero_is_a_statement(name: str) -> None:
    """A cost of zero is reported as zero, not as unknown."""
    assert cost({name: 0}) == 0
    assert cost({name: 0.0}) == 0


@pytest.mark.parametrize("into", COST_KEYS["cost_input"])
@pytest.mark.parametrize("out", COST_KEYS["cost_output"])
def test_both_sides_add_up(into: str, out: str) -> None:
    """Without a total the costs of input and output are the cost, with that of tools where it is told."""
    assert cost({into: 0.001, out: 0.002}) == 3_000_000
    assert cost({into: 0.001, out: 0.002, "gen_ai.cost.tool_usage_cost": 0.01}) == 13_000_000
    assert cost({into: 0.001, out: 0.002, "gen_ai.cost.total_cost": 0.5}) == 500_000_000
    assert cost({into: 0, out: 0}) == 0


def test_one_side_is_the_cost_of_a_call_that_has_no_other() -> None:
    """The cost of the input is the cost where nothing came out; else it is not taken, and noticed."""
    embedding = {"gen_ai.usage.output_tokens": 0, "gen_ai.cost.input_cost": 0.001}
    assert cost(embedding) == 1_000_000
    traces = traces_of({"gen_ai.cost.input_cost": 0.001})
    [call] = traces.records
    assert isinstance(call, ModelCall)
    assert call.cost_reported is None
    assert [notice.name for notice in traces.notices] == ["a cost of input or output alone"]


OBJECTS: dict[str, tuple[str, Any, int | None]] = {
    "Langfuse, total": ("langfuse.observation.cost_details", {"input": 1, "output": 2, "total": 0.5}, 500_000_000),
    "Langfuse, parts": ("langfuse.observation.cost_details", {"input": 0.001, "output_audio": 0.002}, 3_000_000),
    "Langfuse, zeros": ("langfuse.observation.cost_details", {"input": 0, "output": 0}, 0),
    "Langfuse, zero in all": ("langfuse.observation.cost_details", {"input": 1, "total": 0}, 0),
    "Langfuse, nothing": ("langfuse.observation.cost_details", {}, None),
    "Langfuse, null": ("langfuse.observation.cost_details", {"total": None, "input": 0.001}, 1_000_000),
    "MLflow": ("mlflow.llm.cost", {"input_cost": 0.001, "output_cost": 0.002, "total_cost": 0.003}, 3_000_000),
    "MLflow, sides": ("mlflow.llm.cost", {"input_cost": 0.001, "output_cost": 0.002}, 3_000_000),
    "a map": ("gen_ai.cost", {"input": 0.001, "output": 0.002, "discount": 5}, 3_000_000),
    "beside the counts": (
        "mlflow.chat.tokenUsage",
        {"input_tokens": 5, "cost": 0.003, "cost_details": {"x": 1}},
        3_000_000,
    ),
    "beside the counts, in parts": (
        "langfuse.observation.usage_details",
        {"input": 5, "cost": {"input_tokens_cost": 0.001, "total_cost": 0.003}},
        3_000_000,
    ),
    "LiteLLM's own": ("hidden_params", {"response_cost": 0.003, "model_id": "x"}, 3_000_000),
    "LiteLLM's own, unknown": ("hidden_params", {"response_cost": None}, None),
}


@pytest.mark.parametrize("as_map", [False, True])
@pytest.mark.parametrize("case", OBJECTS)
def test_objects_of_costs(case: str, as_map: bool) -> None:
    """A total in an object is the cost, zero included; without one its parts are added up."""
    name, given, expected = OBJECTS[case]
    assert name in COST_OBJECTS.keys() | OBJECTS_OF_COUNTS.keys()
    assert cost({name: given if as_map else json.dumps(given)}) == expected


@pytest.mark.parametrize(("value", "expected"), [(0.003, 3_000_000), ("0.003", 3_000_000), (0, 0), (1, 10**9)])
def test_a_number_where_an_object_could_be_is_the_cost(value: object, expected: int) -> None:
    """`gen_ai.cost` as a plain number is the whole cost."""
    assert cost({"gen_ai.cost": value}) == expected


def test_litellm_writes_its_metadata_as_python_does() -> None:
    """An object in Python's spelling is read where LiteLLM writes one."""
    assert cost({"hidden_params": "{'response_cost': 0.003, 'api_base': None}"}) == 3_000_000
    assert cost({"hidden_params": "{'response_cost': __import__('os')}"}) is None


@pytest.mark.parametrize("name", [name for slot in ("cost", "cost_input", "cost_output") for name in COST_KEYS[slot]])
@pytest.mark.parametrize(("value", "reason"), [(-0.5, "is negative"), (10**10, "is more than 999,999,999 USD")])
def test_absurd_costs_refuse_their_call_by_name(name: str, value: float, reason: str) -> None:
    """A negative cost, or one that no call has, refuses the span with the attribute's name."""
    traces = traces_of({name: value})
    assert [(refusal.field, reason in refusal.reason) for refusal in traces.refusals] == [(name, True)]


def test_absurd_costs_in_objects_are_refused_by_key() -> None:
    """So does one in an object, with the key's path."""
    traces = traces_of({"langfuse.observation.cost_details": '{"input": -1}'})
    assert [refusal.field for refusal in traces.refusals] == ["langfuse.observation.cost_details.input"]


@pytest.mark.parametrize("currency", COST_KEYS["currency"])
def test_other_currencies_are_not_taken_for_dollars(currency: str) -> None:
    """A cost in a currency that is not the US dollar is not taken, and noticed."""
    assert cost({"gen_ai.usage.cost": 0.5, currency: "usd"}) == 500_000_000
    traces = traces_of({"gen_ai.usage.cost": 0.5, currency: "EUR"})
    [call] = traces.records
    assert isinstance(call, ModelCall)
    assert call.cost_reported is None
    assert [notice.name for notice in traces.notices] == ["cost in EUR, not in USD"]


def test_parts_of_a_cost_are_no_news() -> None:
    """What a stated cost is made of, and how it came about, is neither read nor noticed; another cost is noticed."""
    parts = {"gen_ai.cost.discount_percent": 5.0, "llm.cost.prompt_details.cache_read": 0.1, "litellm.cost.margin": 0.1}
    assert traces_of({"gen_ai.cost.total_cost": 1, **parts}).notices == []
    assert [notice.name for notice in traces_of({"agent.run.cost": 0.5}).notices] == ["agent.run.cost"]


def test_senders_are_declared() -> None:
    """Every sender of a cost is a dialect."""
    told = [text for names in COST_KEYS.values() for text in names.values()]
    assert "" not in {sender for text in [*told, *COST_OBJECTS.values()] for sender in senders_of(text)}


def test_a_zero_of_who_knows_no_price_is_no_cost() -> None:
    """OpenLIT writes 0 for a model that its list lacks; of anybody else a zero is a zero."""
    stated = {"gen_ai.usage.cost": 0}
    assert cost(stated) == 0
    assert cost({**stated, "telemetry.sdk.name": "opentelemetry"}) == 0
    assert cost({**stated, "telemetry.sdk.name": "openlit"}) is None
    assert cost({"gen_ai.usage.cost": 0.01, "telemetry.sdk.name": "openlit"}) == 10_000_000
