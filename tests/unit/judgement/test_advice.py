"""Tests of tokometer.judgement.advice and tokometer.judgement.counterfactual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.counterfactual import repriced
from tokometer.prices import PriceBook
from tokometer.records import to_us

BOOK = PriceBook()
#: What a million tokens cost, in and out.
OPUS, HAIKU = (Decimal(5), Decimal(25)), (Decimal(1), Decimal(5))


def _calls(model: str = "claude-opus-4-5", agent: str = "reviewer", **values: Any) -> dict[str, Any]:
    return {
        "agent": agent,
        "provider": "anthropic",
        "model": model,
        "requests": 100,
        "cost": Decimal("0.75"),
        "success_rate": 0.99,
        "p95_latency": 4000.0,
        "cache_hit_share": 0.0,
        "input_tokens": 100_000,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": 10_000,
        "reasoning_tokens": 0,
    } | values


def _job(model: str, ok: int, ended: int, agent: str = "reviewer") -> dict[str, Any]:
    return {"agent": agent, "model": model, "ok": ok, "ended": ended}


CHEAP = _calls("claude-haiku-4-5", requests=50, input_tokens=50_000, output_tokens=5_000, cost=Decimal("0.075"))
JOBS = [_job("claude-opus-4-5", 40, 40), _job("claude-haiku-4-5", 20, 20)]


def _advised(
    calls: Sequence[Mapping[str, Any]],
    jobs: Sequence[Mapping[str, Any]] = (),
    failed: Sequence[Mapping[str, Any]] = (),
    hours: Sequence[Mapping[str, Any]] = (),
    rule: str = "",
    book: PriceBook | None = BOOK,
) -> list[Mapping[str, Any]]:
    answers = [calls, failed, hours, jobs]
    ran = {(job["agent"], job["model"]) for job in jobs if job["agent"]}
    agents = [call["agent"] for call in calls if call["requests"] and (call["agent"], call["model"]) in ran]
    if len(agents) > len(set(agents)):
        # Latencies, which are asked of agents alone whose jobs ran with several models.
        answers.append(calls)
    teller = Teller(answers, since=NOW - timedelta(days=14))
    rows = judged("advice", teller=teller, book=book, since="14d")
    return [row for row in rows if rule in ("", row["rule"])]


def test_cheaper_model() -> None:
    """Jobs that end as well with a cheaper model of the family say so, with the difference of the list prices."""
    [row] = _advised([_calls(), CHEAP], JOBS, rule="cheaper_model")
    # 0.1 M prompt and 0.01 M output tokens: 0.75 with Opus, 0.15 with Haiku.
    now = (OPUS[0] * 100_000 + OPUS[1] * 10_000) / 1_000_000
    then = (HAIKU[0] * 100_000 + HAIKU[1] * 10_000) / 1_000_000
    assert row["advice"] == now - then == Decimal("0.6")
    assert row["per_week"] == Decimal("0.3")
    assert row["title"] == "Use claude-haiku-4-5 for reviewer"
    assert "20 of 20" in row["evidence"]
    assert "40 of 40" in row["evidence"]
    assert row["calls"] == 100


@pytest.mark.parametrize(
    ("calls", "jobs"),
    [
        # Nobody knows how the work of an agent ends that is on no schedule.
        ([_calls(), CHEAP], []),
        # Fewer jobs end well with it.
        ([_calls(), CHEAP], [_job("claude-opus-4-5", 40, 40), _job("claude-haiku-4-5", 18, 20)]),
        # Too few runs, too few calls.
        ([_calls(), CHEAP], [_job("claude-opus-4-5", 40, 40), _job("claude-haiku-4-5", 9, 9)]),
        ([_calls(), CHEAP | {"requests": 19}], JOBS),
        # More calls of it fail, or they take longer.
        ([_calls(), CHEAP | {"success_rate": 0.98}], JOBS),
        ([_calls(), CHEAP | {"p95_latency": 5001.0}], JOBS),
        # Another agent's work, another provider, another family.
        ([_calls(), CHEAP | {"agent": "writer"}], [*JOBS[:1], _job("claude-haiku-4-5", 20, 20, "writer")]),
        ([_calls(), CHEAP | {"provider": "bedrock"}], JOBS),
        ([_calls(), CHEAP | {"model": "gpt-5-mini"}], [*JOBS[:1], _job("gpt-5-mini", 20, 20)]),
        # It is the dearer one.
        ([CHEAP, _calls()][:1], JOBS),
    ],
)
def test_no_evidence_no_advice(calls: list[dict[str, Any]], jobs: list[dict[str, Any]]) -> None:
    """Where the user's own calls do not say that it would be safe, nothing is said."""
    assert _advised(calls, jobs, rule="cheaper_model") == []


def test_batch_tier() -> None:
    """What runs on a schedule can wait, so that it may go where the provider asks for half."""
    [row] = _advised([_calls()], JOBS[:1], rule="batch_tier")
    assert row["advice"] == Decimal("0.375")
    assert _advised([_calls()], [], rule="batch_tier") == []
    assert _advised([_calls(requests=19)], JOBS[:1], rule="batch_tier") == []


def test_caching() -> None:
    """An agent's long prompts are read anew where another agent's of the same model come from the cache."""
    long = _calls(input_tokens=1_000_000, cost=Decimal("5.25"))
    good = _calls(agent="coder", cache_hit_share=0.8, input_tokens=200_000, cache_read_tokens=800_000)
    [row] = _advised([long, good], rule="caching")
    # Half of what the other reaches: 0.4 M of the million at a tenth of the price.
    assert row["advice"] == Decimal("0.4") * OPUS[0] * Decimal("0.9")
    assert row["agent"] == "reviewer"
    short = _calls(input_tokens=100_000)
    assert _advised([short, good], rule="caching") == []
    assert _advised([long], rule="caching") == []
    assert _advised([long | {"cache_hit_share": 0.5}, good], rule="caching") == []


def test_failing() -> None:
    """Failed calls that were paid for are added up by model; those that cost nothing are no matter."""
    failed = [
        {"model": "m", "status": "server_error", "errors": 15, "cost": Decimal("0.20"), "requests": 15},
        {"model": "m", "status": "timeout", "errors": 10, "cost": Decimal("0.10"), "requests": 10},
        {"model": "m", "status": "ok", "errors": 0, "cost": Decimal(9), "requests": 900},
        {"model": "free", "status": "timeout", "errors": 500, "cost": None, "requests": 500},
        {"model": "few", "status": "timeout", "errors": 19, "cost": Decimal(3), "requests": 19},
    ]
    [row] = _advised([_calls()], failed=failed, rule="failing")
    assert (row["model"], row["advice"], row["calls"]) == ("m", Decimal("0.30"), 25)


def test_peak_hours() -> None:
    """The fewest hours of working days that hold most of the calls are the peak; it saves nothing by itself."""
    hours = [{"weekday": day, "hour": hour, "requests": 100} for day in range(1, 6) for hour in range(9, 17)]
    hours += [{"weekday": 7, "hour": 3, "requests": 100}]
    [row] = _advised([_calls()], hours=hours, rule="peak_hours")
    # Five of the eight hours hold 2,500 of 4,100 calls, four only 2,000.
    assert row["title"] == "Peak: 09:00 to 14:00 on working days"
    assert row["advice"] is None
    assert row["calls"] == 2500
    even = [{"weekday": day, "hour": hour, "requests": 100} for day in range(1, 8) for hour in range(24)]
    assert _advised([_calls()], hours=even, rule="peak_hours") == []


def test_nothing_without_prices() -> None:
    """Who has no prices is told nothing, and asks nothing."""
    assert judged("advice", teller=Teller(())) == []


@given(
    st.lists(
        st.builds(
            _calls,
            model=st.sampled_from(["claude-opus-4-5", "claude-haiku-4-5", "claude-sonnet-4-5", "nobody-knows", ""]),
            agent=st.sampled_from(["reviewer", "writer", ""]),
            requests=st.integers(1, 5000),
            cost=st.one_of(st.none(), st.decimals(0, 1000, places=9)),
            success_rate=st.floats(0, 1),
            p95_latency=st.one_of(st.none(), st.floats(1, 1e6)),
            cache_hit_share=st.one_of(st.none(), st.floats(0, 1)),
            input_tokens=st.integers(0, 10**8),
            output_tokens=st.integers(0, 10**8),
        ),
        max_size=8,
        unique_by=lambda row: (row["agent"], row["model"]),
    ),
    st.randoms(use_true_random=False),
)
def test_order_does_not_matter_and_advice_saves(calls: list[dict[str, Any]], random: Any) -> None:
    """The same calls in another order give the same advice, largest saving first, and none that costs."""
    jobs = [_job(row["model"], 20, 20, row["agent"]) for row in calls]
    shuffled = calls[:]
    random.shuffle(shuffled)
    found = _advised(calls, jobs)
    assert [row["title"] for row in found] == [row["title"] for row in _advised(shuffled, jobs)]
    savings = [row["advice"] for row in found if row["advice"] is not None]
    assert savings == sorted(savings, reverse=True)
    assert all(saving > 0 for saving in savings)


def test_repriced() -> None:
    """The mean call is priced and counted; without a price, an exact one, or calls, nothing is said."""
    at = to_us(datetime(2026, 1, 5, tzinfo=UTC))
    assert repriced(BOOK, _calls(), "anthropic", "claude-haiku-4-5", at) == Decimal("0.15")
    assert repriced(BOOK, _calls(), "anthropic", "nobody-knows", at) is None
    assert repriced(BOOK, _calls(requests=0), "anthropic", "claude-haiku-4-5", at) is None
