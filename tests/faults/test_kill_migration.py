"""`kill -9` at random moments of a migration and of the settle after it: the ledger opens, and answers as before."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from faults.budget import Budget
from generators import old_ledger
from servers.ledgers import place

#: Copies of each call: enough that a migration and a settle take a while.
COPIES = 300 if Budget.from_environment().long else 60
#: Opens the ledger that the environment names, settles it in small pieces, and says whether the audit found anything.
SCRIPT = """
import sys
from pathlib import Path
from tokometer.ledger.clickhouse import settle as clickhouse_settle
from tokometer.ledger.duckdb import settle as duckdb_settle
for module in (clickhouse_settle, duckdb_settle):
    module.MOST_CALLS, module.MOST_SESSIONS = 3_000, 10
from tokometer.ledger.opening import open_ledger
from tokometer.ledger import Statement
ledger = open_ledger(Path(sys.argv[1]), url=sys.argv[2])
print("open", flush=True)
if sys.argv[3] == "settle":
    ledger.settle()
if sys.argv[3] == "audit":
    found = ledger.audit()
    count = ledger.fetch(Statement("SELECT count(*), sum(output_tokens) FROM calls"))
    cells = ledger.fetch(Statement("SELECT sum(requests), sum(output_tokens) FROM cells"))
    stored = ledger.fetch(Statement("SELECT count(*) > 0 FROM availability"))[0][0]
    print([found, bool(stored) and ledger.stats()["schema_version"] > 1, count == cells, int(count[0][0])])
ledger.close()
"""
#: Writes the ledger of the first release with the engine inside a process.
WRITE = """
import sys
from generators import old_ledger
from servers.ledgers import place
from tokometer.ledger.clickhouse.connection import connect
client, _ = connect(sys.argv[1])
for sql in (*old_ledger.statements("clickhouse"), old_ledger.multiplied("clickhouse", int(sys.argv[2]))):
    client.command(sql)
client.close()
"""
#: Makes a ledger of today one of version 4.
SET_BACK = ("DROP TABLE availability", "DELETE FROM meta WHERE key = 'schema_version'")
SET_BACK_CLICKHOUSE = """
import sys
from tokometer.ledger.clickhouse import ClickHouseLedger
ledger = ClickHouseLedger(sys.argv[1])
ledger.command("DROP TABLE availability SYNC")
ledger._write_version(4)
ledger.close()
"""


def _write(engine: str, folder: Path, version: int) -> str:
    """Make the old ledger; the URL that opens it, empty for the file in the folder."""
    url = _write_first(engine, folder)
    if version == 1:
        return url
    with _open(folder, url, "settle") as running:
        assert running.wait(300) == 0
    if engine == "clickhouse":
        subprocess.run([sys.executable, "-c", SET_BACK_CLICKHOUSE, url], check=True, timeout=120)
        return url
    with duckdb.connect(folder / "ledger.duckdb") as connection:
        for sql in SET_BACK:
            connection.execute(sql)
        connection.execute("INSERT INTO meta VALUES ('schema_version', '4')")
    return url


def _again(engine: str, old: Path, copy: Path, version: int) -> str:
    """The same once more. A folder of ClickHouse's has its own path inside, and has to be written."""
    if engine == "clickhouse":
        return _write(engine, copy, version)
    shutil.copytree(old, copy)
    return ""


def _write_first(engine: str, folder: Path) -> str:
    folder.mkdir()
    if engine == "duckdb":
        with duckdb.connect(folder / "ledger.duckdb") as connection:
            connection.begin()
            for sql in (*old_ledger.statements("duckdb"), old_ledger.multiplied("duckdb", COPIES)):
                connection.execute(sql)
            connection.commit()
        return ""
    url = place("old", folder)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", WRITE, url, str(COPIES)], env=env, check=True, timeout=120)
    return url


def _open(folder: Path, url: str, what: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, str(folder), url, what]
    env = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


#: From which version on which engine; the short form leaves out what differs in one step from another.
FROM = [("duckdb", 1), ("duckdb", 4), ("clickhouse", 1)]
if Budget.from_environment().long:
    FROM.append(("clickhouse", 4))


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "version"), FROM)
def test_a_migration_that_is_killed_goes_on(tmp_path: Path, engine: str, version: int, budget: Budget) -> None:
    """Killed again and again, at last it is done: nothing is lost, the audit passes, the rollups are whole."""
    old, first = tmp_path / "old", tmp_path / "first"
    url = _write(engine, old, version)
    untouched = _again(engine, old, first, version)
    # How long it takes, from the start of the process.
    began = time.monotonic()
    with _open(first, untouched, "settle") as running:
        complaints = running.communicate(timeout=120)[1]
        assert running.returncode == 0, complaints[-2000:]
    takes = time.monotonic() - began

    chance = budget.random("kill migration")
    for _ in range(budget.of(1, 20)):
        with _open(old, url, "settle") as running:
            with suppress(subprocess.TimeoutExpired):
                running.wait(takes * chance.uniform(0.3, 1.0))
            running.kill()
    with _open(old, url, "audit") as running:
        said, complaints = running.communicate(timeout=300)
    count = sum(table == "calls" for table, _ in old_ledger.records()) * (COPIES + 1)
    assert said.splitlines()[-1] == str([[], True, True, count]), complaints[-2000:]
