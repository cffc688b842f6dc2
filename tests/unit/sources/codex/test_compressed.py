"""Rollouts that Codex has compressed: whole, in frames, damaged, hostile, and beside their plain form."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.codex_lines import NAME, THREAD, count, line, meta, of_kind, usage
from generators.codex_tree import Codex, compress, fold, play
from tokometer.sources import frames
from tokometer.sources.codex import FOUND as SOURCE
from tokometer.sources.tail import Stamp, unchanged

CONTEXT = line("turn_context", {"turn_id": "t", "model": "gpt-5.2"})
ONE, TWO = count(usage(100, 20), usage(100, 20)), count(usage(250, 50), usage(150, 30), 2)
#: A skippable frame, as tools use them for notes of their own.
NOTE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00note"


def _raw(*rows: Any) -> bytes:
    return b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows)


@pytest.fixture
def live(home: Path) -> Path:
    """Where the rollout lies, uncompressed."""
    path = home / "sessions/2026/03/02" / NAME
    path.parent.mkdir(parents=True)
    return path


def _zst(path: Path, data: bytes) -> Path:
    packed = path.with_name(f"{path.name}.zst")
    packed.parent.mkdir(parents=True, exist_ok=True)
    packed.write_bytes(data)
    return packed


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), pieces=st.integers(1, 40), filler=st.sampled_from([0, 30_000]))
def test_a_compressed_rollout_says_what_the_plain_one_says(seed: int, pieces: int, filler: int) -> None:
    """Record by record, in one frame or many, cut anywhere."""
    with tempfile.TemporaryDirectory() as folder:
        tree = play(seed, threads=3, filler=filler).write(Path(folder))
        for path in tree.files():
            plain = SOURCE.read(path, b"")
            packed = SOURCE.read(_zst(path, compress(path.read_bytes(), frames=pieces)), b"")
            assert fold(packed.records) == fold(plain.records)
            assert (packed.refusals, packed.notices) == ([], [])


def test_frames_that_are_notes_or_empty_are_passed_over(live: Path) -> None:
    """Skippable frames and frames of nothing, before, between and after."""
    halves = compress(_raw(meta(), CONTEXT, ONE)), compress(_raw(TWO))
    data = NOTE + compress(b"") + halves[0] + NOTE + halves[1] + compress(b"") + NOTE
    reading = SOURCE.read(_zst(live, data), b"")
    assert [call.input_tokens for call in of_kind(reading, "calls")] == [100, 150]
    assert not reading.refusals


def test_it_is_read_anew_when_it_changes_and_not_otherwise(live: Path) -> None:
    """It cannot be followed from where it was left: size and time tell whether it is another."""
    packed = _zst(live, compress(_raw(meta(), CONTEXT, ONE)))
    first = SOURCE.read(packed, b"")
    assert unchanged(first.state, Stamp.of(packed))
    packed.write_bytes(compress(_raw(meta(), CONTEXT, ONE, TWO)))
    assert not unchanged(first.state, Stamp.of(packed))
    again = SOURCE.read(packed, first.state)
    assert fold([*first.records, *again.records]) == fold(again.records)
    assert len(of_kind(again, "calls")) == 2


def test_the_end_of_a_truncated_file_is_refused_and_what_came_before_is_kept(live: Path) -> None:
    """Cut at any byte: only whole lines are read, and one refusal says that it ends early."""
    noise = random.Random(1)
    rows = [meta(), CONTEXT, ONE, *(line("world_state", {"x": noise.randbytes(400).hex()}) for _ in range(900)), TWO]
    data = compress(_raw(*rows), frames=7)
    whole = len(of_kind(SOURCE.read(_zst(live, data), b""), "calls"))
    assert whole == 2
    counted = set()
    for cut in (0, 1, 4, 30, *range(100, len(data), len(data) // 23), len(data) - 1):
        reading = SOURCE.read(_zst(live, data[:cut]), b"")
        counted.add(len(of_kind(reading, "calls")))
        # Cut between two frames nobody can tell, but for a line that is cut as well.
        assert len(reading.refusals) <= 1
        assert cut == 0 or cut not in range(100, len(data)) or reading.refusals
    assert counted == {0, 1}
    assert "ends in the middle; what comes before was read" in reading.refusals[0].reason
    assert reading.refusals[0].place.endswith(".jsonl.zst")


@pytest.mark.parametrize("data", [b"not zstd at all, and longer than a header", b"\x28\xb5\x2f\xfd" + b"\xff" * 40])
def test_a_file_that_is_not_compressed_is_refused(live: Path, data: bytes) -> None:
    """Whatever its name says."""
    reading = SOURCE.read(_zst(live, data), b"")
    assert [refusal.reason for refusal in reading.refusals] == [
        "the compressed file is damaged; what comes before was read"
    ]
    assert unchanged(reading.state, Stamp.of(live.with_name(f"{NAME}.zst")))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), where=st.floats(0, 1), byte=st.integers(1, 255))
def test_a_flipped_byte_never_raises(seed: int, where: float, byte: int) -> None:
    """Damage anywhere is refused, or harms lines that are refused; what is given are sound records."""
    with tempfile.TemporaryDirectory() as folder:
        codex = Codex(seed)
        codex.turn(codex.thread("records"))
        (path,) = codex.write(Path(folder)).files()
        data = bytearray(compress(path.read_bytes(), frames=3))
        data[int(where * (len(data) - 1))] ^= byte
        reading = SOURCE.read(_zst(path, bytes(data)), b"")
        assert all(record.native_id for record in reading.records)


def test_a_bomb_takes_no_memory_and_is_refused(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is far larger inside than a rollout can be is given up, with what came before it kept."""
    monkeypatch.setattr(frames, "_FLOOR", 2 << 20)
    zeros = compress(b"\0" * (64 << 20))
    reading = SOURCE.read(_zst(live, compress(_raw(meta(), CONTEXT, ONE)) + zeros), b"")
    assert len(of_kind(reading, "calls")) == 1
    assert "more than 1,000 times its size" in reading.refusals[-1].reason


def test_a_line_that_is_too_long_is_passed_over(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused with its place in the text, and the lines after it are read."""
    monkeypatch.setattr(frames, "LINE_LIMIT", 3 << 20)
    head = _raw(meta(), CONTEXT, ONE)
    long = _raw(line("world_state", {"x": random.Random(2).randbytes(4 << 20).hex()}))
    reading = SOURCE.read(_zst(live, compress(head + long + _raw(TWO))), b"")
    assert [call.input_tokens for call in of_kind(reading, "calls")] == [100, 150]
    assert [(refusal.position, refusal.reason) for refusal in reading.refusals] == [
        (len(head), "the line is too long to be read")
    ]


def test_a_last_line_without_its_newline_is_read(live: Path) -> None:
    """Nobody will add to it; one that was cut is refused."""
    text = _raw(meta(), CONTEXT, ONE, TWO)
    assert len(of_kind(SOURCE.read(_zst(live, compress(text[:-1])), b""), "calls")) == 2
    cut = SOURCE.read(_zst(live, compress(text[:-9])), b"")
    assert (len(of_kind(cut, "calls")), len(cut.refusals)) == (1, 1)


@pytest.mark.parametrize(
    ("places", "kept"),
    [
        (("sessions/2026/03/02/{}", "sessions/2026/03/02/{}.zst"), "sessions/2026/03/02/{}"),
        (("archived_sessions/{}", "archived_sessions/{}.zst"), "archived_sessions/{}"),
        (("sessions/2026/03/02/{}", "archived_sessions/{}.zst"), "sessions/2026/03/02/{}"),
        (("sessions/2026/03/02/{}.zst", "archived_sessions/{}"), "sessions/2026/03/02/{}.zst"),
        (("sessions/2026/03/02/{}.zst", "archived_sessions/{}.zst"), "sessions/2026/03/02/{}.zst"),
        (("sessions/a/{}.zst", "archived_sessions/a/{}.zst"), "sessions/a/{}.zst"),
    ],
)
def test_of_two_copies_one_is_read(home: Path, places: tuple[str, str], kept: str) -> None:
    """The live one before the archived, the plain one before the compressed."""
    for place in places:
        path = home / place.format(NAME)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    found = [path for root in SOURCE.roots(home.parent, {}) for path in SOURCE.files(root)]
    assert found == [home / kept.format(NAME)]


def test_a_parent_that_was_compressed_is_still_found(tmp_path: Path) -> None:
    """Forks of old releases look their parents up, whatever form those now have."""
    codex = Codex(11)
    parent = codex.thread("plain")
    codex.turn(parent)
    child = codex.child(codex.child(parent))
    codex.turn(child)
    tree = codex.write(tmp_path, compressed=1.0)
    records = [record for path in tree.files() for record in SOURCE.read(path, b"").records]
    calls = [record for record in fold(records).values() if type(record).kind == "calls"]
    assert len(calls) == len(tree.truth.calls)


def test_the_thread_is_the_same_by_either_name(home: Path) -> None:
    """A rollout without a header is known by its file's name, however that ends."""
    plain = home / "sessions/some-thread.jsonl"
    plain.parent.mkdir(parents=True)
    for name in (NAME, "rollout-odd.jsonl"):
        path = plain.with_name(name)
        path.write_bytes(_raw(ONE))
        packed = SOURCE.read(_zst(path, compress(_raw(ONE))), b"")
        assert fold(packed.records) == fold(SOURCE.read(path, b"").records)
        assert {call.session_id for call in of_kind(packed, "calls")} == {THREAD if name == NAME else "rollout-odd"}
