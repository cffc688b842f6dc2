"""Ten hostile values in every field of everything that we read: each record is kept or refused by that field.

Sent to the whole server on either engine; after it everything that it can be asked is answered, and the audit is clean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from faults.budget import Budget
from faults.everything import ask_everything
from generators.claude_json import answer, prompt
from generators.codex_lines import count, event, item, meta, usage, usage_record
from generators.examples import LONG
from generators.hostile import TEN
from generators.mutations import places
from generators.otlp_spans import as_json, span
from generators.own_records import least
from servers.ledgers import place
from servers.whole import Running, running
from tokometer.records.fields import FIELDS
from tokometer.sources.otlp.attributes import ATTRIBUTES

ENGINES = ("duckdb", "clickhouse")
#: Spans in one request.
SPANS = 200
#: Spans on one engine and transcripts on the other in `make test`; our own records, which hold any value, on both.
_TURN = (ENGINES, ENGINES) if LONG else (ENGINES[:1], ENGINES[1:])
_MARK = "@hostile@"
_LINES = {"Content-Type": "application/x-ndjson"}


@contextmanager
def server_of(engine: str, folder: Path, *, discover: bool = False) -> Iterator[Running]:
    """The whole server on an empty ledger of an engine."""
    env = {"TOKOMETER_LEDGER": place("hostile", folder / "chdb")} if engine == "clickhouse" else {}
    (folder / "chdb").mkdir(parents=True)
    with running(folder / "data", folder / "home", env=env, discover=discover) as found:
        yield found


def with_value(made: Any, text: str) -> bytes:
    """JSON in which the mark is a value as it is written."""
    return json.dumps(made).replace(f'"{_MARK}"', text).encode()


def own_lines(kind: str) -> list[tuple[str, bytes]]:
    """(field, record) for every field of a kind and every hostile value, and one of ours after each field."""
    found = []
    for number, field in enumerate(FIELDS[kind]):
        for text in TEN.values():
            given = least(kind, number)
            given = {name: value for name, value in given.items() if name not in ("id", field.name)}
            found.append((field.name, with_value({**given, field.name: _MARK}, text)))
        found.append(("", json.dumps(least(kind, number)).encode()))
    return found


@pytest.mark.parametrize("engine", ENGINES)
def test_our_own_records(engine: str, tmp_path: Path, budget: Budget) -> None:
    """Of every kind each is kept or refused by the field that is hostile, and ours are all kept."""
    with server_of(engine, tmp_path) as server:
        for kind in FIELDS:
            lines = own_lines(kind)
            reply = server.post(f"/api/records/{kind}", b"\n".join(line for _, line in lines), _LINES)
            assert reply.status == 200, reply.text[:500]
            said = reply.json()
            assert said["accepted"] + said["duplicate"] + said["changed"] + len(said["refused"]) == len(lines)
            for refusal in said["refused"]:
                field = lines[refusal["index"]][0]
                names = next((one.aliases for one in FIELDS[kind] if one.name == field), ())
                whole = refusal["field"] == "" and ("JSON" in refusal["reason"] or "bytes long" in refusal["reason"])
                named = refusal["field"].partition(".")[0] in (field, *names)
                assert whole or named, f"{kind}.{field}: {refusal}"
        assert ask_everything(server, budget.random("hostile own"), 1.0 if budget.long else 0.02) == []


def attributed(name: str, text: str) -> bytes:
    """A span with an attribute that has a hostile value, in the member of the union that fits it most."""
    kind = "stringValue" if text.startswith('"') else "arrayValue" if text.startswith("[") else "doubleValue"
    made = as_json(span(attributes={"gen_ai.request.model": "gpt-5"}))
    listed = made["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    listed["attributes"].append({"key": name, "value": {kind: _MARK}})
    return with_value(listed, text)


@pytest.mark.parametrize("engine", _TURN[0])
def test_attributes_of_spans(engine: str, tmp_path: Path, budget: Budget) -> None:
    """Of every attribute that we read, as a number and as text: each span is kept or refused, and ours are all kept."""
    chance = budget.random("hostile otlp")
    values = [*TEN.values(), *(json.dumps(text) for text in list(TEN.values())[:5])]
    names = chance.sample(list(ATTRIBUTES), budget.of(40, len(ATTRIBUTES)))
    spans = [attributed(name, text) for name in names for text in values]
    with server_of(engine, tmp_path) as server:
        ours = 0
        for at in range(0, len(spans), SPANS):
            mine = as_json(span(attributes={"gen_ai.request.model": "ours", "gen_ai.usage.input_tokens": 7}))
            one = json.dumps(mine["resourceSpans"][0]["scopeSpans"][0]["spans"][0]).encode()
            listed = b",".join([*spans[at : at + SPANS], one])
            reply = server.post("/v1/traces", b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + listed + b"]}]}]}")
            assert reply.status == 200, reply.text[:500]
            ours += 1
        question = {"measures": ["calls.input_tokens"], "where": ["calls.model = ours"], "since": "30d"}
        assert server.post("/api/query", question).json()["rows"][0]["input_tokens"] == 7 * ours
        assert ask_everything(server, chance, 1.0 if budget.long else 0.02) == []


def claude_samples() -> list[dict[str, Any]]:
    """Lines of Claude Code with every field that is read."""
    more = {
        "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 8},
        "server_tool_use": {"web_search_requests": 1},
        "service_tier": "standard",
        "inference_geo": "us",
        "speed": "fast",
        "output_tokens_details": {"thinking_tokens": 2},
        "iterations": [{"type": "message", "input_tokens": 1, "output_tokens": 2}],
    }
    content = [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}]
    failed = {"status": 529, "headers": {"request-id": "r1"}, "error": {"type": "overloaded_error", "message": "m"}}
    return [
        answer("msg_0", "req_0", usage=more, message={"content": content, "stop_reason": "end_turn"}, costUSD=0.5),
        prompt([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "x", "is_error": True}]),
        {**prompt(), "toolUseResult": {"agentId": "a1", "totalTokens": 5, "totalDurationMs": 7, "status": "completed"}},
        {
            "type": "system",
            "subtype": "api_error",
            "timestamp": "2026-09-01T10:00:00Z",
            "retryAttempt": 2,
            "error": failed,
        },
    ]


def codex_samples() -> list[dict[str, Any]]:
    """Lines of Codex with every field that is read."""
    limits = {"limit_id": "codex", "primary": {"used_percent": 1.0, "window_minutes": 300, "resets_at": 1}}
    return [
        meta(source={"subagent": {"thread_spawn": {"parent_thread_id": "p", "agent_role": "r"}}}),
        {
            "timestamp": "2026-03-02T09:00:01Z",
            "type": "turn_context",
            "payload": {"turn_id": "t", "cwd": "/w/shop", "model": "gpt-5", "service_tier": "fast"},
        },
        count(usage(10, 1), usage(10, 1), 2, limits),
        usage_record("resp_0", usage(10, 1), 3),
        event("error", 3, message="m", codex_error_info={"http_connection_failed": {"http_status_code": 500}}),
        item("function_call", 4, call_id="call_0123456789ab", name="shell", namespace="mcp__x"),
        event("exec_command_end", 5, call_id="call_0123456789ab", exit_code=1, duration={"secs": 1, "nanos": 1}),
        event("mcp_tool_call_end", 5, call_id="call_1123456789ab", invocation={"server": "s"}, result={"Ok": {}}),
    ]


def spoiled_lines(samples: list[dict[str, Any]]) -> list[bytes]:
    """Every place of every line with every hostile value."""
    found = []
    for sample in samples:
        for at in range(len(places(sample))):
            made = json.loads(json.dumps(sample))
            holder, key = places(made)[at]
            holder[key] = _MARK
            found.extend(with_value(made, text) for text in TEN.values())
    return found


@pytest.mark.parametrize("engine", _TURN[1])
def test_lines_of_transcripts(engine: str, tmp_path: Path, budget: Budget) -> None:
    """Of every field of a transcript's and a rollout's lines: reading goes on, and ours are all counted."""
    claude, codex = tmp_path / "home/.claude/projects/-w", tmp_path / "home/.codex/sessions/2026/03/02"
    for folder in (claude, codex):
        folder.mkdir(parents=True)
    every, ours = 25, 0
    for number, line in enumerate(spoiled_lines(claude_samples())):
        with (claude / f"s{number % 3}.jsonl").open("ab") as file:
            file.write(line + b"\n")
            if number % every == 0:
                mine = answer(
                    f"msg_own{number}", f"req_own{number}", usage={"output_tokens": 7}, message={"model": "ours"}
                )
                file.write(json.dumps(mine).encode() + b"\n")
                ours += 1
    for number, line in enumerate(spoiled_lines(codex_samples())):
        thread = f"019caf00-0000-7000-8000-{number % 3:012d}"
        with (codex / f"rollout-2026-03-02T09-00-00-{thread}.jsonl").open("ab") as file:
            file.write(line + b"\n")
            if number % every == 0:
                file.write(json.dumps(usage_record(f"resp_own{number}", usage(7, 7), 9)).encode() + b"\n")
    with server_of(engine, tmp_path, discover=True) as server:
        token = json.loads((server.data / "server.json").read_text())["token"]
        assert server.post("/api/control/import", {}, {"Authorization": f"Bearer {token}"}).status == 200
        question = {"measures": ["calls.output_tokens"], "where": ["calls.model = ours"], "since": "2026-01-01"}
        assert server.post("/api/query", question).json()["rows"][0]["output_tokens"] == 7 * ours
        refused = server.get("/api/refused?limit=1000").json()["refused"]
        assert [refusal for refusal in refused if "mistake" in refusal["reason"]] == []
        assert ask_everything(server, budget.random("hostile files"), 1.0 if budget.long else 0.02) == []
