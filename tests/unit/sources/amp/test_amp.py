"""Threads of Amp: the ledger first, what messages know beside it, and no call twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generators.left import document
from generators.sources.amp import EVENTS, FIRST, FOLDER, MESSAGES, THREAD, answer, event, question, thread, usage
from tokometer.records import ModelCall, Record, ToolCall
from tokometer.sources.amp.found import FOUND


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the thread lies."""
    return tmp_path / FOLDER / f"{THREAD}.json"


def read(path: Path, messages: list[Any], events: list[Any] | None = None) -> list[Record]:
    """Write a thread and read it."""
    document(str(path), thread(messages, events))(Path("/"))
    reading = FOUND.read(path, b"")
    assert not reading.refusals
    return reading.records


def calls(records: list[Record]) -> dict[str, ModelCall]:
    """The calls by the ids that they have within the thread."""
    return {r.native_id.partition("|")[2]: r for r in records if isinstance(r, ModelCall)}


def test_the_ledger_is_joined_with_the_messages(path: Path) -> None:
    """An entry of the ledger has the cache counts of its message, its credits as a label, and no cost."""
    found = calls(read(path, MESSAGES, EVENTS))
    assert list(found) == ["1", "event|e-title", "4"]
    first = found["1"]
    assert (first.input_tokens, first.cache_read_tokens, first.cache_write_unknown_tokens) == (10, 11_372, 986)
    assert first.labels == {"credits": "0.75", "operation": "inference", "mode": "smart"}
    assert (first.cost_reported, first.git_branch, first.project) == (None, "main", "~/code/engine")


def test_a_message_has_the_name_that_its_entry_will_have(path: Path) -> None:
    """What is read before the ledger has it is the same call afterwards, and the ledger's version is right."""
    before, after = calls(read(path, MESSAGES)), calls(read(path, MESSAGES, EVENTS))
    assert set(before) < set(after)
    assert all(after[name].revision > call.revision for name, call in before.items())


def test_an_entry_without_a_message_is_matched_by_its_numbers(path: Path) -> None:
    """Older ledgers do not name the message; the rest of a thread counts from the messages."""
    older = [event("e-9", 1, {"input": 10, "output": 178})]
    found = calls(read(path, MESSAGES, older))
    assert list(found) == ["1", "4"]
    assert found["1"].cache_read_tokens == 11_372


def test_several_entries_for_one_message_are_several_calls(path: Path) -> None:
    """The first one has the message's name, the others their own."""
    twice = [EVENTS[0], event("e-7", 1, {"input": 1, "output": 1}, toMessageId=1)]
    assert set(calls(read(path, MESSAGES[:2], twice))) == {"1", "event|e-7"}


def test_an_entry_that_stands_twice_is_one_call(path: Path) -> None:
    """Its id is the same, so nothing was used a second time."""
    assert set(calls(read(path, MESSAGES[:2], [EVENTS[0], EVENTS[0]]))) == {"1"}


def test_a_total_alone_is_not_split(path: Path) -> None:
    """Nobody says what went in and what came out."""
    found = calls(read(path, [], [event("e-1", 1, {"total": 345})]))
    assert (found["event|e-1"].unsplit_tokens, found["event|e-1"].input_tokens) == (345, None)


def test_messages_without_tokens_are_no_calls(path: Path) -> None:
    """Nothing was asked of a model."""
    assert calls(read(path, [question(0), answer(1, usage(0, 0, 0, 0, 1)), answer(2, None)])) == {}


def test_a_message_without_a_time_has_that_of_the_thread(path: Path) -> None:
    """The nearest that anybody says."""
    timeless = {key: value for key, value in FIRST.items() if key != "timestamp"}
    assert calls(read(path, [answer(1, timeless)]))["1"].started_at == 1_772_442_000_000_000


def test_an_entry_without_a_time_has_that_of_the_thread(path: Path) -> None:
    """Where no message tells of it."""
    found = calls(read(path, [], [event("e-1", 1, {"input": 1, "output": 2}) | {"timestamp": None}]))
    dated = calls(read(path, [], [event("e-1", 1, {"input": 1, "output": 2})]))
    assert found["event|e-1"].output_tokens == 2
    assert 0 < found["event|e-1"].started_at <= dated["event|e-1"].started_at


def test_tools_have_outcomes(path: Path) -> None:
    """A use and its result make one record; one that was rejected is cancelled."""
    tools = {tool.name: tool for tool in read(path, MESSAGES, EVENTS) if isinstance(tool, ToolCall)}
    assert {name: tool.status for name, tool in tools.items()} == {
        "edit_file": "ok",
        "mcp__github__search": "cancelled",
    }
    assert tools["mcp__github__search"].server == "github"


def test_in_its_own_folder_a_thread_can_have_any_name(tmp_path: Path) -> None:
    """Elsewhere name and id say that it is one."""
    for name in (f"{FOLDER}/kept.json", "x/kept.json", "x/T-1.json"):
        document(name, {"id": "kept", "messages": []})(tmp_path)
    document("x/T-2.json", {"id": "T-2", "messages": []})(tmp_path)
    [root] = FOUND.roots(tmp_path, {})
    assert list(FOUND.files(root)) == [tmp_path / FOLDER / "kept.json"]
    assert list(FOUND.files(tmp_path / "x")) == [tmp_path / "x/T-2.json"]


def test_several_folders_can_be_named(tmp_path: Path) -> None:
    """`AMP_DATA_DIR` lists them."""
    roots = FOUND.roots(tmp_path, {"AMP_DATA_DIR": "/a, ~/b"})
    assert roots == [Path("/a/threads"), tmp_path / "b/threads"]
