"""Which lines make one call, and which of them is right about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generators.claude_json import Line, Read, answer, calls_of, prompt, tools_of
from tokometer.records import AgentRun, ModelCall
from tokometer.records.texts import mend


def test_every_bucket_has_its_tokens(read: Read) -> None:
    """Input holds no cache; an hour's cache writes stand apart; thinking is a part of the output."""
    usage = {
        "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 10},
        "output_tokens_details": {"thinking_tokens": 2},
        "service_tier": "priority",
    }
    (call,) = calls_of(read(answer(usage=usage, message={"stop_reason": "end_turn"})))
    assert (call.input_tokens, call.cache_read_tokens) == (3, 7)
    assert (call.cache_write_5m_tokens, call.cache_write_1h_tokens) == (1, 10)
    assert (call.output_tokens, call.reasoning_tokens) == (5, 2)
    assert (call.native_id, call.request_id) == ("msg_1|req_1", "req_1")
    assert (call.provider, call.model, call.service_tier) == ("anthropic", "claude-sonnet-4-5-20250929", "priority")
    assert (call.session_id, call.project, call.git_branch) == ("s1", "/home/ada/code/app", "main")
    assert (call.agent, call.subagent, call.stop_reason, call.status) == ("claude-code", "", "end_turn", "ok")
    assert call.started_at == 1_788_256_805_000_000


def test_cache_writes_without_a_split_last_five_minutes(read: Read) -> None:
    """Early versions did not say for how long; five minutes is the default."""
    (call,) = calls_of(read(answer()))
    assert (call.cache_write_5m_tokens, call.cache_write_1h_tokens) == (11, 0)


def test_lines_of_one_answer_are_one_call(read: Read) -> None:
    """Every line of an answer repeats its usage."""
    (call,) = calls_of(read(answer(), answer(uuid="u2"), answer(uuid="u3")))
    assert call.output_tokens == 5


@pytest.mark.parametrize("order", [(30, 285, 8), (285, 30, 8), (8, 30, 285)])
def test_the_line_with_most_tokens_is_right(read: Read, order: tuple[int, ...]) -> None:
    """Early lines state a part of the output, wherever copies put them."""
    (call,) = calls_of(read(*(answer(usage={"output_tokens": count}) for count in order)))
    assert call.output_tokens == 285


def test_on_a_tie_the_line_with_speed_is_right(read: Read) -> None:
    """Of two lines with equal tokens the one that says more is taken."""
    lines = (answer(usage={"speed": "fast"}), answer(uuid="u2"))
    for ordered in (lines, lines[::-1]):
        (call,) = calls_of(read(*ordered))
        assert call.service_tier == "fast"


def test_a_call_keeps_its_first_time(read: Read) -> None:
    """An answer began when its first line was written."""
    (call,) = calls_of(read(answer(timestamp="2026-09-01T10:00:09Z", usage={"output_tokens": 99}), answer(uuid="u2")))
    assert call.started_at == 1_788_256_805_000_000


def test_another_request_is_another_call(read: Read) -> None:
    """The same message under two request ids of the session itself was billed twice."""
    assert len(calls_of(read(answer(), answer(request_id="req_2")))) == 2


def test_a_backend_without_request_ids_is_counted_by_message(read: Read) -> None:
    """Backends that are not Anthropic's leave the request out, and are named for what they are."""
    message_id = "msg_20261120131415b6c1d0e9a7f24c3e"
    lines = [
        answer(message_id, None, message={"model": "glm-4.6"}),
        answer(message_id, None, message={"model": "glm-4.6"}),
    ]
    (call,) = calls_of(read(*lines))
    assert (call.native_id, call.provider) == (f"{message_id}|", "zai")


def test_a_line_without_a_message_id_stands_for_itself(read: Read) -> None:
    """Without an id there is nothing to fold by; a copy has the same uuid."""
    lines = [answer(None, uuid="a"), answer(None, uuid="b"), answer(None, uuid="a")]
    assert [call.native_id for call in calls_of(read(*lines))] == ["uuid|a", "uuid|b"]
    nameless = [answer(None, None, uuid=None), answer(None, None, uuid=None), answer(None, None, uuid=None, cwd="/x")]
    assert len(calls_of(read(*nameless))) == 2


def test_a_fork_counts_old_answers_once_and_for_the_old_session(read: Read) -> None:
    """A session that goes on in a new file begins with copies of its old lines."""
    old = read(answer(), name="s1.jsonl")
    new = read(answer(), answer("msg_2", "req_2", sessionId="s2"), name="s2.jsonl")
    for readings in ((old, new), (new, old)):
        found = {call.request_id: call.session_id for call in calls_of(*readings)}
        assert found == {"req_1": "s1", "req_2": "s2"}


def test_a_copy_that_says_so_is_never_the_origin(read: Read) -> None:
    """Newer versions rewrite the session of a copied line and name the one that it came from."""
    old = read(answer(), name="s1.jsonl")
    new = read(answer(sessionId="s2", forkedFrom={"sessionId": "s1", "messageUuid": "u1"}), name="s2.jsonl")
    for readings in ((old, new), (new, old)):
        assert [call.session_id for call in calls_of(*readings)] == ["s1"]


def test_the_file_that_begins_earlier_is_the_origin(read: Read) -> None:
    """Where nothing says which one is the copy, the file with the earlier first line wins, in any order of reading."""
    old = read(prompt(timestamp="2026-09-01T09:00:00Z"), answer(), name="s1.jsonl")
    new = read(answer(sessionId="s2"), name="s2.jsonl")
    for readings in ((old, new), (new, old)):
        assert [call.session_id for call in calls_of(*readings)] == ["s1"]


def test_a_sidechain_that_replays_its_parent_counts_nothing(read: Read) -> None:
    """A replay can carry a new request id: against a sidechain only the message's id counts."""
    main = read(answer())
    side = read(answer(request_id="req_9", isSidechain=True), name="agent-1.jsonl")
    for readings in ((main, side), (side, main)):
        assert [call.native_id for call in calls_of(*readings)] == ["msg_1|req_1"]


def test_a_subagents_own_calls_count_once(read: Read) -> None:
    """Two sidechains with one message are one call, and it is kept while no session has it."""
    one = read(answer(request_id="req_8", isSidechain=True), name="agent-1.jsonl")
    two = read(answer(request_id="req_9", isSidechain=True), name="agent-2.jsonl")
    (call,) = calls_of(one, two)
    assert (call.subagent, call.shadow) == ("subagent", True)


def test_a_subagents_folder_names_its_session_and_type(read: Read, tmp_path: Path) -> None:
    """The session is the folder's name; the type stands in the file beside the transcript."""
    name = "s7/subagents/agent-1.jsonl"
    meta = tmp_path / "ada/.claude/projects/-home-ada-code-app/s7/subagents/agent-1.meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text('{"agentType":"Explore"}')
    (call,) = calls_of(read(answer(isSidechain=True, sessionId="s7"), name=name))
    assert (call.session_id, call.subagent) == ("s7", "Explore")
    meta.write_text("{")
    (call,) = calls_of(read(answer(isSidechain=True), name=name))
    assert (call.session_id, call.subagent) == ("s7", "subagent")


def test_prompts_are_counted_with_the_call_that_answers_them(read: Read) -> None:
    """Results of tools, notes, output of commands and interruptions are not written by people."""
    lines = [
        prompt("first"),
        prompt("a note", isMeta=True),
        prompt("what happened so far", isCompactSummary=True),
        prompt([{"type": "tool_result", "tool_use_id": "t", "content": "x"}]),
        prompt("<bash-stdout>x</bash-stdout>"),
        prompt("<command-name>/model</command-name>"),
        prompt("<local-command-stdout>ok</local-command-stdout>"),
        prompt("[Request interrupted by user]"),
        prompt([{"type": "text", "text": "second"}]),
        answer(),
        answer("msg_2", "req_2"),
        prompt("<command-name>/review</command-name>"),
        answer("msg_3", "req_3"),
        prompt("to an agent", isSidechain=True),
        answer("msg_4", "req_4", isSidechain=True),
    ]
    assert [call.user_messages for call in calls_of(read(*lines))] == [2, 0, 1, 0]


def test_what_came_before_is_remembered_between_readings(read: Read) -> None:
    """A file read line by line gives what it gives at once."""
    tool = {"type": "tool_use", "id": "t1", "name": "mcp__github__get_issue", "input": {}}
    result = [{"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": True}]
    lines = [
        prompt(),
        answer(usage={"output_tokens": 1}),
        answer(uuid="u2", timestamp="2026-09-01T10:00:07Z", message={"content": [tool], "stop_reason": "tool_use"}),
        prompt(result, timestamp="2026-09-01T10:00:09Z"),
        answer("msg_2", "req_2", timestamp="2026-09-01T10:00:11Z"),
    ]
    whole = read(*lines, name="whole.jsonl")
    readings = [read(lines[0], name="parts.jsonl")]
    for line in lines[1:]:
        readings.append(read(line, name="parts.jsonl", state=readings[-1].state))

    def shown(calls: list[ModelCall]) -> list[tuple[Any, ...]]:
        return [(c.native_id, c.output_tokens, c.user_messages, c.latency_us, c.revision, c.stop_reason) for c in calls]

    assert shown(calls_of(*readings)) == shown(calls_of(whole))
    assert [call.latency_us for call in calls_of(whole)] == [7_000_000, 2_000_000]
    for found in (tools_of(*readings), tools_of(whole)):
        (use,) = found
        assert (use.name, use.server, use.call_id) == ("mcp__github__get_issue", "github", "msg_1|req_1")
        assert (use.status, use.duration_us) == ("error", 2_000_000)


@pytest.mark.parametrize(
    ("block", "side", "status"),
    [
        ({"is_error": False}, {}, "ok"),
        ({}, {"interrupted": True}, "cancelled"),
        ({"is_error": True}, {}, "error"),
        ({"is_error": True, "content": "The user doesn't want to proceed with this tool use."}, {}, "cancelled"),
        ({"is_error": True}, "Error: no such file", "error"),
        ({}, ["a", {"b": 1}], "ok"),
    ],
)
def test_a_tools_outcome_is_told(read: Read, block: Line, side: Any, status: str) -> None:
    """A tool can fail, be interrupted, or not be allowed."""
    tool = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}
    result = [{"type": "tool_result", "tool_use_id": "t1", "content": "x"} | block]
    (use,) = tools_of(read(answer(message={"content": [tool]}), prompt(result, toolUseResult=side)))
    assert use.status == status


def test_an_edit_counts_its_lines(read: Read) -> None:
    """Lines added and removed are those of the patch."""
    tool = {"type": "tool_use", "id": "t1", "name": "Edit", "input": {}}
    result = prompt(
        [{"type": "tool_result", "tool_use_id": "t1", "content": "done"}],
        toolUseResult={"structuredPatch": [{"lines": [" a", "-b", "+c", "+d"]}, {"lines": ["+e"]}]},
    )
    (use,) = tools_of(read(answer(message={"content": [tool]}), result))
    assert (use.lines_added, use.lines_removed) == (3, 1)


def test_a_subagents_stated_totals_are_a_run_and_no_call(read: Read) -> None:
    """What the parent is told of a subagent stands beside the calls, which its own transcript holds."""
    side = {"status": "completed", "agentId": "a1", "agentType": "Explore", "totalDurationMs": 4000, "totalTokens": 900}
    reading = read(prompt([], timestamp="2026-09-01T10:00:05Z", toolUseResult=side | {"usage": {"input_tokens": 9}}))
    (run,) = reading.records
    assert isinstance(run, AgentRun)
    assert (run.agent, run.status, run.stated_tokens, run.role) == ("Explore", "ok", 900, "subagent")
    assert (run.started_at, run.ended_at) == (1_788_256_801_000_000, 1_788_256_805_000_000)


def test_an_old_line_reports_its_cost(read: Read) -> None:
    """Very old versions wrote down what a call cost."""
    (call,) = calls_of(read(answer(costUSD=0.012345678), answer(costUSD=0.012345678)))
    assert call.cost_reported == 12_345_678


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("claude-opus-4-5-20251101", "anthropic"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "bedrock"),
        ("claude-sonnet-4@20250514", "vertex"),
    ],
)
def test_how_a_model_is_spelled_tells_who_served_it(read: Read, model: str, provider: str) -> None:
    """The model's id is kept as it is written."""
    (call,) = calls_of(read(answer(message={"model": model})))
    assert (call.model, call.provider) == (model, provider)


def failure(text: str, **changes: Any) -> Line:
    """What is shown when a request is given up."""
    message = {"id": "local", "model": "<synthetic>", "content": [{"type": "text", "text": text}]}
    return answer(request_id=None, message=message, usage={"input_tokens": 0}) | changes


@pytest.mark.parametrize(
    ("line", "status", "http_status"),
    [
        (failure("API Error: 529 overloaded", isApiErrorMessage=True), "server_error", 529),
        (failure("API Error: Request timed out.", isApiErrorMessage=True), "timeout", None),
        (failure("Claude AI usage limit reached|1788256805"), "rate_limit", None),
        (failure("Prompt is too long", isApiErrorMessage=True, error="invalid_request"), "invalid_request", None),
        (failure("Invalid API key · Please run /login", isApiErrorMessage=True), "auth_error", None),
    ],
)
def test_a_local_message_is_a_failed_call_that_cost_nothing(
    read: Read, line: Line, status: str, http_status: int | None
) -> None:
    """No model wrote it; the model that was asked is the one that answered before."""
    calls = calls_of(read(answer(), line))
    failed = calls[1]
    assert (failed.status, failed.http_status) == (status, http_status)
    assert (failed.model, failed.provider) == ("claude-sonnet-4-5-20250929", "anthropic")
    assert (failed.cost_reported, failed.input_tokens, failed.output_tokens) == (0, None, None)


def test_a_local_message_that_tells_of_no_failure_is_nothing(read: Read) -> None:
    """`No response requested.` stands for no request."""
    assert calls_of(read(failure("No response requested."))) == []


def test_retries_are_failed_calls_and_count_attempts(read: Read) -> None:
    """Every attempt that failed is a call of its own; the last one is told twice under one request id."""

    def retry(attempt: int, request: str) -> Line:
        line = {"type": "system", "subtype": "api_error", "retryAttempt": attempt, "uuid": f"r{attempt}"}
        error = {"status": 529, "requestID": request, "message": "overloaded, key sk-ant-abcdefghijkl"}
        return line | {"timestamp": "2026-09-01T10:00:01Z", "sessionId": "s1", "error": error}

    given_up = failure("API Error: 529", isApiErrorMessage=True, requestId="req_b")
    lines = [answer(), retry(1, "req_c"), answer("msg_2", "req_2"), retry(1, "req_a"), retry(2, "req_b"), given_up]
    calls = calls_of(read(*lines, answer("msg_3", "req_3")))
    assert [(call.native_id, call.status, call.attempt) for call in calls[1:]] == [
        ("error|req_c", "server_error", 1),
        ("msg_2|req_2", "ok", 2),
        ("error|req_a", "server_error", 1),
        ("error|req_b", "server_error", 2),
        ("msg_3|req_3", "ok", 1),
    ]
    assert "abcdefghijkl" not in mend(calls[1].error_message, "message")
