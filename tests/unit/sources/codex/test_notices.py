"""What no rule understood is named, and a rollout as Codex writes it gives nothing to name."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.codex_lines import NAME, THREAD, count, event, item, line, meta, of_kind, usage, usage_record
from generators.codex_tree import compress, play
from generators.examples import examples
from tokometer.sources.codex import FOUND as SOURCE
from tokometer.sources.codex.quiet import QUIET
from tokometer.sources.protocol import Reading

Read = Callable[..., Reading]

CONTEXT = line("turn_context", {"turn_id": "t", "model": "gpt-5.2"})
ROW = count(usage(10, 1), usage(10, 1))


def _named(reading: Reading) -> list[tuple[str, str, int]]:
    return [(notice.topic, notice.name, notice.count) for notice in reading.notices]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (line("token_ledger", {"spent": 5}), "token_ledger"),
        (line("token_ledger", {"type": "x", "spent": 5}), "token_ledger"),
        (event("usage_summary", tokens=5), "event_msg/usage_summary"),
        (item("video_call", seconds=3), "response_item/video_call"),
        (line("event_msg", {"tokens": 5, "type": "usage_summary"}), "event_msg/usage_summary"),
        ({"type": "Token-Ledger", "payload": {}}, "Token-Ledger"),
        ({"payload": {"usage": 1}}, "without a type"),
        (line("event_msg", {"tokens": 5}), "event_msg/"),
    ],
)
def test_lines_of_a_kind_that_nobody_knows_are_noticed(read: Read, row: dict[str, Any], name: str) -> None:
    """By their type, counted once a reading, with the place of the first; whatever order their keys have."""
    reading = read(meta(), CONTEXT, row, row, ROW)
    assert _named(reading) == [("line", name.rstrip("/"), 2)]
    assert reading.notices[0].place.partition(".jsonl:")[2].isdigit()
    assert (len(of_kind(reading, "calls")), reading.refusals) == (1, [])


@pytest.mark.parametrize("kind", sorted(QUIET))
def test_kinds_that_are_known_to_carry_no_usage_are_passed_over(read: Read, kind: tuple[str, str]) -> None:
    """Those of every release of Codex, with their payload's type first or last."""
    name, inner = kind
    payloads: list[dict[str, Any]] = [{"type": inner, "text": "x"}, {"text": "x", "type": inner}] if inner else [{}]
    reading = read(meta(), *(line(name, payload) for payload in payloads))
    assert (reading.notices, reading.refusals, reading.records) == ([], [], [])


def test_lines_of_the_first_releases_without_an_envelope_are_known(read: Read) -> None:
    """A bare header, bare items, and notes of state."""
    rows = (
        {"id": THREAD, "timestamp": "2025-08-01T09:00:00Z", "instructions": None, "git": {}},
        {"record_type": "state"},
        {"type": "message", "role": "user", "content": []},
        {"type": "function_call", "name": "shell", "arguments": "{}", "call_id": "c"},
    )
    assert (read(*rows).notices, read(*rows).refusals) == ([], [])


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (count(usage(10, 1), usage(10, 1, audio_input_tokens=3)), "last_token_usage.audio_input_tokens"),
        (count(usage(10, 1, zig=3), usage(10, 1)), "total_token_usage.zig"),
        (usage_record("r", usage(10, 1, web_search_requests=2)), "usage.web_search_requests"),
        (usage_record("r", usage(10, 1), cost_usd=0.5), "token_usage_record.cost_usd"),
        (event("token_count", 1, info={**ROW["payload"]["info"], "billed": 1}), "info.billed"),
        (event("token_count", 1, info=ROW["payload"]["info"], extra_usage={}), "token_count.extra_usage"),
    ],
)
def test_keys_beside_usage_that_no_rule_reads_are_noticed(read: Read, row: dict[str, Any], name: str) -> None:
    """The call is counted from what is known, the key is named, its value is not kept."""
    reading = read(meta(), CONTEXT, row)
    assert _named(reading) == [("usage", name, 1)]
    assert [call.input_tokens for call in of_kind(reading, "calls")] == [10]
    assert not reading.refusals


def test_keys_that_say_nothing_of_usage_are_no_news(read: Read) -> None:
    """Whatever else a newer release writes beside it."""
    row = event("token_count", 1, info=ROW["payload"]["info"] | {"shown": True}, colour="red")
    record = usage_record("r", usage(20, 2), 2, mood="good")
    reading = read(meta(), CONTEXT, row, record)
    assert (len(of_kind(reading, "calls")), reading.notices) == (2, [])


def test_an_unknown_key_does_not_hide_an_impossible_number(read: Read) -> None:
    """The line is refused by the number's name."""
    reading = read(meta(), CONTEXT, usage_record("r", {"input_tokens": -1, "odd": 1}))
    assert [refusal.field for refusal in reading.refusals] == ["payload.usage.input_tokens"]


def test_names_are_bounded(read: Read) -> None:
    """A file that is something else is not listed name by name, and no name is longer than a list can show."""
    reading = read(*(line(f"kind_{number}_" + "x" * 100, {}) for number in range(300)))
    assert len(reading.notices) == 101
    assert max(len(notice.name) for notice in reading.notices) == 80
    assert sum(notice.count for notice in reading.notices) == 300


def test_refusals_are_bounded(read: Read) -> None:
    """The first thousand are listed, the others are counted."""
    reading = read(*[b"not json"] * 1_500)
    assert len(reading.refusals) == 1_001
    assert reading.refusals[-1].reason == "and 500 more lines of this file"


@pytest.mark.parametrize("name", ["thread.jsonl", f"{THREAD}.jsonl", "notes.jsonl.zst"])
def test_rollouts_under_other_names_are_read(home: Path, name: str) -> None:
    """What a file begins with says that it is one; nothing else about it matters."""
    path = home / "sessions/2026" / name
    path.parent.mkdir(parents=True)
    data = b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in (meta(), CONTEXT, ROW))
    path.write_bytes(compress(data) if name.endswith(".zst") else data)
    (found,) = SOURCE.files(home / "sessions")
    reading = SOURCE.read(found, b"")
    assert [(call.session_id, call.input_tokens) for call in of_kind(reading, "calls")] == [(THREAD, 10)]
    assert (reading.notices, reading.refusals) == ([], [])


@pytest.mark.parametrize(
    ("name", "data", "shape"),
    [
        ("usage-2026-03.csv", b"a,b\n1,2\n", "usage-#-#.csv"),
        ("usage.jsonl", b'{"tokens":5}\n', "usage.jsonl"),
        ("usage.jsonl.zst", compress(b'{"tokens":5}\n'), "usage.jsonl.zst"),
        (f"{THREAD}.sqlite", b"\0" * 100, "#-#-#-#-#.sqlite"),
    ],
)
def test_files_in_a_known_folder_that_no_rule_reads_are_noticed_once(
    home: Path, name: str, data: bytes, shape: str
) -> None:
    """By the shape of their name; not again while they lie there, whatever is added to them."""
    path = home / "archived_sessions" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    (found,) = SOURCE.files(home / "archived_sessions")
    first = SOURCE.read(found, b"")
    assert (_named(first), first.records, first.refusals) == ([("file", shape, 1)], [], [])
    assert first.notices[0].place == str(path)
    with path.open("ab") as file:
        file.write(data)
    again = SOURCE.read(found, first.state)
    assert (again.notices, again.records, again.refusals) == ([], [], [])


def test_a_file_that_becomes_a_rollout_is_read_from_its_start(home: Path) -> None:
    """Empty at first, then written."""
    path = home / "sessions/thread.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    empty = SOURCE.read(path, b"")
    assert empty.notices == []
    path.write_bytes(b"".join(json.dumps(row).encode() + b"\n" for row in (meta(), CONTEXT, ROW)))
    assert len(of_kind(SOURCE.read(path, empty.state), "calls")) == 1


@settings(max_examples=examples(15), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_what_codex_writes_gives_nothing_to_notice(seed: int) -> None:
    """Every generation, every kind of thread."""
    with tempfile.TemporaryDirectory() as folder:
        tree = play(seed, threads=4, filler=50).write(Path(folder), loose=0.1)
        assert [notice for path in tree.files() for notice in SOURCE.read(path, b"").notices] == []


def test_the_name_of_a_test_rollout_is_one(home: Path) -> None:
    """Files that are called rollouts are read without a look at how they begin."""
    path = home / "sessions" / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"type":"strange","payload":{}}\n')
    assert _named(SOURCE.read(path, b"")) == [("line", "strange", 1)]
