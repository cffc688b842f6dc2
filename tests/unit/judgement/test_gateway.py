"""Tests of tokometer.judgement.gateway."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from generators.told_answers import NOW, Teller, judged
from tokometer.measures import Filter

_OF = {"host": "gateway", "provider": "openai", "label.instance": "gateway:4000", "label.deployment": "a"}


def counter(metric: str, *readings: float, model: str = "m", instead: str = "", **of: str) -> list[dict[str, Any]]:
    """What is asked of a counter, each reading the only one of its hour."""
    named = {"model": model, "metric": metric, **_OF, **of, "label.fallback": instead}
    return [
        {"time": NOW + timedelta(hours=at - 5), **named, "min": value, "max": value, "last": value, "added": None}
        for at, value in enumerate(readings)
    ]


def left(metric: str, value: float, model: str = "m", **of: str) -> dict[str, Any]:
    """What is asked of a limit."""
    return {"model": model, "metric": metric, **_OF, **of, "label.fallback": "", "last": value}


def judge(limits: list[dict[str, Any]], counters: list[dict[str, Any]], **about: Any) -> list[Mapping[str, Any]]:
    """Over a day that ended now."""
    return judged("gateway", teller=Teller([limits, counters], since=NOW - timedelta(hours=24)), **about)


def test_what_failed_and_who_answered_instead() -> None:
    """Counters of deployments grow, one of which began anew; those that took over are named by how often they did."""
    counters = [
        *counter("gateway.deployment.requests", 100, 300),
        *counter("gateway.deployment.requests", 50, 10, **{"label.deployment": "b"}),
        *counter("gateway.deployment.failures", 0, 21),
        *counter("gateway.deployment.cooldowns", 1, 3),
        *counter("gateway.fallbacks.successful", 0, 4, instead="small"),
        *counter("gateway.fallbacks.successful", 5, 14, instead="other"),
        *counter("gateway.fallbacks.successful", 5, 5, instead="never"),
        *counter("gateway.fallbacks.failed", 2, 4),
        *counter("gateway.cache.hits", 0, 30),
        *counter("gateway.cache.misses", 0, 90),
    ]
    [row] = judge([], counters)
    assert (row["tried"], row["failed"], row["gateway"]) == (210, 21, pytest.approx(0.1))
    assert (row["cooldowns"], row["taken_over"], row["not_taken_over"]) == (2, 13, 2)
    assert (row["instead"], row["cache_share"]) == ("other, small", 0.25)
    assert (row["requests_left"], row["tokens_left"]) == (None, None)


def test_by_model_with_what_is_left() -> None:
    """Each model has its own row, and of limits the least counts."""
    limits = [
        left("gateway.limit.requests_left", 900.0),
        left("gateway.limit.requests_left", 40.0, **{"label.deployment": "b"}),
        left("gateway.limit.tokens_left", 70_000.0, model="n"),
    ]
    rows = {row["model"]: row for row in judge(limits, counter("gateway.deployment.requests", 1, 4), by="model")}
    assert (rows["m"]["requests_left"], rows["m"]["tried"], rows["m"]["gateway"]) == (40, 3, None)
    assert (rows["n"]["tokens_left"], rows["n"]["tried"]) == (70_000, None)


def test_nothing_to_tell() -> None:
    """Of a team's calls a gateway's metrics say nothing; nor is there anything without a gateway."""
    where = (Filter("calls.team", "=", ("search",)),)
    assert judged("gateway", teller=Teller([], since=NOW - timedelta(hours=1)), where=where, by="model") == []
    [row] = judge([], [])
    assert (row["gateway"], row["tried"], row["instead"]) == (None, None, None)
