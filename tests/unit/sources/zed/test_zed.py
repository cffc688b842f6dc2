"""Zed's threads: sums, folders, tools."""

from __future__ import annotations

from pathlib import Path

from generators.left import database
from generators.sources.zed import FILE, LATEST, THREADS, row, thread, usage
from tokometer.records import ModelCall, Record, ToolCall
from tokometer.sources.zed.found import FOUND


def read(home: Path) -> list[Record]:
    """All of the database of a home folder."""
    return [r for root in FOUND.roots(home, {}) for path in FOUND.files(root) for r in FOUND.read(path, b"").records]


def calls(records: list[Record]) -> dict[str, ModelCall]:
    """The calls among some records."""
    return {record.native_id: record for record in records if isinstance(record, ModelCall)}


def test_a_thread_is_one_call(tmp_path: Path) -> None:
    """The sum of all its requests, of which only some are kept; the folder is the one that is shown first."""
    THREADS.steps[0](tmp_path)
    [call] = calls(read(tmp_path)).values()
    assert (call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens) == (100, 10, 5)
    assert (call.project, call.provider, call.model) == ("/home/ada/b", "zed", "claude-sonnet-4-5")
    assert call.labels == {"covers": "session", "requests": "2"}
    assert call.started_at == 1_772_442_000_000_000


def test_a_subagents_thread_has_a_parent(tmp_path: Path) -> None:
    """A thread that somebody shared is not this person's."""
    for step in THREADS.steps:
        step(tmp_path)
    found = calls(read(tmp_path))
    assert set(found) == {"t1", "t2"}
    assert (found["t2"].parent_session_id, found["t2"].provider) == ("t1", "ollama")


def test_tools_have_outcomes(tmp_path: Path) -> None:
    """From the results beside them."""
    THREADS.steps[0](tmp_path)
    [tool] = [record for record in read(tmp_path) if isinstance(record, ToolCall)]
    assert (tool.name, tool.status) == ("terminal", "ok")


def test_only_changed_threads_are_read(tmp_path: Path) -> None:
    """The last change is remembered."""
    THREADS.steps[0](tmp_path)
    first = FOUND.read(tmp_path / FILE, b"")
    database(FILE, LATEST, {"threads": [row("t9", thread(usage(1, 0, 0, 1)), 30)]})(tmp_path)
    second = FOUND.read(tmp_path / FILE, first.state)
    assert "t9" in calls(second.records)
    third = FOUND.read(tmp_path / FILE, second.state)
    assert set(calls(third.records)) == {"t9"}


def test_a_kind_of_data_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    """The others are read."""
    rows = [row("t1", thread(usage(1, 0, 0, 1)), 1), row("t2", thread(usage(1, 0, 0, 1)), 2, "json", data_type="lz4")]
    database(FILE, LATEST, {"threads": rows})(tmp_path)
    reading = FOUND.read(tmp_path / FILE, b"")
    assert (list(calls(reading.records)), [refusal.field for refusal in reading.refusals]) == (["t1"], ["data_type"])
