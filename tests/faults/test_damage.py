"""Damaged files of a ledger: said in one line, never silently less, and mended without deleting anything."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from servers import forked
from servers.inside import inside
from servers.whole import environment
from tokometer.cli.problems import EXIT_FINDINGS, EXIT_UNAVAILABLE
from tokometer.ledger import Batch, LedgerDamaged, LedgerError, Missing, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.duckdb.repair import repair
from tokometer.ledger.opening import open_ledger
from tokometer.server.rendering import panels
from unit.ledger.test_ledger import call

_MEMORY: Final = "256MB"
#: Calls in the file, and in each of the five commits of the log.
_IN_FILE: Final = 3_000
_IN_LOG: Final = 100


@dataclass(frozen=True)
class Files:
    """A ledger's files, which nobody has open."""

    folder: Path

    @property
    def file(self) -> Path:
        """The ledger itself."""
        return self.folder / "ledger.duckdb"

    @property
    def log(self) -> Path:
        """What has been committed since the last checkpoint."""
        return self.folder / "ledger.duckdb.wal"

    def open(self) -> DuckDBLedger:
        """Open it."""
        return DuckDBLedger(self.file, memory_limit=_MEMORY)

    def calls(self) -> int:
        """How many calls there are."""
        ledger = self.open()
        try:
            [(count,)] = ledger.fetch(Statement("SELECT count(*) FROM calls WHERE hash(calls) IS NOT NULL"))
            assert ledger.audit() == []
            return int(count)
        finally:
            ledger.close()

    def missing(self) -> Missing | None:
        """What it says is missing."""
        ledger = self.open()
        try:
            return ledger.missing
        finally:
            ledger.close()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a process was killed that had 3,000 calls in the file and five commits in the log."""
    folder = tmp_path_factory.mktemp("killed")
    code = (
        "import os, sys; from pathlib import Path; from tokometer.ledger import Batch\n"
        "from tokometer.ledger.duckdb import DuckDBLedger; from unit.ledger.test_ledger import call\n"
        "ledger = DuckDBLedger(Path(sys.argv[1]) / 'ledger.duckdb')\n"
        f"ledger.commit(Batch([call(n) for n in range({_IN_FILE})], cursors={{('claude_code', 'a'): b'x'}}))\n"
        "ledger.settle(); ledger.rest(); ledger._instance.connection.execute('CHECKPOINT')\n"
        "for k in range(5):\n"
        f"    ledger.commit(Batch([call({_IN_FILE} + k * {_IN_LOG} + n) for n in range({_IN_LOG})]))\n"
        "os._exit(0)"
    )
    tests = str(Path(__file__).parents[1])
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, env=os.environ | {"PYTHONPATH": tests})
    return folder


@pytest.fixture
def files(killed: Path, tmp_path: Path) -> Files:
    """A copy of it."""
    folder = tmp_path / "data"
    shutil.copytree(killed, folder)
    return Files(folder)


def flip(path: Path, at: int) -> None:
    """Flip a bit."""
    with path.open("r+b") as file:
        file.seek(at)
        [byte] = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 4]))


def overwrite(path: Path, at: int, content: bytes) -> None:
    """Write over part of a file."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def test_nothing_is_missing_after_a_kill(files: Files) -> None:
    """A log that has to be replayed is no damage."""
    assert files.missing() is None
    assert files.calls() == _IN_FILE + 5 * _IN_LOG


@pytest.mark.parametrize(("left", "lost"), [(1.0, 1), (0.5, 3), (0.0, 5)])
def test_a_log_that_was_cut_off_is_noticed(files: Files, left: float, lost: int) -> None:
    """DuckDB takes no notice of what is gone, and we say how many commits, since when, until it is repaired."""
    os.truncate(files.log, int(left * files.log.stat().st_size) - (left == 1.0))
    missing = files.missing()
    assert missing is not None
    assert missing.commits == lost
    assert missing.since > 1_700_000_000_000_000
    ledger = files.open()
    # It is not forgotten because records go on coming.
    ledger.commit(Batch([call(10**6)]))
    ledger.ready()
    ledger.close()
    missing = files.missing()
    assert missing is not None
    assert missing.commits == lost
    done = repair(files.file, _MEMORY)
    assert (done.found, done.missing) == ([], lost)
    assert files.missing() is None
    assert files.calls() == _IN_FILE + (5 - lost) * _IN_LOG + 1


def test_an_older_copy_in_its_place_is_noticed(files: Files, tmp_path: Path) -> None:
    """Whoever restores a backup is told what it lacks; whoever begins anew, what there was."""
    shutil.copy(files.file, tmp_path / "backup")
    ledger = files.open()
    ledger.commit(Batch([call(10**6)]))
    ledger.close()
    shutil.copy(tmp_path / "backup", files.file)
    missing = files.missing()
    assert missing is not None
    assert missing.commits == 6
    files.file.unlink()
    assert files.missing() == Missing(7, 0)


@pytest.mark.parametrize("end", [b"\0" * 4096, b"\xff" * 100, random.Random(3).randbytes(5000)])
def test_the_torn_end_of_a_log_is_cut_off(files: Files, end: bytes) -> None:
    """What a power cut leaves behind the last acknowledged commit stops nobody, and is kept aside."""
    with files.log.open("ab") as log:
        log.write(end)
    assert files.missing() is None
    assert files.calls() == _IN_FILE + 5 * _IN_LOG


def _file_end(files: Files) -> int:
    return files.file.stat().st_size


DAMAGES: Final[dict[str, Callable[[Files], None]]] = {
    # The identifier after the ninth byte is random, and not each of its bits says something.
    "log: a bit flipped at its beginning": lambda files: flip(files.log, 5),
    "log: a bit flipped in the middle": lambda files: flip(files.log, files.log.stat().st_size // 2),
    "log: a bit flipped in the last commit": lambda files: flip(files.log, files.log.stat().st_size - 3_000),
    "file: its last block zeroed": lambda files: overwrite(files.file, _file_end(files) - 262_144, bytes(262_144)),
    "file: a bit of its header flipped": lambda files: flip(files.file, 40),
    "file: a bit of its second header flipped": lambda files: flip(files.file, 4_100),
    "file: a bit of its third header flipped": lambda files: flip(files.file, 8_200),
    "file: its first header zeroed": lambda files: overwrite(files.file, 0, bytes(4_096)),
    "file: its second header zeroed": lambda files: overwrite(files.file, 4_096, bytes(4_096)),
    "file: its third header zeroed": lambda files: overwrite(files.file, 8_192, bytes(4_096)),
    "file: a bit of a block flipped": lambda files: flip(files.file, 12_288 + 5_000),
    "file: all headers zeroed": lambda files: overwrite(files.file, 0, bytes(12_288)),
    "file: cut in half": lambda files: os.truncate(files.file, _file_end(files) // 2),
    "file: a page cut off": lambda files: os.truncate(files.file, _file_end(files) - 4_096),
    "file: empty": lambda files: os.truncate(files.file, 0),
    "file: something else": lambda files: overwrite(files.file, 0, b"not a database at all " * 600),
    "file: gone, its log is not": lambda files: files.file.unlink(),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_said_and_mended(files: Files, name: str) -> None:
    """One line that says what to do; a repair that keeps what can be read, says what it lost, and deletes nothing."""
    before = sum(path.stat().st_size for path in files.folder.iterdir())
    DAMAGES[name](files)
    with pytest.raises(LedgerDamaged, match="doctor --repair") as said:
        files.calls()
    assert "\n" not in str(said.value)
    done = repair(files.file, _MEMORY)
    assert done.found or "page cut off" in name
    assert done.discrepancies == 0
    assert all(moved.exists() for moved in done.aside)
    count = files.calls()
    if name.startswith("log"):
        assert count == _IN_FILE + (5 - done.missing) * _IN_LOG
        assert not done.lost
    if any("is set right" in found for found in done.found):
        assert (count, done.aside) == (_IN_FILE + 5 * _IN_LOG, [])
    if "header flipped" in name or "block flipped" in name:
        assert count == _IN_FILE + 5 * _IN_LOG
    if "first header" in name:
        assert count >= _IN_FILE
    assert files.missing() is None
    ledger = files.open()
    assert ledger.cursors("claude_code") == {}
    assert ledger.commit(Batch([call(n) for n in range(_IN_FILE + 500)])).accepted == _IN_FILE + 500 - count
    assert ledger.audit() == []
    ledger.close()
    assert sum(path.stat().st_size for path in files.folder.iterdir()) > before // 3


def test_random_damage_is_never_silent(files: Files, tmp_path: Path) -> None:
    """Whatever byte changes: all calls are there, or something says that they are not, and no other error comes."""
    chance = random.Random(11)
    for turn in range(12):
        copy = Files(tmp_path / f"copy{turn}")
        shutil.copytree(files.folder, copy.folder)
        path = copy.log if turn % 2 else copy.file
        for _ in range(chance.choice([1, 1, 3])):
            flip(path, chance.randrange(path.stat().st_size))
        said = _said(copy)
        assert "\n" not in said
        if said and turn % 5 == 0:
            assert repair(copy.file, _MEMORY).discrepancies == 0
            assert copy.missing() is None
        shutil.rmtree(copy.folder)


def _said(files: Files) -> str:
    """What a ledger says of itself; empty where it has everything."""
    try:
        missing = files.missing()
        if missing is None:
            assert files.calls() == _IN_FILE + 5 * _IN_LOG
    except LedgerError as error:
        return str(error)
    return str(missing or "")


def test_a_server_on_a_damaged_file(files: Files, tmp_path: Path) -> None:
    """What needs the damaged part answers 503 and says so, everything else goes on, and records are taken."""
    overwrite(files.file, _file_end(files) - 262_144, bytes(262_144))
    with inside(files.folder, tmp_path / "home") as server:
        answers = [server.get(f"/api/panels/{one}?range=all") for one in list(panels())[:6]]
        answers += [server.get("/api/query?measure=calls.sessions&since=all"), server.get("/api/control/doctor")]
        assert {answer.status for answer in answers} <= {200, 401, 503}
        said = [answer.text for answer in answers if answer.status == 503]
        assert said
        assert all("is damaged" in text and "doctor --repair" in text for text in said)
        ready = server.get("/readyz")
        assert (ready.status, "is damaged" in ready.text) == (503, True)
        assert "is damaged" in server.get("/settings", {"Accept": "text/html"}).text
        record = {"started_at": "2026-11-01T12:00:00Z", "provider": "openai", "model": "gpt-4o", "input_tokens": 1}
        assert server.post("/api/calls", [record]).status == 200


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    """A folder in the file's place, or a file that may not be read, is an error of one line."""
    (tmp_path / "ledger.duckdb").mkdir()
    with pytest.raises(LedgerError, match="not a regular file"):
        open_ledger(tmp_path)


def command(files: Files, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command."""
    code = "import sys; from tokometer.cli import main; sys.exit(main())"
    return forked.run(
        [sys.executable, "-c", code, *arguments, "--data", str(files.folder)],
        env=environment(files.folder),
        text=True,
        timeout=120,
    )


def test_commands_say_it_and_repair_it(files: Files) -> None:
    """A damaged ledger is one line and exit 3; a repair asks first; what it lost is listed; then all is well."""
    flip(files.log, files.log.stat().st_size // 2)
    for arguments in (("query", "--measure", "calls.requests"), ("doctor",), ("serve", "--port", "0", "--no-discover")):
        found = command(files, *arguments)
        assert (found.returncode, len(found.stderr.splitlines())) == (EXIT_UNAVAILABLE, 1), found.stderr
        assert "is damaged" in found.stderr
    with files.log.open("r+b") as log:
        log.truncate(log.seek(0, 2) - 40)
    assert "Stopped" in command(files, "doctor", "--repair").stderr
    found = command(files, "doctor", "--repair", "--yes")
    assert found.returncode == 0, found.stderr
    assert "Found    " in found.stdout
    assert "that were acknowledged" in found.stdout or "that was acknowledged" in found.stdout
    assert command(files, "doctor", "--audit").returncode == 0


def test_the_audit_counts_commits(files: Files) -> None:
    """An audit of a ledger whose log was cut off is not clean, although every sum equals its records."""
    os.truncate(files.log, files.log.stat().st_size // 2)
    found = command(files, "doctor", "--audit")
    assert found.returncode == EXIT_FINDINGS
    assert "3 commits that were acknowledged are not in the ledger since" in found.stdout
    assert command(files, "doctor", "--repair", "--yes").returncode == 0
    assert command(files, "doctor", "--audit").returncode == 0
