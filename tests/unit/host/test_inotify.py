"""Tests of tokometer.host.inotify: the system says what changes below folders, and lets us sleep meanwhile."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tokometer.host.inotify import Inotify

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux has it")
SOON = 10.0


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A folder with one in it."""
    (tmp_path / "top" / "in").mkdir(parents=True)
    return tmp_path / "top"


@pytest.fixture
def ear(top: Path, tmp_path: Path) -> Iterator[Inotify]:
    """Hears of it, and of one that is not there yet, nor the folder that it is going to be in."""
    ear = Inotify([top], [tmp_path / "tool" / "logs"])
    yield ear
    ear.close()
    ear.close()


def heard(ear: Inotify, *expected: Path) -> bool:
    """Whether it comes to tell of all of these."""
    left, until = {str(path) for path in expected}, time.monotonic() + SOON
    while left and time.monotonic() < until:
        left -= ear.next(0.2, 0.01, 0.05) or set()
    return not left


def test_files_and_folders_are_told_wherever_they_come_to_be(ear: Inotify, top: Path) -> None:
    """What grows, appears, goes away or moves, in folders too that came later or under another name."""
    (top / "in" / "a").write_bytes(b"1")
    assert heard(ear, top / "in" / "a")
    (top / "new" / "deep").mkdir(parents=True)
    assert heard(ear, top / "new")
    (top / "new" / "deep" / "b").write_bytes(b"1")
    assert heard(ear, top / "new" / "deep" / "b")
    (top / "new").rename(top / "moved")
    assert heard(ear, top / "new", top / "moved")
    with (top / "moved" / "deep" / "b").open("ab") as file:
        file.write(b"2")
    assert heard(ear, top / "moved" / "deep" / "b")
    (top / "moved" / "deep" / "b").unlink()
    assert heard(ear, top / "moved" / "deep" / "b")


def test_names_that_are_no_text_and_links_in_a_circle_are_taken(tmp_path: Path, top: Path) -> None:
    """A name is what the system calls it, and a folder that is reached twice is watched once."""
    (top / "in" / "back").symlink_to(top)
    ear = Inotify([top])
    path = os.fsencode(top / "in") + b"/\xff.jsonl"
    with open(path, "wb") as file:  # noqa: PTH123 - bytes
        file.write(b"1")
    found: set[str] = set()
    while not found:
        found = ear.next(SOON, 0.01, 0.05) or {""}
    assert {Path(os.fsdecode(one)).name for one in map(os.fsencode, found)} == {os.fsdecode(b"\xff.jsonl")}
    ear.close()


@pytest.mark.parametrize("what", ["the way to it", "gone"])
def test_what_is_watched_has_to_be_another(ear: Inotify, top: Path, tmp_path: Path, what: str) -> None:
    """Said when a folder appears on the way to one that was missing, and when one of those watched goes away."""
    (tmp_path / "else").mkdir()
    assert ear.next(0.05, 0.01, 0.05) == set()
    if what == "gone":
        shutil.rmtree(top)
    else:
        (tmp_path / "tool").mkdir()
    until, found = time.monotonic() + SOON, ear.next(1, 0.01, 0.05)
    while found is not None and time.monotonic() < until:
        found = ear.next(1, 0.01, 0.05)
    assert found is None


def test_whoever_waits_sleeps_until_something_is_said(ear: Inotify) -> None:
    """It is woken neither by itself nor by what does not concern it, but by whoever wants it to end."""
    woken: list[int] = []

    def wait() -> None:
        before = _wakings()
        ear.next(60, 0.01, 0.05)
        woken.append(_wakings() - before)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(1)
    ear.wake()
    thread.join(SOON)
    assert woken
    # Going to sleep, and taking Python's lock back: a look ten times a second would be ten more.
    assert woken[0] <= 5


def _wakings() -> int:
    """How often this thread has been asleep."""
    status = Path(f"/proc/self/task/{threading.get_native_id()}/status").read_text()
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def test_a_folder_that_nobody_may_watch_keeps_the_others_from_nothing(tmp_path: Path, top: Path) -> None:
    """One that is gone, or is a file, is passed over."""
    (tmp_path / "file").write_bytes(b"")
    ear = Inotify([tmp_path / "nowhere", tmp_path / "file", top], [tmp_path / "file" / "x"])
    (top / "in" / "a").write_bytes(b"1")
    assert heard(ear, top / "in" / "a")
    ear.close()
