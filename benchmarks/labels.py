"""Labels: what they cost calls that have none, few, or a million different values; and what queries by them take.

    python benchmarks/labels.py [--calls 1000000]

Commits of 8,192 packed calls, as the server's decoder makes them, into an empty ledger each; then 30 days by a label.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tokometer.ledger import Batch
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.packed import pack
from tokometer.measures import Query, run
from tokometer.records import ModelCall, now_us

_LOT = 8_192
_DAY = 86_400 * 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1_000_000)
    count = parser.parse_args().calls
    cases: dict[str, Callable[[int], dict[str, str] | None]] = {
        "none": lambda _: None,
        "few": lambda n: {"customer": f"c{n % 200}", "app": f"a{n % 5}", "env": "prod"},
        "all different": lambda n: {"customer": f"c{n % 200}", "request": f"r{n}"},
    }
    for name, labels in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            ledger = DuckDBLedger(Path(folder) / "ledger.duckdb")
            ledger.roll_up(("app",))
            packing, committing, notices = 0.0, 0.0, 0
            start = now_us() - 30 * _DAY
            for first in range(0, count, _LOT):
                calls = [
                    ModelCall(
                        source="bench",
                        native_id=str(n),
                        started_at=start + n * (29 * _DAY // count),
                        pinned=True,
                        model=f"m{n % 20}",
                        provider="openai",
                        input_tokens=n % 1000,
                        output_tokens=n % 100,
                        labels=labels(n),
                    )
                    for n in range(first, min(first + _LOT, count))
                ]
                began = time.perf_counter()
                lot = pack(calls)
                packing += time.perf_counter() - began
                batch = Batch(packed=[lot])
                began = time.perf_counter()
                ledger.commit(batch)
                committing += time.perf_counter() - began
                notices += sum(notice.count for notice in batch.notices)
            began = time.perf_counter()
            ledger.settle()
            settling = time.perf_counter() - began
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
            print(
                f"{name}: {packing / count * 1e6:.1f} µs packed, {committing / count * 1e6:.1f} µs committed, "
                f"{settling / count * 1e6:.2f} µs settled a call; "
                f"{ledger.stats()['label_sets']:,} sets, {notices:,} too many, {memory:.0f} MB at most so far"
            )
            for by in ("calls.model", "calls.label.app", "calls.label.customer"):
                query = Query(measures=("calls.cost", "calls.requests"), by=(by,), since="30d")
                best = 1e9
                for _ in range(4):
                    began = time.perf_counter()
                    tables = run(ledger, query).meta.tables
                    best = min(best, time.perf_counter() - began)
                print(f"    30 days by {by}: {best * 1e3:.0f} ms from {', '.join(tables)}")
            ledger.close()


if __name__ == "__main__":
    main()
