"""OpenCode: the calls within a message, what copies of it have in common, and what proves where reasoning stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generators.sources.opencode import (
    AFTER_RETRY,
    CHILD,
    CHILDS,
    DATABASE,
    EARLY,
    FIRST,
    FORK,
    FORKS,
    LATE,
    MAIN,
    ROOT,
    SECOND,
    START,
    STEPS,
    Used,
    answered,
    as_files,
    as_rows,
    as_steps,
    finish,
    tool,
    wrote,
)
from tokometer.records import AgentRun, ModelCall, Record, ToolCall
from tokometer.sources.opencode.found import FOUND
from tokometer.sources.protocol import Reading

MS = 1_000
Messages = dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    """Put a session into a database and read it from its start."""

    def go(messages: Messages, session: str = MAIN) -> Reading:
        as_rows(session, messages)(tmp_path)
        return FOUND.read(tmp_path / DATABASE, b"")

    return go


Read = Callable[..., Reading]


def of(kind: type[Record], reading: Reading) -> list[Any]:
    """The records of a kind."""
    return [record for record in reading.records if isinstance(record, kind)]


def of_files(home: Path) -> list[Record]:
    """All records of all files."""
    found = [path for root in FOUND.roots(home, {}) for path in FOUND.files(root)]
    return [record for path in found for record in FOUND.read(path, b"").records]


def only(message: dict[str, Any], *parts: dict[str, Any]) -> Messages:
    """One message with parts."""
    return {"msg_01": (message, list(parts))}


def test_each_step_of_a_message_is_a_call(read: Read) -> None:
    """A message has as many calls as it has steps; its own tokens are those of the last and count once."""
    first, second = of(ModelCall, read(EARLY))
    assert (first.input_tokens, first.output_tokens, first.cache_write_unknown_tokens) == (1_000, 80, 4_000)
    assert (second.output_tokens, second.reasoning_tokens) == (SECOND.output + SECOND.reasoning, SECOND.reasoning)
    assert (first.stop_reason, second.stop_reason) == ("tool-calls", "stop")
    assert (first.cost_reported, first.provider, first.project) == (18_200_000, "anthropic", "/home/ada/code/app")
    assert (first.user_messages, second.user_messages) == (1, 0)


def test_times_are_those_of_what_the_model_wrote(read: Read) -> None:
    """A call lasts until its tools begin; the next begins when they have ended; the first word has its time."""
    first, second = of(ModelCall, read(EARLY))
    assert (first.started_at, first.latency_us, first.ttft_us) == ((START + 100) * MS, 1_500 * MS, 800 * MS)
    assert (second.started_at, second.latency_us) == ((START + 3_000) * MS, 6_000 * MS)
    assert first.latency_estimated


def test_a_message_of_one_call_was_measured(read: Read) -> None:
    """Where nothing but the model was at work, its time is the message's."""
    [call] = of(ModelCall, read(only(answered("", START, FIRST), {"type": "step-start"}, finish(FIRST))))
    assert (call.latency_us, call.latency_estimated) == (9_000 * MS, False)


def test_a_message_without_steps_is_one_call(read: Read) -> None:
    """Releases before steps were written down have the tokens in the message alone."""
    [call] = of(ModelCall, read(CHILDS, CHILD))
    assert (call.input_tokens, call.subagent, call.parent_session_id) == (700, "general", MAIN)


def test_a_message_that_is_being_written_has_no_call_yet(read: Read) -> None:
    """Zeros are what a message begins with."""
    writing = answered("", START, Used())
    writing["time"].pop("completed")
    assert not of(ModelCall, read(only(writing, {"type": "step-start"}, wrote(START + 1, START + 2))))


@pytest.mark.parametrize(
    ("total", "output", "noticed"),
    [(None, 140, False), (1_140, 140, False), (1_100, 100, False), (5, 140, True)],
)
def test_the_total_proves_where_reasoning_stands(read: Read, total: int | None, output: int, noticed: bool) -> None:
    """Beside the output, as a rule; inside it where the total says so; a total that fits neither is noticed."""
    used = Used(1_000, 100, 40)
    reading = read(only(answered("", START, used), {"type": "step-start"}, finish(used, total=total)))
    [call] = of(ModelCall, reading)
    assert (call.output_tokens, call.reasoning_tokens) == (output, 40)
    assert bool(reading.notices) == noticed


def test_a_fork_has_the_same_calls_and_tools(read: Read) -> None:
    """Messages are copied under new ids; what they say names them."""
    original, fork = read(EARLY), read(FORKS, FORK)
    for kind in (ModelCall, ToolCall):
        names = {record.native_id for record in of(kind, original)}
        copies = {record.native_id: record for record in of(kind, fork) if record.session_id == FORK}
        assert names <= copies.keys()
    assert min(call.origin for call in of(ModelCall, original)) < min(
        call.origin for call in of(ModelCall, fork) if call.session_id == FORK
    )


def test_rows_and_files_have_the_same_names(tmp_path: Path, read: Read) -> None:
    """What was migrated is one, and the row is the one that counts."""
    as_files(MAIN, EARLY | LATE)(tmp_path)
    files = {record.native_id: record for record in of_files(tmp_path)}
    rows = {record.native_id: record for record in read(EARLY | LATE).records}
    assert files.keys() == rows.keys()
    assert all(rows[name].revision > files[name].revision for name in files)


def test_a_row_goes_before_a_file_that_says_less(tmp_path: Path) -> None:
    """A file that was left behind with another count of the same message adds nothing to the row."""
    message = answered("msg_00", START, FIRST)
    behind = answered("msg_00", START, FIRST._replace(output=FIRST.output - 1))
    as_files(MAIN, {"msg_01": (behind, []), "msg_02": (answered("msg_00", START + 9_000, SECOND), [])})(tmp_path)
    as_rows(MAIN, {"msg_01": (message, [])})(tmp_path)
    calls = [record for record in of_files(tmp_path) if isinstance(record, ModelCall)]
    assert sorted(call.output_tokens for call in calls if call.output_tokens) == sorted(
        (FIRST.output + FIRST.reasoning, SECOND.output + SECOND.reasoning)
    )


def test_a_failed_attempt_and_a_stop_are_calls(read: Read) -> None:
    """An attempt that was tried again failed with its status; what a person stopped is cancelled."""
    failed, again, stopped = of(ModelCall, read(LATE))
    assert (failed.status, failed.http_status, failed.attempt) == ("server_error", 529, 1)
    assert (again.status, again.attempt, again.input_tokens) == ("ok", 2, AFTER_RETRY.input)
    assert (stopped.status, stopped.output_tokens) == ("cancelled", None)


def test_a_stop_between_two_calls_is_none(read: Read) -> None:
    """An error that came when no call was under way is not a failed call."""
    message = answered("", START, FIRST, error={"name": "MessageAbortedError", "data": {"message": "stop"}})
    [call] = of(ModelCall, read(only(message, {"type": "step-start"}, finish(FIRST))))
    assert call.status == "ok"


def test_tools_have_real_durations(read: Read) -> None:
    """Start, end and outcome are stated; what a person did not let run was cancelled."""
    tools = {use.use_id: use for use in of(ToolCall, read(EARLY))}
    assert (tools["toolu_1"].status, tools["toolu_1"].duration_us) == ("ok", 50 * MS)
    assert (tools["toolu_2"].status, tools["toolu_2"].error_message) == ("error", "exit 1")
    wrong = "The user rejected permission to use this specific tool call."
    refused = tool("c", "bash", START + 5, START + 6, status="error", error=wrong)
    reading = read(only(answered("", START, FIRST), refused, finish(FIRST)), CHILD)
    assert [use.status for use in of(ToolCall, reading) if use.use_id == "c"] == ["cancelled"]


def test_what_is_new_is_read(tmp_path: Path) -> None:
    """A second reading gives what was written since, and the run of its session anew."""
    as_rows(MAIN, EARLY)(tmp_path)
    first = FOUND.read(tmp_path / DATABASE, b"")
    as_rows(MAIN, LATE)(tmp_path)
    later = FOUND.read(tmp_path / DATABASE, first.state)
    names = [{call.native_id for call in of(ModelCall, reading)} for reading in (first, later)]
    assert len(names[1] - names[0]) == 3
    assert [run.status for run in of(AgentRun, first) + of(AgentRun, later)] == ["ok", "cancelled"]


def test_sums_of_a_session_are_shown_beside(read: Read) -> None:
    """What a session states is no call."""
    reading = read(CHILDS, CHILD)
    [run] = of(AgentRun, reading)
    assert (run.role, run.parent_session_id, run.status) == ("subagent", MAIN, "ok")
    assert (run.stated_tokens, run.stated_cost) == (99_999, 9_500_000_000)
    assert len(of(ModelCall, reading)) == 1


def test_what_is_not_understood_is_noticed(read: Read) -> None:
    """A type of part and a kind of tokens that no rule reads are counted by their names."""
    used = finish(FIRST)
    used["tokens"]["video"] = 3
    reading = read(only(answered("", START, FIRST), {"type": "hologram"}, used))
    assert {(one.topic, one.name) for one in reading.notices} == {
        ("usage", "tokens.video"),
        ("event", "part of type hologram"),
    }


def test_channels_have_databases_of_their_own(tmp_path: Path) -> None:
    """Every database of every channel is read, and nothing else in the folder."""
    folder = tmp_path / ROOT
    folder.mkdir(parents=True)
    for name in ("opencode.db", "opencode-dev.db", "opencode.db-wal", "auth.json", "other.db"):
        (folder / name).touch()
    found = {path.name for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)}
    assert found == {"opencode.db", "opencode-dev.db"}


@pytest.mark.parametrize("place", ["rows", "files"])
def test_what_a_failed_request_had_used_counts(tmp_path: Path, read: Read, place: str) -> None:
    """A message without steps that failed has the tokens of the request that did."""
    failed = {"name": "APIError", "data": {"message": "Bad gateway", "statusCode": 502}}
    messages = only(answered("", START, FIRST, error=failed))
    as_files(MAIN, messages)(tmp_path)
    [call] = of(ModelCall, read(messages)) if place == "rows" else of(ModelCall, Reading(of_files(tmp_path)))
    assert (call.status, call.http_status, call.input_tokens, call.output_tokens) == ("server_error", 502, 1_000, 80)


def test_a_step_of_the_second_engine_knows_what_was_asked(tmp_path: Path) -> None:
    """What people wrote belongs to the first answer after it; tools have their own times and errors."""
    as_steps(MAIN, STEPS)(tmp_path)
    reading = FOUND.read(tmp_path / DATABASE, b"")
    calls, tools = of(ModelCall, reading), of(ToolCall, reading)
    assert [call.user_messages for call in calls] == [1, 0, 0]
    assert [call.status for call in calls] == ["ok", "ok", "cancelled"]
    assert {(call.provider, call.model, call.project) for call in calls} == {
        ("anthropic", "claude-sonnet-4-5", "/home/ada/code/app")
    }
    assert [(tool.name, tool.status, tool.duration_us) for tool in tools] == [
        ("read", "ok", 50_000),
        ("bash", "error", 1_400_000),
    ]
    assert not reading.notices
