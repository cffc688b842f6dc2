"""Spans of coding tools and agents that have names of their own: OpenClaw, Gemini CLI, Copilot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from generators.otlp_logs import log
from generators.otlp_logs import protobuf as logs
from generators.otlp_spans import as_json, protobuf, span
from tokometer.ledger import Batch, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.records import AgentRun, ModelCall, Record, ToolCall
from tokometer.sources.otlp import decode_logs, decode_traces

TRACE = "ab" * 16
START = 1_790_000_000 * 10**9
#: What OpenClaw is called, and what it was called before.
NAMES = ("openclaw", "clawdbot", "moltbot")


def _openclaw(name: str, number: int, parent: int = 0, **attributes: Any) -> dict[str, Any]:
    said = {key.replace("__", "."): value for key, value in attributes.items()}
    above = {"parentSpanId": f"{parent:016x}"} if parent else {}
    return span(f"openclaw.{name}", said, traceId=TRACE, spanId=f"{number:016x}", start_ns=START + number, **above)


def _turn(*, calls_tell: bool) -> list[dict[str, Any]]:
    """A message: a run of two calls and a tool, and what all of it used."""
    used = [(900, 50), (1_100, 70)]
    told = [
        {"gen_ai__usage__input_tokens": prompt, "gen_ai__usage__output_tokens": answer} if calls_tell else {}
        for prompt, answer in used
    ]
    model = {
        "gen_ai__system": "anthropic",
        "gen_ai__request__model": "claude-opus-4-5",
        "gen_ai__operation__name": "chat",
    }
    return [
        _openclaw("message.processed", 1, openclaw__channel="telegram"),
        _openclaw("harness.run", 2, 1, openclaw__agent="ops"),
        _openclaw("run", 3, 2, openclaw__agent="ops", openclaw__outcome="completed"),
        _openclaw("model.call", 4, 3, openclaw__model_call__time_to_first_byte_ms=120, **model, **told[0]),
        _openclaw("tool.execution", 5, 3, openclaw__toolName="exec", openclaw__agent="ops"),
        _openclaw("model.call", 6, 3, **model, **told[1]),
        _openclaw(
            "model.usage",
            7,
            1,
            openclaw__channel="telegram",
            openclaw__tokens__input=2_000,
            openclaw__tokens__output=120,
            openclaw__tokens__total=2_120,
            gen_ai__usage__input_tokens=2_000,
            gen_ai__usage__output_tokens=120,
            **model,
        ),
    ]


def _kept(folder: Path, *batches: list[Record]) -> list[tuple[Any, ...]]:
    """Requests and tokens of the ledger, once these batches are committed."""
    ledger = open_ledger(folder)
    for records in batches:
        ledger.commit(Batch(records=records))
    count = "SELECT count(*)::INT, sum(input_tokens)::INT, sum(output_tokens)::INT FROM calls"
    found = ledger.fetch(Statement(count))
    assert ledger.audit() == []
    ledger.close()
    return list(found)


def test_openclaw_tells_of_a_turn() -> None:
    """Calls, the run, the tool, and the statement of what all of it used, which stands where the message does."""
    records = decode_traces(protobuf(*_turn(calls_tell=True)), "protobuf").records
    calls = [one for one in records if isinstance(one, ModelCall)]
    assert [(one.shadow, one.input_tokens, one.output_tokens) for one in calls] == [
        (False, 900, 50),
        (False, 1100, 70),
        (True, 2000, 120),
    ]
    assert (calls[0].provider, calls[0].model, calls[0].ttft_us) == ("anthropic", "claude-opus-4-5", 120_000)
    assert calls[2].span_id == f"{1:016x}"
    assert [(one.agent, one.status) for one in records if isinstance(one, AgentRun)] == [("ops", "ok")]
    assert [(one.name, one.agent) for one in records if isinstance(one, ToolCall)] == [("exec", "ops")]


def test_what_openclaw_states_in_all_is_not_counted_on_top(tmp_path: Path) -> None:
    """Two calls that tell what they used are all there is, whatever the order of the spans."""
    records = decode_traces(protobuf(*_turn(calls_tell=True)), "protobuf").records
    assert _kept(tmp_path / "a", list(records)) == [(2, 2000, 120)]
    assert _kept(tmp_path / "b", list(reversed(records))[:3], list(records)) == [(2, 2000, 120)]


def test_what_openclaw_states_in_all_counts_where_its_calls_are_silent(tmp_path: Path) -> None:
    """Older releases tell tokens of the whole run alone: they go to its calls, and no call is added."""
    records = decode_traces(protobuf(*_turn(calls_tell=False)), "protobuf").records
    assert _kept(tmp_path, list(records)) == [(2, 2000, 120)]


def _first_generation(name: str) -> list[dict[str, Any]]:
    """What a release before spring 2026 sends of two messages: each span is the root of a trace of its own."""
    session = {f"{name}.sessionKey": "agent:main:main", f"{name}.sessionId": "s1", f"{name}.channel": "telegram"}
    usage = {"input": 10, "output": 20, "cache_read": 500, "cache_write": 40, "total": 570}
    model = {f"{name}.provider": "anthropic", f"{name}.model": "claude-opus-4-5"}
    used = {**session, **model, **{f"{name}.tokens.{what}": many for what, many in usage.items()}}
    told = [
        (f"{name}.model.usage", used),
        (f"{name}.message.processed", {**session, f"{name}.outcome": "completed", f"{name}.messageId": "7"}),
        (f"{name}.webhook.error", {f"{name}.channel": "telegram", f"{name}.error": "timed out"}),
        (f"{name}.model.usage", {**used, f"{name}.sessionId": ""}),
        (f"{name}.session.stuck", {**session, f"{name}.state": "processing", f"{name}.ageMs": 130_000}),
    ]
    return [
        span(word, said, traceId=f"{number:032x}", spanId=f"{number:016x}", start_ns=START + number * 10**9)
        for number, (word, said) in enumerate(told, 1)
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_openclaw_of_old(name: str, encoding: Literal["protobuf", "json"], tmp_path: Path) -> None:
    """Its own names of tokens, whatever it was called: the input leaves the cache out, and each run is one call."""
    spans = _first_generation(name)
    body = protobuf(*spans) if encoding == "protobuf" else json.dumps(as_json(*spans)).encode()
    found = decode_traces(body, encoding)
    assert (found.refusals, found.notices) == ([], [])
    call, other = (one for one in found.records if isinstance(one, ModelCall))
    assert (call.provider, call.model, call.session_id, call.shadow) == ("anthropic", "claude-opus-4-5", "s1", True)
    assert (call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens, call.output_tokens) == (
        *(10, 500, 40, 20),
    )
    assert call.labels == {"openclaw.channel": "telegram"}
    assert other.session_id in ("", "agent:main:main")
    assert _kept(tmp_path, list(found.records)) == [(2, 20, 40)]
    # Sent again, as an exporter does that had no answer, it is the same.
    again = decode_traces(body, encoding)
    assert [one.native_id for one in again.records] == [one.native_id for one in found.records]


def test_whoever_was_renamed_is_one_program() -> None:
    """The same spans under each name make the same records."""
    made = [decode_traces(protobuf(*_first_generation(name)), "protobuf").records for name in NAMES]
    assert [[repr(one) for one in records] for records in made] == [[repr(one) for one in made[0]]] * 3


def test_gemini_cli_has_operations_of_its_own() -> None:
    """`llm_call` is a call, `tool_call` a tool; what else it traces is nothing to a meter."""
    tool = {"gen_ai.operation.name": "tool_call", "gen_ai.tool.name": "ls", "gen_ai.tool.call_id": "c1"}
    spans = [
        span("llm_call", {"gen_ai.operation.name": "llm_call", "gen_ai.request.model": "gemini-2.5-pro"}),
        span("tool_call", tool),
        span("user_prompt", {"gen_ai.operation.name": "user_prompt"}),
    ]
    found = decode_traces(protobuf(*spans), "protobuf")
    call, used = (one for one in found.records if isinstance(one, ModelCall | ToolCall))
    assert isinstance(call, ModelCall)
    assert isinstance(used, ToolCall)
    assert (call.operation, call.provider) == ("chat", "google")
    assert (used.name, used.use_id) == ("ls", "c1")
    assert [one for one in found.notices if one.topic == "event"] == []


def test_an_event_below_its_span_counts_once(tmp_path: Path) -> None:
    """The conventions' event and the span that it was written in are one call, in either order."""
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 4,
    }
    spans = decode_traces(protobuf(span(attributes=said, traceId=TRACE, spanId="cd" * 8, start_ns=START)), "protobuf")
    event = {"event.name": "gen_ai.client.inference.operation.details", **said}
    record = log(None, event, traceId=TRACE, spanId="cd" * 8, timeUnixNano=START + 10**9)
    events = decode_logs(logs(record), "protobuf")
    assert _kept(tmp_path / "a", spans.records, events.records) == [(1, 10, 4)]
    assert _kept(tmp_path / "b", events.records, spans.records) == [(1, 10, 4)]
