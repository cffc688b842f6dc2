"""Scraping 200 inference servers of 500 series each every 15 seconds: what share of a core that takes.

    python benchmarks/scrape.py                       200 targets, 500 series, 16 rounds
    python benchmarks/scrape.py --targets 20 --rounds 8

Answers are made beforehand in the shape of vLLM's (its own histograms, with what its Python process says of itself), of
servers that are busy: every counter and several buckets of each histogram grow from round to round. Measured is the
processor time of this process, DuckDB's threads included, for everything that follows an answer's arrival: parsing,
the gate, the commit in batches as the poller makes them into a ledger on disk, and what the ledger settles afterwards.
The first round, in which every line is new, is told apart. A fixed piece of work before and after tells how fast the
machine is.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
import time
from pathlib import Path

from tokometer.collect.asking import ask
from tokometer.collect.committing import commit_all
from tokometer.collect.targets import Listed
from tokometer.ledger import Batch
from tokometer.ledger.opening import open_ledger
from tokometer.sources.prometheus.source import SOURCE
from tokometer.sources.protocol import Fetched, Target

EVERY = 15
#: As the poller has it.
ENOUGH = 4_096
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = ("0.001", "0.005", "0.01", "0.02", "0.04", "0.06", "0.08", "0.1", "0.25", "0.5", "0.75", "1.0", "2.5", "5.0")
BOUNDS = (*BOUNDS, "7.5", "10.0", "20.0", "40.0", "80.0", "160.0", "640.0", "2560.0", "+Inf")
HISTOGRAMS = (
    *("time_to_first_token_seconds", "inter_token_latency_seconds", "request_time_per_output_token_seconds"),
    *("e2e_request_latency_seconds", "request_queue_time_seconds", "request_inference_time_seconds"),
    *("request_prefill_time_seconds", "request_decode_time_seconds", "request_prompt_tokens"),
    *("request_generation_tokens", "request_params_max_tokens", "iteration_tokens_total"),
)
COUNTERS = ("prompt_tokens_total", "generation_tokens_total", "prefix_cache_queries_total", "prefix_cache_hits_total")
COUNTERS = (*COUNTERS, "num_preemptions_total", "request_success_total{stop}", "request_success_total{length}")
GAUGES = ("num_requests_running", "num_requests_waiting", "kv_cache_usage_perc")


class Server:
    """A busy inference server, and what it would answer."""

    def __init__(self, name: str, series: int, rng: random.Random) -> None:
        self._rng = rng
        self._labels = f'engine="0",model_name="model-{name}"'
        self._counts = {name: [0] * len(BOUNDS) for name in HISTOGRAMS}
        self._sums = dict.fromkeys(HISTOGRAMS, 0.0)
        self._counters = dict.fromkeys(COUNTERS, 0)
        own = len(HISTOGRAMS) * (len(BOUNDS) + 2) + len(COUNTERS) + len(GAUGES)
        self._others = max(0, series - own)
        self.work()

    def work(self) -> None:
        """Serve for a while."""
        rng = self._rng
        requests = rng.randrange(20, 200)
        for name, counts in self._counts.items():
            middle = rng.randrange(4, 14)
            for _ in range(requests):
                counts[min(len(BOUNDS) - 1, max(0, round(rng.gauss(middle, 1.2))))] += 1
            self._sums[name] += requests * rng.random()
        for name in self._counters:
            self._counters[name] += requests * rng.randrange(1, 800)

    def answer(self) -> bytes:
        """Its metrics."""
        lines = []
        for name in GAUGES:
            lines += [f"# TYPE vllm:{name} gauge", f"vllm:{name}{{{self._labels}}} {self._rng.random():.4f}"]
        for name, value in self._counters.items():
            base, _, reason = name.partition("{")
            more = f',finished_reason="{reason[:-1]}"' if reason else ""
            lines += [f"# TYPE vllm:{base} counter", f"vllm:{base}{{{self._labels}{more}}} {value}.0"]
        for name, counts in self._counts.items():
            lines.append(f"# TYPE vllm:{name} histogram")
            below = 0
            for bound, count in zip(BOUNDS, counts, strict=True):
                below += count
                lines.append(f'vllm:{name}_bucket{{{self._labels},le="{bound}"}} {below}.0')
            lines += [f"vllm:{name}_count{{{self._labels}}} {below}.0"]
            lines += [f"vllm:{name}_sum{{{self._labels}}} {self._sums[name]!r}"]
        for number in range(self._others):
            lines.append(f'http_request_duration_seconds_bucket{{handler="/v1/{number}",le="0.1"}} {number * 7}.0')
        return ("\n".join(lines) + "\n").encode()


def fixed() -> float:
    """Seconds of processor for a fixed piece of work: text into floats and a hash of it, a million times."""
    begin = time.process_time()
    digest = hashlib.blake2b()
    total = 0.0
    for number in range(1_000_000):
        text = f"{number}.25"
        total += float(text)
        digest.update(text.encode())
    assert total > 0
    return time.process_time() - begin


def main() -> None:
    """Measure, and say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=200)
    parser.add_argument("--series", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=16)
    options = parser.parse_args()
    rng = random.Random(1)
    servers = [Server(str(number), options.series, rng) for number in range(options.targets)]
    listed = [
        Listed("prometheus", Target(f"s{number}", f"http://gpu-{number:03}:8000/metrics", EVERY))
        for number in range(options.targets)
    ]
    lines = sum(not line.startswith(b"#") for line in servers[0].answer().splitlines())
    poll = SOURCE.polled
    assert poll is not None
    before = fixed()
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder))
        states = [b""] * len(listed)
        clock = time.time() - options.rounds * EVERY
        spent, records = [], []
        from tokometer.collect import asking

        for _ in range(options.rounds):
            answers = [Fetched(200, server.answer(), MEDIA_TYPE) for server in servers]
            for server in servers:
                server.work()
            # The poller asks by our clock; here it runs faster.
            asking.now_us = lambda at=clock: round(at * 1e6)  # type: ignore[assignment]
            begin, count, batch = time.process_time(), 0, Batch()
            for number, (one, answer) in enumerate(zip(listed, answers, strict=True)):
                outcome = ask(one, poll, states[number], lambda *_, told=answer, **__: told)  # type: ignore[misc]
                assert outcome.failure is None, outcome.failure
                states[number] = outcome.state
                batch.add(outcome.batch)
                if batch.size >= ENOUGH:
                    count += batch.size
                    commit_all(ledger, batch)
                    batch = Batch()
            count += batch.size
            commit_all(ledger, batch)
            ledger.settle()
            spent.append(time.process_time() - begin)
            records.append(count)
            clock += EVERY
        ledger.close()
    after = fixed()
    rounds = spent[1:]
    mean = sum(rounds) / len(rounds)
    print(f"{options.targets} targets of {lines} series, {options.rounds} rounds of {EVERY} s")
    print(f"first round: {spent[0]:.2f} s of processor, {records[0]:,} readings kept")
    print(
        f"a later one: {mean:.2f} s on average, {max(rounds):.2f} s at most, {sum(records[1:]) // len(rounds):,} kept"
    )
    print(f"share of a core: {mean / EVERY:.1%}")
    print(f"a fixed piece of work: {before:.2f} s before, {after:.2f} s after")
    print(f"a round in pieces of work: {mean / min(before, after):.1f}")


if __name__ == "__main__":
    main()
