"""What small widgets in the pages of others say: a session's cost so far, and the models of a knowledge base.

Questions and plain values; who shows them asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tokometer.dashboards.answers import described
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.measures import Filter, Query, Question, Result
from tokometer.records.evened import even
from tokometer.records.units import exact, show
from tokometer.settings import Settings

Ask = Callable[[Question], Result]
#: What a session's widget shows, large first.
_SESSION: Final = (
    "calls.cost",
    "calls.requests",
    "calls.total_tokens",
    "calls.mean_latency",
    "calls.errors",
)
#: What is told of each model of a knowledge base.
_MODELS: Final = (
    "calls.requests",
    "calls.success_rate",
    "calls.mean_latency",
    "calls.cost_per_request",
    "calls.cost",
)
#: Models that a widget has room for.
_MOST: Final = 6
#: Over how long a knowledge base's models are compared.
WINDOW: Final = "30d"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as it is shown, with its title and exactly."""

    name: str
    title: str
    text: str
    exact: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, what it would change, and what says so."""

    title: str
    detail: str
    evidence: str


@dataclass(frozen=True, slots=True)
class SessionCost:
    """A session so far. `models` are those that it has used, most calls first."""

    session: str
    figures: Sequence[Figure]
    models: Sequence[str]
    advice: Sequence[Advice]
    there: bool


@dataclass(frozen=True, slots=True)
class KnowledgeModels:
    """A knowledge base's models: each a name with its figures, most calls first, and the titles of those."""

    knowledge_base: str
    titles: Sequence[str]
    models: Sequence[tuple[str, Sequence[Figure]]]
    advice: Sequence[Advice]
    #: How many have been asked less, and have no room.
    more: int


def session_cost(ask: Ask, matter: Matter, settings: Settings, session: str, source: str = "") -> SessionCost:
    """What a session has cost so far, and what would cost less where the last 30 days give evidence of it."""
    where = [Filter("calls.session", "in", (session,))]
    if source:
        where.append(Filter("calls.source", "in", (source,)))
    rows = ask(Query(measures=_SESSION, where=tuple(where), since="all")).rows
    by = ask(
        Query(measures=("calls.requests",), by=("calls.model", "calls.agent"), where=tuple(where), since="all")
    ).rows
    used: dict[str, int] = {}
    for row in by:
        used[row["model"]] = used.get(row["model"], 0) + row["requests"]
    models = sorted(used, key=lambda name: (-used[name], name))
    found = rows[0] if rows else {}
    pairs = {(row["agent"], row["model"]) for row in by}
    advice = _advice(ask, matter, settings, lambda row: (row["agent"], row["model"]) in pairs) if pairs else []
    return SessionCost(session, _figures(_SESSION, found), models, advice, bool(found.get("requests")))


def knowledge_models(ask: Ask, matter: Matter, settings: Settings, knowledge_base: str) -> KnowledgeModels:
    """How the models do that a knowledge base was asked with in the last 30 days."""
    where = (Filter("calls.knowledge_base", "in", (knowledge_base,)),)
    query = Query(measures=_MODELS, by=("calls.model",), where=where, since=WINDOW, order=("-requests",))
    rows = ask(query).rows
    names = {row["model"] for row in rows}
    return KnowledgeModels(
        knowledge_base,
        [described(name).title for name in _MODELS],
        _evened([(row["model"] or "unknown", _figures(_MODELS, row)) for row in rows[:_MOST]], rows),
        _advice(ask, matter, settings, lambda row: row["model"] in names) if names else [],
        max(0, len(rows) - _MOST),
    )


def _evened(
    models: Sequence[tuple[str, Sequence[Figure]]], rows: Sequence[Mapping[str, Any]]
) -> list[tuple[str, Sequence[Figure]]]:
    """The same with as many decimals in each column, so that it can be compared at a glance."""
    columns = [
        even([row[name.partition(".")[2]] for row in rows[: len(models)]], described(name).unit) for name in _MODELS
    ]
    return [
        (model, [replace(figure, text=column[at]) for figure, column in zip(figures, columns, strict=True)])
        for at, (model, figures) in enumerate(models)
    ]


def _figures(names: Sequence[str], row: Mapping[str, Any]) -> list[Figure]:
    found = []
    for name in names:
        what, value = described(name), row.get(name.partition(".")[2])
        found.append(Figure(name, what.title, show(value, what.unit), exact(value, what.unit)))
    return found


def _advice(
    ask: Ask, matter: Matter, settings: Settings, concerns: Callable[[Mapping[str, Any]], bool]
) -> list[Advice]:
    """The advice to use another model that concerns what is shown, the largest saving first."""
    rows = judge(JUDGEMENTS["advice"], matter, settings, ask).rows
    chosen = [row for row in rows if row["rule"] == "cheaper_model" and concerns(row)]
    return [Advice(row["title"], row["detail"], row["evidence"]) for row in chosen[:1]]
