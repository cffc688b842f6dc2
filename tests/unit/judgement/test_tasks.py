"""Tests of tokometer.judgement.tasks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from generators.told_answers import Teller, judged
from tokometer.measures import Filter

RUNS = [{"agent": "coder", "runs": 4}, {"agent": "explore", "runs": 3}, {"agent": "idle", "runs": 1}]
AGENTS: list[dict[str, Any]] = [
    {"agent": "coder", "cost": Decimal(2), "priced": 10},
    {"agent": "", "cost": Decimal(7), "priced": 3},
    {"agent": "local", "cost": None, "priced": 0},
]
SUBAGENTS: list[dict[str, Any]] = [
    {"subagent": "explore", "cost": Decimal("0.5"), "priced": 2},
    {"subagent": "coder", "cost": Decimal(9), "priced": 1},
    {"subagent": "", "cost": Decimal(8), "priced": 9},
]


def test_by_agent() -> None:
    """The cost of an agent's calls is divided by its tasks; a subagent's calls are found under its own name."""
    rows = {row["agent"]: row for row in judged("cost_per_task", RUNS, AGENTS, SUBAGENTS, by="agent")}
    assert rows["coder"]["cost_per_task"] == Decimal("0.5")
    assert rows["explore"]["cost_per_task"] == Decimal("0.166666667")
    assert rows["idle"]["cost_per_task"] is None
    assert rows["coder"]["tasks"] == 4


def test_in_all() -> None:
    """All together: what agents cost by all tasks; subagents are not counted twice, and calls without an agent not."""
    [row] = judged("cost_per_task", [{"runs": 8}], AGENTS, SUBAGENTS)
    assert row["cost_per_task"] == Decimal("0.25")
    assert judged("cost_per_task", [{"runs": 0}], AGENTS, SUBAGENTS) == []


def test_unknown_filter() -> None:
    """A filter that runs do not know leaves nothing to divide by."""
    where = (Filter("calls.operation", "=", ("chat",)),)
    assert judged("cost_per_task", teller=Teller(()), by="agent", where=where) == []
