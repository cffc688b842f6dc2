"""What a task that an agent is given costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing
from tokometer.measures import Query
from tokometer.records.units import COUNT, USD
from tokometer.settings import Settings

_RUNS: Final = "runs"
_NANO: Final = Decimal("0.000000001")


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    """Agents and subagents have names of one kind; the calls of a subagent are also its agent's."""
    where = matter.where_in(_RUNS)
    if where is None:
        return []
    runs, agents, subagents = yield (
        Query(
            measures=("runs.runs",),
            by=("runs.agent",) if matter.by else (),
            where=where,
            since=matter.since,
            until=matter.until,
            tz=matter.tz,
        ),
        matter.query("cost", "priced", by=("agent",)),
        matter.query("cost", "priced", by=("subagent",)),
    )
    costs = _costs(agents.rows, "agent") if matter.by else {}
    # Where an agent goes by the same name as a subagent, what it did itself is the larger part.
    for name, cost in _costs(subagents.rows, "subagent").items():
        costs.setdefault(name, cost)
    if matter.by:
        return [_row(run["agent"], run["runs"], costs.get(run["agent"])) for run in runs.rows if run["agent"]]
    named = [cost for name, cost in _costs(agents.rows, "agent").items() if name and cost is not None]
    count = sum(run["runs"] for run in runs.rows)
    return [_row("", count, sum(named, Decimal(0)) if named else None, by="")] if count else []


def _costs(rows: Sequence[Mapping[str, Any]], by: str) -> dict[str, Decimal | None]:
    return {row[by]: row["cost"] for row in rows if row[by]}


def _row(name: str, runs: int, cost: Decimal | None, by: str = "agent") -> Row:
    return {
        **({by: name} if by else {}),
        "cost_per_task": None if cost is None or not runs else (cost / runs).quantize(_NANO),
        "tasks": runs,
        "cost": cost,
    }


def _standing(_row: Row, _settings: Settings) -> Standing:
    return "none"


COST_PER_TASK: Final = Judgement(
    name="cost_per_task",
    title="Cost per task",
    unit=USD,
    better="lower",
    description="What an agent's calls cost for each task that it was given; a subagent's calls are also its agent's.",
    formula="cost of the calls with a price / agent runs that began in the window",
    by=("", "agent"),
    facts=(
        Fact("tasks", COUNT, "integer", "Tasks", "tasks that it was given"),
        Fact("cost", USD, "money", "Cost", "what its calls cost"),
    ),
    type="money",
    thresholds="none: what a task may cost is for its owner to say",
    cube=_RUNS,
    inquire=_inquire,
    standing=_standing,
)
