"""Re-costing a large ledger: how long it takes to look, to apply and to undo, and how long a page's question waits.

    python benchmarks/recosting.py --dir COPY [--apply] [--undo]
    python benchmarks/recosting.py --dir FOLDER --url chdb://disk/costs?path=FOLDER/chdb --make 500000 --apply --undo

COPY is a data folder with a ledger that nobody has open; it is changed. On ClickHouse the ledger is at `--url`: a
server's (`clickhouse://host:8123/costs`), or one of the engine inside this process, as above. `--make` fills an empty
ledger with so many calls of the demo's year first. A discount of a tenth makes every call that is billed cost something
else. Fixed work (an empty loop) is timed beside it, which tells how loaded the machine was. What a core took is that of
this process, with the engine where it is inside.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import threading
import time
from pathlib import Path

from tokometer.collect.recosting import prices_of
from tokometer.demo import generate
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.ledger.recosting import Scope
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, now_us

_PRICES = '[[price]]\nmodel = "*"\ndiscount = 10\n'
_LOOPS = 5_000_000
_YEAR = 364


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--url", default="")
    parser.add_argument("--make", type=int, default=0, metavar="CALLS")
    parser.add_argument("--apply", action="store_true")
    parser.add_argument("--undo", action="store_true")
    asked = parser.parse_args()
    ledger = open_ledger(asked.dir, url=asked.url)
    if asked.make:
        began = _now()
        _make(ledger, asked.make)
        print(f"made: {_since(began)}")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "prices.toml").write_text(_PRICES)
        prices = prices_of(PriceBook.open(Path(folder) / "prices.toml", Path(folder)))
    recosting = ledger.recosting
    print(f"load {os.getloadavg()[0]:.1f}, fixed work {_fixed():.2f} s")
    began = _now()
    found = recosting.preview(Scope(), prices, _nothing)
    print(f"preview: {found.calls:,} calls, {found.changed:,} change, {found.alone:,} alone, {_since(began)}")
    if asked.apply:
        waits: list[float] = []
        over = threading.Event()
        asking = threading.Thread(target=_ask, args=(ledger, waits, over))
        asking.start()
        began = _now()
        recosting.apply("benchmark", Scope(), prices, _nothing)
        print(f"apply: {_since(began)}")
        over.set()
        asking.join()
        waits.sort()
        print(f"questions meanwhile: {len(waits)}, median {waits[len(waits) // 2]:.3f} s, longest {waits[-1]:.2f} s")
    if asked.undo:
        began = _now()
        recosting.undo("benchmark", _nothing)
        print(f"undo: {_since(began)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"load {os.getloadavg()[0]:.1f}, fixed work {_fixed():.2f} s, peak {peak} MB")
    ledger.close()


def _make(ledger: Ledger, calls: int) -> None:
    """Fill an empty ledger with calls of the demo, and nothing else of it."""
    if ledger.stats()["calls"]:
        raise SystemExit("--make fills an empty ledger, and this one has calls")
    for batch in generate(_YEAR, calls, 1, now_us()):
        ledger.commit(Batch([record for record in batch.records if isinstance(record, ModelCall)]))
    ledger.settle()


def _ask(ledger: Ledger, waits: list[float], over: threading.Event) -> None:
    """What a page does: settle, then ask the rollups."""
    while not over.wait(0.2):
        began = time.monotonic()
        ledger.settle()
        ledger.fetch(Statement("SELECT provider, sum(cost_usd) FROM hours GROUP BY provider"))
        waits.append(time.monotonic() - began)


def _fixed() -> float:
    began = time.monotonic()
    for _ in range(_LOOPS):
        pass
    return time.monotonic() - began


def _now() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


def _since(began: tuple[float, float]) -> str:
    wall, cpu = (now - then for now, then in zip(_now(), began, strict=True))
    return f"{wall:.1f} s, {cpu:.1f} s of them a core's"


def _nothing(_done: int, _all: int) -> None:
    """Hears of progress."""


if __name__ == "__main__":
    main()
