"""Ids that tell time, and who descends from whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from generators.codex_tree import Codex
from tokometer.sources.codex.lineage import (
    ancestry,
    find,
    home_of,
    minted,
    origin_of,
    owner_of,
    project_of,
    thread_in,
)
from tokometer.sources.codex.rows import SessionMeta

A, B = "019caf00-0000-7000-8000-00000000000a", "019caf00-0001-7000-8000-00000000000b"


def test_an_id_of_version_seven_tells_when_it_was_made() -> None:
    """Its first 48 bits are milliseconds."""
    assert minted("019caf00-0000-7000-8000-000000000001") == 0x019CAF000000 * 1000
    for other in ("", "7", "019caf00-0000-4000-8000-000000000001", "zzzcaf00-0000-7000-8000-000000000001"):
        assert minted(other) is None
    assert minted("ffffffff-ffff-7000-8000-000000000001") is None


def test_a_turn_belongs_to_the_youngest_thread_that_existed() -> None:
    """A copied turn is older than the thread that it was copied into."""
    family = [(minted(A) or 0, A), (minted(B) or 0, B)]
    assert owner_of("019caf00-0002-7000-8000-000000000000", family) == B
    assert owner_of("019caf00-0000-7fff-8000-000000000000", family) == A
    assert owner_of("", family) == A


@pytest.mark.parametrize(
    ("source", "subagent", "parent"),
    [
        ("cli", "", ""),
        (None, "", ""),
        ({"subagent": "review"}, "review", ""),
        ({"subagent": {"other": "guardian"}}, "guardian", ""),
        ({"subagent": {"thread_spawn": {"parent_thread_id": A, "depth": 1}}}, "subagent", A),
        ({"subagent": {"thread_spawn": {"parent_thread_id": A, "agent_role": "explorer"}}}, "explorer", A),
        ({"subagent": {}}, "", ""),
        ({"subagent": 3}, "", ""),
    ],
)
def test_the_source_says_what_kind_of_subagent_it_is(source: object, subagent: str, parent: str) -> None:
    """Codex spells it as a word or as an object."""
    found = origin_of(SessionMeta(id=B, source=source))
    assert (found.subagent, found.parent) == (subagent, parent)
    assert found.inherits == bool(parent)


def test_a_thread_is_not_its_own_parent() -> None:
    """A rewound thread refers to itself: its history is elsewhere, its parent is not."""
    found = origin_of(SessionMeta(id=B, forked_from_id=B, history_base={"thread_id": B}))
    assert (found.parent, found.inherits) == ("", True)


def test_ancestors_are_followed_from_file_to_file(tmp_path: Path) -> None:
    """A fork of a fork finds the first thread, whether its parents are live or archived; a missing one ends it."""
    codex = Codex(1)
    first = codex.thread("plain")
    codex.turn(first)
    second = codex.child(first)
    third = codex.child(second)
    tree = codex.write(tmp_path, archive=0.5)
    path = find(tmp_path, third.id)
    assert path is not None
    assert {thread.id for thread in ancestry(path, second.id).threads} == {first.id, second.id}
    assert home_of(path) == tmp_path
    for file in tree.files():
        if first.id in file.name:
            file.unlink()
    assert {thread.id for thread in ancestry(path, second.id).threads} == {first.id, second.id}
    assert ancestry(path, "gone").threads[0].id == "gone"


def test_circles_and_damage_in_headers_end_the_search(tmp_path: Path) -> None:
    """Two threads that name each other are both found once."""
    folder = tmp_path / "sessions/2026/03/02"
    folder.mkdir(parents=True)
    for thread, parent in ((A, B), (B, A)):
        text = f'garbage\n{{"type":"session_meta","payload":{{"id":"{thread}","forked_from_id":"{parent}"}}}}\n'
        (folder / f"rollout-2026-03-02T09-00-00-{thread}.jsonl").write_text(text)
    found = ancestry(folder / f"rollout-2026-03-02T09-00-00-{A}.jsonl", B).threads
    assert sorted(thread.id for thread in found) == [A, B]


def test_a_file_name_names_its_thread() -> None:
    """The id is the last part of the name."""
    assert thread_in(f"rollout-2026-03-02T09-00-00-{A}.jsonl") == A
    assert thread_in("rollout-x.jsonl") == ""


def test_projects_are_written_as_people_write_them() -> None:
    """Below the home folder with a tilde, elsewhere in full."""
    path = Path("/home/dev/.codex/sessions/2026/03/02/rollout-x.jsonl")
    assert project_of(path, "/home/dev/shop") == "~/shop"
    assert project_of(path, "/home/devs/shop") == "/home/devs/shop"
    assert project_of(Path("/data/codex/sessions/rollout-x.jsonl"), "/data/shop") == "/data/shop"
