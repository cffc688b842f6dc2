"""What pricing costs: opening the book, the first sight of a model, and each call; beside genai-prices itself.

    python benchmarks/prices.py
    python benchmarks/prices.py --calls 400000

Targets: 2 µs a call, 80 ms for 40,000, under 10 ms to open when models were seen before.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median

from tokometer.prices import PriceBook
from tokometer.records import ModelCall, to_datetime, to_us

MIX = (
    ("anthropic", "claude-opus-5", "standard"),
    ("anthropic", "claude-sonnet-4-5-20250929", "standard"),
    ("anthropic", "claude-haiku-5-5", ""),
    ("openai", "gpt-5.2", ""),
    ("google", "gemini-2.5-pro", ""),
    ("deepseek", "deepseek-v4-pro", ""),
    ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", ""),
    ("ollama", "llama3.1:8b", ""),
)

#: Runs in a process of its own; prints milliseconds and whether the catalogue was imported.
COLD = """
import sys, time
from pathlib import Path
from tokometer.records import ModelCall
start = time.perf_counter()
from tokometer.prices import PriceBook
imported = time.perf_counter()
book = PriceBook.open(None, Path(sys.argv[1]))
opened = time.perf_counter()
calls = [
    ModelCall(source="b", native_id="1", started_at=1_790_000_000_000_000, provider=p, model=m, input_tokens=1)
    for p, m in [pair.split(" ") for pair in sys.argv[2:]]
]
begun = time.perf_counter()
book.apply(calls)
done = time.perf_counter()
print(1e3 * (imported - start), 1e3 * (opened - imported), 1e3 * (done - begun), "genai_prices" in sys.modules)
"""


def make(number: int) -> list[ModelCall]:
    """Calls as Claude Code makes them: little fresh input, much of it cached, spread over a year."""
    random = Random(1)
    start = to_us(datetime(2025, 11, 1, tzinfo=UTC))
    calls = []
    for index in range(number):
        provider, model, tier = random.choice(MIX)
        calls.append(
            ModelCall(
                source="benchmark",
                native_id=str(index),
                started_at=start + random.randrange(365 * 86_400) * 1_000_000,
                provider=provider,
                model=model,
                service_tier=tier,
                input_tokens=random.randrange(5_000),
                cache_read_tokens=random.randrange(150_000),
                cache_write_5m_tokens=random.randrange(10_000),
                cache_write_1h_tokens=0,
                output_tokens=random.randrange(4_000),
            )
        )
    return calls


def fresh_process(folder: Path) -> tuple[float, float, float, bool]:
    """Import, open and first pricing in milliseconds, and whether the catalogue was imported."""
    pairs = [f"{provider} {model}" for provider, model, _ in MIX]
    run = subprocess.run(
        [sys.executable, "-c", COLD, str(folder), *pairs], capture_output=True, text=True, check=True
    ).stdout.split()
    return float(run[0]), float(run[1]), float(run[2]), run[3] == "True"


def peer_seconds(calls: list[ModelCall]) -> tuple[float, Decimal]:
    """Seconds that genai-prices' own `calc_price` takes for the same calls, and what they cost."""
    from genai_prices import Usage, calc_price

    names = {"bedrock": "aws"}
    start = time.perf_counter()
    total = Decimal(0)
    for call in calls:
        if call.provider == "ollama":
            continue
        write = call.cache_write_5m_tokens or 0
        total += calc_price(
            Usage(
                input_tokens=(call.input_tokens or 0) + (call.cache_read_tokens or 0) + write,
                cache_read_tokens=call.cache_read_tokens,
                cache_write_tokens=write,
                output_tokens=call.output_tokens,
            ),
            call.model,
            provider_id=names.get(call.provider, call.provider),
            genai_request_timestamp=to_datetime(call.started_at),
        ).total_price
    return time.perf_counter() - start, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=40_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--peer-calls", type=int, default=4_000)
    given = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = fresh_process(folder)
        assert first[3], "the first process has to ask the catalogue"
        print(f"never seen   import {first[0]:6.1f} ms   open {first[1]:5.1f} ms   8 models {first[2]:7.1f} ms")
        again = [fresh_process(folder) for _ in range(given.runs)]
        assert not any(run[3] for run in again), "later processes do not"
        imports, opens, firsts = (median(run[i] for run in again) for i in range(3))
        print(f"seen before  import {imports:6.1f} ms   open {opens:5.1f} ms   8 models {firsts:7.1f} ms")

        calls = make(given.calls)
        book = PriceBook.open(None, folder)
        book.apply(calls[:1000])
        seconds = []
        for _ in range(given.runs):
            start = time.perf_counter()
            book.apply(calls)
            seconds.append(time.perf_counter() - start)
        each = median(seconds) / len(calls)
        print(f"{len(calls):,} calls   {1e3 * median(seconds):.1f} ms   {1e6 * each:.2f} µs a call")

        some = calls[: given.peer_calls]
        peer, total = peer_seconds(some)
        ours = sum(Decimal(call.cost_priced or 0) for call in some).scaleb(-9)
        print(f"genai-prices {1e6 * peer / len(some):.0f} µs a call, {peer / len(some) / each:.0f} times as long")
        print(f"cost of {len(some):,} calls: {ours} USD here, {total} USD there")


if __name__ == "__main__":
    main()
