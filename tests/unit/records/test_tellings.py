"""What each telling of a call counts as: the rules one by one, in every order."""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any

import pytest

from tokometer.records import ModelCall
from tokometer.records.naming import looks_unique
from tokometer.records.tellings import settle

UNIQUE = "msg_01XFDUDYJgAACzvnptvVoYEL"
SHORT = "chatcmpl-0"
SECOND = 1_000_000


def told(span: str, parent: str = "", input: int | None = None, output: int | None = None, **more: Any) -> ModelCall:  # noqa: A002
    """A telling of trace `t`, ten seconds long."""
    trace = more.pop("trace", "t")
    values = {"started_at": SECOND, "latency_us": 10 * SECOND, **more}
    return ModelCall(
        source="otlp",
        native_id=f"{trace}:{span}",
        trace_id=trace,
        group=trace,
        span_id=span,
        parent_id=parent,
        input_tokens=input,
        output_tokens=output,
        **values,
    )


#: What is told (with the spans between), and what counts: span → what differs from the telling's own fields.
Case = tuple[list[ModelCall], dict[str, str], dict[str, dict[str, Any]]]
CASES: dict[str, Case] = {
    "a call told once": ([told("a", "", 10, 1)], {}, {"a": {}}),
    "siblings are calls of their own": ([told("a", "x", 10, 1), told("b", "x", 10, 1)], {}, {"a": {}, "b": {}}),
    "the framework above knows whose it is": (
        [told("a", "", 21_000, 300, session_id="s", user="u"), told("b", "a", 1000, 300, cache_read_tokens=20_000)],
        {},
        {"b": {"session_id": "s", "user": "u"}},
    ),
    "the framework above knows the cache, the SDK does not": (
        [told("a", "", 1000, 300, cache_read_tokens=20_000), told("b", "a", 21_000, 300)],
        {},
        {"b": {"input_tokens": 1000, "cache_read_tokens": 20_000}},
    ),
    "the SDK leaves the cache out": (
        [told("a", "", 1000, 300, cache_read_tokens=20_000), told("b", "a", 1000, 300)],
        {},
        {"b": {"cache_read_tokens": 20_000}},
    ),
    "through steps in between": ([told("a", "", 10, 1), told("b", "y", 10, 1)], {"y": "x", "x": "a"}, {"b": {}}),
    "three levels": ([told("a", "", 10, 1), told("b", "a", 10, 1), told("c", "b", 10, 1)], {}, {"c": {}}),
    "an outer one sums up two": (
        [told("a", "", 42_000, 600), told("b", "a", 21_000, 300), told("c", "a", 21_000, 300)],
        {},
        {"b": {}, "c": {}},
    ),
    "an outer one sums up three of which two are told": (
        [
            told("a", "", 63_000, 900, cost_reported=9),
            told("b", "a", 1000, 300, cache_read_tokens=20_000, cost_reported=2),
            told("c", "a", 21_000, 300, cost_reported=3),
        ],
        {},
        {"a": {"input_tokens": 21_000, "output_tokens": 300, "cost_reported": 4, "latency_us": None}, "b": {}, "c": {}},
    ),
    "a sum's cost is not doubled where its calls have prices of their own": (
        [told("a", "", 42_000, 600, cost_reported=9), told("b", "a", 21_000, 300), told("c", "a", 21_000, 300)],
        {},
        {"b": {}, "c": {}},
    ),
    "the cost of one call goes to it": (
        [told("a", "", 10, 1, cost_reported=9, revenue=20), told("b", "a", 10, 1)],
        {},
        {"b": {"cost_reported": 9, "revenue": 20}},
    ),
    "revenue of a sum is not lost": (
        [told("a", "", 20, 2, revenue=20), told("b", "a", 10, 1), told("c", "a", 10, 1)],
        {},
        {"b": {}, "c": {"revenue": 20}},
    ),
    "thoughts beside the answer": (
        [told("a", "", 100, 900, reasoning_tokens=600), told("b", "a", 100, 300)],
        {},
        {"b": {"output_tokens": 900, "reasoning_tokens": 600}},
    ),
    "the inner one states nothing": (
        [told("a", "", 10, 1, cost_reported=9), told("b", "a", ttft_us=5)],
        {},
        {"b": {"input_tokens": 10, "output_tokens": 1, "cost_reported": 9}},
    ),
    "of two inner ones one states nothing": (
        [told("a", "", 42_000, 600), told("b", "a", 21_000, 300), told("c", "a")],
        {},
        {"b": {}, "c": {"input_tokens": 21_000, "output_tokens": 300}},
    ),
    "zeros are nothing": (
        [told("a", "", 10, 1), told("b", "a", 0, 0)],
        {},
        {"b": {"input_tokens": 10, "output_tokens": 1}},
    ),
    "a failed attempt and one that went well": (
        [told("a", "", 10, 1), told("b", "a", status="timeout"), told("c", "a", 10, 1)],
        {},
        {"b": {}, "c": {}},
    ),
    "a failed attempt is told, the other is not": (
        [told("a", "", 10, 1), told("b", "a", status="timeout")],
        {},
        {"a": {}, "b": {}},
    ),
    "the outer one failed afterwards": (
        [told("a", "", status="server_error"), told("b", "a", 10, 1)],
        {},
        {"b": {}},
    ),
    "an agent over its chats": (
        [told("a", "", 20, 2, shadow=True, session_id="s"), told("b", "a", 10, 1), told("c", "a", 10, 1)],
        {},
        {"b": {"session_id": "s"}, "c": {"session_id": "s"}},
    ),
    "an agent of which nobody tells a chat": ([told("a", "", 20, 2, shadow=True)], {}, {"a": {}}),
    "an agent with a chat that nobody tells": (
        [told("a", "", 30, 3, shadow=True), told("b", "a", 10, 1)],
        {},
        {"a": {"input_tokens": 20, "output_tokens": 2, "latency_us": None}, "b": {}},
    ),
    "agents below each other count once": (
        [told("a", "", 30, 3, shadow=True), told("b", "y", 30, 3, shadow=True)],
        {"y": "a"},
        {"b": {}},
    ),
    "an agent's chats, the way to them unknown": (
        [told("a", "", 20, 2, shadow=True), told("b", "lost", 20, 2)],
        {},
        {"b": {}},
    ),
    "a chat before the agent began is not the agent's": (
        [told("a", "", 20, 2, shadow=True, started_at=100 * SECOND), told("b", "lost", 20, 2)],
        {},
        {"a": {}, "b": {}},
    ),
    "a chat beside the agent is not the agent's": (
        [told("a", "root", 20, 2, shadow=True), told("b", "root", 10, 1)],
        {},
        {"a": {}, "b": {}},
    ),
    "unless the agent's sum is exactly what stands beside it": (
        [told("a", "root", 20, 2, shadow=True), told("b", "root", 10, 1), told("c", "root", 10, 1)],
        {},
        {"b": {}, "c": {}},
    ),
    "what is embedded does not explain what an agent's chats used": (
        [told("a", "", 20, 2, shadow=True), told("b", "a", 20, operation="embeddings")],
        {},
        {"a": {}, "b": {}},
    ),
    "an embedding in an embedding": (
        [told("a", "", 20, operation="embeddings"), told("b", "a", 20, operation="embeddings")],
        {},
        {"b": {}},
    ),
    "only a total is known outside": ([told("a", unsplit_tokens=11), told("b", "a", 10, 1)], {}, {"b": {}}),
    "only a total is known inside": (
        [told("a", "", 10, 1), told("b", "a", unsplit_tokens=11)],
        {},
        {"b": {"input_tokens": 10, "output_tokens": 1, "unsplit_tokens": None}},
    ),
    "one answer's id, beside each other": (
        [
            told("a", "x", 21_000, 300, request_id=UNIQUE, session_id="s"),
            told("b", "x", 1000, 300, cache_read_tokens=20_000, request_id=UNIQUE),
        ],
        {},
        {"b": {"session_id": "s"}},
    ),
    "one answer's id, in two traces, minutes apart": (
        [
            told("a", "", 10, 1, request_id=UNIQUE),
            told("b", "", 10, 1, request_id=UNIQUE, trace="u", started_at=900 * SECOND),
        ],
        {},
        {"a": {}},
    ),
    "one answer's id that is not unique, in two traces at one time": (
        [told("a", "", 10, 1, request_id=SHORT), told("b", "", 10, 1, request_id=SHORT, trace="u")],
        {},
        {"a": {}},
    ),
    "a gateway's id at another time": (
        [
            told("a", "", 10, 1, request_id=SHORT),
            told("b", "", 10, 1, request_id=SHORT, trace="u", started_at=60 * SECOND),
        ],
        {},
        {"a": {}, "b": {}},
    ),
    "a gateway's id with other tokens": (
        [told("a", "", 10, 1, request_id=SHORT), told("b", "", 11, 1, request_id=SHORT, trace="u")],
        {},
        {"a": {}, "b": {}},
    ),
    "a gateway's id, and nothing stated": (
        [told("a", "", request_id=SHORT), told("b", "", request_id=SHORT)],
        {},
        {"a": {}, "b": {}},
    ),
    "one answer in two traces, each below a span of its own": (
        [
            told("a", "", 10, 1, session_id="s"),
            told("b", "a", 10, 1, request_id=UNIQUE),
            told("c", "", 10, 1, trace="u", user="w"),
            told("d", "c", 10, 1, trace="u", request_id=UNIQUE),
        ],
        {},
        {"b": {"session_id": "s", "user": "w"}},
    ),
    "a sum over siblings of one answer": (
        [
            told("a", "", 30, 3),
            told("b", "a", 10, 1, request_id=UNIQUE),
            told("c", "a", 10, 1, request_id=UNIQUE),
            told("d", "a", 20, 2),
        ],
        {},
        {"b": {}, "d": {}},
    ),
    "a span that is above itself": ([told("a", "b", 10, 1), told("b", "a", 10, 1)], {}, {"b": {}}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_counts(name: str) -> None:
    """Each rule by an example, whatever the order in which the tellings are known."""
    tellings, links, expected = CASES[name]
    orders = list(permutations(range(len(tellings))))
    for order in random.Random(name).sample(orders, min(6, len(orders))):
        given = [tellings[at] for at in order]
        found = settle(given, {"t": links})
        counted = {call.span_id: call for call in found if call is not None}
        if name != "a span that is above itself":
            assert counted.keys() == expected.keys()
        assert len(counted) == len(expected)
        for span, differs in expected.items():
            if span not in counted:
                continue
            own = next(call for call in tellings if call.span_id == span)
            wanted = {field: differs.get(field, getattr(own, field)) for field in own.__struct_fields__}
            assert {field: getattr(counted[span], field) for field in own.__struct_fields__} == wanted, span


def test_what_counts_as_told_is_the_same_object() -> None:
    """Nothing is copied, and no price is thrown away, where nothing is learnt."""
    call = told("a", "", 10, 1, cost_priced=5, price_version="v")
    assert settle([call], {})[0] is call


def test_a_changed_call_has_no_computed_price() -> None:
    """A price is of tokens: whoever changes them prices again."""
    outer = told("a", "", 30, 3, cost_priced=5, price_version="v", price_basis="assumed:tier")
    rest = settle([outer, told("b", "a", 10, 1)], {})[0]
    assert rest is not None
    assert (rest.input_tokens, rest.cost_priced, rest.price_version, rest.price_basis) == (20, None, "", "")


@pytest.mark.parametrize(
    ("answer", "unique"),
    [
        (UNIQUE, True),
        ("chatcmpl-9J3uRz8f0QpVh1XcY2bTk7", True),
        ("4f9c2d1e-8a7b-4c3d-9e2f-1a2b3c4d5e6f", True),
        ("chatcmpl-0", False),
        ("chatcmpl-123", False),
        ("relay", False),
        ("gateway-production-eu", False),
        ("litellm-proxy-instance-01", False),
        ("000000000000000000", False),
    ],
)
def test_ids_that_name_one_answer_only(answer: str, unique: bool) -> None:
    """Long and random is unique; words, numbers of a few digits and zeros are not."""
    assert looks_unique(answer) is unique
