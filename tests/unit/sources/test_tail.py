"""Files are read from where they were left, whatever their writers do in between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.sources import tail
from tokometer.sources.tail import BOM, Stamp, Tail, taken, unchanged


def _read(path: Path, state: bytes) -> tuple[list[bytes], bytes]:
    with Tail(path, state) as reading:
        lines = list(reading.lines())
        left = reading.state()
    with Tail(path, state) as reading:
        assert [(offset, bytes(line)) for offset, line in reading.views()] == lines, "the same without a copy"
    return [line for _, line in lines], left


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    """A second reading begins where the first one ended."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\ntwo\n")
    lines, state = _read(path, b"")
    assert lines == [b"one", b"two"]
    with path.open("ab") as file:
        file.write(b"three\n")
    assert _read(path, state)[0] == [b"three"]


def test_a_half_written_line_is_left_for_later(tmp_path: Path) -> None:
    """The last line is not taken before it is whole."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'one\n{"a":')
    lines, state = _read(path, b"")
    assert lines == [b"one"]
    assert taken(state) == 4
    with path.open("ab") as file:
        file.write(b"1}\n")
    assert _read(path, state)[0] == [b'{"a":1}']


def test_a_whole_last_line_needs_no_newline(tmp_path: Path) -> None:
    """A complete JSON object at the end of a file is taken once, with or without the newline that may follow."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n{"b":2}')
    lines, state = _read(path, b"")
    assert lines == [b'{"a":1}', b'{"b":2}']
    with path.open("ab") as file:
        file.write(b'\n{"c":3}\n')
    assert _read(path, state)[0] == [b'{"c":3}']


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"one\ntwo\n", b"new\n", id="truncated"),
        pytest.param(b"one\ntwo\n", b"new\ntwo\nthree\n", id="another head"),
        pytest.param(b"x" * 600 + b"\none\n", b"x" * 600 + b"\nnew\nmore\n", id="another seam"),
    ],
)
def test_a_rewritten_file_is_read_from_its_start(tmp_path: Path, before: bytes, after: bytes) -> None:
    """A file whose past has changed is another file."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(before)
    _, state = _read(path, b"")
    path.write_bytes(after)
    with Tail(path, state) as reading:
        assert reading.restarted
        assert [line for _, line in reading.lines()] == after.splitlines()


def test_a_replaced_file_is_read_from_its_start(tmp_path: Path) -> None:
    """Rotation puts another file under the same name."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n")
    _, state = _read(path, b"")
    other = tmp_path / "b"
    other.write_bytes(b"one\ntwo\n")
    other.replace(path)
    assert _read(path, state)[0] == [b"one", b"two"]


def test_what_the_source_keeps_comes_back_until_the_file_is_another(tmp_path: Path) -> None:
    """The source's own memory belongs to the file that it was made from."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n")
    with Tail(path, b"") as reading:
        list(reading.blocks())
        state = reading.state(b"memory")
    with Tail(path, state) as reading:
        assert reading.extra == b"memory"
    path.write_bytes(b"")
    with Tail(path, state) as reading:
        assert reading.extra == b""


def test_unchanged_is_told_from_the_status_alone(tmp_path: Path) -> None:
    """A file is unchanged until its size or time is another."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n")
    _, state = _read(path, b"")
    assert unchanged(state, Stamp.of(path))
    assert not unchanged(b"", Stamp.of(path))
    assert not unchanged(b"garbage", Stamp.of(path))
    os.utime(path, ns=(1, 1))
    assert not unchanged(state, Stamp.of(path))


def test_a_state_that_nobody_understands_is_no_state(tmp_path: Path) -> None:
    """Another version's state makes the file new, not unreadable."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n")
    assert _read(path, b"\xff\x00")[0] == [b"one"]


def test_a_named_pipe_is_refused(tmp_path: Path) -> None:
    """Opening a pipe would wait for a writer that never comes."""
    os.mkfifo(tmp_path / "a.jsonl")
    with pytest.raises(OSError, match="not a regular file"):
        Tail(tmp_path / "a.jsonl", b"")


def test_a_line_beyond_the_limit_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line too long to keep is named by its offset, and the lines around it are read."""
    monkeypatch.setattr(tail, "LINE_LIMIT", 1 << 20)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n" + b"x" * (5 << 20) + b"\ntwo\n")
    with Tail(path, b"") as reading:
        assert [line for _, line in reading.lines()] == [b"one", b"two"]
        assert reading.oversized == [4]


def test_a_line_beyond_the_limit_can_still_be_growing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is still being written is not judged by its first part."""
    monkeypatch.setattr(tail, "LINE_LIMIT", 1 << 20)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n" + b"x" * (5 << 20))
    with Tail(path, b"") as reading:
        assert [line for _, line in reading.lines()] == [b"one"]
        assert reading.oversized == []
        state = reading.state()
    with path.open("ab") as file:
        file.write(b"\ntwo\n")
    with Tail(path, state) as reading:
        assert [line for _, line in reading.lines()] == [b"two"]
        assert reading.oversized == [4]


def test_a_long_line_is_read_whole(tmp_path: Path) -> None:
    """Ten megabytes in one line are one line."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n" + b"x" * (10 << 20) + b"\ntwo\n")
    lines, _ = _read(path, b"")
    assert [len(line) for line in lines] == [3, 10 << 20, 3]


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=30), data=st.data())
def test_cutting_anywhere_loses_and_repeats_nothing(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], data: st.DataObject
) -> None:
    """However a file grows, its lines are read once each, at their offsets; without a byte order mark before them."""
    path = tmp_path_factory.mktemp("tail") / "a.jsonl"
    whole = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    found: list[bytes] = []
    state = b""
    path.write_bytes(b"")
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        with path.open("ab") as file:
            file.write(whole[start:end])
        with Tail(path, state) as reading:
            for offset, line in reading.lines():
                assert whole[offset : offset + len(line)] == line
                found.append(line)
            state = reading.state()
    assert found == [line for line in whole.removeprefix(BOM).split(b"\n") if line]


@pytest.mark.timeout(20)
def test_a_hole_is_passed_over(tmp_path: Path) -> None:
    """A hundred gigabytes of nothing take no time; what stands before and after them is read."""
    path = tmp_path / "x.jsonl"
    with path.open("wb") as file:
        file.write(b'{"a": 1}\n')
        file.truncate(100 << 30)
    with Tail(path, b"") as tail:
        assert [line for _, line in tail.lines()] == [b'{"a": 1}']
        state = tail.state()
    with path.open("ab") as file:
        file.write(b'\n{"a": 2}\n')
    with Tail(path, state) as tail:
        assert [line for _, line in tail.lines()] == [b'{"a": 2}']
        assert tail.oversized == [9]
        assert tail.offset == path.stat().st_size


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    """It is passed over where the file begins, once, however the file grows."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a":1}\r\n')
    lines, state = _read(path, b"")
    assert lines == [b'{"a":1}\r']
    with path.open("ab") as file:
        file.write(b'{"b":2}\n')
    assert _read(path, state)[0] == [b'{"b":2}']
