"""A full disk: nothing acknowledged is lost or doubled, reads go on, and records are taken again once there is room."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest

from faults.disk import Disk, small_disk
from generators import old_ledger
from servers import forked
from servers.whole import Running, environment, running
from tokometer.cli.problems import EXIT_UNAVAILABLE
from tokometer.ledger import Batch, LedgerError, LedgerFull, LedgerUnavailable, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Query, run
from unit.ledger.test_ledger import call


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 12 MB."""
    with small_disk(tmp_path / "disk", 12) as found:
        yield found


def fed(ledger: DuckDBLedger, numbers: range) -> int:
    """Commit calls, and give how many."""
    receipt = ledger.commit(Batch([call(number) for number in numbers]))
    assert receipt.accepted + receipt.duplicate == len(numbers)
    return receipt.accepted


def counted(ledger: DuckDBLedger) -> tuple[int, int]:
    """How many calls there are, from the records and as a question is answered."""
    [(rows,)] = ledger.fetch(Statement("SELECT count(*) FROM calls"))
    [row] = run(ledger, Query(measures=("calls.requests",), since="all")).rows
    return rows, row["requests"]


def until(true: Callable[[], Any], seconds: float = 10.0) -> float:
    """Wait for something; how long it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


def is_ready(ledger: DuckDBLedger) -> bool:
    """Whether records can be taken."""
    try:
        ledger.ready()
    except LedgerUnavailable:
        return False
    return True


def test_a_checkpoint_that_does_not_fit_ends_nothing(disk: Disk) -> None:
    """After DuckDB lets go of the file it is opened again, with everything, and answers on the full disk."""
    ledger = DuckDBLedger(disk.folder / "ledger.duckdb")
    fed(ledger, range(6_000))
    ledger.settle()
    disk.fill()
    with pytest.raises(LedgerError):
        ledger._write(lambda instance: instance.connection.execute("CHECKPOINT"))
    assert counted(ledger) == (6_000, 6_000)
    with pytest.raises(LedgerFull, match="free some space"):
        fed(ledger, range(6_000, 6_001))
    assert not is_ready(ledger)
    disk.empty()
    assert is_ready(ledger)
    assert fed(ledger, range(5_000, 7_000)) == 1_000
    assert counted(ledger) == (7_000, 7_000)
    assert ledger.audit() == []
    ledger.close()


def test_records_are_refused_before_anything_breaks(disk: Disk) -> None:
    """Commits go on until there would be no room for the checkpoint, and no error of DuckDB comes before or after."""
    ledger = DuckDBLedger(disk.folder / "ledger.duckdb")
    kept = 0
    with suppress(LedgerFull):
        while kept < 1_000_000:
            kept += fed(ledger, range(kept, kept + 3_000))
            ledger.settle()
            assert disk.free > 300_000
    assert 5_000 < kept < 1_000_000
    instance = ledger._instance
    ledger.rest()
    assert counted(ledger) == (kept, kept)
    assert not instance.over
    ledger.close()
    ledger = DuckDBLedger(disk.folder / "ledger.duckdb")
    assert counted(ledger) == (kept, kept)
    ledger.close()


def test_a_disk_that_others_fill_and_empty(disk: Disk) -> None:
    """However the room comes and goes, every commit that was acknowledged is there once, and the audit is clean."""
    chance = random.Random(5)
    ledger = DuckDBLedger(disk.folder / "ledger.duckdb")
    kept: set[int] = set()
    refused = 0
    for turn in range(30):
        disk.empty()
        if chance.random() < 0.6:
            disk.fill(leave=int(chance.choice([0, 20_000, 400_000, 1_500_000, 4_000_000])))
        numbers = range(turn * 60, turn * 60 + 120)
        try:
            ledger.commit(Batch([call(number) for number in numbers]))
            kept.update(numbers)
        except LedgerUnavailable:
            refused += 1
        for do in chance.sample([ledger.settle, ledger.rest, lambda: checkpoint(ledger)], 2):
            with suppress(LedgerUnavailable):
                do()
        if turn % 10 == 9:
            assert ledger.fetch(Statement("SELECT count(*) FROM calls")) == [(len(kept),)]
    assert refused
    disk.empty()
    assert counted(ledger) == (len(kept), len(kept))
    assert ledger.missing is None
    assert ledger.audit() == []
    ledger.close()


def checkpoint(ledger: DuckDBLedger) -> None:
    """A checkpoint whether or not there is room."""
    ledger._write(lambda instance: instance.connection.execute("FORCE CHECKPOINT"))


def line(name: str) -> bytes:
    """A line of a transcript of Claude Code."""
    usage = '{"input_tokens":1,"output_tokens":2}'
    message = f'{{"id":"{name}","model":"claude-opus-4-5","usage":{usage}}}'
    head = f'{{"type":"assistant","uuid":"{name}","timestamp":"2026-09-01T10:00:00Z","requestId":"req_1"'
    return f'{head},"message":{message}}}\n'.encode()


_CALL = {"started_at": "2026-11-01T12:00:00Z", "provider": "openai", "model": "gpt-4o", "input_tokens": 1}


def test_a_server_comes_through(disk: Disk, tmp_path: Path) -> None:
    """Not ready and 503 while the disk is full, with every page answering; ready, and following, soon after."""
    home = tmp_path / "home"
    transcript = home / ".claude" / "projects" / "-a" / "s.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.write_bytes(line("m1"))
    with running(disk.folder / "data", home, discover=True) as server:

        def requests() -> int:
            found: int = server.totals("calls.requests")["requests"]
            return found

        until(lambda: requests() == 1)
        assert server.post("/api/calls", [{**_CALL, "id": "a"}]).status == 200
        assert server.get("/readyz").status == 200
        disk.fill()
        until(lambda: server.get("/readyz").status == 503)
        answer = server.post("/api/calls", [{**_CALL, "id": "b"}])
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        with transcript.open("ab") as file:
            file.write(line("m2"))
        assert requests() == 2
        for page in ("/usage", "/business", "/sources", "/settings"):
            shown = server.get(page, {"Accept": "text/html"})
            assert shown.status == 200
        until(lambda: "Records cannot be taken just now" in server.get("/usage").text)
        assert server.get("/api/panels/usage.cost").status == 200
        assert "tokometer_ledger_ready 0" in server.get("/metrics").text
        doctor = server.get("/api/control/doctor", {"Authorization": f"Bearer {token(server)}"})
        assert "free some space" in doctor.json()["ledger"]["trouble"]
        time.sleep(6)
        disk.empty()
        assert until(lambda: server.get("/readyz").status == 200) < 4
        assert until(lambda: requests() == 3) < 6
        assert server.post("/api/calls", [{**_CALL, "id": "b"}]).json()["accepted"] == 1
        assert until(lambda: "Records cannot be taken" not in server.get("/usage").text) < 4
        assert requests() == 4
        assert server.stop() == 0


def token(server: Running) -> str:
    """What commands know it by."""
    said: str = json.loads((server.data / "server.json").read_bytes())["token"]
    return said


def test_a_server_starts_on_a_full_disk(disk: Disk, tmp_path: Path) -> None:
    """Everything that is there is answered, from the first moment; nothing is taken until there is room."""
    data, env = disk.folder / "data", {"XDG_CACHE_HOME": str(disk.folder / "cache")}
    with running(data, tmp_path / "home", env=env) as server:
        assert server.post("/api/calls", [{**_CALL, "id": "a"}]).status == 200
        assert server.stop(signal.SIGKILL) != 0
    (data / "server.json").unlink()
    shutil.rmtree(disk.folder / "cache", ignore_errors=True)
    disk.fill()
    with running(data, tmp_path / "home", env=env) as server:
        assert server.totals("calls.requests") == {"requests": 1}
        assert server.get("/usage", {"Accept": "text/html"}).status == 200
        assert server.get("/api/panels/usage.cost").status == 200
        assert server.post("/api/calls", [{**_CALL, "id": "b"}]).status == 503
        disk.empty()
        until(lambda: server.get("/readyz").status == 200)
        assert server.post("/api/calls", [{**_CALL, "id": "b"}]).json()["accepted"] == 1
        until((data / "server.json").exists)


def test_a_first_start_on_a_full_disk_says_why_not(disk: Disk, tmp_path: Path) -> None:
    """One line that says what to do, and nothing half made that would be in the way later."""
    disk.fill()
    found = command(tmp_path, "query", "--measure", "calls.requests", "--data", str(disk.folder / "data"))
    assert found.returncode == EXIT_UNAVAILABLE
    assert "space" in found.stderr
    assert len(found.stderr.splitlines()) == 1
    disk.empty()
    found = command(tmp_path, "query", "--measure", "calls.requests", "--data", str(disk.folder / "data"))
    assert found.returncode == 0


def command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of its own process."""
    return forked.run(
        [sys.executable, "-c", "import sys; from tokometer.cli import main; sys.exit(main())", *arguments],
        env=environment(home),
        text=True,
        timeout=60,
    )


def test_a_migration_that_does_not_fit(disk: Disk) -> None:
    """An old ledger says that there is no room, stays as it is, and is brought up to date once there is some."""
    path = disk.folder / "ledger.duckdb"
    with duckdb.connect(str(path)) as connection:
        for sql in (*old_ledger.statements("duckdb"), old_ledger.multiplied("duckdb", 40)):
            connection.execute(sql)
        before = connection.execute("SELECT count(*), sum(output_tokens) FROM calls").fetchall()
    refused = 0
    for leave in (0, 10_000, 60_000, 200_000, 600_000, 1_200_000):
        disk.fill(leave)
        try:
            DuckDBLedger(path).close()
        except LedgerFull:
            refused += 1
        disk.empty()
    assert refused
    ledger = DuckDBLedger(path)
    assert ledger.fetch(Statement("SELECT count(*), sum(output_tokens) FROM calls")) == before
    assert ledger.audit() == []
    ledger.close()


def test_a_question_that_has_to_spill(disk: Disk) -> None:
    """A question that needs more memory than there is, and more disk, is told so; nothing else is the worse for it."""
    ledger = DuckDBLedger(disk.folder / "ledger.duckdb", memory_limit="40MB")
    fed(ledger, range(4_000))
    ledger.settle()
    disk.fill(leave=1_500_000)
    sql = "SELECT a.id, b.id FROM calls a, calls b, range(30) ORDER BY hash(a.id, b.id) LIMIT 4000000"
    with pytest.raises(LedgerUnavailable):
        ledger.fetch(Statement(sql))
    assert counted(ledger) == (4_000, 4_000)
    disk.empty()
    assert fed(ledger, range(4_000, 4_100)) == 100
    assert counted(ledger) == (4_100, 4_100)
    ledger.close()


def test_a_command_whose_output_does_not_fit(tmp_path: Path) -> None:
    """What it says goes nowhere, and that is one line and an exit code, not a stack of our internals."""
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        code = "import sys; from tokometer.cli import main; sys.exit(main())"
        found = subprocess.run(
            [sys.executable, "-c", code, "query", "--measure", "calls.requests", "--data", str(tmp_path / "data")],
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert found.returncode == EXIT_UNAVAILABLE
    [line_] = found.stderr.splitlines()
    assert line_.startswith("Error: ")
    assert line_.endswith("No space left on device")
