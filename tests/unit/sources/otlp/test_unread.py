"""What no rule understands is noticed: by name, with a count and an example place, never with its content."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generators.otlp_spans import as_json, protobuf, span
from tokometer.records import Notice
from tokometer.sources.otlp import decode_traces

CHAT: dict[str, Any] = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
NOW = 1_795_000_000_000_000


def noticed(*given: dict[str, Any], encoding: Any = "protobuf") -> list[tuple[str, str, str, int]]:
    """What is noticed in these spans: topic, name, place and count."""
    body = protobuf(*given) if encoding == "protobuf" else json.dumps(as_json(*given)).encode()
    return [(n.topic, n.name, n.place, n.count) for n in decode_traces(body, encoding).notices]


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_numbers_among_usage_that_nothing_reads_are_counted(encoding: str) -> None:
    """A number where usage stands that no rule reads is counted by its name, at the place of the first one."""
    odd = {"gen_ai.usage.citation_tokens": 77, "gen_ai.usage.mood": "good", "gen_ai.usage.other_tokens": 0}
    spans = [span(attributes=CHAT), span(attributes=CHAT | odd), span(attributes=CHAT | odd)]
    assert noticed(*spans, encoding=encoding) == [("usage", "gen_ai.usage.citation_tokens", "POST /v1/traces:1", 2)]


def test_each_value_of_an_unread_key_is_counted() -> None:
    """What is remembered of a key that nothing reads does not keep its other values from being counted."""
    spans = [span(attributes=CHAT | {"gen_ai.usage.citation_tokens": count}) for count in (5, 5, 2**40, 6)]
    assert noticed(*spans) == [("usage", "gen_ai.usage.citation_tokens", "POST /v1/traces:0", 4)]


def test_keys_of_objects_that_nothing_reads_are_counted() -> None:
    """So is a number in Langfuse's details, by its path."""
    details = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.usage_details": '{"a": {"b": 1}, "c": 0}',
    }
    assert ("usage", "langfuse.observation.usage_details.a.b", "POST /v1/traces:0", 1) in noticed(
        span(attributes=CHAT | details)
    )


def test_an_agent_that_states_its_usage_is_noticed_once() -> None:
    """An agent's span becomes a run and a call that gives way; what it has that nobody reads is counted once."""
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "m", "gen_ai.usage.citation_tokens": 5}
    given = span("invoke_agent x", {**agent, "gen_ai.usage.input_tokens": 5, "gen_ai.usage.total_tokens": 1})
    assert [(name, count) for _, name, _, count in noticed(given)] == [
        ("gen_ai.usage.citation_tokens", 1),
        ("counts that do not add up", 1),
    ]


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_text_under_a_name_that_looks_like_usage_is_not_usage(encoding: str) -> None:
    """A prompt in `usage.input` refuses nothing and is not noticed; a number that cannot be is refused by its name."""
    assert noticed(span(attributes=CHAT | {"usage.input": "hello", "usage.output": ""}), encoding=encoding) == []
    body = protobuf(span(attributes=CHAT | {"usage.input": -1}))
    assert [refusal.field for refusal in decode_traces(body, "protobuf").refusals] == ["usage.input"]


def test_spans_that_mean_nothing_are_not_searched_for_usage() -> None:
    """A span that is no model call is nobody's usage."""
    assert noticed(span("GET", {"gen_ai.usage.citation_tokens": 5, "http.request.method": "GET"})) == []


def test_calls_without_a_model_are_noticed() -> None:
    """A model call that names no model is kept, and noticed."""
    given = span(attributes={"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5})
    assert noticed(given) == [("model", "a call without a model (chat)", "POST /v1/traces:0", 1)]


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"gen_ai.operation.name": "dream"}, "gen_ai.operation.name dream"),
        ({"openinference.span.kind": "DREAM"}, "openinference.span.kind DREAM"),
        ({"langfuse.observation.type": "dream"}, "langfuse.observation.type dream"),
        ({"traceloop.span.kind": "dream"}, "traceloop.span.kind dream"),
        ({"mlflow.spanType": '"DREAM"'}, "mlflow.spanType DREAM"),
        ({"langsmith.span.kind": "dream"}, "langsmith.span.kind dream"),
    ],
)
def test_kinds_of_spans_that_nobody_knows_are_noticed(attributes: dict[str, Any], name: str) -> None:
    """A span that says it is something no rule knows makes no record, and is noticed by that word."""
    assert noticed(span("x", attributes)) == [("event", name, "POST /v1/traces:0", 1)]


@pytest.mark.parametrize(
    "attributes",
    [
        {"openinference.span.kind": "CHAIN"},
        {"langfuse.observation.type": "span"},
        {"traceloop.span.kind": "task"},
        {"gen_ai.operation.name": "retrieval"},
        {"gen_ai.operation.name": "agent_step"},
        {"mlflow.spanType": '"RETRIEVER"'},
        {"langsmith.span.kind": "chain"},
        {"http.request.method": "GET"},
    ],
)
def test_kinds_that_mean_nothing_are_passed_over(attributes: dict[str, Any]) -> None:
    """Spans that are known to carry no usage of their own are not noticed."""
    assert noticed(span("x", attributes)) == []


def test_names_are_short_and_printable() -> None:
    """A name is cut to 80 characters, and letters that cannot be shown are not."""
    key = "gen_ai.usage." + "é\n" * 60
    [(topic, name, _, count)] = noticed(span(attributes=CHAT | {key: 1}))
    assert (topic, count, len(name), name.isprintable()) == ("usage", 1, 80, True)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("gen_ai.usage.prompt_tokens_details.3.token_count", "gen_ai.usage.prompt_tokens_details.#.token_count"),
        ("gen_ai.usage.run-8f14e45fceea167a5a36dedd4bea2543", "gen_ai.usage.run-#"),
        ("gen_ai.usage.tokens_20261127", "gen_ai.usage.tokens_#"),
        ("gen_ai.usage.odd_5m_tokens", "gen_ai.usage.odd_5m_tokens"),
    ],
)
def test_ids_and_indexes_are_no_names(key: str, name: str) -> None:
    """What is not the same twice in a name is left out of it, so that names stay few."""
    assert noticed(span(attributes=CHAT | {key: 1})) == [("usage", name, "POST /v1/traces:0", 1)]


def test_names_of_one_request_are_bounded() -> None:
    """A request with a thousand different keys makes fifty notices, and one for all the others."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    keys = {f"gen_ai.usage.x{a}{b}": 1 for a in letters for b in letters}
    found = noticed(span(attributes=CHAT | keys))
    assert len(found) == 51
    assert found[-1] == ("usage", "others", "POST /v1/traces:0", 26 * 26 - 50)


def test_a_notice_says_who_and_when() -> None:
    """Notices are of the source `otlp`, and of our clock."""
    body = protobuf(span(attributes=CHAT | {"gen_ai.usage.citation_tokens": 1}, start_ns=NOW * 1000 - 10**12))
    [notice] = decode_traces(body, "protobuf", NOW).notices
    assert notice == Notice("otlp", "usage", "gen_ai.usage.citation_tokens", "POST /v1/traces:0", 1, NOW)
