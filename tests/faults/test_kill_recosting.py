"""`kill -9` at random moments of a re-costing: all calls cost what they did, or all what they are to."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from faults.budget import Budget
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
