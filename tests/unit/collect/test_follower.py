"""Files are followed as they grow, appear, go away and are written anew."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from logging import LogRecord
from pathlib import Path

import pytest

from tokometer.collect.follower import Follower
from tokometer.collect.reading import Prices
from tokometer.collect.writer import Writer
from tokometer.ledger import Batch, Ledger, LedgerError, Receipt, Statement
from tokometer.ledger.native_ids import lengthen
from tokometer.ledger.opening import open_ledger
from tokometer.prices import PriceBook
from tokometer.sources.registry import FILE_SOURCES

SOURCES = {"claude_code": FILE_SOURCES["claude_code"]}
_PATIENCE = 20.0


def call(name: str, output: int = 2) -> bytes:
    """A line of an answer with this message id."""
    return (
        f'{{"type":"assistant","uuid":"{name}","timestamp":"2026-09-01T10:00:00Z","requestId":"req_1","message":{{"id":'
        f'"{name}","model":"claude-opus-4-5","usage":{{"input_tokens":1,"output_tokens":{output}}}}}}}\n'
    ).encode()


@dataclass
class Scene:
    """A home folder, and the ledger that follows it."""

    home: Path
    ledger: Ledger
    follower: Follower

    @property
    def projects(self) -> Path:
        """Where Claude Code writes."""
        return self.home / ".claude" / "projects"

    def outputs(self) -> dict[str, int]:
        """Output tokens by message."""
        names = ("native_id", "trace_id", "span_id", "request_id", "session_id", "response_id", "output_tokens")
        found = {}
        for values in self.ledger.fetch(Statement(f"SELECT {', '.join(names)} FROM calls")):
            row = {**dict(zip(names, values, strict=True)), "started_at": 0}
            found[lengthen(row["native_id"], row).split("|")[0]] = row["output_tokens"]
        return found

    def sees(self, expected: dict[str, int]) -> bool:
        """Whether the ledger comes to hold exactly these calls."""
        return until(lambda: self.outputs() == expected)


def until(true: Callable[[], bool]) -> bool:
    """Wait for something to become true."""
    deadline = time.monotonic() + _PATIENCE
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A follower of a home folder where nothing was ever written; it is yet to be started."""
    ledger = open_ledger(tmp_path / "data")
    writer = Writer(ledger, PriceBook())
    follower = Follower(writer, ledger, SOURCES, Prices(), tmp_path, {})
    yield Scene(tmp_path, ledger, follower)
    follower.stop()
    writer.close()
    ledger.close()


def test_what_was_there_and_what_comes_are_kept(scene: Scene) -> None:
    """First everything that is new, then every line as it is written, a half one when it is whole."""
    folder = scene.projects / "-a"
    folder.mkdir(parents=True)
    path = folder / "s.jsonl"
    path.write_bytes(call("old"))
    scene.follower.start()
    assert scene.follower.caught_up.wait(_PATIENCE)
    assert scene.outputs() == {"old": 2}
    with path.open("ab", buffering=0) as file:
        file.write(call("new", 1))
        assert scene.sees({"old": 2, "new": 1})
        line = call("new", 9)
        file.write(line[:40])
        time.sleep(0.3)
        file.write(line[40:])
        assert scene.sees({"old": 2, "new": 9})
    assert scene.follower.following.last_error == ""
    assert scene.follower.following.last_record_at is not None


def test_roots_files_and_folders_that_appear_later_are_noticed(scene: Scene) -> None:
    """Even the root itself need not exist at first."""
    scene.follower.start()
    assert scene.follower.caught_up.wait(_PATIENCE)
    scene.projects.mkdir(parents=True)
    (scene.projects / "one.jsonl").write_bytes(call("one"))
    assert scene.sees({"one": 2})
    subagents = scene.projects / "-a" / "s" / "subagents"
    subagents.mkdir(parents=True)
    (subagents / "agent-1.jsonl").write_bytes(call("two"))
    assert scene.sees({"one": 2, "two": 2})


def test_deleted_rotated_and_rewritten_files_are_survived(scene: Scene) -> None:
    """What was kept stays, what is new is read, whatever stands at the path."""
    scene.projects.mkdir(parents=True)
    path = scene.projects / "s.jsonl"
    path.write_bytes(call("one") + call("two"))
    scene.follower.start()
    assert scene.sees({"one": 2, "two": 2})
    path.write_bytes(call("three"))
    assert scene.sees({"one": 2, "two": 2, "three": 2})
    path.unlink()
    other = scene.projects / "other"
    other.write_bytes(call("three") + call("four"))
    other.rename(path)
    assert scene.sees({"one": 2, "two": 2, "three": 2, "four": 2})
    shutil.rmtree(scene.projects)
    scene.projects.mkdir()
    path.write_bytes(call("five"))
    assert until(lambda: "five" in scene.outputs())


def test_a_broken_line_is_refused_and_the_next_one_kept(scene: Scene) -> None:
    """Following goes on behind it."""
    scene.projects.mkdir(parents=True)
    path = scene.projects / "s.jsonl"
    path.write_bytes(b"")
    scene.follower.start()
    assert scene.follower.caught_up.wait(_PATIENCE)
    with path.open("ab", buffering=0) as file:
        file.write(b"not json\n")
        file.write(call("one"))
    assert scene.sees({"one": 2})
    assert scene.ledger.fetch(Statement("SELECT count(*) FROM refusals")) == [(1,)]


def test_it_goes_on_where_another_one_left(scene: Scene, tmp_path: Path) -> None:
    """Cursors are in the ledger: a second follower reads nothing twice."""
    scene.projects.mkdir(parents=True)
    path = scene.projects / "s.jsonl"
    path.write_bytes(call("one"))
    scene.follower.start()
    assert scene.follower.caught_up.wait(_PATIENCE)
    scene.follower.stop()
    writer = Writer(scene.ledger, PriceBook())
    second = Follower(writer, scene.ledger, SOURCES, Prices(), tmp_path, {})
    second.start()
    assert second.caught_up.wait(_PATIENCE)
    assert second.following.last_record_at is None
    with path.open("ab", buffering=0) as file:
        file.write(call("two"))
    assert scene.sees({"one": 2, "two": 2})
    second.stop()
    writer.close()


def test_a_long_import_that_failed_is_tried_again_soon(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it took is no reason to wait: what could not be kept is kept within seconds of when it can be."""
    commit, tried = scene.ledger.commit, []

    def away(_: Batch) -> Receipt:
        tried.append(time.monotonic())
        time.sleep(0.6)
        raise LedgerError("not now")

    monkeypatch.setattr(scene.ledger, "commit", away)
    scene.projects.mkdir(parents=True)
    (scene.projects / "s.jsonl").write_bytes(call("one"))
    scene.follower.start()
    assert until(lambda: len(tried) > 1)
    monkeypatch.setattr(scene.ledger, "commit", commit)
    back = time.monotonic()
    assert scene.sees({"one": 2})
    assert time.monotonic() - back < 5
    assert "not now" in scene.follower.following.last_error


def test_what_cannot_be_kept_is_tried_ever_more_rarely_and_logged_once_at_length(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours, or a ledger that stays away, fills neither the log nor the processor's time."""

    def broken(_: Batch) -> Receipt:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("tokometer.collect.follower._FIRST_RETRY", 0.2)
    monkeypatch.setattr("tokometer.collect.follower._LOOK_SECONDS", 0.05)
    monkeypatch.setattr(scene.ledger, "commit", broken)
    scene.projects.mkdir(parents=True)
    (scene.projects / "s.jsonl").write_bytes(call("one"))
    scene.follower.start()
    mine: list[LogRecord] = []

    def tries() -> int:
        mine[:] = [record for record in caplog.records if record.name == "tokometer.collect.follower"]
        return len(mine)

    assert until(lambda: tries() > 2)
    time.sleep(0.5)
    assert tries() < 5
    assert len([record for record in mine if record.exc_info]) == 1


def test_where_the_system_watches_no_more_folders_it_looks_around(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Ever more rarely tried, told at length once, and what is written is found all the same."""

    def exhausted(*_: Path, **__: object) -> None:
        raise OSError(28, "OS file watch limit reached")

    monkeypatch.setattr("tokometer.collect.watching.Inotify", exhausted)
    monkeypatch.setattr("tokometer.collect.follower._FIRST_RESUME", 0.2)
    scene.follower = Follower(scene.follower._writer, scene.ledger, SOURCES, Prices(), scene.home, {})
    scene.projects.mkdir(parents=True)
    path = scene.projects / "s.jsonl"
    path.write_bytes(call("one"))
    scene.follower.start()
    assert scene.sees({"one": 2})
    time.sleep(1)
    path.write_bytes(call("one") + call("two"))
    assert scene.sees({"one": 2, "two": 2})
    mine = [record for record in caplog.records if record.name == "tokometer.collect.follower"]
    assert 2 < len(mine) < 8
    assert len([record for record in mine if record.exc_info]) == 1
