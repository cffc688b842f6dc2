"""Whatever happens to what is sent (again, in parts, reordered, beside rubbish, at another hour), totals hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from faults.budget import Budget
from generators.mutations import mutated
from generators.otlp_spans import protobuf, span
from generators.own_records import full, least
from servers.ledgers import place
from tokometer.collect.committing import commit_all
from tokometer.ledger import Batch, Ledger
from tokometer.measures import Query, answer
from tokometer.records import ModelCall, now_us
from tokometer.sources import own
from tokometer.sources.otlp import decode_traces

_DAY_US = 86_400_000_000
#: How far our clock can be off without a bearing on what is believed: records are of September, and the clock is later.
_SHIFTS = (0, 3_600_000_000, _DAY_US, 400 * _DAY_US)
_LINES = "application/x-ndjson"


class Sent:
    """What was sent, and what of it must be there: nothing else may change a sum."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        #: Every body so far: the records in it, or the spans.
        self.calls: list[dict[str, Any]] = []
        self.spans: list[dict[str, Any]] = []
        self.tokens: dict[str, int] = {}

    def some_calls(self) -> list[dict[str, Any]]:
        """New calls, and some that were sent before."""
        made = []
        for _ in range(self.chance.randrange(1, 12)):
            number = len(self.calls)
            tokens = self.chance.randrange(10_000)
            made.append({**least("calls", number), "input_tokens": tokens, "session_id": f"s{number % 5}"})
            self.calls.append(made[-1])
            self.tokens[made[-1]["id"]] = tokens
        again = self.chance.sample(self.calls, min(len(self.calls), self.chance.randrange(10)))
        made += again
        self.chance.shuffle(made)
        return made

    def some_spans(self) -> list[dict[str, Any]]:
        """New spans, and some that were sent before."""
        made = []
        for _ in range(self.chance.randrange(1, 8)):
            number = len(self.spans) + 1
            tokens = self.chance.randrange(10_000)
            said = {"gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": tokens}
            ids = {"traceId": f"{number // 3 + 1:032x}", "spanId": f"{number:016x}"}
            made.append(span(attributes=said, start_ns=(1_788_249_600 + number) * 10**9, **ids))
            self.spans.append(made[-1])
            self.tokens[f"span {number}"] = tokens
        made += self.chance.sample(self.spans, min(len(self.spans), self.chance.randrange(8)))
        self.chance.shuffle(made)
        return made


def post_calls(ledger: Ledger, sent: Sent) -> None:
    """Calls in lines, between lines of rubbish."""
    lines = [json.dumps(call).encode() for call in sent.some_calls()]
    for _ in range(sent.chance.randrange(6)):
        rubbish = {**full("tools", sent.chance), "id": "rubbish"}
        lines.insert(sent.chance.randrange(len(lines) + 1), mutated(rubbish, sent.chance).replace(b"\n", b" "))
    found = own.read("calls", b"\n".join(lines), _LINES, now=now_us() + sent.chance.choice(_SHIFTS))
    # What became a call all the same is not ours.
    records = [record for record in found.records if isinstance(record, ModelCall) and record.native_id in sent.tokens]
    commit_all(ledger, Batch(list(records), found.refusals, corrections=True))


def post_spans(ledger: Ledger, sent: Sent) -> None:
    """Spans, in one request or in several."""
    made = sent.some_spans()
    cut = sent.chance.randrange(len(made) + 1)
    for part in (made[:cut], made[cut:]):
        if part:
            found = decode_traces(protobuf(*part), "protobuf", now_us() + sent.chance.choice(_SHIFTS))
            commit_all(ledger, Batch(list(found.records), found.refusals))


def again(ledger: Ledger, sent: Sent) -> None:
    """Everything so far once more, in another order."""
    calls = sent.chance.sample(sent.calls, len(sent.calls))
    found = own.read("calls", json.dumps(calls).encode(), "application/json")
    commit_all(ledger, Batch(list(found.records), corrections=True))
    if sent.spans:
        spans = decode_traces(protobuf(*sent.chance.sample(sent.spans, len(sent.spans))), "protobuf")
        commit_all(ledger, Batch(list(spans.records)))


def settle(ledger: Ledger, sent: Sent) -> None:
    """Rollups are brought up to date in the middle of it."""
    ledger.settle()


def tidy_up(ledger: Ledger, sent: Sent) -> None:
    """The ledger rests."""
    ledger.rest()


STEPS: tuple[Callable[[Ledger, Sent], None], ...] = (
    post_calls,
    post_calls,
    post_spans,
    post_spans,
    again,
    settle,
    tidy_up,
)


def totals(ledger: Ledger, grain: str) -> tuple[int, int]:
    """Calls and input tokens, as the sums of a course."""
    asked = Query(
        measures=("calls.requests", "calls.input_tokens"), since="2026-08-01", until="2026-10-01", grain=grain, tz="UTC"
    )
    rows = answer(ledger, asked, ("default",)).rows
    return sum(int(row["requests"] or 0) for row in rows), sum(int(row["input_tokens"] or 0) for row in rows)


@pytest.mark.parametrize("engine", ["duckdb", "clickhouse"])
def test_totals_do_not_move(engine: str, budget: Budget, tmp_path: Path) -> None:
    """After any course of events every call is counted once with its tokens, by any grain, and the audit is clean."""
    rounds = budget.of(2, 150) if engine == "duckdb" else budget.of(1, 40)
    for number in range(rounds):
        chance = budget.random(f"totals {engine}", number)
        sent = Sent(chance)

        def open_() -> Ledger:
            if engine == "clickhouse":
                from tokometer.ledger.clickhouse import ClickHouseLedger

                return ClickHouseLedger(place(f"totals_{number}"))  # noqa: B023 - called in this round
            from tokometer.ledger.duckdb import DuckDBLedger

            return DuckDBLedger(tmp_path / f"{number}.duckdb")  # noqa: B023

        ledger = open_()
        try:
            for _ in range(chance.randrange(4, 14)):
                chance.choice(STEPS)(ledger, sent)
                if engine == "duckdb" and chance.random() < 0.3:
                    ledger.close()
                    ledger = open_()
            for grain in ("hour", "day", "month"):
                assert totals(ledger, grain) == (len(sent.tokens), sum(sent.tokens.values())), (
                    f"round {number}, {grain}"
                )
            assert ledger.audit() == []
        finally:
            ledger.close()
