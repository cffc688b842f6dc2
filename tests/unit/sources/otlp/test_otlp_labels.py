"""Which attributes become labels, the same in both encodings."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from generators.otlp_spans import as_json, protobuf, span
from tokometer.records.labels import UNFIT
from tokometer.sources.otlp import decode_traces, use_labels
from tokometer.sources.otlp.labels import KNOWN

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 1}
CASES: dict[str, tuple[dict[str, Any], dict[str, str] | None]] = {
    "nothing": ({"whatever": "x", "app.tenant": "y"}, None),
    "Langfuse": (
        {
            "langfuse.trace.metadata.customer": "acme",
            "langfuse.trace.metadata.plan": json.dumps({"name": "gold", "seats": 5}),
            "langfuse.observation.metadata.step": 3,
            "langfuse.trace.tags": ["prod", "beta"],
        },
        {
            "customer": "acme",
            "plan.name": "gold",
            "plan.seats": "5",
            "step": "3",
            "tag.prod": "true",
            "tag.beta": "true",
            "tags": "beta, prod",
        },
    ),
    "Langfuse, all in one": (
        {"langfuse.trace.metadata": json.dumps({"customer": "acme", "trial": True, "prompt": "long text"})},
        {"customer": "acme", "trial": "true", "prompt": UNFIT},
    ),
    "tags as JSON": ({"langfuse.trace.tags": '["a", "b"]'}, {"tag.a": "true", "tag.b": "true", "tags": "a, b"}),
    "OpenLLMetry, a team and a customer": (
        {"traceloop.association.properties.team": "search", "traceloop.association.properties.customer": "acme"},
        {"customer": "acme"},
    ),
    "Vercel": ({"ai.telemetry.metadata.feature": "draft", "ai.telemetry.metadata.userId": "ada"}, {"feature": "draft"}),
    "OpenInference": (
        {"metadata": '{"experiment": "7"}', "tag.tags": ["x"]},
        {"experiment": "7", "tag.x": "true", "tags": "x"},
    ),
    "LiteLLM, as Python writes it": (
        {
            "metadata.requester_metadata": "{'customer': 'acme', 'tags': ['a'], 'session_id': 's', 'trace_id': 't', "
            "'headers': {'content-length': '122'}, 'used_client_oauth_token': False}",
            "metadata.user_api_key_alias": "ci",
            "metadata.user_api_key_hash": "0123",
        },
        {
            "customer": "acme",
            "tag.a": "true",
            "tags": "a",
            "user_api_key_alias": "ci",
        },
    ),
    "broken JSON stays text": ({"langfuse.trace.metadata.note": "{not json"}, {"note": "{not json"}),
    "a map": (
        {"langfuse.trace.metadata.who": {"name": "ada", "deep": {"er": 1}}},
        {"who.name": "ada", "who.deep.er": "1"},
    ),
    "what is no text": (
        {"langfuse.trace.metadata.list": [{"a": 1}], "langfuse.trace.metadata.messages": "hello"},
        {"list": UNFIT, "messages": UNFIT},
    ),
}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What tests choose is forgotten after them."""
    yield
    use_labels()


def both(*spans: dict[str, Any], resource: dict[str, Any] | None = None) -> list[list[Any]]:
    """The records of these spans, by either encoding, each twice: what is remembered is the same."""
    bodies = (protobuf(*spans, resource=resource), json.dumps(as_json(*spans, resource=resource)).encode())
    found = []
    for body, encoding in zip(bodies, ("protobuf", "json"), strict=True):
        for _ in range(2):
            traces = decode_traces(body, encoding)  # type: ignore[arg-type]
            assert traces.refusals == []
            found.append(traces.records)
    return found


@pytest.mark.parametrize("name", CASES)
def test_known_metadata_and_tags_become_labels(name: str) -> None:
    """Under the names that their senders gave them; what fills a field is no label."""
    attributes, expected = CASES[name]
    for records in both(span(attributes={**CHAT, **attributes})):
        assert records[0].labels == expected


def test_attributes_of_the_settings_keep_their_names(caplog: pytest.LogCaptureFixture) -> None:
    """Of spans and resources; a span's own go before its resource's; the known ones can be left out."""
    with caplog.at_level(logging.WARNING):
        use_labels(("customer.id", "app.*", "langfuse.trace.metadata.*", "user.id"), known=False)
    assert "user.id is the field user already" in caplog.text
    chosen = {
        "customer.id": 17,
        "app.tenant": "t1",
        "langfuse.trace.metadata.x": "whole name",
        "langfuse.trace.tags": ["no"],
        "user.id": "ada",
        "appendix": "no",
    }
    resource = {"app.region": "eu", "app.tenant": "of the resource", "service.name": "shop"}
    for records in both(span(attributes={**CHAT, **chosen}), span(attributes=CHAT), resource=resource):
        assert records[0].labels == {
            "customer.id": "17",
            "app.tenant": "t1",
            "app.region": "eu",
            "langfuse.trace.metadata.x": "whole name",
        }
        assert records[0].user == "ada"
        assert records[1].labels == {"app.region": "eu", "app.tenant": "of the resource"}


def test_agents_and_tools_have_labels_too() -> None:
    """And say where they ran."""
    resource = {"host.name": "box", "langfuse.trace.tags": ["prod"]}
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "dev", "gen_ai.usage.input_tokens": 3}
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "Bash"}
    for records in both(span("a", agent), span("t", tool), resource=resource):
        assert {record.kind for record in records} == {"runs", "calls", "tools"}
        for record in records:
            assert record.labels == {"tag.prod": "true", "tags": "prod"}
            assert record.machine == "box"


def test_other_attributes_are_chosen_at_once() -> None:
    """What was remembered of an attribute is forgotten when the settings change."""
    one = span(attributes={**CHAT, "customer.id": "17"})
    assert both(one)[0][0].labels is None
    use_labels(("customer.id",))
    assert both(one)[0][0].labels == {"customer.id": "17"}


def test_every_known_attribute_says_who_sends_it() -> None:
    """And is documented."""
    from pathlib import Path

    text = (Path(__file__).resolve().parents[4] / "docs/reference/otlp.md").read_text(encoding="utf-8")
    for name, (_, who) in KNOWN.items():
        assert who
        assert f"`{name}`" in text, name
