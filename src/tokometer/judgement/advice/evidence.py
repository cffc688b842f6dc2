"""What rules of advice rest on, and the questions that tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from tokometer.judgement.compute import UTILISATION
from tokometer.judgement.counterfactual import TOKENS, repriced
from tokometer.judgement.declared import Matter
from tokometer.judgement.waste import questions, told_by
from tokometer.judgement.weights import weights
from tokometer.measures import Filter, Meta, Query, Question, Result
from tokometer.prices import PriceBook
from tokometer.records import to_us
from tokometer.records.status import ERRORS

Rows = Sequence[Mapping[str, Any]]
#: Fewer calls than this are no evidence.
LEAST_CALLS: Final = 20
#: Fewer ended runs of a job are none, either.
LEAST_RUNS: Final = 10
BY: Final = ("agent", "provider", "model")
MEASURED: Final = ("requests", "cost", "success_rate", "cache_hit_share", *TOKENS.values())
#: Calls that answer somebody; those that search a knowledge base do not.
_ANSWERS: Final = Filter("calls.operation", "=", ("chat",))
#: Kinds of waste that rules turn into advice.
WASTED: Final = ("retries", "loops", "rereads", "carried", "unrepaid", "cut", "duplicates", "starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the rules know."""

    #: Calls by agent, provider and model, with :data:`MEASURED`, and `p95_latency` where models are to be compared.
    rows: Rows
    #: Calls by model and status: requests, errors, cost.
    failed: Rows = ()
    #: Calls by weekday and hour.
    hours: Rows = ()
    #: Of each scheduled agent and model: runs of its jobs that ended well, and that ended.
    jobs: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    #: The same with the tasks that agents were given.
    outcomes: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    #: Calls of scheduled agents by agent, provider, model and hour; what failed ones of them cost, by agent and hour.
    job_hours: Rows = ()
    job_failures: Rows = ()
    #: Waste by kind and agent.
    wasted: Mapping[str, Rows] = field(default_factory=dict)
    #: Calls and scores by knowledge base, provider (of calls) and model.
    knowledge: Rows = ()
    scores: Rows = ()
    #: Models that are on a machine, by provider and model, with their size; None where that is not asked.
    installed: Rows | None = None
    #: How busy GPUs were, by host, device and metric.
    devices: Rows = ()
    book: PriceBook
    at: int
    tz: str = "UTC"
    window: timedelta = timedelta(0)

    @property
    def cost(self) -> Decimal:
        """What all of the calls cost."""
        return sum((row["cost"] or Decimal(0) for row in self.rows), Decimal(0))

    @property
    def scheduled(self) -> frozenset[str]:
        """Agents that run on a schedule, for nobody who waits."""
        return frozenset(agent for agent, _ in self.jobs)

    def price(
        self,
        row: Mapping[str, Any],
        model: str,
        *,
        provider: str = "",
        tier: str = "",
        cached: float | None = None,
        at: int | None = None,
    ) -> Decimal | None:
        """What a row's calls would cost with this model, of the same provider unless another is named."""
        when = self.at if at is None else at
        return repriced(self.book, row, provider or row["provider"], model, when, tier=tier, cached=cached)

    def at_hour(self, hour: int) -> int:
        """The moment of today at which it is that hour."""
        now = datetime.fromtimestamp(self.at / 1e6, ZoneInfo(self.tz))
        return to_us(now.replace(hour=hour, minute=30, second=0, microsecond=0))

    def utilisation(self) -> float | None:
        """How busy the GPUs were on average; None where none has told."""
        told = [float(row["mean"]) / UTILISATION[row["metric"]] for row in self.devices if row["mean"] is not None]
        return sum(told) / len(told) if told else None


def gather(matter: Matter) -> Generator[tuple[Question, ...], tuple[Result, ...], tuple[Evidence, Meta]]:
    """Ask what the rules rest on, and give it with how the first answer came about."""
    book = matter.book
    assert book is not None
    asked = _first(matter)
    told = dict(zip(asked, (yield tuple(asked.values())), strict=True))
    used = [row for row in told["calls"].rows if row["requests"]]
    jobs = _outcomes(told, "jobs")
    outcomes = _added(jobs, _outcomes(told, "runs"))
    further = _second(matter, used, jobs, outcomes, book)
    answers = dict(zip(further, (yield tuple(further.values())), strict=True))
    told.update(answers)
    rows = {name: answer.rows for name, answer in told.items()}
    latencies = {key_of(row): row["p95_latency"] for row in rows.get("latencies", ())}
    meta = told["calls"].meta
    evidence = Evidence(
        rows=[{**row, "p95_latency": latencies.get(key_of(row))} for row in used],
        failed=rows["failed"],
        hours=rows["hours"],
        jobs=jobs,
        outcomes=outcomes,
        job_hours=rows.get("job_hours", ()),
        job_failures=rows.get("job_failures", ()),
        wasted={kind: told_by(told[kind], "agent") for kind in WASTED if kind in told},
        knowledge=rows.get("knowledge", ()),
        scores=rows.get("scores", ()),
        installed=rows.get("installed"),
        devices=rows.get("devices", ()),
        book=book,
        at=to_us(matter.now),
        tz=matter.tz,
        window=min(meta.until, matter.now) - meta.since,
    )
    return evidence, meta


def key_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Agent, provider and model."""
    return tuple(row[name] for name in BY)


def _first(matter: Matter) -> dict[str, Question]:
    found: dict[str, Question] = {
        "calls": matter.query(*MEASURED, by=BY),
        "failed": matter.query("errors", "cost", "requests", by=("model", "status")),
        "hours": matter.query("requests", by=("weekday", "hour")),
        "knowledge": matter.query(*MEASURED, by=("knowledge_base", "provider", "model"), where=(_ANSWERS,)),
    }
    beside = {
        "jobs": (("ok", "ended"), ("agent", "model"), ()),
        "runs": (("ok", "ended"), ("agent", "model"), ()),
        "scores": (("yes", "no"), ("knowledge_base", "model"), ()),
        "models": (("models", "size"), ("provider", "model"), (Filter("models.installed", "=", ("yes",)),)),
        "samples": (
            ("mean", "readings"),
            ("host", "device", "metric"),
            (Filter("samples.metric", "in", tuple(UTILISATION)),),
        ),
    }
    called = {"models": "installed", "samples": "devices"}
    for cube, (measures, by, only) in beside.items():
        where = matter.where_in(cube)
        if where is not None:
            found[called.get(cube, cube)] = Query(
                measures=tuple(f"{cube}.{name}" for name in measures),
                by=tuple(f"{cube}.{name}" for name in by),
                where=(*where, *only),
                # What is on a machine is on it whenever that was told.
                since="all" if cube == "models" else matter.since,
                until="" if cube == "models" else matter.until,
                tz=matter.tz,
            )
    return found


def _second(
    matter: Matter,
    used: Rows,
    jobs: Mapping[tuple[str, str], Any],
    outcomes: Mapping[tuple[str, str], Any],
    book: PriceBook,
) -> dict[str, Question]:
    """What is asked only where the first answers call for it."""
    found: dict[str, Question] = {}
    ran = Counter(row["agent"] for row in used if (row["agent"], row["model"]) in outcomes)
    choosing = sorted(agent for agent, models in ran.items() if models > 1)
    if choosing:
        # It comes from the calls themselves, so not more than needed is asked.
        only = Filter("calls.agent", "in", tuple(choosing))
        found["latencies"] = matter.query("p95_latency", by=BY, where=(only,))
    scheduled = sorted({agent for agent, _ in jobs} & {row["agent"] for row in used})
    if scheduled:
        only = Filter("calls.agent", "in", tuple(scheduled))
        failed = Filter("calls.status", "in", tuple(ERRORS))
        found["job_hours"] = matter.query(*MEASURED, "errors", by=(*BY, "hour"), where=(only,))
        found["job_failures"] = matter.query("requests", "cost", by=("agent", "hour"), where=(only, failed))
    if used:
        by_calls = sorted(used, key=lambda row: -row["requests"])
        pairs = {(row["provider"], row["model"]): row for row in by_calls}
        rates = weights(book, pairs.values(), to_us(matter.now))
        found.update(zip(WASTED, questions(matter, WASTED, rates, "agent"), strict=True))
    return found


def _outcomes(told: Mapping[str, Result], cube: str) -> dict[tuple[str, str], tuple[int, int]]:
    rows = told[cube].rows if cube in told else ()
    return {(row["agent"], row["model"]): (row["ok"], row["ended"]) for row in rows if row["agent"]}


def _added(
    one: Mapping[tuple[str, str], tuple[int, int]], other: Mapping[tuple[str, str], tuple[int, int]]
) -> dict[tuple[str, str], tuple[int, int]]:
    found = dict(one)
    for who, (ok, ended) in other.items():
        before = found.get(who, (0, 0))
        found[who] = (before[0] + ok, before[1] + ended)
    return found
