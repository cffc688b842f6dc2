"""What real files, real telemetry and real gateways tell of one call is one call: the ids that they write do meet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from generators import codex_lines, otlp_logs, otlp_spans
from generators.claude_json import answer as claude_answer
from generators.claude_json import prompt as claude_prompt
from generators.left import database, lines
from generators.sources import gemini_cli, open_webui, openclaw, qwen_code
from generators.sources.litellm import payload
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.records import ModelCall, Record, now_us
from tokometer.records.values import moment
from tokometer.records.ways import WAY_OF_SOURCE
from tokometer.sources.claude_code import FOUND as CLAUDE_CODE
from tokometer.sources.codex import FOUND as CODEX
from tokometer.sources.gemini_cli.found import FOUND as GEMINI_CLI
from tokometer.sources.litellm.payload import records_of
from tokometer.sources.noticed import Noticed
from tokometer.sources.openclaw.found import FOUND as OPENCLAW
from tokometer.sources.otlp import decode_logs, decode_traces
from tokometer.sources.protocol import Sent
from tokometer.sources.proxy.told import PUSH as PROXY
from tokometer.sources.registry import FILE_SOURCES

MESSAGE, REQUEST = "msg_01XFDUDYJgAACzvnptvVoYEL", "req_011CSHoEeqs5C35K2UUqR7Fy"
USE = "toolu_01A09q90qw90lq917835lq9"
AT = "2026-03-02T09:00:05.000Z"
NS = moment(AT) * 1000
Told = list[list[Record]]


@pytest.fixture
def new_ledger(tmp_path: Path) -> Iterator[Callable[[], Ledger]]:
    """Makes ledgers."""
    made: list[Ledger] = []

    def make() -> Ledger:
        made.append(DuckDBLedger(tmp_path / f"{len(made)}.duckdb"))
        return made[-1]

    yield make
    for ledger in made:
        ledger.close()


def kept(new_ledger: Callable[[], Ledger], told: Told, columns: str, table: str = "calls") -> list[tuple[Any, ...]]:
    """What a ledger keeps of what came by several ways: the same, whichever came first."""
    answers = []
    for order in permutations(told):
        ledger = new_ledger()
        for records in order:
            ledger.commit(Batch(list(records)))
        answers.append(ledger.fetch(Statement(f"SELECT {columns} FROM {table} ORDER BY started_at")))
        assert ledger.audit() == []
        if len(answers) == 6:
            break
    assert all(found == answers[0] for found in answers), answers
    return answers[0]


def claude_code(tmp_path: Path, machine: str = "ada") -> list[Record]:
    """A transcript of one answer that uses a tool."""
    usage = {"input_tokens": 12, "output_tokens": 850, "cache_read_input_tokens": 41_200}
    usage |= {"cache_creation_input_tokens": 950}
    content = [{"type": "tool_use", "id": USE, "name": "Bash", "input": {}}]
    outcome = [{"type": "tool_result", "tool_use_id": USE, "content": "done"}]
    path = tmp_path / machine / ".claude/projects/-home-ada-app/s.jsonl"
    lines(
        str(path.relative_to(tmp_path)),
        claude_prompt(timestamp="2026-03-02T08:59:58.000Z"),
        claude_answer(MESSAGE, REQUEST, usage=usage, message={"content": content}, timestamp=AT),
        claude_prompt(outcome, uuid="t1", timestamp="2026-03-02T09:00:07.000Z"),
    )(tmp_path)
    return CLAUDE_CODE.read(path, b"").records


def claude_events(**changes: Any) -> list[Record]:
    """What Claude Code's telemetry says of the same."""
    said = {"session.id": "s1", "request_id": REQUEST, "at": NS, **changes}
    return decode_logs(
        otlp_logs.protobuf(
            otlp_logs.api_request(1, **said),
            otlp_logs.claude(
                "tool_result", 2, at=NS + 10**9, tool_name="Bash", tool_use_id=USE, success="true", duration_ms="57"
            ),
            scope=otlp_logs.CLAUDE_SCOPE,
        ),
        "protobuf",
    ).records


def span(**attributes: Any) -> list[Record]:
    """A span of a call."""
    return decode_traces(
        otlp_spans.protobuf(
            {
                "traceId": "5b8aa5a2d2c872e8321cf37308d69df2",
                "spanId": "051581bf3cb55c13",
                "name": "chat",
                "startTimeUnixNano": NS - 6_100_000_000,
                "endTimeUnixNano": NS,
                "attributes": {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.request.model": "claude-opus-4-5",
                    **{name.replace("__", "."): value for name, value in attributes.items()},
                },
            }
        ),
        "protobuf",
    ).records


def gateway(id_: str, prompt: int, output: int, **more: Any) -> list[Record]:
    """What LiteLLM calls back."""
    minute = (NS // 10**9 - 6 - 1_772_442_000) / 60
    return list(records_of(payload(id_, minute, prompt, output, 0.05, **more), Noticed("litellm", "POST"), 0))


@pytest.mark.parametrize("older", [False, True])
def test_claude_code_by_transcript_and_telemetry(new_ledger: Callable[[], Ledger], tmp_path: Path, older: bool) -> None:
    """By the request's id, or before there was one by session, tokens and time: tokens of one, latency of the other."""
    told = [claude_code(tmp_path), claude_events(request_id="" if older else REQUEST)]
    columns = "source, request_id, cache_write_5m_tokens, output_tokens, latency_us, latency_estimated"
    assert kept(new_ledger, told, columns) == [("claude_code", REQUEST, 950, 850, 6_150_000, False)]
    assert kept(new_ledger, told, "source, duration_us", "tools") == [("claude_code", 57_000)]


def test_claude_code_by_all_ways(new_ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    """Transcript, telemetry, an SDK's span and the gateway's callback are one call, with what each knows."""
    told = [
        claude_code(tmp_path),
        claude_events(),
        span(gen_ai__response__id=MESSAGE, gen_ai__usage__input_tokens=42_162, gen_ai__usage__output_tokens=850),
        gateway(MESSAGE, 42_162, 850, custom_llm_provider="anthropic", model="claude-opus-4-5"),
    ]
    columns = "source, cache_read_tokens, output_tokens, latency_us, CAST(cost_usd AS DOUBLE), team"
    assert kept(new_ledger, told, columns) == [("claude_code", 41_200, 850, 6_100_000, 0.05, "search")]


def test_codex_by_rollout_and_telemetry(new_ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    """Nothing names the answers: two that are equal to the token are paired in the order of time."""
    path = tmp_path / ".codex/sessions/2026/03/02" / codex_lines.NAME
    once, twice = codex_lines.usage(8200, 410, 7000), codex_lines.usage(16_400, 820, 14_000)
    rows = [codex_lines.count(once, once, 20), codex_lines.count(twice, once, 50)]
    lines(str(path.relative_to(tmp_path)), codex_lines.meta(), *rows)(tmp_path)
    counts = {"input_token_count": "8200", "output_token_count": "410", "cached_token_count": 7000}
    counts |= {"conversation.id": codex_lines.THREAD, "event.kind": "response.completed"}
    events = [
        otlp_logs.codex("sse_event", at=f"2026-03-02T09:00:{second}.200Z", user__account_id=f"acc-{second}", **counts)
        for second in (20, 50)
    ]
    told = [CODEX.read(path, b"").records, decode_logs(otlp_logs.protobuf(*events), "protobuf").records]
    found = kept(new_ledger, told, 'source, session_id, input_tokens, output_tokens, "user"')
    assert found == [("codex", codex_lines.THREAD, 1200, 410, "dev@example.com")] * 2


def test_codex_by_its_spans_too(new_ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    """They name neither thread nor model: tokens and time are enough, within the program."""
    path = tmp_path / ".codex/sessions/2026/03/02" / codex_lines.NAME
    once = codex_lines.usage(8200, 410, 7000)
    lines(str(path.relative_to(tmp_path)), codex_lines.meta(), codex_lines.count(once, once, 20))(tmp_path)
    rollout = CODEX.read(path, b"").records
    counts = {"input_token_count": "8200", "output_token_count": "410", "cached_token_count": 7000}
    counts |= {"conversation.id": codex_lines.THREAD, "event.kind": "response.completed"}
    event = otlp_logs.codex("sse_event", at="2026-03-02T09:00:20.200Z", **counts)
    events = decode_logs(otlp_logs.protobuf(event), "protobuf").records
    at = moment("2026-03-02T09:00:20.100Z") * 1000
    piece = {"traceId": "7c8aa5a2d2c872e8321cf37308d69df2", "spanId": "051581bf3cb55c13", "parentSpanId": "01" * 8}
    piece |= {"name": "completed", "startTimeUnixNano": at, "endTimeUnixNano": at + 10**7}
    used = {"gen_ai.usage.input_tokens": 8200, "gen_ai.usage.cache_read.input_tokens": 7000}
    used |= {"gen_ai.usage.output_tokens": 410, "codex.usage.total_tokens": 8610}
    others = {**piece, "spanId": "02" * 8, "attributes": {"codex.request.reasoning_effort": "high"}}
    body = otlp_spans.protobuf({**piece, "attributes": used}, others, resource={"service.name": "codex_cli_rs"})
    spans = decode_traces(body, "protobuf").records
    columns = "source, session_id, model, input_tokens, cache_read_tokens, output_tokens, latency_us"
    told = (1200, 7000, 410, None)
    model = "gpt-5.1-codex"
    assert kept(new_ledger, [spans], columns) == [("otlp", "", "", *told)]
    assert kept(new_ledger, [spans, events], columns) == [("otlp", codex_lines.THREAD, model, *told)]
    assert kept(new_ledger, [spans, events, rollout], columns) == [("codex", codex_lines.THREAD, model, *told)]


def test_gemini_cli_by_chat_and_telemetry(new_ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    """By session, tokens and time."""
    chat = lines(gemini_cli.CHAT, gemini_cli.meta(), gemini_cli.question(1, 1), gemini_cli.FIRST)
    chat(tmp_path)
    said = {"model": gemini_cli.MODEL, "duration_ms": 5200, "input_token_count": 9000, "output_token_count": 120}
    said |= {"cached_content_token_count": 0, "thoughts_token_count": 300, "tool_token_count": 0}
    said |= {"total_token_count": 9420, "session.id": gemini_cli.SESSION, "event.timestamp": gemini_cli.at(1, 8)}
    event = otlp_logs.gemini("api_response", **said)
    event["timeUnixNano"] = moment(gemini_cli.at(1, 8)) * 1000
    events = decode_logs(otlp_logs.protobuf(event, scope="gemini-cli"), "protobuf").records
    told = [GEMINI_CLI.read(tmp_path / gemini_cli.CHAT, b"").records, events]
    columns = "source, input_tokens, output_tokens, reasoning_tokens, latency_us, latency_estimated"
    assert kept(new_ledger, told, columns) == [("gemini_cli", 9000, 420, 300, 5_200_000, False)]


def test_qwen_code_by_chat_and_telemetry(new_ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    """Thoughts inside the answer, as its total proves, by both; the event has the answer's id and its time."""
    answer = qwen_code.answer(2, 3, qwen_code.usage(9_000, 0, 420, 300))
    lines(qwen_code.CHAT, qwen_code.question(1, 1), answer)(tmp_path)
    said = {"model": qwen_code.MODEL, "duration_ms": 5200, "input_token_count": 9000, "output_token_count": 420}
    said |= {"cached_content_token_count": 0, "thoughts_token_count": 300, "total_token_count": 9420}
    said |= {"session.id": qwen_code.SESSION, "response_id": "chatcmpl-9J3uRz8f0QpVh1XcY2bTk7"}
    event = otlp_logs.log("API response", {"event.name": "qwen-code.api_response", **said})
    event["timeUnixNano"] = moment(gemini_cli.at(3)) * 1000
    events = decode_logs(otlp_logs.protobuf(event, scope="qwen-code"), "protobuf").records
    told = [FILE_SOURCES["qwen_code"].read(tmp_path / qwen_code.CHAT, b"").records, events]
    columns = "source, agent, input_tokens, output_tokens, reasoning_tokens, latency_us, request_id"
    name = "chatcmpl-9J3uRz8f0QpVh1XcY2bTk7"
    assert kept(new_ledger, told, columns) == [("qwen_code", "qwen_code", 9000, 420, 300, 5_200_000, name)]
    assert [getattr(one, "agent", "") for one in events] == ["qwen_code"]


def test_openclaw_by_transcript_and_spans(new_ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    """Its spans name neither session nor answer: tokens and time are enough, within the program."""
    at, used = NS // 1_000_000 - 2_000, openclaw.Used(700, 90, 12_000, 800)
    chat = [openclaw.header(openclaw.MAIN, at - 9_000), openclaw.said("a", at - 100), openclaw.answer("b", at, used)]
    path = openclaw.in_sessions(f"{openclaw.MAIN}.jsonl")
    lines(path, *chat)(tmp_path)
    run = otlp_spans.protobuf(
        _openclaw_span("run", "01", "", 3_000),
        _openclaw_span("model.call", "02", "01", 2_100, **_openclaw_tokens(used)),
        _openclaw_span("model.usage", "03", "01", 3_000, **_openclaw_tokens(used)),
    )
    told = [OPENCLAW.read(tmp_path / path, b"").records, decode_traces(run, "protobuf").records]
    columns = "source, session_id, input_tokens, cache_read_tokens, output_tokens, latency_us"
    assert kept(new_ledger, told, columns) == [("openclaw", openclaw.MAIN, 700, 12_000, 90, 2_100_000)]


def _openclaw_span(name: str, id_: str, parent: str, took: int, **attributes: Any) -> dict[str, Any]:
    """A span of OpenClaw's that ends when the answer does."""
    return {
        "traceId": "7c8aa5a2d2c872e8321cf37308d69df2",
        "spanId": f"{id_:0>16}",
        "parentSpanId": f"{parent:0>16}" if parent else "",
        "name": f"openclaw.{name}",
        "startTimeUnixNano": NS - took * 1_000_000,
        "endTimeUnixNano": NS,
        "attributes": {"openclaw.provider": "anthropic", "openclaw.model": "claude-sonnet-4-5", **attributes},
    }


def _openclaw_tokens(used: openclaw.Used) -> dict[str, Any]:
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "claude-sonnet-4-5"}
    tokens = {"input": used.input, "output": used.output, "cache_read": used.read, "cache_write": used.write}
    return said | {f"openclaw.tokens.{name}": count for name, count in tokens.items()}


def test_claude_code_by_telemetry_and_gateway(new_ledger: Callable[[], Ledger]) -> None:
    """One names the request, the other the answer; the session stands in what the gateway takes for a user."""
    session = "5f0c1b1e-7a11-4f0e-9d55-0a6f3f1f7c11"
    user = f"user_{'5d' * 32}_account__session_{session}"
    model = {"custom_llm_provider": "anthropic", "model": "claude-opus-4-5"}
    told = [claude_events(session__id=session), gateway(MESSAGE, 42_162, 850, end_user=user, **model)]
    columns = 'session_id, cache_read_tokens, output_tokens, team, "user"'
    assert kept(new_ledger, told, columns) == [(session, 41_200, 850, "search", "ada")]


def test_a_table_and_a_transcript(new_ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    """A gateway's log that was imported as a table names the answers of programs that keep transcripts."""
    at, tokens = NS // 1000 - 6_100_000, {"input_tokens": 42_162, "output_tokens": 850}
    row = ModelCall(source="table", native_id="spend:7", started_at=at, response_id=MESSAGE, team="search", **tokens)
    found = kept(new_ledger, [claude_code(tmp_path), [row]], "source, cache_read_tokens, output_tokens, team")
    assert found == [("claude_code", 41_200, 850, "search")]


def proxied(**said: Any) -> list[Record]:
    """What our proxy tells of a call of five seconds."""
    item = {"http_status": 200, "ending": "whole", "operation": "chat", "latency_ns": 5 * 10**9, **said}
    return PROXY.read(json.dumps(item).encode(), Sent("application/x-ndjson", {}, now_us())).records


def test_codex_by_rollout_and_proxy(new_ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    """A rollout that names no answer is met by the thread that the request's headers name."""
    path = tmp_path / ".codex/sessions/2026/03/02" / codex_lines.NAME
    once = codex_lines.usage(8200, 410, 7000)
    lines(str(path.relative_to(tmp_path)), codex_lines.meta(), codex_lines.count(once, once, 20))(tmp_path)
    used = {"input_tokens": 8200, "input_tokens_details": {"cached_tokens": 7000}, "output_tokens": 410}
    answer = {"id": "resp_68f0c1b2a4d8", "object": "response", "model": "gpt-5.1-codex", "usage": used}
    at = moment("2026-03-02T09:00:15.000Z")
    by_proxy = proxied(id="p-1", form="openai", started_at=at, session_id=codex_lines.THREAD, answer=answer)
    told = [CODEX.read(path, b"").records, by_proxy]
    columns = "source, input_tokens, cache_read_tokens, output_tokens, latency_us, response_id"
    assert kept(new_ledger, told, columns) == [("codex", 1200, 7000, 410, 5_000_000, "resp_68f0c1b2a4d8")]


def test_open_webui_and_a_proxy_before_ollama(new_ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    """Ollama names no answer; how long it took, to the nanosecond, does."""
    chat = open_webui.chat("chat-1", open_webui.BEGAN, open_webui.message(1, "llama3.2:latest", open_webui.OLLAMA))
    database(open_webui.FILE, open_webui.SCHEMA, {**open_webui.ABOVE, "chat": [chat]})(tmp_path)
    took = {name: open_webui.OLLAMA[name] for name in ("total_duration", "prompt_eval_duration", "eval_duration")}
    answer = {"model": "llama3.2:latest", "done_reason": "stop", "prompt_eval_count": 210, "eval_count": 55, **took}
    at = (open_webui.BEGAN + 58) * 1_000_000
    by_proxy = proxied(id="p-2", form="ollama", started_at=at, answer=answer, provider="ollama", ttft_ns=10**8)
    # The same question again, which took another time.
    again = proxied(id="p-3", form="ollama", started_at=at, answer={**answer, "total_duration": 2_500_000_111})
    told = [FILE_SOURCES["open_webui"].read(tmp_path / open_webui.FILE, b"").records, by_proxy, again]
    found = kept(new_ledger, told, 'source, input_tokens, output_tokens, "user"')
    assert sorted(found) == [("open_webui", 210, 55, "ada@example.org"), ("proxy", 210, 55, "")]


@pytest.mark.parametrize("name", ["chatcmpl-9J3uRz8f0QpVh1XcY2bTk7", "gen-1772442000-9J3uRz8f0QpVh1XcY2bT"])
def test_a_gateway_and_its_client(new_ledger: Callable[[], Ledger], name: str) -> None:
    """LiteLLM's or OpenRouter's id of an answer is what an SDK's span says."""
    told = [
        span(gen_ai__response__id=name, gen_ai__usage__input_tokens=900, gen_ai__usage__output_tokens=30),
        gateway(name, 900, 30),
    ]
    assert kept(new_ledger, told, "source, CAST(cost_usd AS DOUBLE), team") == [("otlp", 0.05, "search")]


def test_one_transcript_of_two_machines(
    new_ledger: Callable[[], Ledger], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home folders that are kept in step give every call once, of the machine that is told first of one origin."""
    told: Told = []
    for machine in ("desk", "lap"):
        records = claude_code(tmp_path, machine)
        for record in records:
            record.machine = machine
        told.append(records)
    ledger = new_ledger()
    for records in (*told, *told):
        ledger.commit(Batch(list(records)))
    assert ledger.fetch(Statement("SELECT count(*), min(machine) FROM calls")) == [(1, "desk")]
    assert ledger.fetch(Statement("SELECT count(*) FROM tools")) == [(1,)]
    assert json.dumps(ledger.fetch(Statement("SELECT also_told FROM calls"))) == '[[""]]'


def test_every_source_of_files_says_by_which_way_it_tells() -> None:
    """A program's files are transcripts, exports of gateways are the gateways'; what is shipped has its own word."""
    assert [name for name in FILE_SOURCES if name not in WAY_OF_SOURCE] == ["shipment"]
