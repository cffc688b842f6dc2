"""The gate: what it costs to look at every number and every text of what is imported, beside the import itself.

    python benchmarks/gate.py [--calls 100000]

Once alone (calls made up in memory, ids of the shape that providers give) and once within an import of transcripts
(tests/generators/claude_tree.py, a tenth of the size), in one process. Processor time, which other work on the machine
changes less.
"""

from __future__ import annotations

import argparse
import random
import string
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from generators.claude_tree import LARGE, Size, Tree  # noqa: E402 - found through the line above
from tokometer.collect import reading  # noqa: E402 - the same
from tokometer.collect.importer import import_all  # noqa: E402 - the same
from tokometer.collect.reading import Prices  # noqa: E402 - the same
from tokometer.ledger.opening import open_ledger  # noqa: E402 - the same
from tokometer.records import ModelCall  # noqa: E402 - the same
from tokometer.records.gate import admit  # noqa: E402 - the same
from tokometer.sources.registry import FILE_SOURCES  # noqa: E402 - the same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    options = parser.parse_args()
    for batch in (1, 64, 2_048, options.calls):
        print(f"alone, {batch:,} at once: {alone(options.calls, batch):.2f} µs a call")
    with tempfile.TemporaryDirectory() as folder:
        within(Path(folder))


def alone(calls: int, batch: int) -> float:
    """Microseconds a call."""
    chance = random.Random(1)
    made = [one(chance, number) for number in range(min(calls, max(batch, 4_096)))]
    started, done = time.process_time(), 0
    for at in range(0, len(made), batch):
        done += len(admit(made[at : at + batch], "here", now=made[-1].started_at).records)
    return (time.process_time() - started) / done * 1e6


def one(chance: random.Random, number: int) -> ModelCall:
    letters = string.ascii_letters + string.digits
    message, request = (f"{name}_01{''.join(chance.choices(letters, k=22))}" for name in ("msg", "req"))
    return ModelCall(
        source="claude_code",
        native_id=f"{message}:{request}",
        started_at=1_780_000_000_000_000 + number * 1_000,
        group=message,
        request_id=request,
        provider="anthropic",
        model="claude-opus-4-5",
        session_id=f"019caf00-0000-7000-8000-{number // 150:012x}",
        project=f"/home/ada/p{number // 2_000}",
        git_branch="main",
        agent="claude-code",
        input_tokens=5,
        output_tokens=700,
        cache_read_tokens=40_000,
    )


def within(folder: Path) -> None:
    """The gate's share of an import in one process."""
    size = Size(
        sessions=LARGE.sessions // 10, calls=LARGE.calls // 10, result=LARGE.result, days=30, oddities=LARGE.oddities
    )
    Tree(1, size, str(folder)).write(folder / ".claude" / "projects")
    spent = [0.0]

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **more: Any) -> Any:
            started = time.process_time()
            try:
                return function(*args, **more)
            finally:
                spent[0] += time.process_time() - started

        return called

    reading.admit, reading.fit_to_tell = timed(reading.admit), timed(reading.fit_to_tell)  # type: ignore[attr-defined]
    env = {"HOME": str(folder)}
    ledger = open_ledger(folder / "data")
    prices = Prices.of(folder / "data", folder, env)
    sources = {"claude_code": FILE_SOURCES["claude_code"]}
    started = time.process_time()
    summary = import_all(ledger, prices, sources, folder, env, processes=1)
    whole = time.process_time() - started
    ledger.close()
    print(
        f"within an import of {summary.accepted:,} records: {spent[0]:.3f} s of {whole:.2f} s ({spent[0] / whole:.1%})"
    )


if __name__ == "__main__":
    main()
