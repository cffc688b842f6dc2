"""Chats of Gemini CLI: what counts once, what counts although it was taken back, and what the total proves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generators.left import document, lines
from generators.sources.gemini_cli import (
    AGENT,
    CHAT,
    DOCUMENTS,
    FAILED,
    LINES,
    MODEL,
    PROJECT,
    SESSION,
    answer,
    meta,
    question,
    tokens,
    uuid,
)
from tokometer.records import AgentRun, ModelCall, Record, ToolCall
from tokometer.sources.gemini_cli.found import FOUND
from tokometer.sources.protocol import Reading


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    """Write a chat's lines and read it from its start."""

    def go(*values: Any) -> Reading:
        lines(CHAT, *values)(tmp_path)
        return FOUND.read(tmp_path / CHAT, b"")

    return go


def calls(records: list[Record]) -> list[ModelCall]:
    """The calls among some records, of which a later one replaces an earlier one of the same id."""
    found = {record.native_id: record for record in records if isinstance(record, ModelCall)}
    return list(found.values())


def test_the_last_version_of_a_message_counts(read: Callable[..., Reading]) -> None:
    """A message that is written again has the same id and a higher revision."""
    reading = read(meta(), question(1, 1), answer(2, 1, tokens(10, 0, 1, 0)), answer(2, 1, tokens(8, 0, 3, 0)))
    first, last = (record for record in reading.records if isinstance(record, ModelCall))
    assert first.id == last.id
    assert last.revision > first.revision
    assert (last.input_tokens, last.output_tokens) == (8, 3)


def test_what_was_asked_belongs_to_the_first_version(read: Callable[..., Reading]) -> None:
    """People's messages are counted with the version that was written first, whose origin is the lower one."""
    reading = read(
        meta(), question(1, 1), question(3, 1), answer(2, 1, tokens(10, 0, 1, 0)), answer(2, 1, tokens(8, 0, 3, 0))
    )
    first, last = (record for record in reading.records if isinstance(record, ModelCall))
    assert (first.user_messages, first.origin < last.origin) == (2, True)


def test_rewound_answers_are_kept(read: Callable[..., Reading]) -> None:
    """What was taken back was billed."""
    reading = read(meta(), question(1, 1), answer(2, 1, tokens(10, 0, 1, 0)), {"$rewindTo": uuid(1)})
    assert len(calls(reading.records)) == 1


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        # The API's rule: the cache inside the prompt, thoughts and tools beside the answer.
        ({"input": 100, "cached": 40, "output": 10, "thoughts": 5, "tool": 3, "total": 118}, (63, 40, 15, 5)),
        # The total proves the cache beside the prompt, …
        ({"input": 100, "cached": 40, "output": 10, "thoughts": 0, "tool": 0, "total": 150}, (100, 40, 10, 0)),
        # … or the thoughts inside the answer.
        ({"input": 100, "cached": 0, "output": 10, "thoughts": 5, "tool": 0, "total": 110}, (100, 0, 10, 5)),
        # Nothing says how much it was in all: the API's rule.
        ({"input": 100, "cached": 40, "output": 10, "thoughts": 5}, (60, 40, 15, 5)),
    ],
)
def test_the_total_proves_what_is_inside_what(
    read: Callable[..., Reading], stated: dict[str, int], wanted: tuple[int, ...]
) -> None:
    """Buckets are parted by the rule that adds up to the stated total."""
    reading = read(meta(), answer(2, 1, stated))
    [call] = calls(reading.records)
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens, call.reasoning_tokens) == wanted
    assert not reading.notices


def test_a_total_that_nothing_explains_is_noticed(read: Callable[..., Reading]) -> None:
    """It is counted by the API's rule, and told."""
    reading = read(meta(), answer(2, 1, {"input": 100, "cached": 0, "output": 10, "total": 7}))
    assert [(notice.topic, notice.count) for notice in reading.notices] == [("usage", 1)]
    assert calls(reading.records)[0].input_tokens == 100


def test_tools_have_a_server_an_outcome_and_a_time(tmp_path: Path) -> None:
    """An edit says how many lines it changed; the time of one of several tools is not known."""
    for step in LINES.steps:
        step(tmp_path)
    records = FOUND.read(tmp_path / CHAT, b"").records
    tools = {record.name: record for record in records if isinstance(record, ToolCall)}
    edit, search = tools["replace"], tools["mcp_github_search_issues"]
    assert (edit.status, edit.duration_us, edit.lines_added, edit.lines_removed) == ("ok", 3_000_000, 4, 1)
    assert (search.server, search.status, search.duration_us) == ("github", "cancelled", None)
    assert edit.call_id == uuid(5)


def test_a_subagent_has_a_name_a_parent_and_a_run(tmp_path: Path) -> None:
    """Its calls say whose they are; its run is begun by its own file and ended by its parent's."""
    for step in LINES.steps:
        step(tmp_path)
    [root] = FOUND.roots(tmp_path, {})
    files = sorted(FOUND.files(root))
    assert len(files) == 2
    records = [record for path in files for record in FOUND.read(path, b"").records]
    [call] = [call for call in calls(records) if call.session_id == AGENT]
    assert (call.subagent, call.parent_session_id, call.project) == ("codebase_investigator", SESSION, PROJECT)
    runs = {(run.native_id, run.status) for run in records if isinstance(run, AgentRun)}
    assert runs == {(AGENT, "unknown"), (AGENT, "ok")}


def test_failed_and_cancelled_requests_are_calls(read: Callable[..., Reading]) -> None:
    """A refused request cost nothing; a cancelled one nobody knows what; other errors are none."""
    own = {"id": uuid(22), "timestamp": FAILED["timestamp"], "type": "error", "content": "No such command"}
    cancelled = {**own, "id": uuid(23), "type": "info", "content": "Request cancelled."}
    reading = read(meta(), answer(2, 1, tokens(10, 0, 1, 0)), FAILED, own, cancelled)
    _, failed, given_up = calls(reading.records)
    assert (failed.status, failed.http_status, failed.cost_reported, failed.model) == ("rate_limit", 429, 0, MODEL)
    assert (given_up.status, given_up.cost_reported, given_up.input_tokens) == ("cancelled", None, None)


def test_the_hash_of_a_project_is_looked_up(tmp_path: Path) -> None:
    """Older folders are named by a hash of which the list of projects has the path."""
    for step in DOCUMENTS.steps[:2]:
        step(tmp_path)
    [root] = FOUND.roots(tmp_path, {})
    [path] = FOUND.files(root)
    assert {call.project for call in calls(FOUND.read(path, b"").records)} == {PROJECT}


def test_copies_of_a_chat_are_the_same_calls(tmp_path: Path) -> None:
    """A document and the lines that a newer version makes of it name the same messages."""
    said = [question(1, 1), answer(2, 1, tokens(10, 0, 1, 0))]
    document(f"{CHAT}.json", {**meta(), "messages": said})(tmp_path)
    lines(CHAT, meta(), *said)(tmp_path)
    old, new = (calls(FOUND.read(tmp_path / name, b"").records) for name in (f"{CHAT}.json", CHAT))
    assert [call.id for call in old] == [call.id for call in new]


def test_what_is_no_chat_is_left_to_others(tmp_path: Path) -> None:
    """A file is ours by what it begins with, wherever it lies."""
    document("elsewhere/session-1.json", {"sessionId": "a", "messages": []})(tmp_path)
    lines("elsewhere/copy.jsonl", meta())(tmp_path)
    assert list(FOUND.files(tmp_path / "elsewhere/session-1.json")) == []
    assert list(FOUND.files(tmp_path / "elsewhere/copy.jsonl")) == [tmp_path / "elsewhere/copy.jsonl"]


def test_in_its_own_folder_a_chat_needs_no_hash(tmp_path: Path) -> None:
    """Nobody else keeps chats there."""
    lines(CHAT, {"sessionId": "a"})(tmp_path)
    assert [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)] == [tmp_path / CHAT]


def test_a_message_without_a_time_is_as_old_as_its_chat(read: Callable[..., Reading]) -> None:
    """What it used counts."""
    [call] = calls(read(meta(), answer(2, 1, tokens(8, 0, 3, 0)) | {"timestamp": None}).records)
    [dated] = calls(read(meta(), answer(2, 1, tokens(8, 0, 3, 0)) | {"timestamp": meta()["startTime"]}).records)
    assert (call.output_tokens, call.started_at) == (3, dated.started_at)


def test_a_message_without_an_id_is_known_by_its_time(read: Callable[..., Reading]) -> None:
    """Written again it is the same one; another one is another."""
    first, again, other = (
        {key: value for key, value in answer(2, minute, tokens(8, 0, output, 0)).items() if key != "id"}
        for minute, output in ((1, 3), (1, 4), (2, 5))
    )
    found = calls(read(meta(), first, again | {"id": None}, other).records)
    assert [call.output_tokens for call in found] == [4, 5]


def test_another_home_can_be_named(tmp_path: Path) -> None:
    """`GEMINI_CLI_HOME` stands for the home folder, or for the one in it, as some tools that count take it."""
    other = tmp_path / "other"
    assert FOUND.roots(tmp_path, {"GEMINI_CLI_HOME": "~/other"}) == [other / ".gemini" / "tmp", other / "tmp"]
