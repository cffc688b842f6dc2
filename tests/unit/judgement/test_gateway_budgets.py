"""Tests of tokometer.judgement.gateway_budgets."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from generators.told_answers import judged
from tokometer.measures import Filter


def told(of: str, left: float | None, total: float | None, whose: str = "team", **more: str) -> list[dict[str, Any]]:
    """What is asked of a budget."""
    named = {"host": "gw", "label.instance": "gw:4000", "label.budget": whose, "label.of": of, **more}
    amounts = {"gateway.budget.left": left, "gateway.budget.total": total}
    return [{"metric": name, **named, "last": value} for name, value in amounts.items() if value is not None]


def judge(*budgets: list[dict[str, Any]], **about: Any) -> list[Mapping[str, Any]]:
    """The judgement's rows."""
    return judged("gateway_budgets", [row for budget in budgets for row in budget], **about)


def test_what_is_left_and_how_it_stands() -> None:
    """What is used up comes first, then what is closest to it; without the whole only what is left is known."""
    rows = judge(
        told("growth", 75.0, 100.0),
        told("ci", 12.5, None, "api_key"),
        told("search", -0.25, 50.0),
        told("data", 10.0, 100.0),
        told("acme", 0.0, None, "org"),
    )
    assert [(row["of"], row["whose"], row["state"], row["standing"]) for row in rows] == [
        ("search", "team", "used up", "critical"),
        ("acme", "organisation", "used up", "critical"),
        ("data", "team", "nearly used up", "warning"),
        ("growth", "team", "lasts", "good"),
        ("ci", "key", "not known", "none"),
    ]
    assert [row["gateway_budgets"] for row in rows] == [pytest.approx(1.005), None, pytest.approx(0.9), 0.25, None]
    assert (rows[0]["left"], rows[0]["total"]) == (Decimal("-0.25"), Decimal(50))
    assert {row["gateway"] for row in rows} == {"gw:4000"}


def test_each_gateway_keeps_its_own() -> None:
    """The same team at two gateways has two budgets."""
    rows = judge(told("a", 1.0, 2.0), told("a", 2.0, 2.0, **{"label.instance": "", "host": "other"}))
    assert [(row["gateway"], row["gateway_budgets"]) for row in rows] == [("gw:4000", 0.5), ("other", 0.0)]


def test_nothing_to_tell() -> None:
    """There is nothing without a gateway, nor under filters that its metrics do not know."""
    assert judge() == []
    assert judged("gateway_budgets", where=(Filter("calls.team", "=", ("search",)),)) == []
