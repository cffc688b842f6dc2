"""Advice: what the same work would have cost otherwise, and what says that it could have been done so.

Each rule is a pure function of what was measured. It speaks only where the user's own calls give evidence, and says
what the evidence does not cover: nothing here reads an answer, so nothing here knows how good it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.counterfactual import TOKENS, repriced
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, text
from tokometer.measures import Filter, Query, Question, Result
from tokometer.prices import PriceBook
from tokometer.records import to_us
from tokometer.records.families import family_of
from tokometer.records.units import COUNT, PERCENT, USD, show
from tokometer.settings import Settings

#: Fewer calls than this are no evidence.
LEAST_CALLS: Final = 20
#: Fewer ended runs of a job are none, either.
LEAST_RUNS: Final = 10
#: A saving has to be this share of what it cost, and of all cost, to be worth a sentence.
LEAST_SAVING: Final = Decimal("0.1")
LEAST_OF_ALL: Final = Decimal("0.002")
#: What may be worse by how much before it is no longer called the same.
SAME_SUCCESS: Final = 0.005
SAME_LATENCY: Final = 1.25
#: Prompts below this many tokens are not worth a cache (providers cache from about a thousand on).
LONG_PROMPT: Final = 2_000
LOW_CACHE: Final = 0.3
#: Hours of the day that make up the peak, as few of them as hold this share of the calls.
PEAK: Final = 0.6
_WEEK: Final = timedelta(days=7)
_HOURS: Final = 24
_WORKDAYS: Final = 5
_MEASURED: Final = ("requests", "cost", "success_rate", "cache_hit_share", *TOKENS.values())
_BY: Final = ("agent", "provider", "model")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules know: calls by agent, provider and model, scheduled agents, calls by weekday and hour, prices."""

    rows: Sequence[Mapping[str, Any]]
    failed: Sequence[Mapping[str, Any]]
    #: Of each scheduled agent and model: runs of its jobs that ended well, and that ended.
    outcomes: Mapping[tuple[str, str], tuple[int, int]]
    hours: Sequence[Mapping[str, Any]]
    book: PriceBook
    at: int

    @property
    def cost(self) -> Decimal:
        """What all of the calls cost."""
        return sum((row["cost"] or Decimal(0) for row in self.rows), Decimal(0))

    @property
    def scheduled(self) -> frozenset[str]:
        """Agents that run on a schedule, for nobody who waits."""
        return frozenset(agent for agent, _ in self.outcomes)

    def price(self, row: Mapping[str, Any], model: str, tier: str = "", cached: float | None = None) -> Decimal | None:
        """What a row's calls would cost with this model of the same provider."""
        return repriced(self.book, row, row["provider"], model, self.at, tier=tier, cached=cached)


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    if matter.book is None:
        return []
    jobs = matter.where_in("jobs")
    questions = [
        matter.query(*_MEASURED, by=_BY),
        matter.query("errors", "cost", "requests", by=("model", "status")),
        matter.query("requests", by=("weekday", "hour")),
    ]
    if jobs is not None:
        questions.append(
            Query(
                measures=("jobs.ok", "jobs.ended"),
                by=("jobs.agent", "jobs.model"),
                where=jobs,
                since=matter.since,
                until=matter.until,
                tz=matter.tz,
            )
        )
    answers = yield tuple(questions)
    outcomes = {
        (row["agent"], row["model"]): (row["ok"], row["ended"])
        for answer in answers[3:]
        for row in answer.rows
        if row["agent"]
    }
    used = [row for row in answers[0].rows if row["requests"]]
    latencies = yield from _latencies(matter, _choosing(outcomes, used))
    evidence = Evidence(
        rows=[{**row, "p95_latency": latencies.get(_key(row))} for row in used],
        failed=answers[1].rows,
        outcomes=outcomes,
        hours=answers[2].rows,
        book=matter.book,
        at=to_us(matter.now),
    )
    meta = answers[0].meta
    weeks = Decimal((min(meta.until, matter.now) - meta.since) / _WEEK)
    rows = [
        row | {"per_week": None if row["advice"] is None or weeks <= 0 else row["advice"] / weeks}
        for rule in RULES
        for row in rule(evidence)
    ]
    return sorted(rows, key=lambda row: (row["advice"] is None, -(row["advice"] or 0), row["title"]))


def _choosing(outcomes: Mapping[tuple[str, str], Any], used: Sequence[Mapping[str, Any]]) -> set[str]:
    """Agents whose jobs have run with more than one model: of these, latencies are compared."""
    ran = Counter(row["agent"] for row in used if (row["agent"], row["model"]) in outcomes)
    return {agent for agent, models in ran.items() if models > 1}


def _latencies(
    matter: Matter, agents: AbstractSet[str]
) -> Generator[tuple[Question, ...], tuple[Result, ...], dict[tuple[Any, ...], float | None]]:
    """The p95 latency of these agents' calls: it comes from the calls themselves, so not more than needed is asked."""
    if not agents:
        return {}
    only = Filter("calls.agent", "in", tuple(sorted(agents)))
    (answer,) = yield (matter.query("p95_latency", by=_BY, where=(only,)),)
    return {_key(row): row["p95_latency"] for row in answer.rows}


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _BY)


def cheaper_model(known: Evidence) -> Iterator[Row]:
    """Another model of the family with which scheduled jobs end as well, for less.

    What a job is for is done or not, so its runs tell of the work; of an agent that somebody talks to, nothing does.
    """
    for row in known.rows:
        now = known.price(row, row["model"]) if row["cost"] and row["agent"] in known.scheduled else None
        if not now:
            continue
        best: tuple[Decimal, Mapping[str, Any], Decimal] | None = None
        for other in known.rows:
            if not _comparable(row, other, known):
                continue
            then = known.price(row, other["model"])
            if then is not None and (best is None or now - then > best[0]):
                best = (now - then, other, then)
        if best and _worth(best[0], now, known):
            yield _cheaper(row, best[1], known, now, best[2])


def _comparable(row: Mapping[str, Any], other: Mapping[str, Any], known: Evidence) -> bool:
    """True where the jobs of the other model say that it could do this row's work."""
    return (
        other["agent"] == row["agent"]
        and other["model"] != row["model"]
        and other["provider"] == row["provider"]
        and family_of(other["model"]) == family_of(row["model"]) != ""
        and other["requests"] >= LEAST_CALLS
        and _ends_as_well(known.outcomes.get(_who(other)), known.outcomes.get(_who(row)))
        and (other["success_rate"] or 0) >= (row["success_rate"] or 0) - SAME_SUCCESS
        and _no_slower(other["p95_latency"], row["p95_latency"])
    )


def _who(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["agent"], row["model"]


def _ends_as_well(other: tuple[int, int] | None, than: tuple[int, int] | None) -> bool:
    if other is None or than is None or other[1] < LEAST_RUNS or than[1] < LEAST_RUNS:
        return False
    return other[0] / other[1] >= than[0] / than[1] - SAME_SUCCESS


def _no_slower(latency: float | None, than: float | None) -> bool:
    return latency is None or than is None or latency <= SAME_LATENCY * than


def _cheaper(row: Mapping[str, Any], other: Mapping[str, Any], known: Evidence, now: Decimal, then: Decimal) -> Row:
    (ok, ended), (well, all_of) = known.outcomes[_who(other)], known.outcomes[_who(row)]
    return _advice(
        "cheaper_model",
        f"Use {other['model']} for {row['agent']}",
        now - then,
        f"The same tokens cost {show(then, USD)} instead of {show(now, USD)} with {row['model']}, at list prices.",
        f"With {other['model']}, {ok:,} of {ended:,} scheduled runs ended well; with {row['model']}, {well:,} of "
        f"{all_of:,}. How good their results were is not measured.",
        agent=row["agent"],
        model=row["model"],
        calls=row["requests"],
    )


def batch_tier(known: Evidence) -> Iterator[Row]:
    """Scheduled work, which nobody waits for, on the provider's cheaper batch tier."""
    for row in known.rows:
        if row["agent"] not in known.scheduled or not row["cost"] or row["requests"] < LEAST_CALLS:
            continue
        now, then = known.price(row, row["model"]), known.price(row, row["model"], tier="batch")
        if now is None or then is None or not _worth(now - then, now, known):
            continue
        yield _advice(
            "batch_tier",
            f"Send {row['agent']} through the batch tier",
            now - then,
            f"The same tokens cost {show(then, USD)} instead of {show(now, USD)} there, at list prices.",
            f"All {row['requests']:,} calls are of scheduled jobs. A batch may take hours: check that a job's next "
            "step can wait.",
            agent=row["agent"],
            model=row["model"],
            calls=row["requests"],
        )


def caching(known: Evidence) -> Iterator[Row]:
    """Long prompts that the cache rarely serves, where it serves another agent of the same model well."""
    for row in known.rows:
        prompt = (row["input_tokens"] or 0) + (row["cache_read_tokens"] or 0)
        if row["requests"] < LEAST_CALLS or prompt / row["requests"] < LONG_PROMPT or not row["cost"]:
            continue
        share = row["cache_hit_share"] or 0.0
        peers = [
            other
            for other in known.rows
            if other["model"] == row["model"]
            and other["provider"] == row["provider"]
            and other["agent"] != row["agent"]
            and other["requests"] >= LEAST_CALLS
        ]
        best = max(peers, key=lambda other: other["cache_hit_share"] or 0.0, default=None)
        reached = (best["cache_hit_share"] or 0.0) / 2 if best else 0.0
        if best is None or share >= LOW_CACHE or reached <= share:
            continue
        now, then = known.price(row, row["model"]), known.price(row, row["model"], cached=reached)
        if now is None or then is None or not _worth(now - then, now, known):
            continue
        yield _advice(
            "caching",
            f"Let the cache serve {row['agent'] or 'calls without an agent'} on {row['model']}",
            now - then,
            f"With {show(reached, PERCENT)} of the prompt from the cache instead of {show(share, PERCENT)}, the same "
            f"tokens cost {show(then, USD)} instead of {show(now, USD)}, at list prices.",
            f"{best['agent'] or 'Other calls'} of the same model reach {show(best['cache_hit_share'], PERCENT)}; half "
            "of that is counted. It takes prompts that begin alike.",
            agent=row["agent"],
            model=row["model"],
            calls=row["requests"],
        )


def failing(known: Evidence) -> Iterator[Row]:
    """What was paid for calls that failed."""
    paid: dict[str, tuple[Decimal, int]] = {}
    for row in known.failed:
        if row["errors"] and row["cost"]:
            cost, count = paid.get(row["model"], (Decimal(0), 0))
            paid[row["model"]] = (cost + row["cost"], count + row["errors"])
    for model, (cost, count) in paid.items():
        if count >= LEAST_CALLS and cost >= LEAST_OF_ALL * known.cost:
            yield _advice(
                "failing",
                f"Find out why calls of {model} fail",
                cost,
                f"{count:,} failed calls were paid for.",
                f"They cost {show(cost, USD)}; the errors stand on the incidents page.",
                model=model,
                calls=count,
            )


def peak_hours(known: Evidence) -> Iterator[Row]:
    """The hours in which most calls fall on working days, for whoever has rate limits or work that can wait."""
    whole = sum(row["requests"] for row in known.hours)
    by_hour = [0] * _HOURS
    for row in known.hours:
        if row["weekday"] <= _WORKDAYS:
            by_hour[row["hour"]] += row["requests"]
    if whole < LEAST_CALLS * _HOURS:
        return
    found = next(
        (
            (begin, length, held)
            for length in range(1, _HOURS // 2 + 1)
            for begin in range(_HOURS - length + 1)
            if (held := sum(by_hour[begin : begin + length])) >= PEAK * whole
        ),
        None,
    )
    if found is None:
        return
    begin, length, held = found
    yield _advice(
        "peak_hours",
        f"Peak: {begin:02d}:00 to {begin + length:02d}:00 on working days",
        None,
        "Work that can wait meets fewer rate limits outside of these hours.",
        f"{show(held / whole, PERCENT)} of {whole:,} calls fall into them.",
        calls=held,
    )


RULES: Final[tuple[Callable[[Evidence], Iterator[Row]], ...]] = (
    cheaper_model,
    batch_tier,
    caching,
    failing,
    peak_hours,
)


def _worth(saving: Decimal, now: Decimal, known: Evidence) -> bool:
    return saving >= LEAST_SAVING * now and saving >= LEAST_OF_ALL * known.cost > 0


def _advice(
    rule: str,
    title: str,
    saving: Decimal | None,
    detail: str,
    evidence: str,
    *,
    agent: str = "",
    model: str = "",
    calls: int = 0,
) -> Row:
    return {
        "advice": saving,
        "title": title,
        "detail": detail,
        "evidence": evidence,
        "rule": rule,
        "agent": agent,
        "model": model,
        "calls": calls,
    }


def _standing(_row: Row, _settings: Settings) -> Standing:
    return "none"


ADVICE: Final = Judgement(
    name="advice",
    title="Possible saving",
    unit=USD,
    better="higher",
    description=(
        "What the same calls would have cost otherwise, where the user's own calls say that it could be done: another "
        "model of the family, the batch tier, the cache, failed calls that were paid for; and when the peak is."
    ),
    formula=(
        "list price of the calls as they were − list price of the same tokens as advised, for at least "
        f"{LEAST_CALLS} calls and {LEAST_SAVING:.0%} of their cost. Savings of different rules do not add up"
    ),
    by=("",),
    facts=(
        text("title", "what to do"),
        text("detail", "what it would change"),
        text("evidence", "what says so, and what it does not say"),
        text("rule", "which rule speaks: `cheaper_model`, `batch_tier`, `caching`, `failing` or `peak_hours`"),
        text("agent", "the agent concerned"),
        text("model", "the model concerned"),
        Fact("calls", COUNT, "integer", "Calls", "the calls concerned"),
        Fact("per_week", USD, "money", "Saving per week", "the same for each week of the window"),
    ),
    type="money",
    thresholds="none: what to do is for whoever is advised to say",
    inquire=_inquire,
    standing=_standing,
)
