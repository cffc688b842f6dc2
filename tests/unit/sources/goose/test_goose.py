"""Sessions of Goose: sums, what the total proves, tools, the files of before."""

from __future__ import annotations

from pathlib import Path

from generators.left import database
from generators.sources.goose import DATABASE, FILE, FILES, LATEST, LEGACY, OLD, session
from tokometer.records import AgentRun, ModelCall, Record, ToolCall, merge
from tokometer.sources.goose.found import FOUND


def read(home: Path) -> list[Record]:
    """All that is found below a home folder."""
    return [r for root in FOUND.roots(home, {}) for path in FOUND.files(root) for r in FOUND.read(path, b"").records]


def calls(records: list[Record]) -> list[ModelCall]:
    """The calls among some records."""
    return [record for record in records if isinstance(record, ModelCall)]


def test_the_total_proves_where_the_cache_is(tmp_path: Path) -> None:
    """It is taken out of the input, unless it stands beside it."""
    for step in DATABASE.steps:
        step(tmp_path)
    first, child = calls(read(tmp_path))
    assert (first.input_tokens, first.cache_read_tokens, first.cache_write_unknown_tokens) == (150, 800, 50)
    assert (child.input_tokens, child.cache_read_tokens, child.cost_reported) == (10, 100, 400_000_000)
    assert (first.provider, first.model, first.cost_reported) == ("anthropic", "claude-sonnet-4-5", None)


def test_the_sum_counts_and_not_what_the_context_has(tmp_path: Path) -> None:
    """The columns beside hold the last request; only where there is no sum they are taken."""
    rows = [session("20260302_1", 130, 100, 30)]
    del rows[0]["accumulated_total_tokens"], rows[0]["accumulated_input_tokens"]
    database(FILE, LATEST, {"sessions": rows})(tmp_path)
    assert calls(read(tmp_path))[0].input_tokens == 8


def test_what_a_total_has_beside_is_output_where_it_can_only_be_thoughts(tmp_path: Path) -> None:
    """Gemini's are billed as output and stand in its total only; of another model nobody knows what it is."""
    rows = [
        session(f"20260302_{at}", 1_500, 1_000, 300, model_config_json=f'{{"model_name": "{model}"}}')
        for at, model in enumerate(("gemini-2.5-pro", "gpt-5.1"))
    ]
    database(FILE, LATEST, {"sessions": rows})(tmp_path)
    gemini, other = calls(read(tmp_path))
    assert (gemini.output_tokens, gemini.reasoning_tokens, gemini.unsplit_tokens) == (500, 200, None)
    assert (other.output_tokens, other.reasoning_tokens, other.unsplit_tokens) == (300, None, 200)


def test_ids_of_todays_sessions_are_not_unique(tmp_path: Path) -> None:
    """Every machine has a first session of the day: when it began belongs to its name."""
    rows = [session("20260302_1", 130, 100, 30)]
    database(FILE, LATEST, {"sessions": rows})(tmp_path)
    [one] = calls(read(tmp_path))
    database(FILE, LATEST, {"sessions": [rows[0] | {"created_at": "2026-03-02 10:00:00"}]})(tmp_path)
    [other] = calls(read(tmp_path))
    assert one.id != other.id


def test_a_tool_is_a_request_and_its_response(tmp_path: Path) -> None:
    """They are versions of one record."""
    for step in DATABASE.steps:
        step(tmp_path)
    request, response = [record for record in read(tmp_path) if isinstance(record, ToolCall)]
    tool = merge(request, response)
    assert (tool.name, tool.server, tool.status) == ("developer__shell", "developer", "ok")


def test_subagents_are_runs(tmp_path: Path) -> None:
    """With their parents."""
    for step in DATABASE.steps:
        step(tmp_path)
    [run] = [record for record in read(tmp_path) if isinstance(record, AgentRun)]
    assert (run.role, run.parent_session_id) == ("subagent", "20260302_1")


def test_files_of_before_are_sessions(tmp_path: Path) -> None:
    """They do not say the model, and what the database takes over of them has the same name."""
    FILES.steps[0](tmp_path)
    reading = FOUND.read(tmp_path / LEGACY, b"")
    [call] = calls(reading.records)
    assert (call.native_id, call.started_at, call.model) == ("20250302_090000", 1_740_906_000_000_000, "")
    assert [notice.topic for notice in reading.notices] == ["model"]


def test_the_first_database_has_fewer_columns(tmp_path: Path) -> None:
    """What there is is taken."""
    OLD.steps[0](tmp_path)
    assert [call.output_tokens for call in calls(read(tmp_path))] == [30]
