"""What became of caches, counted by hand for conversations of any shape, on both engines to the nano-dollar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import count, groupby
from math import floor
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from servers.ledgers import clickhouse
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Prompts, answer
from tokometer.records import ModelCall

BEGIN: Final = 1_780_000_000_000_000
MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE
#: Pico-dollars a token: input, cache reads, writes for five minutes and for an hour, output.
FRESH, READ, SHORT, LONG, OUT = RATES = (1_000_000, 100_000, 1_250_000, 2_000_000, 5_000_000)
NOW: Final = BEGIN + 3 * 24 * HOUR
_NUMBERS = count()


class Turn(NamedTuple):
    """A call, in the order in which those of one microsecond are taken."""

    us: int
    p: int
    cost: int
    model: str
    session: str
    u: int
    r: int
    w5: int
    w1: int

    @property
    def cached(self) -> int:
        """Tokens that are in the cache after it."""
        return self.r + self.w5 + self.w1

    @property
    def weight(self) -> float:
        """What a unit of weight cost, in nano-dollars times a thousand."""
        prompt = float(self.u) * FRESH + float(self.w5) * SHORT + float(self.w1) * LONG + float(self.r) * READ
        return float(self.cost) * 1000 / (prompt + float(10) * OUT)


_THOUSANDS = st.integers(0, 6).map(lambda number: number * 700)
_GAPS = st.sampled_from([0, 0, 500, MINUTE, 4 * MINUTE, 10 * MINUTE, 50 * MINUTE, 2 * HOUR])
_TURNS = st.lists(
    st.tuples(_GAPS, st.sampled_from("mmmn"), st.sampled_from("sst"), _THOUSANDS, _THOUSANDS, _THOUSANDS, _THOUSANDS),
    max_size=14,
)


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """Both engines."""
    made: list[Ledger] = [DuckDBLedger(tmp_path_factory.mktemp("cache") / "ledger.duckdb"), clickhouse()]
    yield made
    for ledger in made:
        ledger.close()


def told(turns: Sequence[Any]) -> list[Turn]:
    """The calls of an example; each costs something else, from a nano-dollar to nine million dollars.

    Of more pico-dollars than 64 bits hold ClickHouse makes 128 bits with an error of some 2e-20.
    """
    at, made = BEGIN, []
    for number, (gap, model, session, u, r, w5, w1) in enumerate(turns):
        at += gap
        cost = 9 * 10**15 - 1 - number if number % 5 == 4 else number * 1_234_567_891 + 1
        made.append(Turn(at, u + r + w5 + w1, cost, model, session, u, r, w5, w1))
    return made


def asked(ledger: Ledger, of: str, workspace: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of an answer by model, by session and of all together."""
    rates = tuple(("p", model, *RATES) for model in "mn")
    question = Prompts(of=of, each=("model", "session"), since="30d", rates=rates)  # type: ignore[arg-type]
    rows = [dict(row) for row in answer(ledger, question, [workspace], NOW).rows]
    return {by: [row for row in rows if row["by"] == by] for by in ("model", "session", "")}


def lines(turns: Sequence[Turn]) -> list[list[Turn]]:
    """The calls of each conversation and model, in order."""
    found = sorted((turn for turn in turns if turn.p), key=lambda turn: (turn.session, turn.model, turn))
    return [list(line) for _, line in groupby(found, lambda turn: (turn.session, turn.model))]


def spent(pico: float) -> int:
    """Whole pico-dollars."""
    return floor(pico + 0.5)


def dollars(pico: int) -> Decimal:
    """The nearest nano-dollar."""
    return Decimal((2 * pico + 1000) // 2000).scaleb(-9)


def unread(turns: Sequence[Turn]) -> dict[str, Counter[str]]:
    """Tokens written, never read, and pico-dollars by why, by model."""
    sums: dict[str, Counter[str]] = {}
    for line in lines(turns):
        for at, one in enumerate(line):
            later = [(other.us // 1000 - one.us // 1000, other.r) for other in line]
            read5, read1 = (max((r for ms, r in later if 1 <= ms <= most), default=0) for most in (300_000, 3_600_000))
            short = one.w5 - min(one.w5, max(read5 - one.r - one.w1, 0))
            long = one.w1 - min(one.w1, max(read1 - one.r, 0))
            after = line[at + 1].us if at + 1 < len(line) else 0
            late = after - one.us > (HOUR if long else 5 * MINUTE)
            why = "last" if not after else "late" if late else "changed"
            found = sums.setdefault(one.model, Counter())
            found["written"] += one.w5 + one.w1
            found["unread"] += short + long
            found["unread_1h"] += long
            found[why] += spent(one.weight * (float(short) * SHORT + float(long) * LONG))
    return {model: found for model, found in sums.items() if found["written"]}


def broken(turns: Sequence[Turn]) -> Counter[tuple[str, str, str]]:
    """Tokens lost and pico-dollars by model and cause."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for line in lines(turns):
        talk = sorted(turn for turn in turns if turn.session == line[0].session and turn.p)
        for at, one in enumerate(line):
            before = line[at - 1] if at else None
            place = talk.index(one)
            other = talk[place - 1] if place else None
            went = other is not None and other.model != one.model and 2 * one.p >= other.p
            elsewhere = other.cached if went and other is not None else 0
            could = min(one.p, max(before.cached if before else 0, elsewhere))
            lost = could - one.r
            if lost < 1024 or 10 * lost < could:
                continue
            gap = one.us - (before.us if before else 0)
            hourly = not any(turn.w5 for turn in line[:at]) and any(turn.w1 for turn in line[:at])
            cause = "unknown"
            if elsewhere > (before.cached if before else 0):
                cause = "model"
            elif before and 2 * one.p < before.p:
                cause = "compaction"
            elif gap > HOUR or (gap > 5 * MINUTE and not hourly):
                cause = "pause"
            new = float(one.u) * FRESH + float(one.w5) * SHORT + float(one.w1) * LONG
            dearer = max(new / max(float(one.p - one.r), 1.0) - READ, 0.0)
            sums[one.model, cause, "breaks"] += 1
            sums[one.model, cause, "lost"] += lost
            sums[one.model, cause, "cost"] += spent(one.weight * float(lost) * dearer)
    return sums


@given(turns=_TURNS, backwards=st.booleans())
@settings(max_examples=examples(24), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_engines_say_what_counting_says(ledgers: list[Ledger], turns: list[Any], *, backwards: bool) -> None:
    """Whatever the order in which calls come in, also if they are told twice, and whichever model is between others."""
    made = told(turns)
    workspace = f"w{next(_NUMBERS)}"
    records = [
        ModelCall(
            source="own",
            workspace=workspace,
            native_id=f"{workspace}-{number}",
            started_at=turn.us,
            provider="p",
            model=turn.model,
            session_id=f"{workspace}{turn.session}",
            input_tokens=turn.u,
            cache_read_tokens=turn.r,
            cache_write_5m_tokens=turn.w5,
            cache_write_1h_tokens=turn.w1,
            output_tokens=10,
            cost_reported=turn.cost,
        )
        for number, turn in enumerate(made)
    ]
    answers = []
    for ledger in ledgers:
        half = len(records) // 2
        for batch in [records[half:], records[:half], records[half:]] if backwards else [records]:
            ledger.commit(Batch(records=list(batch)))
        answers.append((asked(ledger, "writes", workspace), asked(ledger, "breaks", workspace)))
    writes, breaks = answers[0]
    assert answers[0] == answers[1]
    expected = unread(made)
    assert {row["value"] for row in writes["model"]} == set(expected)
    for row in writes["model"]:
        sums = expected[row["value"]]
        assert {name: row[name] for name in ("written", "unread", "unread_1h")} == {
            name: sums[name] for name in ("written", "unread", "unread_1h")
        }
        reasons = ("last", "late", "changed")
        assert [row[name] for name in reasons] == [dollars(sums[name]) for name in reasons]
        assert row["cost"] == dollars(sum(sums[name] for name in reasons))
    lost = broken(made)
    assert {(row["value"], row["cause"]): (row["breaks"], row["lost"], row["cost"]) for row in breaks["model"]} == {
        (model, cause): (lost[model, cause, "breaks"], lost[model, cause, "lost"], dollars(lost[model, cause, "cost"]))
        for model, cause, what in lost
        if what == "breaks"
    }
    for of in (writes, breaks):
        name = "written" if of is writes else "lost"
        assert len({sum(row[name] for row in of[by]) for by in of}) == 1
