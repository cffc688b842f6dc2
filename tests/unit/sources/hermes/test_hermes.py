"""The database of Hermes Agent: sums, parts of sums, tools."""

from __future__ import annotations

from pathlib import Path

from generators.left import database
from generators.sources.hermes import BEGAN, FILE, PARTS, SESSIONS, SUMS, USAGE, part, session
from tokometer.records import AgentRun, ModelCall, Record, ToolCall
from tokometer.sources.hermes.found import FOUND


def read(home: Path) -> list[Record]:
    """All of a database."""
    [path] = [path for root in FOUND.roots(home, {}) for path in FOUND.files(root)]
    return FOUND.read(path, b"").records


def calls(records: list[Record]) -> list[ModelCall]:
    """The calls among some records."""
    return [record for record in records if isinstance(record, ModelCall)]


def test_parts_take_from_the_sum(tmp_path: Path) -> None:
    """What they do not account for is the session's; a helper's part is beside; a sum that they reach is not told."""
    for step in PARTS.steps:
        step(tmp_path)
    main, helper, rest = calls(read(tmp_path))
    assert (main.input_tokens, main.provider, main.cost_reported) == (50, "openrouter", 250_000_000)
    assert (helper.operation, helper.model, helper.input_tokens) == ("title", "gemini-3-flash", 7)
    assert (rest.input_tokens, rest.cache_read_tokens, rest.output_tokens) == (100, 900, 30)
    rows = {"sessions": [session("z", 50, 0, 5)], "session_model_usage": [part("z", "m", 50, 0, 5)]}
    database(FILE, SESSIONS + USAGE, rows)(tmp_path)
    assert len([call for call in calls(read(tmp_path)) if call.session_id == "z"]) == 1


def test_a_sum_that_was_told_before_there_were_parts_is_corrected(tmp_path: Path) -> None:
    """The same record, with less, in a later version."""
    database(FILE, SESSIONS, {"sessions": [session("a", 100, 0, 30)]})(tmp_path)
    [before] = calls(read(tmp_path))
    rows = {
        "sessions": [session("a", 150, 0, 70)],
        "session_model_usage": [part("a", "m", 150, 0, 70, first_seen=BEGAN + 90_000)],
    }
    database(FILE, SESSIONS + USAGE, rows)(tmp_path)
    _, after = calls(read(tmp_path))
    assert (before.id, before.revision < after.revision) == (after.id, True)
    assert (after.input_tokens, after.output_tokens) == (0, 0)


def test_sessions_are_runs_with_tools(tmp_path: Path) -> None:
    """They have an end; a tool's time is that until its result was there."""
    for step in SUMS.steps:
        step(tmp_path)
    records = read(tmp_path)
    runs = {run.native_id: run for run in records if isinstance(run, AgentRun)}
    assert (runs["a"].status, runs["a"].ended_at) == ("ok", round((BEGAN + 60) * 1_000_000))
    assert runs["b"].status == "unknown"
    tool = [record for record in records if isinstance(record, ToolCall)][-1]
    assert (tool.name, tool.duration_us, tool.session_id) == ("terminal", 3_000_000, "a")


def test_only_new_messages_are_looked_at(tmp_path: Path) -> None:
    """The last one is remembered."""
    SUMS.steps[0](tmp_path)
    first = FOUND.read(tmp_path / FILE, b"")
    second = FOUND.read(tmp_path / FILE, first.state)
    assert [record for record in second.records if isinstance(record, ToolCall)] == []


def test_labels_say_what_the_record_cannot(tmp_path: Path) -> None:
    """The channel, and that a call covers a session."""
    SUMS.steps[0](tmp_path)
    assert calls(read(tmp_path))[0].labels == {"channel": "telegram", "covers": "session"}


def test_several_homes_can_be_named(tmp_path: Path) -> None:
    """`HERMES_HOME` can be a list."""
    assert FOUND.roots(tmp_path, {"HERMES_HOME": "~/a,~/b"}) == [tmp_path / "a", tmp_path / "b"]
