"""Families whose ids do not tell when they were made: the numbers of a row say what is a copy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from generators.codex_lines import count, event, line, usage
from tokometer.records import ModelCall
from tokometer.sources.codex import FOUND as SOURCE


class Ids(NamedTuple):
    """Three threads, each forked off the one before, and a turn of each."""

    threads: tuple[str, str, str]
    turns: tuple[str, str, str]


def _ids(threads: str, turns: str) -> Ids:
    first, second, third = (threads.format(n) for n in (1, 2, 3))
    return Ids((first, second, third), (turns.format(1), turns.format(2), turns.format(3)))


#: Ids by what is wrong with them.
IDS: Final[Mapping[str, Ids]] = {
    "all made at one moment": _ids("019caf00-0000-7000-8000-00000000000{}", "019caf00-0100-7000-8000-00000000000{}"),
    "turns older than threads": _ids("019caf0{}-0000-7000-8000-000000000001", "019935a0-0{}00-7000-8000-000000000001"),
    "turns that are numbered": _ids("019caf0{}-0000-7000-8000-000000000001", "turn-{}"),
    "of another version": _ids("5e55a000-0000-4000-8000-00000000000{}", "5e55a000-0000-4000-8000-0000000000a{}"),
}
BOTH: Final = pytest.mark.parametrize("ids", IDS.values(), ids=IDS.keys())
HEADED: Final = pytest.mark.parametrize("headed", [True, False], ids=["headed", "headless"])


def _meta(thread: str, at: int, **more: Any) -> dict[str, Any]:
    stamp = line("", None, at)["timestamp"]
    return line("session_meta", {"id": thread, "timestamp": stamp, "cli_version": "0.155.0", "cwd": "/x", **more}, at)


def _turn(turn: str, at: int) -> list[dict[str, Any]]:
    return [event("task_started", at, turn_id=turn), line("turn_context", {"turn_id": turn, "model": "gpt-5.1"}, at)]


def _stamped(lines: list[dict[str, Any]], at: int) -> list[dict[str, Any]]:
    """Lines as a copy has them: of the time of the copy."""
    return [dict(one, timestamp=line("", None, at)["timestamp"]) for one in lines]


def _calls(home: Path, *rollouts: list[dict[str, Any]]) -> dict[str, ModelCall]:
    folder = home / ".codex/sessions/2026/03/02"
    folder.mkdir(parents=True)
    found = {}
    for rollout in rollouts:
        path = folder / f"rollout-2026-03-02T09-00-00-{rollout[0]['payload']['id']}.jsonl"
        path.write_bytes(b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in rollout))
    for path in sorted(folder.iterdir(), reverse=True):
        found |= {one.native_id: one for one in SOURCE.read(path, b"").records if isinstance(one, ModelCall)}
    return found


def _outputs(calls: dict[str, ModelCall]) -> list[int]:
    return sorted(call.output_tokens or 0 for call in calls.values())


@BOTH
@HEADED
def test_a_fork_of_a_fork_counts_every_answer_once(tmp_path: Path, ids: Ids, *, headed: bool) -> None:
    """Whichever file is read first, and whether or not the copy begins with the other's header."""
    one, two, three = ids.threads
    first = [
        *_turn(ids.turns[0], 1),
        count(usage(100, 11), usage(100, 11), 2),
        count(usage(250, 33), usage(150, 22), 3),
    ]
    second = [*_turn(ids.turns[1], 51), count(usage(300, 66), usage(50, 33), 52)]
    third = [*_turn(ids.turns[2], 91), count(usage(900, 110), usage(600, 44), 92)]
    parent = [_meta(one, 0), *first]
    child = [_meta(two, 50, forked_from_id=one), *_stamped(parent if headed else first, 50), *second]
    copied = child if headed else child[1:]
    grandchild = [_meta(three, 90, forked_from_id=two), *_stamped(copied, 90), *third]
    assert _outputs(_calls(tmp_path, parent, child, grandchild)) == [11, 22, 33, 44]


@BOTH
def test_a_fork_that_is_read_before_its_ancestors_are_there_names_rows_alike(tmp_path: Path, ids: Ids) -> None:
    """The headers that it copied say who they are."""
    one, two, three = ids.threads
    first = [*_turn(ids.turns[0], 1), count(usage(100, 11), usage(100, 11), 2)]
    second = [*_turn(ids.turns[1], 51), count(usage(300, 66), usage(200, 55), 52)]
    third = [*_turn(ids.turns[2], 91), count(usage(900, 110), usage(600, 44), 92)]
    parent = [_meta(one, 0), *first]
    child = [_meta(two, 50, forked_from_id=one), *_stamped(parent, 50), *second]
    grandchild = [_meta(three, 90, forked_from_id=two), *_stamped(child, 90), *third]
    early = _calls(tmp_path / "early", grandchild)
    assert early.keys() == _calls(tmp_path / "late", parent, child, grandchild).keys()
    assert _outputs(early) == [11, 44, 55]


@BOTH
def test_what_somebody_spawned_without_a_history_is_its_own(tmp_path: Path, ids: Ids) -> None:
    """Equal numbers of two threads are two calls where nothing was copied."""
    one, two, _ = ids.threads
    parent = [_meta(one, 0), *_turn(ids.turns[0], 1), count(usage(100, 11), usage(100, 11), 2)]
    spawned = {"subagent": {"thread_spawn": {"parent_thread_id": one, "depth": 1}}}
    child = [_meta(two, 50, source=spawned), *_turn(ids.turns[1], 51), count(usage(100, 11), usage(100, 11), 52)]
    calls = _calls(tmp_path, parent, child)
    assert _outputs(calls) == [11, 11]
    assert {call.session_id for call in calls.values()} == {one, two}


def test_an_own_turn_is_known_by_when_it_was_started(tmp_path: Path) -> None:
    """Copies keep that time, which is no older than the thread says that it is."""
    one, two, _ = IDS["turns that are numbered"].threads
    first = [event("task_started", 1, turn_id="turn-1", started_at=1_772_442_001), count(usage(9, 1), usage(9, 1), 2)]
    second = [
        event("task_started", 51, turn_id="turn-2", started_at=1_772_442_061),
        count(usage(19, 3), usage(10, 2), 52),
    ]
    made = line("", None, 50)["timestamp"]
    parent = [_meta(one, 0), *first]
    child = [_meta(two, 50, forked_from_id=one), *_stamped(parent, 50), *second]
    assert child[0]["payload"]["timestamp"] == made
    calls = _calls(tmp_path, parent, child)
    assert {(call.session_id, call.output_tokens) for call in calls.values()} == {(one, 1), (two, 2)}
