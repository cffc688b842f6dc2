"""Chats of Qwen Code: answers and what telemetry says of them, branches, subagents, tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generators.left import lines
from generators.sources.gemini_cli import uuid
from generators.sources.qwen_code import (
    BEGINNING,
    BRANCH,
    CHAT,
    FIRST,
    LINES,
    PROJECT,
    REST,
    SECOND,
    SESSION,
    answer,
    branched,
    question,
    responded,
    usage,
)
from tokometer.records import ModelCall, Record, ToolCall, merge
from tokometer.sources.protocol import Reading
from tokometer.sources.qwen_code.found import FOUND


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    """Write a chat's lines and read it from its start."""

    def go(*values: Any) -> Reading:
        lines(CHAT, *values)(tmp_path)
        return FOUND.read(tmp_path / CHAT, b"")

    return go


def merged(records: list[Record]) -> dict[str, Any]:
    """The records by their id, versions of one made one."""
    found: dict[str, Any] = {}
    for record in records:
        kept = found.get(record.native_id)
        found[record.native_id] = record if kept is None else merge(kept, record)
    return found


@pytest.mark.parametrize("telemetry_first", [True, False])
def test_latency_comes_from_telemetry(read: Callable[..., Reading], telemetry_first: bool) -> None:
    """An answer and what telemetry says of its request are one call, whichever is written first."""
    pair = [responded(2, 2, FIRST, 4_200, "chatcmpl-1"), answer(3, 2, FIRST)]
    reading = read(question(1, 1), *(pair if telemetry_first else reversed(pair)))
    [call] = merged(reading.records).values()
    assert (call.latency_us, call.response_id, call.user_messages) == (4_200_000, "chatcmpl-1", 1)
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (8_414, 4_000, 176)


def test_the_two_are_joined_between_readings(tmp_path: Path) -> None:
    """What was read before is remembered."""
    lines(CHAT, answer(3, 2, FIRST))(tmp_path)
    first = FOUND.read(tmp_path / CHAT, b"")
    lines(CHAT, responded(4, 2, FIRST, 900, "chatcmpl-9"))(tmp_path)
    second = FOUND.read(tmp_path / CHAT, first.state)
    [call] = merged([*first.records, *second.records]).values()
    assert (call.latency_us, call.output_tokens) == (900_000, 176)


def test_telemetry_alone_is_no_call(read: Callable[..., Reading]) -> None:
    """A request of which there is no answer in the chat is not counted: a subagent's is in the subagent's own."""
    assert read(question(1, 1), responded(2, 2, SECOND, 1, "chatcmpl-3")).records == []


def test_a_branch_repeats_what_it_came_from(read: Callable[..., Reading]) -> None:
    """Copied lines keep their ids, and belong to the chat in which they were written first, whichever is read first."""
    original = read(*BEGINNING).records
    copies = read(*map(branched, BEGINNING)).records[len(original) :]
    for order in ([*original, *copies], [*copies, *original]):
        calls = [record for record in merged(order).values() if isinstance(record, ModelCall)]
        assert [(call.session_id, call.user_messages) for call in calls] == [(SESSION, 1)]
    assert {copy.session_id for copy in copies if isinstance(copy, ModelCall)} == {BRANCH}


def test_tools_have_outcomes(read: Callable[..., Reading]) -> None:
    """A use and its result make one record, with the lines that an edit changed and the time until it was there."""
    tools = {tool.name: tool for tool in merged(read(*BEGINNING, *REST).records).values() if isinstance(tool, ToolCall)}
    edit, search = tools["edit"], tools["mcp__github__search"]
    assert (edit.status, edit.duration_us, edit.lines_added, edit.lines_removed) == ("ok", 60_000_000, 7, 2)
    assert (search.status, search.server, search.call_id) == ("error", "github", uuid(3))


def test_failed_requests_are_calls(read: Callable[..., Reading]) -> None:
    """They have a status, a latency and no cost."""
    [failed] = [call for call in read(*REST).records if isinstance(call, ModelCall) and call.status != "ok"]
    assert (failed.status, failed.http_status, failed.latency_us, failed.cost_reported) == (
        "rate_limit",
        429,
        300_000,
        0,
    )


def test_the_total_proves_where_the_thoughts_are(read: Callable[..., Reading]) -> None:
    """An OpenAI-like answer has them inside, the Gemini API beside."""
    beside = usage(100, 0, 10, 5) | {"totalTokenCount": 115}
    inside, outside = merged(read(answer(1, 1, usage(100, 0, 10, 5)), answer(2, 1, beside)).records).values()
    assert (inside.output_tokens, outside.output_tokens) == (10, 15)


def test_everything_lies_in_its_place(tmp_path: Path) -> None:
    """Chats, branches and subagents are found; each call has its project, branch, session and subagent."""
    for step in LINES.steps:
        step(tmp_path)
    files = [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)]
    assert len(files) == 3
    calls = [r for p in files for r in FOUND.read(p, b"").records if isinstance(r, ModelCall)]
    assert {(call.project, call.git_branch, call.provider) for call in calls} == {(PROJECT, "main", "alibaba")}
    assert {call.subagent for call in calls} == {"", "Explore"}


def test_in_its_own_folder_a_chat_needs_no_more_than_ids(tmp_path: Path) -> None:
    """Nobody else keeps chats there."""
    said = {key: value for key, value in question(1, 1).items() if key != "parentUuid"}
    for name, env in ((CHAT, {}), ("moved/projects/-w/chats/a.jsonl", {"QWEN_DATA_DIR": "~/moved"})):
        lines(name, said)(tmp_path)
        assert [path for root in FOUND.roots(tmp_path, env) for path in FOUND.files(root)] == [tmp_path / name]


def test_transcripts_of_claude_code_are_not_ours(tmp_path: Path) -> None:
    """They look alike, and are told apart where somebody names a file."""
    lines("x/chats/a.jsonl", question(1, 1) | {"userType": "external"})(tmp_path)
    lines("x/chats/b.jsonl", question(1, 1))(tmp_path)
    assert list(FOUND.files(tmp_path / "x")) == [tmp_path / "x/chats/b.jsonl"]
