"""A process killed in the middle of a commit, a settle, a checkpoint or a repair: what it had said is there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from faults.budget import Budget
from servers.ledgers import place
from servers.whole import environment
from tokometer.ledger import Ledger, Statement
from tokometer.ledger.opening import open_ledger

TESTS = Path(__file__).parents[1]
#: Commits, settles and tidies up, and says after each commit how many calls it has been told are kept.
WORK = """
import sys
from pathlib import Path
from tokometer.ledger import Batch
from tokometer.ledger.opening import open_ledger
from unit.ledger.test_ledger import call
ledger = open_ledger(Path(sys.argv[1]), url=sys.argv[2])
first = int(sys.argv[3])
print("open", flush=True)
for turn in range(1000):
    ledger.commit(Batch([call(first + turn * 200 + n) for n in range(200)], cursors={("codex", "a"): b"%d" % turn}))
    print(first + (turn + 1) * 200, flush=True)
    if turn % 3 == 0:
        ledger.settle()
    if turn % 2 == 0:
        ledger.rest()
"""


def _work(data: Path, url: str, first: int) -> subprocess.Popen[str]:
    env = environment(data) | {"PYTHONPATH": str(TESTS)}
    return subprocess.Popen(
        [sys.executable, "-c", WORK, str(data), url, str(first)], env=env, stdout=subprocess.PIPE, text=True
    )


#: What a parent sees of a ledger, in a process of its own: chDB has one folder a process.
LOOK = """
import sys
from pathlib import Path
from tokometer.ledger import Statement
from tokometer.ledger.opening import open_ledger
ledger = open_ledger(Path(sys.argv[1]), url=sys.argv[2])
ledger.settle()
((calls,),) = ledger.fetch(Statement("SELECT count(*) FROM calls"))
((cells,),) = ledger.fetch(Statement("SELECT sum(requests) FROM cells"))
print(int(calls), int(cells or 0), ledger.audit(), flush=True)
ledger.close()
"""


def _look(data: Path, url: str) -> tuple[int, int, str]:
    command = [sys.executable, "-c", LOOK, str(data), url]
    found = subprocess.run(command, env=environment(data), capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stderr[-2000:]
    calls, cells, wrong = found.stdout.splitlines()[-1].split(" ", 2)
    return int(calls), int(cells), wrong


@pytest.mark.parametrize("engine", ["duckdb", "clickhouse"])
def test_a_ledger_that_is_killed_has_what_it_said(engine: str, tmp_path: Path, budget: Budget) -> None:
    """Killed between or within commits, settles and checkpoints, it has every commit that had returned, whole."""
    url = place("killed", tmp_path / "chdb") if engine == "clickhouse" else ""
    for name in ("chdb", "data"):
        (tmp_path / name).mkdir()
    data = tmp_path / "data"
    chance = budget.random(f"kill ledger {engine}")
    said = kept = 0
    kills = budget.of(2, 60) if engine == "duckdb" else budget.of(1, 20)
    for _ in range(kills):
        with _work(data, url, kept) as working:
            assert working.stdout is not None
            assert working.stdout.readline() == "open\n"
            time.sleep(chance.uniform(0.05, 1.5))
            working.send_signal(signal.SIGKILL)
            said = max([said, *(int(line) for line in working.stdout.read().split())])
        kept, cells, wrong = _look(data, url)
        assert kept >= said
        assert kept % 200 == 0
        assert cells == kept
        assert wrong == "[]"
    assert said


def _count(ledger: Ledger) -> int:
    [(count,)] = ledger.fetch(Statement("SELECT count(*) FROM calls"))
    return int(count)


def test_a_repair_that_is_killed_can_be_made_again(tmp_path: Path, budget: Budget) -> None:
    """Killed at any moment of `doctor --repair`, the next one ends it; what the file held is all kept."""
    first = tmp_path / "first"
    first.mkdir()
    with _work(first, "", 0) as working:
        assert working.stdout is not None
        while int(working.stdout.readline().replace("open", "0")) < 2_000:
            pass
        working.kill()
    log = first / "ledger.duckdb.wal"
    whole, _, _ = _look(first, "")
    if log.exists() and log.stat().st_size:
        os.truncate(log, log.stat().st_size // 2)
    with (first / "ledger.duckdb").open("r+b") as file:
        # One block of the file as a bad disk gives it back.
        file.seek(-4096, os.SEEK_END)
        file.write(b"\x00" * 2048)
    command = [sys.executable, "-c", "import sys; from tokometer.cli import main; sys.exit(main())", "doctor"]
    chance = budget.random("kill repair")
    for number in range(budget.of(1, 40)):
        data = tmp_path / f"data{number}"
        shutil.copytree(first, data)
        for _ in range(2):
            with subprocess.Popen(
                [*command, "--repair", "--yes", "--data", str(data)],
                env=environment(tmp_path),
                stdout=subprocess.DEVNULL,
            ) as repairing:
                with suppress(subprocess.TimeoutExpired):
                    repairing.wait(chance.uniform(0.2, 1.5))
                repairing.kill()
        done = subprocess.run(
            [*command, "--repair", "--yes", "--data", str(data)],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr
        ledger = open_ledger(data)
        try:
            assert ledger.audit() == []
            assert 0 <= _count(ledger) <= whole
        finally:
            ledger.close()
