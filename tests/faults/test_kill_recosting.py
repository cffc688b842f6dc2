"""`kill -9` at random moments of a re-costing: all calls cost what they did, or all what they are to."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from faults.budget import Budget
from servers.whole import environment
from tokometer.ledger import Batch, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.prices import PriceBook
from tokometer.records import ModelCall

KILLS = 20 if Budget.from_environment().long else 4
CALLS = 4_000
#: Re-costs the ledger in small slices, to one price and back, until it is killed.
SCRIPT = """
import sys
from pathlib import Path
from tokometer.collect.recosting import prices_of
from tokometer.ledger.duckdb import recosting
from tokometer.ledger.opening import open_ledger
from tokometer.ledger.recosting import Scope
from tokometer.prices import PriceBook
recosting.MOST_CALLS = 200
folder = Path(sys.argv[1])
ledger = open_ledger(folder)
print("open", flush=True)
for number in range(10_000):
    book = PriceBook.open(folder / f"{number % 2}.toml", folder / "cache")
    ledger.recosting.apply(str(number), Scope(), prices_of(book), lambda done, all_: None)
    if number % 3 == 2:
        ledger.recosting.undo(str(number), lambda done, all_: None)
"""


def test_all_or_nothing_after_a_kill(tmp_path: Path) -> None:
    """Whatever the moment: one price for all calls, rollups that agree with them, and the next one works."""
    for number in range(2):
        price = f'[[price]]\nmodel = "rocket"\ninput = {number + 1}\noutput = 0\n'
        (tmp_path / f"{number}.toml").write_text(price)
    book = PriceBook.open(tmp_path / "0.toml", tmp_path / "cache")
    calls = [
        ModelCall(
            source="t",
            native_id=str(number),
            started_at=1_780_000_000_000_000 + number * 600_000_000,
            model="rocket",
            input_tokens=1_000_000,
            output_tokens=1,
            session_id=f"s{number // 7}",
        )
        for number in range(CALLS)
    ]
    book.apply(calls)
    ledger = open_ledger(tmp_path)
    ledger.commit(Batch(list(calls)))
    ledger.settle()
    ledger.close()
    chance = random.Random(5)
    seen = set()
    for _ in range(KILLS):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "HOME": str(tmp_path)}) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == b"open\n"
            time.sleep(chance.uniform(0.1, 3.0))
            running.kill()
        ledger = open_ledger(tmp_path)
        prices = ledger.fetch(Statement("SELECT DISTINCT cost_usd FROM calls"))
        assert len(prices) == 1
        assert prices[0][0] in (1, 2)
        seen.add(prices[0][0])
        assert ledger.audit() == []
        ledger.close()
    assert seen


#: Re-costs a ledger on ClickHouse, or undoes it, and is killed before the first statement that has certain words in it;
#: says first, and at the end where it gets there, what calls cost and whether all agrees.
ON_CLICKHOUSE = """
import hashlib, json, os, signal, sys
from pathlib import Path
from tokometer.collect.recosting import prices_of
from tokometer.ledger import Batch, Statement
from tokometer.ledger.clickhouse import ClickHouseLedger, pricing, beside
from tokometer.ledger.opening import open_ledger
from tokometer.ledger.recosting import Scope
from tokometer.prices import PriceBook
from servers.ledgers import place
from unit.ledger.test_recosting import OWN, calls_of, nothing, stored

pricing.MOST_CALLS = beside.MOST_CALLS = 50
folder, does, moment = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
carry_out, insert = ClickHouseLedger.command, ClickHouseLedger.insert

def die_at(words):
    if moment and moment in words:
        os.kill(os.getpid(), signal.SIGKILL)

def command(self, sql, parameters=None):
    die_at(sql)
    carry_out(self, sql, parameters)

def put(self, table, values, *, gone=False):
    die_at(f"{table.name} {values}")
    insert(self, table, values, gone=gone)

def say():
    ledger.settle()
    costs = hashlib.sha256(repr(sorted(stored(ledger).items())).encode()).hexdigest()
    sums = [
        str(ledger.fetch(Statement(f"SELECT sum(cost_usd) FROM {table}"))[0][0])
        for table in ("calls", "cells", "hours", "calls WHERE session_id <> ''", "sessions")
    ]
    last = ledger.recosting.last
    state = last and last.state
    print(json.dumps({"state": state, "costs": costs, "sums": sums, "wrong": str(ledger.audit())}), flush=True)

def apply():
    (folder / "prices.toml").write_text(OWN)
    book = PriceBook.open(folder / "prices.toml", folder / "cache")
    ledger.recosting.apply("one", Scope(), prices_of(book), nothing)

ledger = open_ledger(folder, url=place("killed", folder / "chdb"))
if does == "fill":
    calls = calls_of(1, 300)
    PriceBook.open(None, folder / "cache").apply(calls)
    ledger.commit(Batch(list(calls)))
say()
ClickHouseLedger.command, ClickHouseLedger.insert = command, put
if does in ("fill", "apply"):
    apply()
    say()
if does in ("fill", "undo"):
    ledger.recosting.undo("one", nothing)
    say()
ledger.close()
"""
STAGING, ADDING, MARKING, NOTING = "_cells (", "ALTER TABLE cells", "INSERT INTO dirty_sessions", '"state":"{}"'
#: What is done, when it is killed, and whether calls cost what they are to afterwards.
MOMENTS = (
    ("apply", STAGING, False),
    ("apply", ADDING, True),
    ("undo", STAGING, True),
    ("undo", ADDING, False),
)
MORE_MOMENTS = (
    ("apply", "INSERT INTO recosted_", False),
    ("apply", "ALTER TABLE calls", True),
    ("undo", NOTING.format("undoing"), True),
    ("undo", MARKING, False),
    ("apply", MARKING, True),
    ("undo", NOTING.format("undone"), False),
    ("apply", NOTING.format("applied"), True),
)
LOOKING = ("", "", False)


def test_all_or_nothing_on_clickhouse(tmp_path: Path) -> None:
    """Killed in the middle of anything, all calls cost what they did or are to; undone, exactly what they did."""
    (tmp_path / "chdb").mkdir()

    def work(does: str, moment: str) -> list[dict[str, Any]]:
        command = [sys.executable, "-c", ON_CLICKHOUSE, str(tmp_path), does, moment]
        env = environment(tmp_path) | {"PYTHONPATH": str(Path(__file__).parents[1])}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == (-signal.SIGKILL if moment else 0), done.stderr[-2000:]
        said = [json.loads(line) for line in done.stdout.splitlines()]
        for one in said:
            of_calls, cells, hours, of_sessions, sessions = one["sums"]
            assert of_calls == cells == hours
            assert of_sessions == sessions
            assert one["wrong"] == "[]"
        return said

    before, after, undone = (said["costs"] for said in work("fill", ""))
    assert before == undone != after
    expected = before
    for does, moment, is_done in (*MOMENTS, *(MORE_MOMENTS if Budget.from_environment().long else ()), LOOKING):
        assert work(does, moment)[0]["costs"] == expected, f"before {does} {moment}"
        expected = after if is_done else before
