"""Tests of tokometer.judgement.advice and tokometer.judgement.counterfactual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.advice import RULES, piece, rule
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.counterfactual import repriced
from tokometer.judgement.declared import Matter, judge
from tokometer.measures import Meta, Query, Question, Result, Wasted
from tokometer.prices import PriceBook
from tokometer.records import to_us
from tokometer.settings import Settings

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


@dataclass
class Told:
    """Answers each question of the advice by what it is about; nothing where nothing is given."""

    answers: Mapping[str, Sequence[Mapping[str, Any]]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, question: Question) -> Result:
        """The rows of what is asked."""
        name = _about(question)
        self.asked.append(name)
        meta = Meta(NOW - timedelta(days=14), NOW, "UTC", tables=("calls",))
        rows = list(self.answers.get(name, ()))
        if isinstance(question, Wasted):
            rows = [{**row, "by": "agent", "value": row["agent"]} for row in rows]
        return Result([], rows, meta)


def _about(question: Question) -> str:
    if isinstance(question, Wasted):
        return question.of
    assert isinstance(question, Query)
    cube = question.measures[0].partition(".")[0]
    return cube if cube != "calls" else _about_calls(question, question.by)


def _about_calls(question: Query, by: tuple[str, ...]) -> str:
    if by == ("calls.agent", "calls.hour"):
        return "job_failures"
    if "calls.hour" in by:
        return "hours" if "calls.weekday" in by else "job_hours"
    if "calls.status" in by:
        return "failed"
    if "calls.knowledge_base" in by:
        return "knowledge"
    return "latencies" if question.measures == ("calls.p95_latency",) else "calls"


def _advised(
    calls: Sequence[Mapping[str, Any]],
    jobs: Sequence[Mapping[str, Any]] = (),
    failed: Sequence[Mapping[str, Any]] = (),
    hours: Sequence[Mapping[str, Any]] = (),
    rule: str = "",
    book: PriceBook | None = BOOK,
    **others: Sequence[Mapping[str, Any]],
) -> list[Mapping[str, Any]]:
    answers = {"calls": calls, "latencies": calls, "jobs": jobs, "failed": failed, "hours": hours, **others}
    matter = Matter(now=NOW, since="14d", book=book)
    rows = judge(JUDGEMENTS["advice"], matter, Settings(), Told(answers)).rows
    return [row for row in rows if rule in ("", row["rule"])]


def test_cheaper_model() -> None:
    """Jobs that end as well with a cheaper model of the family say so, with the difference of the list prices."""
    [row] = _advised([_calls(), CHEAP], JOBS, rule="cheaper_model")
    # 0.1 M prompt and 0.01 M output tokens: 0.75 with Opus, 0.15 with Haiku.
    now = (OPUS[0] * 100_000 + OPUS[1] * 10_000) / 1_000_000
    then = (HAIKU[0] * 100_000 + HAIKU[1] * 10_000) / 1_000_000
    assert row["advice"] == now - then == Decimal("0.6")
    assert row["per_week"] == Decimal("0.3")
    assert row["title"] == "Use claude-haiku-4-5 instead of claude-opus-4-5 for reviewer"
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


def test_a_rule_is_one_declaration() -> None:
    """A rule that is declared is asked, named, keyed and explained, and nothing else has to know of it."""

    @rule("nothing_at_night", "Nights", assumption="It was dark.", how="Sleep.")
    def nights(_: Any) -> Any:
        yield piece("Sleep", Decimal(1), "It is dark.", "Look outside.", agent="owl", calls=1)

    try:
        [row] = _advised([_calls()], rule="nothing_at_night")
    finally:
        del RULES[nights.name]
    assert row["key"] == "nothing_at_night|owl|"
    assert (row["about"], row["assumption"], row["how_to"]) == ("Nights", "It was dark.", "Sleep.")
    assert row["a_month"] == (Decimal(30) / 14).quantize(Decimal("0.000000001"))


@pytest.mark.parametrize(
    ("rule_name", "kind"),
    [
        ("unread_cache", "unrepaid"),
        ("oversized_context", "carried"),
        ("read_again", "rereads"),
        ("duplicate_prompts", "duplicates"),
        ("batch_tasks", "starts"),
        ("output_limit", "cut"),
        ("retries", "retries"),
        ("tool_loops", "loops"),
    ],
)
def test_waste_is_advice(rule_name: str, kind: str) -> None:
    """What an agent wasted is what it could save; not where it is chance, or too little."""
    waste = {"agent": "q", "times": 3, "calls": 5, "cost": Decimal("0.1"), "sessions": 2}
    [row] = _advised([_calls()], rule=rule_name, **{kind: [waste]})
    assert (row["advice"], row["agent"], row["calls"]) == (Decimal("0.1"), "q", 5)
    assert _advised([_calls()], rule=rule_name, **{kind: [waste | {"times": 2}]}) == []
    assert _advised([_calls()], rule=rule_name, **{kind: [waste | {"cost": Decimal("0.001")}]}) == []


def test_a_cheaper_model_of_another_maker() -> None:
    """Jobs and tasks that end as well with another maker's model say so, each of its rule."""
    other = _calls("gpt-5-mini", provider="openai", requests=50)
    jobs = [_job("claude-opus-4-5", 40, 40), _job("gpt-5-mini", 20, 20)]
    [row] = _advised([_calls(), other], jobs, rule="other_model")
    assert row["title"] == "Use gpt-5-mini instead of claude-opus-4-5 for reviewer"
    # 0.25 and 2 dollars for a million tokens.
    assert row["advice"] == Decimal("0.75") - Decimal("0.045")
    assert _advised([_calls(), other], jobs[:1], rule="other_model") == []
    # What an agent's tasks tell counts as what its jobs tell.
    assert _advised([_calls(), other], [], rule="other_model", runs=jobs) == [row]


def test_a_local_model_where_there_is_room() -> None:
    """It is advised where the same work ended as well there, and the GPUs had room."""
    local = _calls("qwen3:8b", provider="ollama", requests=50, cost=Decimal(0))
    jobs = [_job("claude-opus-4-5", 40, 40), _job("qwen3:8b", 20, 20)]

    def gpu(busy: float) -> list[dict[str, Any]]:
        return [{"host": "h", "device": "0", "metric": "gpu.utilisation", "mean": busy, "readings": 500}]

    [row] = _advised([_calls(), local], jobs, rule="local_model", samples=gpu(0.2))
    assert row["advice"] == Decimal("0.75")
    assert _advised([_calls(), local], jobs, rule="local_model", samples=gpu(0.8)) == []
    assert _advised([_calls(), local], jobs, rule="local_model") == []


def test_provider_price() -> None:
    """The same model costs less where the user's own calls succeed as often."""
    dear = _calls("deepseek-chat", provider="deepseek", agent="a")
    listed = BOOK
    found = _advised([dear, dear | {"provider": "deepseek", "agent": "b"}], rule="provider_price", book=listed)
    assert found == []


def test_knowledge_base() -> None:
    """The model whose answers from a knowledge base are better is named; or that which is as good for less."""

    def used(model: str, requests: int) -> dict[str, Any]:
        return _calls(model, requests=requests) | {"knowledge_base": "handbook"}

    knowledge = [used("claude-opus-4-5", 100), used("claude-haiku-4-5", 40)]

    def scored(opus: int, haiku: int) -> list[dict[str, Any]]:
        both = (("claude-opus-4-5", opus), ("claude-haiku-4-5", haiku))
        return [{"knowledge_base": "handbook", "model": name, "yes": yes, "no": 20 - yes} for name, yes in both]

    said = {"rule": "knowledge_base", "knowledge": knowledge}
    [row] = _advised([_calls()], scores=scored(10, 19), **said)
    assert row["title"] == "Answers from handbook are better with claude-haiku-4-5"
    assert row["advice"] == Decimal("0.6")
    [row] = _advised([_calls()], scores=scored(19, 19), **said)
    assert row["title"] == "Your most cost-effective model for handbook is claude-haiku-4-5"
    assert _advised([_calls()], scores=scored(19, 15), **said) == []


def test_job_hour() -> None:
    """A job whose calls fail at one hour, and seldom at others, should move; what it would save is what failed more."""
    rows = [
        _calls() | {"hour": 9, "requests": 100, "errors": 50},
        _calls() | {"hour": 3, "requests": 100, "errors": 5},
    ]
    paid = [{"agent": "reviewer", "hour": 9, "requests": 50, "cost": Decimal("0.5")}]
    [row] = _advised([_calls()], JOBS[:1], rule="job_hour", job_hours=rows, job_failures=paid)
    assert row["title"] == "Move reviewer away from 09:00"
    assert row["advice"].quantize(Decimal("0.0001")) == Decimal("0.45")
    even = [row | {"errors": 20} for row in rows]
    assert _advised([_calls()], JOBS[:1], rule="job_hour", job_hours=even, job_failures=paid) == []


def test_what_is_idle() -> None:
    """Models that no call used, and GPUs that did nothing, are named without a saving in dollars."""
    models = [{"provider": "ollama", "model": name, "models": 1, "size": 4_000_000_000} for name in ("used", "idle")]
    gpus = [{"host": "h", "device": "0", "metric": "gpu.utilisation", "mean": 0.0, "readings": 500}]
    rows = _advised([_calls("used")], models=models, samples=gpus)
    told = {row["rule"]: row for row in rows}
    assert "idle: " in told["idle_models"]["detail"]
    assert told["idle_gpus"]["advice"] is None
    assert "idle_models" not in {row["rule"] for row in _advised([_calls("used")], models=models[:1])}
