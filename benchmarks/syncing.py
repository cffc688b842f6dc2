"""Syncs of a made-up provider: how many a second, and how many end well while a fifth of all questions fails.

    python benchmarks/syncing.py [RUNS]

Time that syncs would wait for is not waited. Prints one line for each rate of failing questions.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from providers.openai import OpenAI
from providers.serving import Faults, serving
from providers.synced import scene
from tokometer.ledger.opening import open_ledger


def main(runs: int) -> None:
    """Measure."""
    for rate in (0.0, 0.2, 0.4):
        with TemporaryDirectory() as folder:
            data = Path(folder)
            ledger = open_ledger(data)
            provider = OpenAI(Faults(rate, 1))
            with scene(ledger, data) as found, serving(provider) as url:
                account = found.account("openai", f"{url}/v1", provider.key)
                today = found.clock.now().date()
                for number in range(60):
                    provider.add("completions", today - timedelta(days=number), model="gpt-5.2", input_tokens=number)
                begin, states, questions = time.perf_counter(), [], 0
                for _ in range(runs):
                    provider.add("completions", found.clock.now().date(), model="gpt-5.2", input_tokens=1)
                    run = found.sync(account.id)
                    states.append(run.state)
                    questions += run.requests
                    found.clock.pass_by(minutes=10)
                took = time.perf_counter() - begin
                [kept] = found.sums("reported", "input_tokens")
            ledger.close()
        exact = kept == provider.total("completions", "input_tokens")
        share = states.count("done") / runs
        print(
            f"{rate:4.0%} fail: {runs} syncs, {share:.1%} done, {runs / took:.1f}/s, "
            f"{questions:,} questions, exact: {exact}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
