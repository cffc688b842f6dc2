"""Tests of tokometer.judgement.good_answers."""

from __future__ import annotations

from decimal import Decimal

from generators.told_answers import judged


def test_a_good_answer_costs_what_a_call_does_by_the_share_of_yes() -> None:
    """Three of four are good: a call of 30 cents is 40 a good answer. Where nobody said yes, nothing is known."""
    calls = [
        {"model": "a", "cost": Decimal(30), "requests": 100, "cost_per_request": Decimal("0.3")},
        {"model": "b", "cost": Decimal(1), "requests": 10, "cost_per_request": Decimal("0.1")},
        {"model": "c", "cost": None, "requests": 10, "cost_per_request": None},
        {"model": "d", "cost": Decimal(1), "requests": 10, "cost_per_request": Decimal("0.1")},
    ]
    scores = [
        {"model": "a", "yes": 3, "no": 1, "mean": 0.75},
        {"model": "b", "yes": 0, "no": 2, "mean": 0.0},
        {"model": "c", "yes": 2, "no": 0, "mean": 1.0},
    ]
    rows = judged("cost_per_good_answer", calls, scores, by="model")
    assert [(row["cost_per_good_answer"], row["good_share"]) for row in rows] == [
        (Decimal("0.4"), 0.75),
        (None, 0.0),
        (None, 1.0),
        (None, None),
    ]
