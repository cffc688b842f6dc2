"""What is remembered of a file holds no secrets, and is the same as long as there are none."""

from __future__ import annotations

import msgspec

from tokometer.records.texts import mend
from tokometer.sources.claude_code.memory import Memory, recall, remember
from tokometer.sources.claude_code.tools import Use
from tokometer.sources.codex.state import State, Turn, dump, load

KEY = "ghp_" + "a1B2" * 9


def test_a_transcript() -> None:
    """Ids become what the gate makes of them."""
    memory = Memory(model=f"m {KEY}", uses={KEY: Use(1, "Bash", KEY, sidechain=False)})
    left = remember(memory)
    assert KEY[4:12].encode() not in left
    assert list(recall(left).uses) == [mend(KEY, "long id")]


def test_a_rollout() -> None:
    """The thread, its turns and its family."""
    state = State(thread=KEY, project="p", family=[(1, KEY)], open_turn=Turn(1, KEY, KEY))
    left = dump(state)
    assert KEY[4:12].encode() not in left
    found = load(left)
    assert found is not None
    assert found.thread == mend(KEY, "long id")
    assert found.family == [(1, found.thread)]


def test_without_secrets_nothing_changes() -> None:
    """Byte by byte."""
    state = State(thread="019caf00", project="monkey://token-bucket", tools={}, limits={"a": 1.0})
    assert dump(state) == msgspec.msgpack.encode(state)
