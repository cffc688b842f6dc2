"""Tests of tokometer.sources.otlp.portions."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.sources.otlp import OtlpError
from tokometer.sources.otlp.json_body import spans as spans_of_json
from tokometer.sources.otlp.messages import ExportTraceServiceRequest
from tokometer.sources.otlp.portions import json_portions, protobuf_portions
from tokometer.sources.otlp.protobuf import spans as spans_of_protobuf

#: Of each resource, of each of its scopes: the names of the spans.
_REQUESTS = st.lists(st.lists(st.lists(st.text(max_size=10), max_size=5), max_size=4), max_size=5)
_MOST = st.sampled_from([1, 20, 100, 1_000])


def _protobuf(resources: list[list[list[str]]]) -> bytes:
    request = ExportTraceServiceRequest()
    for number, scopes in enumerate(resources):
        resource_spans = request.resource_spans.add()
        resource_spans.resource.attributes.append(_attribute(f"resource {number}"))
        for names in scopes:
            scope = resource_spans.scope_spans.add()
            scope.scope.name = b"a scope"
            for name in names:
                scope.spans.add(name=name.encode(), trace_id=b"1" * 16)
    return request.SerializeToString()


def _attribute(value: str) -> bytes:
    return b"\x0a\x07user.id\x12" + bytes([len(value) + 2, 0x0A, len(value)]) + value.encode()


def _json(resources: list[list[list[str]]], indent: int | None) -> bytes:
    told: list[dict[str, Any]] = []
    for number, scopes in enumerate(resources):
        attributes = [{"key": "user.id", "value": {"stringValue": f"resource {number}"}}]
        listed = [{"scope": {"name": "a scope"}, "spans": [{"name": name} for name in names]} for names in scopes]
        told.append({"resource": {"attributes": attributes}, "scopeSpans": listed})
    return json.dumps({"resourceSpans": told}, indent=indent).encode()


@given(_REQUESTS, _MOST)
def test_protobuf_in_portions_has_the_same_spans(resources: list[list[list[str]]], most: int) -> None:
    """Whatever the resources and scopes are: the spans of the portions are those of the request, in order."""
    body = _protobuf(resources)
    found = [span for portion in protobuf_portions(body, most) for span in spans_of_protobuf(portion)]
    assert found == list(spans_of_protobuf(body))


@given(_REQUESTS, _MOST, st.sampled_from([None, 1]))
def test_json_in_portions_has_the_same_spans(resources: list[list[list[str]]], most: int, indent: int | None) -> None:
    """The same of JSON, however it is written."""
    body = _json(resources, indent)
    found = [span for portion in json_portions(body, most) for span in spans_of_json(portion)]
    assert found == list(spans_of_json(body))


@given(_REQUESTS, st.integers(0, 1_000), st.binary(max_size=3))
def test_broken_protobuf_is_refused_or_read(resources: list[list[list[str]]], at: int, put: bytes) -> None:
    """A request with other bytes in it is refused, or gives requests that can be looked at."""
    body = _protobuf(resources)
    at %= len(body) + 1
    with suppress(OtlpError):
        assert b"".join(protobuf_portions(body[:at] + put + body[at + 1 :], 50)) is not None


def test_many_small_spans() -> None:
    """A request of a million empty spans comes in portions of some thousands."""
    body = _protobuf([[[""] * 100_000]])
    counts = [len(list(spans_of_protobuf(portion))) for portion in protobuf_portions(body)]
    assert sum(counts) == 100_000
    assert max(counts) <= 16_384


@pytest.mark.parametrize("cut", [1, 100, 10_000])
def test_what_was_cut_off_is_refused_at_once(cut: int) -> None:
    """Of a request that ends in the middle nothing is given."""
    for body, portions in (
        (_protobuf([[["name"] * 5_000]] * 3), protobuf_portions),
        (_json([[["name"] * 5_000]] * 3, None), json_portions),
    ):
        with pytest.raises(OtlpError):
            next(portions(body[:-cut], 1_000))


@pytest.mark.parametrize(
    "body", [b"[]", b'{"resourceSpans": 5}', b'{"resourceSpans": [5]}', b'{"resourceSpans": [{"scopeSpans": 5}]}']
)
def test_json_of_another_form(body: bytes) -> None:
    """What has not the form of a request is refused as that."""
    with pytest.raises(OtlpError, match="ExportTraceServiceRequest in JSON"):
        list(json_portions(body, 1))
