"""OpenClaw's transcripts: what is a call, what is none, and what is the same one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generators.sources.openclaw import (
    CHILD,
    FIRST,
    FORK,
    FORK_ENTRIES,
    MAIN,
    MAIN_ENTRIES,
    MIRROR,
    RETRIED,
    SESSIONS,
    START,
    Used,
    answer,
    header,
    in_sessions,
    lines,
    result,
    said,
    write,
)
from tokometer.records import AgentRun, ModelCall, Record, ToolCall
from tokometer.sources.openclaw.found import FOUND
from tokometer.sources.protocol import Reading

MS = 1_000
Read = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write entries as a transcript and read it from its start."""

    def go(*entries: dict[str, Any], name: str = f"{MAIN}.jsonl") -> Reading:
        path = tmp_path / in_sessions(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(lines(entries), encoding="utf-8")
        return FOUND.read(path, b"")

    return go


def of(kind: type[Record], reading: Reading) -> list[Any]:
    """The records of a kind."""
    return [record for record in reading.records if isinstance(record, kind)]


def notices(reading: Reading) -> set[tuple[str, str]]:
    """What was not understood."""
    return {(notice.topic, notice.name) for notice in reading.notices}


def test_an_answer_is_a_call_with_all_that_its_entry_says(read: Read) -> None:
    """Buckets, cost, outcome, times and whose it is come from the entry, the header and the path."""
    first, second = of(ModelCall, read(*MAIN_ENTRIES))
    assert (first.input_tokens, first.output_tokens, first.cache_write_unknown_tokens) == (1_200, 90, 5_000)
    assert (first.cache_read_tokens, first.cost_reported, first.stop_reason) == (0, 23_700_000, "toolUse")
    assert (first.provider, first.model, first.agent) == ("anthropic", "claude-sonnet-4-5", "main")
    assert (first.session_id, first.project) == (MAIN, "/home/ada/code/app")
    assert (first.started_at, first.latency_us) == ((START + 2_000) * MS, 2_000 * MS)
    assert first.latency_estimated
    assert (first.user_messages, second.user_messages) == (1, 0)


def test_what_was_delivered_is_no_call(read: Read) -> None:
    """A mirror of a delivery and what the gateway put in have a model's name, and no model said them."""
    injected = answer("1", START, Used(), model="gateway-injected", provider="openclaw")
    assert not of(ModelCall, read(header(MAIN, START), MIRROR, injected))


def test_answers_of_other_programs_count_in_their_own_transcripts(read: Read) -> None:
    """Claude Code behind OpenClaw writes a transcript of its own, so its answer here is noticed and not counted."""
    reading = read(header(MAIN, START), answer("1", START, FIRST, provider="claude-cli"))
    assert not of(ModelCall, reading)
    assert ("event", "an answer by claude-cli, which writes its own transcripts") in notices(reading)


def test_tools_have_an_outcome_and_a_duration(read: Read) -> None:
    """A use waits for its result, also over two readings; a failed one says what went wrong."""
    tools = {tool.name: tool for tool in of(ToolCall, read(*MAIN_ENTRIES))}
    assert (tools["read"].status, tools["read"].duration_us) == ("ok", 500 * MS)
    assert (tools["exec"].status, tools["exec"].error_message) == ("error", "no such file")


def test_a_result_is_met_with_its_use_in_a_later_reading(read: Read, tmp_path: Path) -> None:
    """What is remembered between two readings is enough."""
    state = read(*MAIN_ENTRIES[:5]).state
    path = tmp_path / in_sessions(f"{MAIN}.jsonl")
    with path.open("a", encoding="utf-8") as file:
        file.write(lines(MAIN_ENTRIES[5:]))
    later = FOUND.read(path, state)
    assert {tool.name: tool.status for tool in of(ToolCall, later)} == {"read": "ok", "exec": "error"}
    assert {tool.native_id for tool in of(ToolCall, later)} == {
        tool.native_id for tool in of(ToolCall, read(*MAIN_ENTRIES))
    }


def test_a_tool_that_measured_itself_is_believed(read: Read) -> None:
    """The time that a tool states goes before the time between two entries."""
    measured = result("3", START + 9_000, "t", "exec")
    measured["message"]["details"] = {"durationMs": 1234, "exitCode": 0}
    used = answer("2", START, FIRST, stop="toolUse", tools=[("t", "exec")])
    assert of(ToolCall, read(header(MAIN, START), used, measured))[-1].duration_us == 1_234 * MS


def test_a_failed_answer_used_nobody_knows_what(read: Read) -> None:
    """Zeros of a failed answer are unknown; status, HTTP status, request and attempt are read off what went wrong."""
    failed, again = of(ModelCall, read(header(MAIN, START), *RETRIED))
    assert (failed.status, failed.http_status, failed.request_id) == ("rate_limit", 429, "req_011Ab")
    assert (failed.input_tokens, failed.output_tokens, failed.cost_reported) == (None, None, None)
    assert (failed.attempt, again.attempt, again.status) == (1, 2, "ok")


def test_two_failures_of_one_moment_are_two(read: Read) -> None:
    """Where nothing was used, the entry's id tells one failure from another."""
    one, other = (answer(id_, START, Used(), stop="error", wrong="timeout") for id_ in "ab")
    assert len({call.native_id for call in of(ModelCall, read(header(MAIN, START), one, other))}) == 2


def test_a_stopped_answer_is_cancelled(read: Read) -> None:
    """Who stopped it did it, not the provider."""
    [call] = of(ModelCall, read(header(MAIN, START), answer("1", START, Used(10, 3), stop="aborted")))
    assert (call.status, call.output_tokens) == ("cancelled", 3)


def test_a_copy_is_the_same_answer(read: Read) -> None:
    """A fork has its parent's answers under the same names, and the parent is where they were first."""
    parent = {call.native_id: call for call in of(ModelCall, read(*MAIN_ENTRIES))}
    fork = {call.native_id: call for call in of(ModelCall, read(*FORK_ENTRIES, name=f"{FORK}.jsonl"))}
    assert parent.keys() < fork.keys()
    assert all(parent[name].origin < fork[name].origin for name in parent)
    assert {call.parent_session_id for call in fork.values()} == {MAIN}
    tools = {tool.native_id for tool in of(ToolCall, read(*MAIN_ENTRIES))}
    assert tools == {tool.native_id for tool in of(ToolCall, read(*FORK_ENTRIES, name=f"{FORK}.jsonl"))}


def test_an_archived_file_is_the_same_session(read: Read) -> None:
    """Renaming a transcript changes nothing but where it lies."""
    names = (f"{MAIN}.jsonl", f"{MAIN}.jsonl.reset.2026-09-02T08-00-00.000Z", f"{MAIN}.jsonl.migrated")
    read_ones = [read(*MAIN_ENTRIES, name=name).records for name in names]
    assert read_ones[0] == read_ones[1] == read_ones[2]


def test_a_subagent_is_known_by_the_list_of_sessions(read: Read, tmp_path: Path) -> None:
    """Its key says that it is one; its label, parent, start, end and outcome stand beside it."""
    write(in_sessions("sessions.json"), SESSIONS)(tmp_path)
    entries = [header(CHILD, START + 5_000), said("1", START + 5_000), answer("2", START + 5_100, FIRST)]
    reading = read(*entries, name=f"{CHILD}.jsonl")
    [call], [run] = of(ModelCall, reading), of(AgentRun, reading)
    assert (call.subagent, call.parent_session_id, call.user_messages) == ("look it up", MAIN, 0)
    assert (run.status, run.role, run.task, run.parent_session_id) == ("ok", "subagent", "look it up", MAIN)
    assert (run.started_at, run.ended_at) == ((START + 5_000) * MS, (START + 8_000) * MS)


def test_a_session_is_one_run_however_it_is_told(read: Read, tmp_path: Path) -> None:
    """The list and the transcript name it alike; what OpenClaw states of its end goes before what is read off."""
    write(in_sessions("sessions.json"), SESSIONS)(tmp_path)
    listed = {run.session_id: run for run in of(AgentRun, FOUND.read(tmp_path / in_sessions("sessions.json"), b""))}
    [told] = of(AgentRun, read(*MAIN_ENTRIES))
    assert told.native_id == listed[MAIN].native_id
    assert told.revision > listed[MAIN].revision
    assert (told.labels or {})["channel"] == "telegram"


def test_what_is_new_is_noticed(read: Read) -> None:
    """A type of entry, a role and a key of usage that no rule reads are counted by their names."""
    odd = answer("1", START, FIRST)
    odd["message"]["usage"]["batch"] = 3
    strange = {"type": "message", "timestamp": START, "message": {"role": "oracle"}}
    reading = read(header(MAIN, START), odd, strange, {"type": "telepathy"})
    assert {("usage", "usage.batch"), ("line", "message of role oracle"), ("line", "telepathy")} <= notices(reading)


def test_nonsense_is_refused_with_its_field(read: Read) -> None:
    """A negative count refuses its entry and no other."""
    wrong = answer("1", START, FIRST)
    wrong["message"]["usage"]["input"] = -5
    reading = read(header(MAIN, START), wrong, answer("2", START + 1, FIRST))
    assert [(refusal.field, refusal.reason) for refusal in reading.refusals] == [("message.usage.input", "is negative")]
    assert len(of(ModelCall, reading)) == 1


def test_only_what_is_certainly_openclaws_is_claimed(tmp_path: Path) -> None:
    """Locks, half-written files and workspaces are nobody's usage; a transcript elsewhere is left to others."""
    for name in (
        in_sessions(f"{MAIN}.jsonl"),
        in_sessions(f"{MAIN}.jsonl.lock"),
        in_sessions(f"{MAIN}.trajectory.jsonl"),
        in_sessions("sessions.json.1234.tmp"),
        ".openclaw/workspace/notes.jsonl",
        "elsewhere/notes.jsonl",
    ):
        write(name, {})(tmp_path)
    found = {path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)}
    assert found == {tmp_path / in_sessions(f"{MAIN}.jsonl")}
    assert not list(FOUND.files(tmp_path / "elsewhere"))


@pytest.mark.parametrize(
    ("env", "base"),
    [
        ({}, ".openclaw"),
        ({}, ".clawdbot"),
        ({}, ".openclaw-work"),
        ({"OPENCLAW_STATE_DIR": "~/claw"}, "claw"),
        ({"OPENCLAW_HOME": "~/srv"}, "srv/.openclaw"),
    ],
)
def test_it_is_found_where_it_says_that_it_is(tmp_path: Path, env: dict[str, str], base: str) -> None:
    """Former names, profiles and the variables that move it are all looked at."""
    write(in_sessions(f"{MAIN}.jsonl", base), {})(tmp_path)
    found = [path for root in FOUND.roots(tmp_path, env) for path in FOUND.files(root)]
    assert found == [tmp_path / in_sessions(f"{MAIN}.jsonl", base)]


def test_reasoning_beyond_the_output_costs_no_answer(read: Read) -> None:
    """The wholes are what is billed: a part that cannot be is cut to them, and noticed."""
    entry = answer("b", START, Used(10, 20))
    entry["message"]["usage"]["reasoning"] = 50
    reading = read(header(MAIN, START), entry)
    [call] = of(ModelCall, reading)
    assert (call.input_tokens, call.output_tokens, call.reasoning_tokens) == (10, 20, 20)
    assert not reading.refusals
    assert ("usage", "usage.reasoning of more than the output") in notices(reading)
