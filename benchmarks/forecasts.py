"""How near forecasts come, beside the last week repeated, and what the 80 % interval holds; how many spikes are found.

    python benchmarks/forecasts.py [--seeds 20] [--demo DATA]

Series of 180 days with a trend, a week, or a step, and with `--demo` those of a demo's data folder (`tokometer demo
--days 180 --data DATA`, served or not): cost, requests and tokens in all and by provider, model, team, agent, project,
where four of five days have any. Each is forecast as of several of its days. Errors are shares of what came: of the
total (what is asked) and of the days one by one. What a library would give is in docs/decisions/033.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
FIRST = date(2026, 1, 5)
HORIZONS = (7, 30, 90)
DIMENSIONS = ("", "provider", "model", "team", "agent", "project")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--demo", type=Path)
    given = parser.parse_args()
    from generators import series

    known = {kind: [series.family(kind, seed) for seed in range(given.seeds)] for kind in ("trend", "week", "step")}
    if given.demo:
        known["demo"] = list(of_demo(given.demo))
    print(f"{'series':8}{'days':>5}{'cuts':>6}{'total':>9}{'naive':>8}{'by day':>9}{'naive':>8}{'held':>7}{'ms':>7}")
    for kind, rows in known.items():
        for horizon in HORIZONS:
            print(f"{kind:8}{horizon:>5}{tried(rows, horizon)}")
    for kind, made in (("hours", series.hours), ("days", series.days)):
        print(f"spikes by {kind}: {spikes([made(seed) for seed in range(given.seeds)])}")


def tried(rows: Sequence[Sequence[float]], horizon: int) -> str:
    """A line of the table."""
    from tokometer.judgement import Day, forecast

    off, naive, held, cuts, took, whole = [0.0, 0.0], [0.0, 0.0], 0, 0, 0.0, 0.0
    for values in rows:
        mean = math.fsum(values) / len(values)
        for cut in range(56, len(values) - horizon + 1, 13):
            came = [value / mean for value in values[cut : cut + horizon]]
            again = [values[cut - 7 + ahead % 7] / mean for ahead in range(horizon)]
            today = FIRST + timedelta(days=cut)
            history = [Day(FIRST + timedelta(days=place), value / mean) for place, value in enumerate(values[:cut])]
            began = time.perf_counter()
            found = forecast(history, 0.0, Day(today, 0.0), 0.0, today + timedelta(days=horizon))
            took += time.perf_counter() - began
            if found is None:
                continue
            total = math.fsum(came)
            off[0] += abs(found.estimate - total)
            naive[0] += abs(math.fsum(again) - total)
            off[1] += sum(abs(day.value - one) for day, one in zip(found.path, came, strict=True))
            naive[1] += sum(abs(one - other) for one, other in zip(again, came, strict=True))
            held += found.low <= total <= found.high
            cuts += 1
            whole += horizon
    if not cuts:
        return f"{0:>6}"
    shares = (off[0] / whole, naive[0] / whole, off[1] / whole, naive[1] / whole)
    told = "".join(f"{share:>{width}.1%}" for share, width in zip(shares, (9, 8, 9, 8), strict=True))
    return f"{cuts:>6}{told}{held / cuts:>7.0%}{took / cuts * 1000:>7.1f}"


def spikes(known: Sequence[object]) -> str:
    """Recall and precision of anomalies over series with planted spikes."""
    from generators.series import Planted
    from tokometer.judgement.anomalies import anomalies

    found = right = planted = hit = 0
    for made in known:
        assert isinstance(made, Planted)
        told = anomalies(made.points)
        ranges = [(made.points[at][0], made.points[at + count - 1][0]) for at, count in made.spikes]
        found += len(told)
        planted += len(ranges)
        right += sum(any(one.start <= last and first < one.end for first, last in ranges) for one in told)
        hit += sum(any(one.start <= last and first < one.end for one in told) for first, last in ranges)
    return f"recall {hit / planted:.1%}, precision {right / max(1, found):.1%} ({planted} planted)"


def of_demo(data: Path) -> Iterator[list[float]]:
    """The series of a demo's ledger, without its first and last day, which are no whole ones."""
    command = str(Path(sys.executable).with_name("tokometer"))
    measures = ("cost", "requests", "total_tokens")
    for by in DIMENSIONS:
        asked = [command, "query", "--data", str(data), "--since", "180d", "--grain", "day", "--json"]
        asked += [word for name in measures for word in ("--measure", f"calls.{name}")]
        asked += ["--by", f"calls.{by}"] if by else []
        rows = json.loads(subprocess.run(asked, stdout=subprocess.PIPE, check=True).stdout)["rows"]
        days = sorted({row["time"] for row in rows})[1:-1]
        lines: dict[tuple[str, str], Mapping[str, float]] = {}
        for row in rows:
            for name in measures:
                key = (row[by] or "" if by else "", name)
                lines[key] = {**lines.get(key, {}), row["time"]: float(row[name] or 0)}
        for line in lines.values():
            values = [line.get(day, 0.0) for day in days]
            if sum(value > 0 for value in values) >= 0.8 * len(values) > 0 and sum(values) > 0:
                yield values


if __name__ == "__main__":
    main()
