"""What 500 alert rules take of the processor in a minute.

    python benchmarks/alerting.py --dir /tmp/large --calls 20000000     build (if need be) and measure
    python benchmarks/alerting.py --dir /tmp/small --calls 1000000      the same with fewer

The rules are those of a company: of each team, project, user and agent alone, for each of them, over minutes, hours,
days and the month; every condition is among them. A turn is measured as the server's thread makes it, with keeping what
becomes of the alerts; each turn is a minute after the one before, so that windows move, and calls come in between. What
the processor takes (of all cores together) is told beside that of a fixed question, by which the machine's speed and
the ledger's size can be told apart.
"""

from __future__ import annotations

import argparse
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from large import build, say
from tokometer.accounts import open_accounts
from tokometer.alerting import AlertRule, Engine, Situation, terms_of
from tokometer.ledger import Batch
from tokometer.ledger.opening import open_ledger
from tokometer.measures import Query, Question, Result, answer
from tokometer.records import ModelCall, to_us

RULES = 500
WINDOWS = ("5m", "15m", "1h", "24h", "7d", "today", "month")
MEASURES = ("calls.cost", "calls.requests", "calls.error_rate", "calls.total_tokens", "calls.success_rate")
DIMENSIONS = ("team", "project", "user", "agent", "model", "provider")
OTHERS: tuple[dict[str, Any], ...] = (
    {"condition": "burn_rate", "each": "provider"},
    {"condition": "no_data", "measure": "calls.requests", "each": "team", "window": "24h"},
    {"condition": "source_silent", "window": "6h"},
    {"condition": "unpriced_model", "window": "24h"},
    {"condition": "job_failing", "runs": 2},
    {"condition": "job_missed"},
    {"condition": "budget_used", "percent": 80},
    {"condition": "budget_projected"},
    {"condition": "anomaly", "measure": "calls.cost", "each": "provider"},
    {"condition": "change", "measure": "calls.cost", "each": "agent", "window": "24h", "percent": 50},
)


def rules(names: dict[str, list[str]], many: int) -> list[AlertRule]:
    """So many rules, the same each time."""
    chance = random.Random(1)
    found = [dict(one) for one in OTHERS]
    while len(found) < many:
        dimension, measure = chance.choice(DIMENSIONS), chance.choice(MEASURES)
        given: dict[str, Any] = {
            "condition": "threshold",
            "measure": measure,
            "window": chance.choice(WINDOWS),
            "value": chance.choice((0.5, 50, 5_000)),
        }
        if chance.random() < 0.2:
            given["each"] = dimension
        else:
            given["where"] = [f"calls.{dimension} = {chance.choice(names[dimension])}"]
        found.append(given)
    return [AlertRule(id=f"r{place}", title=f"Rule {place}", terms=terms_of(one)) for place, one in enumerate(found)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--calls", type=int, default=20_000_000)
    parser.add_argument("--rules", type=int, default=RULES)
    parser.add_argument("--turns", type=int, default=6)
    given = parser.parse_args()
    build(given.dir, given.calls)
    ledger, accounts = open_ledger(given.dir), open_accounts(given.dir / "alerting")
    try:
        now = datetime.now(UTC)
        names = {
            name: [
                str(row[name])
                for row in answer(
                    ledger, Query(measures=("calls.requests",), by=(f"calls.{name}",), top=60, other=False), now=now
                ).rows
                if row[name] and "=" not in str(row[name])
            ]
            for name in DIMENSIONS
        }
        listed = rules(names, given.rules)

        def ask(question: Question, moment: datetime) -> Result:
            return answer(ledger, question, now=moment)

        engine = Engine(ask, f"w{now.timestamp():.0f}")
        spent, clock = [], []
        fixed = Query(measures=("calls.cost",), by=("calls.model",), since="30d")
        for turn in range(given.turns + 1):
            moment = now + timedelta(minutes=turn)
            ledger.commit(Batch(records=_calls(moment, names)))
            answer(ledger, fixed, now=moment)
            before, begun = process_time(), perf_counter()
            found = engine.turn(accounts, listed, Situation(now=moment))
            if turn:
                spent.append(process_time() - before)
                clock.append(perf_counter() - begun)
            say(f"turn {turn}: {found.wanted} questions asked as {found.asked}, {len(found.troubles)} in trouble")
        yardstick = []
        for _ in range(10):
            before = process_time()
            answer(ledger, fixed, now=now)
            yardstick.append(process_time() - before)
        one = median(yardstick)
        mean = sum(spent) / len(spent)
        say(f"{given.rules} rules: {mean:.2f} s of the processor a minute ({median(clock):.2f} s on the clock)")
        say(f"the fixed question: {one * 1000:.1f} ms; a minute is {mean / one:.0f} of them")
    finally:
        accounts.close()
        ledger.close()


def _calls(moment: datetime, names: dict[str, list[str]]) -> list[ModelCall]:
    """Calls of the last minute."""
    return [
        ModelCall(
            source="own",
            native_id=f"bench-{moment.timestamp():.0f}-{place}",
            started_at=to_us(moment - timedelta(seconds=place % 60)),
            provider="openai",
            model="gpt-5",
            team=names["team"][place % len(names["team"])],
            cost_reported=1_000_000,
        )
        for place in range(200)
    ]


if __name__ == "__main__":
    main()
