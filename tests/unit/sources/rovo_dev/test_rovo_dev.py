"""Sessions of Rovo Dev."""

from __future__ import annotations

from pathlib import Path

import pytest

from generators.left import text
from generators.sources.rovo_dev import BEGAN, DONE, FOLDER, FORK, FORMER, ONE, SESSION, asked, session
from tokometer.records import ModelCall, ToolCall
from tokometer.sources.protocol import Reading
from tokometer.sources.rovo_dev.found import FOUND


def read(home: Path, name: str = SESSION) -> Reading:
    """A reading of a session."""
    return FOUND.read(home / FOLDER / name / "session_context.json", b"")


def test_an_answer_is_known_by_the_providers_name(tmp_path: Path) -> None:
    """So that a fork's copy of it is the same; the session is the folder."""
    session(FORK, asked(), ONE)(tmp_path)
    [call] = [record for record in read(tmp_path, FORK).records if isinstance(record, ModelCall)]
    assert call.native_id == call.response_id == "msg_vrtx_014rqTwZTSMNrU4g6HcjDpQp"
    assert (call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens) == (3, 6_395, 1_535)
    assert (call.session_id, call.project, call.user_messages) == (FORK, "/home/ada/code/engine", 1)


def test_without_details_the_cache_is_taken_out_of_the_prompt(tmp_path: Path) -> None:
    """It is inside."""
    plain = ONE | {"usage": {name: count for name, count in ONE["usage"].items() if name != "details"}}
    session(SESSION, plain)(tmp_path)
    [call] = [record for record in read(tmp_path).records if isinstance(record, ModelCall)]
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (3, 6_395, 249)


def test_an_answer_without_a_time_is_as_old_as_its_session(tmp_path: Path) -> None:
    """And one without a model is noticed."""
    session(SESSION, FORMER)(tmp_path)
    reading = read(tmp_path)
    [call] = reading.records
    assert call.started_at == BEGAN * 1_000_000
    assert [notice.topic for notice in reading.notices] == ["model"]


def test_the_outcome_of_a_tool_comes_with_what_is_asked_next(tmp_path: Path) -> None:
    """What the model has to try again was wrong."""
    session(SESSION, ONE, asked(DONE | {"part_kind": "retry-prompt"}))(tmp_path)
    tools = [record for record in read(tmp_path).records if isinstance(record, ToolCall)]
    assert {tool.native_id for tool in tools} == {"toolu_1"}
    assert [tool.status for tool in tools] == ["unknown", "error"]


@pytest.mark.parametrize("named", ["~/elsewhere", '"~/elsewhere"  # mine'])
def test_its_settings_can_name_another_folder(tmp_path: Path, named: str) -> None:
    """Below `sessions`, and nowhere else."""
    settings = (
        f"logging:\n  persistenceDir: /wrong\nsessions: # where\n  retentionDays: 3\n\n  persistenceDir: {named}\n"
    )
    text(".rovodev/config.yml", settings)(tmp_path)
    session(SESSION, ONE, folder="elsewhere")(tmp_path)
    found = [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)]
    assert found == [tmp_path / "elsewhere" / SESSION / "session_context.json"]


def test_other_folders_can_be_named(tmp_path: Path) -> None:
    """Several, separated by commas."""
    roots = FOUND.roots(tmp_path, {"ROVO_DATA_DIR": "~/a,/b"})
    assert roots == [tmp_path / "a/sessions", Path("/b/sessions")]
