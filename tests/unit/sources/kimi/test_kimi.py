"""Sessions of Kimi CLI and Kimi Code."""

from __future__ import annotations

from pathlib import Path

from generators.left import lines
from generators.sources.kimi import CLI, FILE, HEADER, KIMI_CODE, PROJECT, record, status
from tokometer.records import ModelCall, Record, ToolCall
from tokometer.sources.kimi.found import FOUND


def read(home: Path) -> list[Record]:
    """All that is found below a home folder."""
    files = [path for root in FOUND.roots(home, {}) for path in FOUND.files(root)]
    return [record for path in sorted(files) for record in FOUND.read(path, b"").records]


def calls(records: list[Record]) -> list[ModelCall]:
    """The calls, of one told again the last."""
    return list({record.native_id: record for record in records if isinstance(record, ModelCall)}.values())


def test_a_step_that_is_told_again_counts_once(tmp_path: Path) -> None:
    """The larger of two counts is the later one; the project is known by a hash, the model by the settings."""
    for step in CLI.steps:
        step(tmp_path)
    first, child, given_up = calls(read(tmp_path))
    assert (first.input_tokens, first.output_tokens, first.response_id) == (1_562, 2_463, "chatcmpl-1")
    assert (first.model, first.provider, first.project) == ("kimi-k2-thinking", "moonshot", PROJECT)
    assert (child.subagent, child.cache_read_tokens, child.cache_write_unknown_tokens) == ("coder", 50, 20)
    assert (given_up.status, given_up.input_tokens) == ("cancelled", None)


def test_latency_is_estimated_from_the_step(tmp_path: Path) -> None:
    """What was asked, and how long it took, belong to the version that was told first."""
    for step in CLI.steps[:1]:
        step(tmp_path)
    first = next(record for record in read(tmp_path) if isinstance(record, ModelCall))
    assert (first.latency_us, first.latency_estimated, first.user_messages) == (3_000_000, True, 1)


def test_a_tool_has_an_outcome(tmp_path: Path) -> None:
    """And a time until it was there."""
    for step in CLI.steps:
        step(tmp_path)
    tool = [record for record in read(tmp_path) if isinstance(record, ToolCall)][-1]
    assert (tool.name, tool.status, tool.duration_us, tool.use_id) == ("Task", "ok", 3_000_000, "tool_1")


def test_kimi_code_says_the_model(tmp_path: Path) -> None:
    """Of a setting's name, the request before it does; agents have files of their own."""
    for step in KIMI_CODE.steps:
        step(tmp_path)
    found = calls(read(tmp_path))
    assert {(call.model, call.subagent) for call in found} == {
        ("kimi-k2.5", ""),
        ("kimi-for-coding", ""),
        ("kimi-k2.5", "explore"),
    }
    assert {call.project for call in found} == {PROJECT}


def test_sums_are_noticed_and_not_counted(tmp_path: Path) -> None:
    """A record of a session's scope repeats what its turns used."""
    name = ".kimi-code/sessions/w/s/agents/main/wire.jsonl"
    lines(name, record(1, "k", 5, 1), record(1, "k", 5, 1, scope="session"))(tmp_path)
    reading = FOUND.read(tmp_path / name, b"")
    assert (len(reading.records), [notice.topic for notice in reading.notices]) == (1, ["event"])


def test_a_session_that_does_not_say_which_model_is_noticed(tmp_path: Path) -> None:
    """Nothing is guessed."""
    lines(FILE, HEADER, status(1, "m", 5, 1))(tmp_path)
    reading = FOUND.read(tmp_path / FILE, b"")
    assert calls(reading.records)[0].model == ""
    assert [notice.topic for notice in reading.notices] == ["model"]
