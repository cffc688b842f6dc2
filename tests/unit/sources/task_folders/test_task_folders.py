"""Task folders: what a request used, what is inside what, which model it was, and what it cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generators.sources import cline, kilo_code, roo_code
from generators.tasks import TASK, ask, request, say, sent, task, ts
from tokometer.records import AgentRun, ModelCall, ToolCall
from tokometer.sources.cline.found import TASKS as CLINE
from tokometer.sources.kilo_code.source import SOURCE as KILO_CODE
from tokometer.sources.protocol import Reading
from tokometer.sources.roo_code.source import SOURCE as ROO_CODE
from tokometer.sources.task_folders.tool import TaskTool

ROO = ROO_CODE.found
KILO = KILO_CODE.found
assert isinstance(ROO, TaskTool)
assert isinstance(KILO, TaskTool)
ROOTS = {"cline": cline.ROOT, "roo_code": roo_code.ROOT, "kilo_code": kilo_code.ROOT}


def read(home: Path, tool: TaskTool, *messages: Any, **beside: Any) -> Reading:
    """Write a task's folder and read it."""
    root = ROOTS[tool.name]
    task(root, list(messages), **beside)(home)
    reading = tool.read(home / root / "tasks" / TASK / "ui_messages.json", b"")
    assert not reading.refusals
    return reading


def calls(reading: Reading) -> list[ModelCall]:
    """Its calls."""
    return [record for record in reading.records if isinstance(record, ModelCall)]


def tokens(call: ModelCall) -> tuple[int | None, ...]:
    """Input, read from the cache, written to it, output."""
    return call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens, call.output_tokens


@pytest.mark.parametrize(
    ("tool", "requests", "wanted"),
    [
        # Cline parts the cache from the input itself, …
        (CLINE, [request(1, 500, 400, 0, 1, 0)], [(500, 400, 0, 1)]),
        # … but for what speaks OpenAI's API.
        (
            CLINE,
            [request(1, 500, 400, 0, 1, 0, modelInfo={"providerId": "openai", "modelId": "x"})],
            [(100, 400, 0, 1)],
        ),
        # Newer Roo Code writes down all of the input, …
        (ROO, [request(1, 500, 400, 50, 1, 0), request(2, 900, 0, 0, 1, 0)], [(50, 400, 50, 1), (900, 0, 0, 1)]),
        # … older ones what was not in the cache: one request that cannot be otherwise proves it for the task.
        (ROO, [request(1, 3, 400, 50, 1, 0), request(2, 900, 400, 0, 1, 0)], [(3, 400, 50, 1), (900, 400, 0, 1)]),
        # OpenAI's API says all of it whatever the version.
        (
            ROO,
            [request(1, 3, 4, 0, 1, 0), request(2, 9, 4, 0, 1, 0, apiProtocol="openai")],
            [(3, 4, 0, 1), (5, 4, 0, 1)],
        ),
    ],
)
def test_buckets_are_disjoint(tmp_path: Path, tool: TaskTool, requests: list[Any], wanted: list[Any]) -> None:
    """The cache is taken out of the input where it is in it."""
    assert [tokens(call) for call in calls(read(tmp_path, tool, *requests))] == wanted


def test_a_request_is_counted_once_it_is_answered(tmp_path: Path) -> None:
    """One that is being made is met again; one that another followed was made, whatever it used."""
    waiting = say("api_req_started", 1, {"request": "…"})
    assert calls(read(tmp_path, CLINE, waiting)) == []
    [first, second] = calls(read(tmp_path, CLINE, waiting, request(2, 5, 0, 0, 1, 0)))
    assert (tokens(first), tokens(second)) == ((None,) * 4, (5, 0, 0, 1))


def test_what_is_filled_in_later_is_the_same_call(tmp_path: Path) -> None:
    """A later state of a task is right about what it has."""
    [before] = calls(read(tmp_path, CLINE, request(1, 5, 0, 0, 1, 0)))
    [after] = calls(read(tmp_path, CLINE, request(1, 5, 0, 0, 9, 0)))
    [last] = calls(read(tmp_path, CLINE, request(1, 5, 0, 0, 2, 0), say("text", 2)))
    assert before.id == after.id == last.id
    assert before.revision < after.revision < last.revision


def test_zeros_all_over_are_not_known(tmp_path: Path) -> None:
    """The provider did not say; that is not the same as nothing."""
    [call] = calls(read(tmp_path, CLINE, request(1, 0, 0, 0, 0, 0)))
    assert tokens(call) == (None,) * 4


def test_very_old_tasks_finish_their_requests(tmp_path: Path) -> None:
    """What a request used stands in a message of its own."""
    old = [say("api_req_started", 1, {"request": "…"}), say("api_req_finished", 2, {"tokensIn": 5, "tokensOut": 2})]
    assert [tokens(call) for call in calls(read(tmp_path, CLINE, *old))] == [(5, 0, 0, 2)]


@pytest.mark.parametrize(
    ("provider", "model", "wanted"),
    [
        ("openrouter", "anthropic/claude-sonnet-4.5", 20_000_000),
        ("cline", "x-ai/grok-code-fast-1", 20_000_000),
        # An estimate of the tool, where the price book has the price.
        ("anthropic", "claude-sonnet-4-5", None),
        # Nobody else knows it.
        ("openai", "my-own-model", 20_000_000),
    ],
)
def test_only_a_resellers_cost_is_reported(tmp_path: Path, provider: str, model: str, wanted: int | None) -> None:
    """What others cost is priced like anything else."""
    info = {"providerId": provider, "modelId": model}
    [call] = calls(read(tmp_path, CLINE, request(1, 5, 0, 0, 1, 0.02, modelInfo=info)))
    assert (call.cost_reported, call.model) == (wanted, model)


def test_what_claude_code_did_for_it_is_in_claude_codes_transcripts(tmp_path: Path) -> None:
    """Such a request would count twice; it is noticed."""
    info = {"providerId": "claude-code", "modelId": "claude-sonnet-4-5"}
    reading = read(tmp_path, CLINE, request(1, 5, 0, 0, 1, 0.02, modelInfo=info))
    assert calls(reading) == []
    assert [notice.topic for notice in reading.notices] == ["event"]


def test_a_model_is_that_of_the_request(tmp_path: Path) -> None:
    """Environment details are sent, and written down, right after the request that they belong to."""
    history = [*sent(1, "claude-sonnet-4-5"), *sent(3, "gpt-5", "architect")]
    found = calls(
        read(
            tmp_path,
            ROO,
            *(request(minute, 5, 0, 0, 1, 0) for minute in (1, 3, 5)),
            api_conversation_history=history,
        )
    )
    assert [(call.model, call.labels) for call in found] == [
        ("claude-sonnet-4-5", {"mode": "code"}),
        ("gpt-5", {"mode": "architect"}),
        ("gpt-5", {"mode": "architect"}),
    ]
    assert {call.project for call in found} == {"/home/ada/code/engine"}


def test_a_history_without_times_still_names_the_model(tmp_path: Path) -> None:
    """Older ones have none; a file that was read in the task is no environment."""
    history = [{key: value for key, value in message.items() if key != "ts"} for message in sent(1, "gpt-5")]
    history.append({"role": "user", "content": "It says <model>other</model>"})
    [call] = calls(read(tmp_path, ROO, request(1, 5, 0, 0, 1, 0), api_conversation_history=history))
    assert call.model == "gpt-5"


def test_metadata_says_since_when_a_model_was_used(tmp_path: Path) -> None:
    """Cline's list of models, with their providers."""
    usage = [
        {"ts": ts(minute), "model_id": model, "model_provider_id": provider, "mode": "act"}
        for minute, model, provider in ((1, "gpt-5", "openai-native"), (4, "claude-sonnet-4-5", "anthropic"))
    ]
    requests = [request(minute, 5, 0, 0, 1, 0) for minute in (2, 5)]
    found = calls(read(tmp_path, CLINE, *requests, task_metadata={"model_usage": usage}))
    assert [call.model for call in found] == ["gpt-5", "claude-sonnet-4-5"]


def test_failures_are_calls(tmp_path: Path) -> None:
    """Each attempt that failed is one, with its status and no cost; so is what was cut short."""
    found = calls(
        read(
            tmp_path,
            ROO,
            request(1, 5, 0, 0, 1, 0, cancelReason="user_cancelled"),
            request(2, 5, 0, 0, 1, 0, cancelReason="streaming_failed", streamingFailedMessage="503 Overloaded"),
            say("api_req_retry_delayed", 3, "429 Rate limit", partial=True),
            say("api_req_retry_delayed", 3, "429 Rate limit", partial=False),
            ask("api_req_failed", 4, "Invalid API key"),
        )
    )
    assert [call.status for call in found] == ["cancelled", "server_error", "rate_limit", "auth_error"]
    assert [call.cost_reported for call in found[2:]] == [0, 0]


def test_people_and_tools_are_told(tmp_path: Path) -> None:
    """Who wrote what before a request, and what it led to; what was only asked for may not have been done."""
    reading = read(tmp_path, CLINE, *cline.MESSAGES)
    first, second = calls(reading)
    assert (first.user_messages, second.user_messages) == (1, 1)
    tools = {tool.name: tool for tool in reading.records if isinstance(tool, ToolCall)}
    assert {name: (tool.status, tool.server) for name, tool in tools.items()} == {
        "readFile": ("ok", ""),
        "execute_command": ("unknown", ""),
        "search_issues": ("unknown", "github"),
    }
    assert tools["readFile"].call_id == first.native_id


def test_a_subtask_is_a_run(tmp_path: Path) -> None:
    """It knows its parent, its mode and its folder."""
    item = {"workspace": "/home/ada/x", "mode": "ask", "parentTaskId": "parent"}
    reading = read(tmp_path, ROO, request(1, 5, 0, 0, 1, 0), history_item=item)
    [run] = [record for record in reading.records if isinstance(record, AgentRun)]
    assert (run.agent, run.role, run.parent_session_id, run.project) == ("ask", "subagent", "parent", "/home/ada/x")
    assert calls(reading)[0].parent_session_id == "parent"


@pytest.mark.parametrize("tool", [CLINE, ROO, KILO], ids=lambda tool: tool.name)
def test_each_tool_has_its_own_folders(tmp_path: Path, tool: TaskTool) -> None:
    """In every editor; what a relative left is the relative's."""
    for root in ROOTS.values():
        task(root, [request(1, 5, 0, 0, 1, 0)])(tmp_path)
    own = tmp_path / ROOTS[tool.name] / "tasks" / TASK / "ui_messages.json"
    assert list(tool.files(tmp_path)) == [own]
    assert own.parent.parent in tool.roots(tmp_path, {})


def test_checkpoints_are_not_searched(tmp_path: Path) -> None:
    """They are repositories of whole projects."""
    task(f"{cline.ROOT}/checkpoints", [request(1, 5, 0, 0, 1, 0)])(tmp_path)
    assert list(CLINE.files(tmp_path / cline.ROOT)) == []
