"""Finding rollouts, following them as they grow, and lines that cannot be believed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from generators.codex_lines import NAME, THREAD, count, event, line, meta, of_kind, usage, usage_record
from generators.codex_tree import Codex, found
from tokometer.sources.codex import FOUND as SOURCE
from tokometer.sources.protocol import Reading
from tokometer.sources.registry import FILE_SOURCES

Read = Callable[..., Reading]

ONE, TWO = count(usage(100, 20), usage(100, 20)), count(usage(250, 50), usage(150, 30), 2)


def _raw(*lines: object) -> bytes:
    return b"".join(json.dumps(text, separators=(",", ":")).encode() + b"\n" for text in lines)


def test_it_is_registered() -> None:
    """The registry names it."""
    assert FILE_SOURCES["codex"] is SOURCE
    assert (SOURCE.name, SOURCE.title) == ("codex", "Codex")


def test_roots_follow_the_environment(tmp_path: Path) -> None:
    """`$CODEX_HOME` moves them; whether they exist does not matter."""
    assert SOURCE.roots(tmp_path, {}) == [tmp_path / ".codex/sessions", tmp_path / ".codex/archived_sessions"]
    assert SOURCE.roots(tmp_path, {"CODEX_HOME": "/data/cx"})[0] == Path("/data/cx/sessions")
    assert SOURCE.roots(tmp_path, {"CODEX_HOME": "~/cx"})[0] == tmp_path / "cx/sessions"
    several = SOURCE.roots(tmp_path, {"CODEX_HOME": "/data/a, ~/b"})
    assert several[::2] == [Path("/data/a/sessions"), tmp_path / "b/sessions"]


def test_files_are_rollouts_and_what_could_be_one(home: Path) -> None:
    """Elsewhere only what is called a rollout; folders that do not exist are empty, links in circles end."""
    day = home / "sessions/2026/03/02"
    day.mkdir(parents=True)
    for name in (NAME, "notes.jsonl", "rollout-x.jsonl.zst", ".DS_Store", "rollout-x.jsonl.tmp", "rollout-x.json"):
        (day / name).write_bytes(b"")
    (day / "again").symlink_to(home / "sessions", target_is_directory=True)
    live, archived = SOURCE.roots(home.parent, {})
    rollouts = {day / NAME, day / "rollout-x.jsonl.zst"}
    assert set(SOURCE.files(live)) == {*rollouts, day / "notes.jsonl"}
    assert set(SOURCE.files(home)) == rollouts
    assert list(SOURCE.files(day / NAME)) == [day / NAME]
    assert list(SOURCE.files(archived)) == []


def test_an_archived_copy_of_a_live_rollout_is_left_out(home: Path) -> None:
    """At the same relative place, or where its date puts it."""
    old = f"rollout-2026-03-01T09-00-00-{THREAD}.jsonl"
    for place in (f"sessions/2026/03/02/{NAME}", f"archived_sessions/{NAME}", f"archived_sessions/{old}"):
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        (home / place).write_bytes(b"")
    assert [path.name for path in SOURCE.files(home / "archived_sessions")] == [old]


def test_archiving_a_rollout_counts_nothing_twice(read: Read, home: Path) -> None:
    """The moved file gives the same records."""
    before = read(meta(), ONE, TWO)
    moved = home / "archived_sessions" / NAME
    moved.parent.mkdir()
    (home / "sessions/2026/03/02" / NAME).rename(moved)
    after = SOURCE.read(moved, b"")
    assert [record.native_id for record in after.records] == [record.native_id for record in before.records]


def test_a_reading_goes_on_where_the_last_one_ended(read: Read, home: Path) -> None:
    """Only what is new is given, with the model and totals of before; a half-written line waits."""
    first = read(meta(), line("turn_context", {"model": "gpt-5.2"}), ONE)
    path = home / "sessions/2026/03/02" / NAME
    new = _raw(TWO)
    with path.open("ab") as file:
        file.write(new[:70])
        file.flush()
        half = SOURCE.read(path, first.state)
        assert (half.records, half.refusals) == ([], [])
        file.write(new[70:])
        file.flush()
        (call,) = of_kind(SOURCE.read(path, half.state), "calls")
    assert (call.input_tokens, call.model) == (150, "gpt-5.2")


def test_a_rewritten_file_is_read_from_its_start(read: Read, home: Path) -> None:
    """The ids are the same, so that nothing is counted twice."""
    first = read(meta(), ONE, TWO)
    (home / "sessions/2026/03/02" / NAME).write_bytes(_raw(meta(cwd="/elsewhere"), ONE, TWO))
    again = SOURCE.read(home / "sessions/2026/03/02" / NAME, first.state)
    assert [record.native_id for record in again.records] == [record.native_id for record in first.records]


def test_a_state_of_another_version_starts_over(read: Read, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older parser left out is found again."""
    first = read(meta(), ONE)
    monkeypatch.setattr("tokometer.sources.codex.state.VERSION", 2)
    again = SOURCE.read(home / "sessions/2026/03/02" / NAME, first.state)
    assert len(of_kind(again, "calls")) == 1


def test_one_bad_line_does_not_stop_the_others(read: Read) -> None:
    """Each is refused with the place, the field and the reason; totals go on as if it had not been there."""
    spans = {
        b"not json": "",
        _raw(event("token_count", 1, info={"total_token_usage": {"input_tokens": -5}})).strip(): (
            "payload.info.total_token_usage.input_tokens"
        ),
        _raw(usage_record("r", {"input_tokens": 2**53 + 1})).strip(): "payload.usage.input_tokens",
        _raw(usage_record("r", {"cached_input_tokens": 5})).strip(): "payload.usage.input_tokens",
        _raw(event("token_count", 1, info={"last_token_usage": usage(1, 1)})).strip(): "payload.info.total_token_usage",
        _raw(ONE | {"timestamp": "1970-01-01T00:00:00Z"}).strip(): "timestamp",
        _raw(ONE | {"timestamp": "2999-01-01T00:00:00Z"}).strip(): "timestamp",
        _raw(ONE | {"timestamp": "yesterday"}).strip(): "timestamp",
        _raw({"type": ONE["type"], "payload": ONE["payload"]}).strip(): "timestamp",
        b'{"timestamp":"2026-03-02T09:00:00Z","type":"turn_context","payload":{"model":NaN}}': "",
        b'{"timestamp":"2026-03-02T09:00:00Z","type":"turn_context","payload":{"model":"\\ud800"}}': "",
        _raw(line("turn_context", {"model": 5})).strip(): "payload.model",
        _raw(line("session_meta", [])).strip(): "payload",
    }
    lines = [part for bad in spans for part in (bad, b"")]
    reading = read(meta(), ONE, *lines, TWO)
    assert [refusal.field for refusal in reading.refusals] == list(spans.values())
    assert all(refusal.source == "codex" and refusal.place.endswith(NAME) for refusal in reading.refusals)
    start = len(_raw(meta(), ONE))
    assert reading.refusals[0].position == start
    assert reading.refusals[1].position == start + len(b"not json\n\n")
    assert [call.input_tokens for call in of_kind(reading, "calls")] == [100, 150]


def test_long_lines_and_empty_files_are_nothing_special(read: Read) -> None:
    """Ten megabytes of output are passed over or looked into; an empty file has no records."""
    text = "x" * 10_000_000
    message = line("response_item", {"type": "message", "role": "assistant", "content": [{"text": text}]})
    output = line("response_item", {"type": "function_call_output", "call_id": "c", "output": text})
    assert len(of_kind(read(meta(), message, output, ONE), "calls")) == 1
    empty = read()
    assert (empty.records, empty.refusals) == ([], [])


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    """Nothing is swallowed."""
    with pytest.raises(FileNotFoundError):
        SOURCE.read(tmp_path / NAME, b"")
    folder = tmp_path / "rollout-x.jsonl"
    folder.mkdir()
    assert list(SOURCE.files(tmp_path)) == []
    with pytest.raises(OSError, match="regular"):
        SOURCE.read(folder, b"")
    if os.geteuid() != 0:
        (tmp_path / NAME).touch(mode=0o000)
        with pytest.raises(PermissionError):
            SOURCE.read(tmp_path / NAME, b"")


def test_a_fork_whose_parent_is_gone_counts_its_own_turns(tmp_path: Path) -> None:
    """What was inherited is not made up from copies; what the fork did itself is counted."""
    codex = Codex(3)
    parent = codex.thread("turns")
    codex.turn(parent)
    child = codex.child(parent)
    codex.turn(child)
    tree = codex.write(tmp_path)
    (path,) = (path for path in tree.files() if child.id in path.name)
    spent = found(SOURCE.read(path, b"").records).by_thread()
    assert spent == {child.id: tree.truth.by_thread()[child.id]}


def test_siblings_with_the_same_first_answer_are_two_calls(tmp_path: Path) -> None:
    """A fan-out of subagents from one point can use exactly the same tokens."""
    codex = Codex(4)
    parent = codex.thread("turns")
    codex.turn(parent, 1)
    children = [codex.child(parent) for _ in range(3)]
    for child in children:
        codex.random.seed(99)
        codex.turn(child, 1)
    tree = codex.write(tmp_path)
    ids = set()
    for path in tree.files():
        ids |= {record.native_id for record in of_kind(SOURCE.read(path, b""), "calls")}
    assert len(ids) == len(tree.truth.calls) == 4
