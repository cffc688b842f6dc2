"""The same facts said in any dialect come to the same record."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.examples import examples
from generators.otlp_spans import as_json, protobuf, span
from generators.usage_dialects import DIALECTS, OPTIONAL, Facts
from tokometer.records import ModelCall
from tokometer.records.wire import record_from
from tokometer.sources.otlp import Encoding, decode_traces

Gathered = tuple[int, int, int, int, int, dict[str, int], int | None]


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Counts of which no two sets have the same sum: each has a decimal place of its own, in any order."""
    places = draw(st.permutations(range(7)))
    digits = [draw(st.integers(0, 9)) for _ in range(7)]
    # Something always goes in and comes out.
    digits[0], digits[4] = max(1, digits[0]), max(1, digits[4])
    counts = [digit * 10**place for digit, place in zip(digits, places, strict=True)]
    return Facts(*counts, cost=draw(st.sampled_from([None, "0.25", "0.000123"])))


def told(call: ModelCall) -> Gathered:
    """What a record says of the facts; unknown is as good as none."""
    writes = (call.cache_write_5m_tokens, call.cache_write_1h_tokens, call.cache_write_unknown_tokens)
    return (
        call.input_tokens or 0,
        call.cache_read_tokens or 0,
        sum(write or 0 for write in writes),
        call.output_tokens or 0,
        call.reasoning_tokens or 0,
        call.parts or {},
        call.cost_reported,
    )


def expected(said: Facts) -> Gathered:
    """What a record should say."""
    parts = {"input_audio": said.audio_in, "output_audio": said.audio_out}
    return (
        said.uncached,
        said.cache_read,
        said.cache_write,
        said.output,
        said.reasoning,
        {part: count for part, count in parts.items() if count},
        None if said.cost is None else round(float(said.cost) * 10**9),
    )


@settings(max_examples=examples(100), deadline=None)
@given(said=facts(), prompt=st.booleans())
def test_our_own_format_says_the_same(said: Facts, prompt: bool) -> None:
    """So does our own API, whether the prompt is told with the cache or without."""
    told_input = {"prompt_tokens": said.prompt} if prompt else {"input_tokens": said.uncached}
    fields = {
        **told_input,
        "cache_read_tokens": said.cache_read,
        "cache_write_tokens": said.cache_write,
        "output_tokens": said.output,
        "reasoning_tokens": said.reasoning,
        "total_tokens": said.total,
        "parts": {"input_audio": said.audio_in, "output_audio": said.audio_out},
        "cost_usd": said.cost,
    }
    call = record_from("calls", {"started_at": "2026-11-01T12:00:00Z", "model": "a-model", **fields})
    assert isinstance(call, ModelCall)
    assert told(call) == expected(said)


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=examples(60), deadline=None)
@given(said=facts())
def test_any_dialect_says_the_same(dialect: str, encoding: Encoding, said: Facts) -> None:
    """Tokens, parts, reasoning and cost of a record are those that were said, whatever the dialect and the encoding."""
    spoken = DIALECTS[dialect]
    fitting = Facts(
        **{
            name: getattr(said, name) if name in spoken.says or name not in OPTIONAL else None if name == "cost" else 0
            for name in said.__dataclass_fields__
        }
    )
    assert spoken.can(fitting)
    model = {"gen_ai.request.model": "a-model", "gen_ai.system": spoken.provider}
    one = span("chat", {**model, **spoken.say(fitting)})
    body = protobuf(one) if encoding == "protobuf" else json.dumps(as_json(one)).encode()
    traces = decode_traces(body, encoding)
    assert traces.refusals == []
    [call] = traces.records
    assert isinstance(call, ModelCall)
    assert call.unsplit_tokens is None
    assert told(call) == expected(fitting)
    assert [notice for notice in traces.notices if notice.topic == "usage"] == []
