"""Importing reads what is new, keeps it with its cursors, and lets nothing broken stop it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from generators.claude_tree import Size, Tree
from tokometer.collect.horizon import Reach
from tokometer.collect.importer import Progress, Watch, import_all
from tokometer.collect.reading import Prices
from tokometer.ledger import Ledger, LedgerError, Statement
from tokometer.ledger.native_ids import lengthen
from tokometer.ledger.noticed import list_noticed
from tokometer.ledger.opening import open_ledger
from tokometer.records import ModelCall, Notice
from tokometer.sources import FileSource, Reading
from tokometer.sources.registry import FILE_SOURCES

SOURCES = {"claude_code": FILE_SOURCES["claude_code"]}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = open_ledger(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def projects(tmp_path: Path) -> Path:
    """Where Claude Code writes under the home folder `tmp_path`."""
    folder = tmp_path / ".claude" / "projects"
    folder.mkdir(parents=True)
    return folder


def _count(ledger: Ledger, table: str = "calls") -> int:
    return int(ledger.fetch(Statement(f"SELECT count(*) FROM {table}"))[0][0])


def _call(number: int) -> bytes:
    return (
        b'{"type":"assistant","uuid":"%d","timestamp":"2026-09-01T10:00:00Z","requestId":"r","message":{"id":"m%d",'
        b'"model":"claude-opus-4-5","usage":{"input_tokens":1,"output_tokens":2}}}\n' % (number, number)
    )


def test_only_a_file_that_grew_is_read(tmp_path: Path, projects: Path, ledger: Ledger) -> None:
    """And of it only what is new."""
    for name in ("a", "b"):
        (projects / f"{name}.jsonl").write_bytes(_call(ord(name)))
    import_all(ledger, Prices(), SOURCES, tmp_path, {})
    with (projects / "a.jsonl").open("ab") as file:
        file.write(_call(1))
    summary = import_all(ledger, Prices(), SOURCES, tmp_path, {})
    assert (summary.files, summary.all_files, summary.accepted, summary.bytes) == (1, 2, 1, len(_call(1)))
    assert _count(ledger) == 3


def test_calls_are_priced(tmp_path: Path, projects: Path, ledger: Ledger) -> None:
    """Sources do not price; the importer does, before it commits."""
    (projects / "a.jsonl").write_bytes(_call(1))
    import_all(ledger, Prices(), SOURCES, tmp_path, {})
    ((cost, version),) = ledger.fetch(Statement("SELECT cost_usd, price_version FROM calls"))
    assert cost > 0
    assert version


def test_the_user_may_name_files_and_folders(tmp_path: Path, projects: Path, ledger: Ledger) -> None:
    """Then nothing else is read."""
    (projects / "a.jsonl").write_bytes(_call(1))
    elsewhere = tmp_path / "backup" / "deep"
    elsewhere.mkdir(parents=True)
    (elsewhere / "b.jsonl").write_bytes(_call(2))
    (elsewhere / "c.jsonl").write_bytes(_call(3))
    assert import_all(ledger, Prices(), SOURCES, tmp_path, {}, [elsewhere / "b.jsonl"]).accepted == 1
    assert import_all(ledger, Prices(), SOURCES, tmp_path, {}, [tmp_path / "backup"]).accepted == 1
    assert _count(ledger) == 2


def test_progress_reaches_the_end(tmp_path: Path, projects: Path, ledger: Ledger) -> None:
    """The last word is that everything is done."""
    Tree(1, Size(sessions=4, calls=20)).write(projects)
    told: list[Progress] = []
    import_all(ledger, Prices(), SOURCES, tmp_path, {}, progress=told.append)
    last = told[-1].reach
    assert (last.files, last.bytes, last.back_to) == (last.all_files, last.all_bytes, None)
    assert told[-1].records > 0


def _days(projects: Path, count: int) -> None:
    """A transcript a day, each last written a day before the one with the number above, and each a megabyte long."""
    padding = b'{"type":"user","message":{"content":"' + b"x" * (1 << 20) + b'"}}\n'
    for number in range(count):
        path = projects / f"{number * 7 % count}.jsonl"
        path.write_bytes(padding + _call(number))
        os.utime(path, (1_700_000_000 + number * 86_400,) * 2)


def _numbers(ledger: Ledger) -> list[int]:
    """Which calls of :func:`_days` are kept."""
    names = ("native_id", "trace_id", "span_id", "request_id", "session_id", "response_id")
    rows = [
        dict(zip(names, row, strict=True)) for row in ledger.fetch(Statement(f"SELECT {', '.join(names)} FROM calls"))
    ]
    return sorted(int(lengthen(row["native_id"], {**row, "started_at": 0}).partition("|")[0][1:]) for row in rows)


def test_an_import_that_is_interrupted_has_the_newest(
    tmp_path: Path, projects: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are read newest first, whatever their names; the next import reads what is left, and nothing twice."""
    monkeypatch.setattr("tokometer.collect.importer.FIRST_RECORDS", 1)
    monkeypatch.setattr("tokometer.collect.importer.COMMIT_RECORDS", 1)
    _days(projects, 20)

    def interrupt(progress: Progress) -> None:
        if progress.reach.files >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_all(ledger, Prices(), SOURCES, tmp_path, {}, progress=interrupt, processes=1)
    kept = _numbers(ledger)
    assert 5 <= len(kept) < 20
    assert kept == list(range(20 - len(kept), 20))
    summary = import_all(ledger, Prices(), SOURCES, tmp_path, {})
    assert (summary.files, summary.accepted, summary.duplicate) == (20 - len(kept), 20 - len(kept), 0)
    assert _numbers(ledger) == list(range(20))


@pytest.mark.parametrize("processes", [1, 2])
def test_who_waits_for_the_newest_is_told_when_they_are_in(
    tmp_path: Path, projects: Path, ledger: Ledger, processes: int
) -> None:
    """Once, between two commits, with all that was written since there; the rest comes after."""
    _days(projects, 20)
    told: list[tuple[Reach, list[int]]] = []
    since = (1_700_000_000 + 15 * 86_400) * 1_000_000
    watch = Watch(since, lambda reach: told.append((reach, _numbers(ledger))))
    import_all(ledger, Prices(), SOURCES, tmp_path, {}, watch=watch, processes=processes)
    ((reach, kept),) = told
    assert set(range(15, 20)) <= set(kept) < set(range(20))
    assert (reach.files, reach.all_files) == (len(kept), 20)
    assert reach.back_to is not None
    assert reach.back_to < since
    assert _numbers(ledger) == list(range(20))


def test_who_waits_for_what_is_in_already_is_told_at_once(tmp_path: Path, projects: Path, ledger: Ledger) -> None:
    """Older files have something new, which can wait."""
    _days(projects, 3)
    told: list[tuple[int, list[int]]] = []
    since = (1_700_000_000 + 30 * 86_400) * 1_000_000
    watch = Watch(since, lambda reach: told.append((reach.files, _numbers(ledger))))
    import_all(ledger, Prices(), SOURCES, tmp_path, {}, watch=watch)
    assert told == [(0, [])]
    assert _numbers(ledger) == [0, 1, 2]


def test_who_waits_for_everything_is_told_by_the_end(tmp_path: Path, projects: Path, ledger: Ledger) -> None:
    """Where nothing is left to read there is nothing more to say."""
    _days(projects, 3)
    told: list[Reach] = []
    import_all(ledger, Prices(), SOURCES, tmp_path, {}, watch=Watch(0, told.append))
    assert told == []
    assert _numbers(ledger) == [0, 1, 2]


def test_a_file_that_goes_away_is_forgotten_and_its_calls_stay(
    tmp_path: Path, projects: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transcripts are deleted after a month; what they said was still used. One that was there lately may come back."""
    for name in ("a", "b"):
        (projects / f"{name}.jsonl").write_bytes(_call(1))
    import_all(ledger, Prices(), SOURCES, tmp_path, {})
    (projects / "a.jsonl").unlink()
    import_all(ledger, Prices(), SOURCES, tmp_path, {})
    assert len(ledger.cursors("claude_code")) == 2
    monkeypatch.setattr("tokometer.collect.importer._REMEMBERED_US", -1_000_000)
    import_all(ledger, Prices(), SOURCES, tmp_path, {})
    assert list(ledger.cursors("claude_code")) == [str(projects / "b.jsonl")]
    assert _count(ledger) == 1


def test_refusals_are_counted_shown_and_kept_once(tmp_path: Path, projects: Path, ledger: Ledger) -> None:
    """A broken line is listed, and reading it again does not list it twice."""
    (projects / "a.jsonl").write_bytes(_call(1) + b"not json\n" + _call(2))
    summary = import_all(ledger, Prices(), SOURCES, tmp_path, {})
    assert (summary.accepted, summary.refused) == (2, 1)
    assert [refusal.position for refusal in summary.refusals] == [len(_call(1))]
    ledger.forget("claude_code", list(ledger.cursors("claude_code")))
    import_all(ledger, Prices(), SOURCES, tmp_path, {})
    assert _count(ledger, "refusals") == 1


def test_what_cannot_be_read_is_refused_as_a_file(tmp_path: Path, projects: Path, ledger: Ledger) -> None:
    """A pipe, a folder named like a transcript, a link to itself: the files beside them are read."""
    os.mkfifo(projects / "pipe.jsonl")
    (projects / "folder.jsonl").mkdir()
    (projects / "loop.jsonl").symlink_to("loop.jsonl")
    (projects / "gone.jsonl").symlink_to("nowhere")
    (projects / "good.jsonl").write_bytes(_call(1))
    summary = import_all(ledger, Prices(), SOURCES, tmp_path, {})
    assert summary.accepted == 1
    assert {Path(refusal.place).name for refusal in summary.refusals} == {"pipe.jsonl", "folder.jsonl"}
    assert all("regular file" in refusal.reason for refusal in summary.refusals)


class _Fragile:
    """A source with a mistake in it."""

    name = "fragile"
    title = "Fragile"
    beside: tuple[str, ...] = ()

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        return [home / "fragile"]

    def files(self, root: Path) -> Iterable[Path]:
        return sorted(root.glob("*"))

    def read(self, path: Path, state: bytes) -> Reading:
        if path.name == "bad":
            raise ZeroDivisionError
        if path.name == "fatal" and os.getpid() != int(path.read_text()):
            os._exit(9)
        call = ModelCall(source="fragile", native_id=path.name, started_at=1_788_256_805_000_000, model="m")
        notice = Notice("fragile", "line", "odd", str(path), 2, 5)
        return Reading([call], [], b"done", [notice] if path.name == "odd" else [])


def _fragile(tmp_path: Path, names: list[str]) -> dict[str, FileSource]:
    folder = tmp_path / "fragile"
    folder.mkdir()
    for name in names:
        (folder / name).write_text(str(os.getpid()))
    return {"fragile": _Fragile()}


def test_a_mistake_in_a_source_spoils_one_file(tmp_path: Path, ledger: Ledger) -> None:
    """It is shown as what it is, and the file stays as it was left."""
    summary = import_all(ledger, Prices(), _fragile(tmp_path, ["bad", "good"]), tmp_path, {})
    assert (summary.accepted, summary.refused) == (1, 1)
    assert "ZeroDivisionError" in summary.refusals[0].reason
    assert [Path(place).name for place in ledger.cursors("fragile")] == ["good"]


@pytest.mark.parametrize("processes", [1, 2])
def test_what_was_not_understood_is_counted(tmp_path: Path, ledger: Ledger, processes: int) -> None:
    """Notices reach the ledger with the records, whichever process read the file."""
    sources = _fragile(tmp_path, ["a", "odd", "z"])
    assert import_all(ledger, Prices(), sources, tmp_path, {}, processes=processes).noticed == 2
    [found] = list_noticed(ledger, limit=9)
    assert (found.source, found.topic, found.name, found.count) == ("fragile", "line", "odd", 2)
    assert (found.place, found.first_at) == (str(tmp_path / "fragile" / "odd"), 5)


def test_a_process_that_dies_loses_nothing(tmp_path: Path) -> None:
    """What it did not deliver is read by the one that asked."""
    sources = _fragile(tmp_path, ["a", "fatal", "z"])
    opened: list[Ledger] = []

    def opening() -> Ledger:
        opened.append(open_ledger(tmp_path / "data"))
        return opened[0]

    summary = import_all(opening, Prices(), sources, tmp_path, {}, fresh=True, processes=2)
    assert summary.accepted == 3
    opened[0].close()


def test_a_ledger_that_cannot_be_opened_leaves_no_process_behind(tmp_path: Path, projects: Path) -> None:
    """The processes that have begun to read are ended."""
    Tree(1, Size(sessions=4, calls=20)).write(projects)

    def failing() -> Ledger:
        raise LedgerError("the disk is gone")

    before = _children()
    with pytest.raises(LedgerError, match="the disk is gone"):
        import_all(failing, Prices(), SOURCES, tmp_path, {}, fresh=True, processes=2)
    assert _children() <= before


def _children() -> set[str]:
    """The processes that this one has started, ended ones that nobody waited for included."""
    return {child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()}
