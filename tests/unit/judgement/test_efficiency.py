"""Tests of tokometer.judgement.efficiency."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from generators.told_answers import NOW, Teller, judged


def _used(
    name: str, tokens: int, requests: int = 100, estimated: int = 0, ratio: float | None = None
) -> dict[str, Any]:
    return {
        "model": name,
        "requests": requests,
        "total_tokens": tokens,
        "estimated_tokens": estimated,
        "estimate_ratio": ratio,
    }


def _past(name: str, each: float | None) -> dict[str, Any]:
    return {"model": name, "avg_tokens_per_request": each}


def test_example_of_the_requirements() -> None:
    """358,024,679 tokens of 340,000,000 estimated: 94.7 of 100, 5.3 % waste."""
    ratio = 358_024_679 / 340_000_000
    [row] = judged("token_efficiency", [_used("a", 400_000_000, estimated=340_000_000, ratio=ratio)], [])
    assert (row["estimated_tokens"], row["actual_tokens"]) == (340_000_000, 358_024_679)
    assert row["token_efficiency"] == pytest.approx(94.7, abs=0.01)
    assert row["waste"] == pytest.approx(0.053, abs=0.0001)
    assert (row["basis"], row["opportunities"]) == ("client", "a is running 5 % over estimate")


def test_by_the_past() -> None:
    """Without a client's estimate, what a request took in the 28 days before the window is expected of each."""
    teller = Teller([[_used("a", 108_000)], [_past("a", 1_000.0)]])
    [row] = judged("token_efficiency", teller=teller, by="model")
    assert (row["estimated_tokens"], row["actual_tokens"], row["basis"]) == (100_000, 108_000, "last 28 days")
    assert row["token_efficiency"] == pytest.approx(92)
    assert row["opportunities"] == "a is running 8 % over estimate"
    since = NOW - timedelta(days=1)
    past = teller.asked[1]
    assert (past.since, past.until) == ((since - timedelta(days=28)).isoformat(), since.isoformat())


@pytest.mark.parametrize(
    ("tokens", "score", "waste", "standing"),
    [
        (100_000, 100, 0, "good"),
        (97_000, 97, 0, "good"),
        (120_000, 80, 0.2, "good"),
        (121_000, 79, 0.21, "warning"),
        (49_000, 49, 0, "critical"),
        (300_000, 0, 2, "critical"),
        (0, 0, 0, "critical"),
    ],
)
def test_score(tokens: int, score: float, waste: float, standing: str) -> None:
    """As far as it is off the estimate, above or below, so much less than 100; waste is what is above."""
    [row] = judged("token_efficiency", [_used("a", tokens)], [_past("a", 1_000.0)], by="model")
    assert row["token_efficiency"] == pytest.approx(score)
    assert row["waste"] == pytest.approx(waste)
    assert row["standing"] == standing


def test_whole() -> None:
    """All calls together are the sum of the models that there is an estimate for; the most tokens off come first."""
    used = [
        _used("small", 2_000, 20, 1_000, 2.0),
        _used("large", 90_000),
        _used("few", 9_000, 19, 100, 90.0),
        _used("close", 100_500),
        _used("unknown", 7_000_000),
    ]
    past = [_past("large", 1_000.0), _past("close", 1_000.0), _past("unknown", None)]
    [row] = judged("token_efficiency", used, past)
    assert row["estimated_tokens"] == 1_000 + 100_000 + 100 + 100_000
    assert row["actual_tokens"] == 2_000 + 90_000 + 9_000 + 100_500
    assert row["basis"] == "client + last 28 days"
    assert row["opportunities"] == "large is 10 % under estimate; small is running 100 % over estimate"


def test_no_estimate() -> None:
    """Where neither a client nor the past says anything, nothing is told."""
    [row] = judged("token_efficiency", [_used("a", 7_000)], [], by="model")
    assert (row["token_efficiency"], row["basis"], row["standing"]) == (None, "no estimate", "none")
    [row] = judged("token_efficiency", [], [])
    assert row["token_efficiency"] is None


def test_few_calls() -> None:
    """A handful of calls is not graded."""
    [row] = judged("token_efficiency", [_used("a", 70_000, 19)], [_past("a", 1_000.0)], by="model")
    assert (row["token_efficiency"], row["standing"]) == (0, "none")
