"""Tests of tokometer.judgement.explained and tokometer.judgement.unusual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from generators import series
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.judgement.explained import explain, rises_of
from tokometer.measures import Meta, Query, Question, Result
from tokometer.settings import Settings

_META = Meta(series.FIRST, series.FIRST, "UTC")


def _part(agent: str, model: str, **numbers: float) -> dict[str, Any]:
    return {"agent": agent, "model": model, "team": "", "provider": "p", "requests": 10, **numbers}


def _explained(of: str, expected: float, now: Sequence[Any], before: Sequence[Any], by: str = "") -> Any:
    return explain(of, by, expected, Result([], list(now), _META), Result([], list(before), _META))


def test_agent_on_a_model() -> None:
    """Of 100 dollars beyond the usual 50, 82 are those of one agent on one model."""
    before = [_part("chat", "small", cost=40), _part("research", "small", cost=5), _part("research", "large", cost=5)]
    now = [_part("chat", "small", cost=58), _part("research", "small", cost=5), _part("research", "large", cost=87)]
    found = _explained("cost", 50.0, now, before)
    assert found.words == "82 % of the rise: agent research on model large"
    assert found.parts == {"by_agent": "research", "by_model": "large"}
    assert sum(rises_of("cost", now, before, 50.0).values()) == pytest.approx(100)


def test_error_rate_and_latency() -> None:
    """Errors beyond the usual rate and seconds beyond the usual mean are told apart by part."""
    before = [_part("a", "x", errors=1, mean_latency=100.0), _part("b", "y", errors=0, mean_latency=100.0)]
    now = [_part("a", "x", errors=1, mean_latency=100.0), _part("b", "y", errors=8, mean_latency=900.0)]
    assert _explained("error_rate", 0.0, now, before).words == "93.8 % of the rise: agent b on model y"
    assert _explained("p95_latency", 0.0, now, before).words == "100 % of the rise: agent b on model y"


def test_no_part() -> None:
    """A rise of everything is explained by nothing, and no rise needs no explanation."""
    rows = [_part(f"agent-{place}", f"model-{place}", cost=10) for place in range(8)]
    for row in rows:
        row["provider"] = row["agent"]
        row["team"] = row["agent"]
    assert _explained("cost", 40.0, rows, rows).parts == {}
    assert _explained("cost", 80.0, rows, rows) is None


@dataclass
class _Ledger:
    """Answers the questions of the judgement from hours of a series, all of them of one agent on one model."""

    points: list[tuple[Any, float]]
    asked: list[Question] = field(default_factory=list)

    def __call__(self, question: Question) -> Result:
        assert isinstance(question, Query)
        self.asked.append(question)
        first, end = self.points[-14 * 24][0], self.points[-1][0] + timedelta(hours=1)
        if not question.grain and not question.by:
            return Result([], [{"requests": 1}], Meta(end - timedelta(days=7), end, "UTC"))
        names = [name.partition(".")[2] for name in question.by]
        labels = {"agent": "research", "model": "large", "team": "ml", "provider": "p"}
        named = {name: labels[name] for name in names}
        numbers = {"requests": 50, "errors": 0, "p95_latency": 800.0, "mean_latency": 500.0}
        if question.grain:
            rows = [
                {**named, "time": at, "cost": Decimal(repr(value)), "total_tokens": 1_000, **numbers}
                for at, value in self.points
            ]
            return Result([], rows, Meta(first, end, "UTC"))
        since, until = (text for text in (question.since, question.until))
        cost = sum(value for at, value in self.points if since <= at.isoformat() < until)
        return Result([], [{**named, "cost": Decimal(repr(cost)), "total_tokens": 1_000, **numbers}], _META)


def test_found_in_the_past_and_told_once() -> None:
    """A spike three days ago is told once, of all calls rather than of each part, with its cause and its times."""
    calm = series.hours(4, spikes=0).points
    at = len(calm) - 3 * 24 - 8
    spiked = [(when, value * (5 if at <= place < at + 2 else 1)) for place, (when, value) in enumerate(calm)]
    ledger = _Ledger(spiked)
    [row] = judge(JUDGEMENTS["anomalies"], Matter(since="7d", now=calm[-1][0]), Settings(), ledger).rows
    assert (row["what"], row["start"], row["end"]) == ("Cost", spiked[at][0], spiked[at][0] + timedelta(hours=2))
    assert row["anomalies"] == pytest.approx(5, rel=0.4)
    assert row["why"] == "100 % of the rise: agent research on model large"
    assert row["standing"] in ("warning", "critical")
    calm_ledger = _Ledger(calm)
    assert not judge(JUDGEMENTS["anomalies"], Matter(since="7d", now=calm[-1][0]), Settings(), calm_ledger).rows
