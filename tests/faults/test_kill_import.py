"""`kill -9` at random moments of an import: nothing is lost, nothing counts twice, the ledger opens."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults.budget import Budget
from generators.claude_tree import Size, Tree
from tokometer.ledger import Statement
from tokometer.ledger.opening import open_ledger

#: Small commits, so that a kill meets an import before, between and in the middle of them.
SCRIPT = """
import sys
from pathlib import Path
import tokometer.collect.importer as importer
import tokometer.collect.pool as pool
importer.COMMIT_RECORDS = 150
pool.BUNDLE_FILES = 5
from tokometer.ledger.opening import open_ledger
from tokometer.collect.reading import Prices
from tokometer.sources.registry import FILE_SOURCES
data, home, processes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
ledger = open_ledger(data)
print("open", flush=True)
sources = {"claude_code": FILE_SOURCES["claude_code"]}
importer.import_all(ledger, Prices(None, data / "cache"), sources, home, {}, processes=processes)
ledger.settle()
ledger.close()
"""


@contextmanager
def _importing(data: Path, home: Path, processes: int) -> Iterator[subprocess.Popen[str]]:
    """An import in a process of its own, from the moment its ledger is open."""
    env = {"HOME": str(home), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", SCRIPT, str(data), str(home), str(processes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as running:
        assert running.stdout is not None
        running.stdout.readline()
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_an_import_that_is_killed_goes_on_where_it_was(tmp_path: Path, processes: int, budget: Budget) -> None:
    """After every kill the ledger opens, its audit passes and it has not lost a call; in the end it has them all."""
    home, data = tmp_path / "home", tmp_path / "data"
    truth = Tree(7, Size(sessions=60, calls=2500, result=500)).write(home / ".claude" / "projects")
    chance, kills = budget.random("kill import"), budget.of(3, 60)

    with _importing(tmp_path / "timing", home, processes) as first:
        began = time.monotonic()
        assert first.wait() == 0
        takes = time.monotonic() - began

    seen, killed = 0, 0
    for _ in range(4 * kills):
        if killed == kills:
            break
        with _importing(data, home, processes) as running:
            time.sleep(chance.uniform(0, takes / 4))
            running.send_signal(signal.SIGKILL)
            interrupted = running.wait() == -signal.SIGKILL
        killed += interrupted
        ledger = open_ledger(data)
        assert ledger.audit() == []
        ((calls,),) = ledger.fetch(Statement("SELECT count(*) FROM calls"))
        assert calls >= seen
        seen = calls
        ledger.close()
        if not interrupted:
            # It was done before the kill: there is nothing left to interrupt.
            shutil.rmtree(data)
            seen = 0
    assert killed == kills, "the kills came too late to mean anything"

    with _importing(data, home, processes) as last:
        assert last.wait() == 0
    ledger = open_ledger(data)
    assert ledger.audit() == []
    columns = list(truth.tokens())
    sums = ", ".join(f"sum({name})" for name in columns)
    ((*tokens,),) = ledger.fetch(Statement(f"SELECT {sums} FROM calls"))
    assert dict(zip(columns, map(int, tokens), strict=True)) == truth.tokens()
    ledger.close()
