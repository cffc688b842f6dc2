"""Tests of tokometer.judgement.spikes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from generators.told_answers import NOW, judged
from tokometer.settings import Settings, Slo, Thresholds

#: A spike is twice the usual; errors above 2 % and 5 %, latencies above one and two seconds.
SETTINGS = Settings(slo=Slo(p95_latency_ms=1000.0), thresholds=Thresholds(least_requests=20))


def _measured(error_rate: float | None, p95_latency: float | None = 100.0, requests: int = 100) -> dict[str, Any]:
    return {"provider": "openai", "requests": requests, "error_rate": error_rate, "p95_latency": p95_latency}


def _rows(now: dict[str, Any], usual: dict[str, Any], hourly: list[dict[str, Any]] | None = None) -> list[Any]:
    return judged("spikes", [now], [usual], hourly or [], by="provider", settings=SETTINGS)


@pytest.mark.parametrize(
    ("current", "usual", "times", "standing"),
    [
        # Three times the usual, and beyond the critical threshold of 5 %.
        (0.06, 0.02, 3.0, "critical"),
        (0.03, 0.01, 3.0, "warning"),
        # Exactly twice is a spike.
        (0.04, 0.02, 2.0, "warning"),
        # Nothing is usual: anything beyond the threshold is far.
        (0.03, 0.0, None, "warning"),
    ],
)
def test_error_rates(current: float, usual: float, times: float | None, standing: str) -> None:
    """So many times the usual, critical beyond the critical threshold."""
    [row] = _rows(_measured(current), _measured(usual))
    assert (row["of"], row["current"], row["usual"], row["standing"]) == ("error_rate", current, usual, standing)
    assert row["spikes"] == pytest.approx(times)


@pytest.mark.parametrize(
    ("current", "usual", "requests"),
    [
        # Less than twice; within the threshold though ten times; too few calls; nothing known.
        (0.039, 0.02, 100),
        (0.02, 0.002, 100),
        (0.5, 0.01, 19),
        (None, 0.01, 100),
    ],
)
def test_no_error_spike(current: float | None, usual: float, requests: int) -> None:
    """What is near the usual, within the threshold, or no evidence is no spike."""
    assert _rows(_measured(current, requests=requests), _measured(usual)) == []


@pytest.mark.parametrize(
    ("current", "usual", "standing"),
    [(1500.0, 700.0, "warning"), (2500.0, 700.0, "critical"), (900.0, 100.0, ""), (1500.0, 1000.0, "")],
)
def test_latencies(current: float, usual: float, standing: str) -> None:
    """Above its target and twice the usual; critical at twice the target."""
    rows = _rows(_measured(0.0, current), _measured(0.0, usual))
    assert [row["standing"] for row in rows] == ([standing] if standing else [])


def _hour(at: datetime, cost: str, requests: int = 30) -> dict[str, Any]:
    return {"provider": "openai", "time": at, "cost": Decimal(cost), "requests": requests}


def test_costs() -> None:
    """The last whole hour against the median of the same hour on the seven days before."""
    hour = datetime(2026, 3, 10, 11, tzinfo=UTC)
    assert hour == NOW - timedelta(hours=1)
    before = [_hour(hour - timedelta(days=ago), cost) for ago, cost in enumerate("1234567", start=1)]
    # Another hour says nothing, and neither does the running one.
    other = [_hour(hour + timedelta(hours=1), "900"), _hour(hour - timedelta(hours=3), "900")]
    [row] = _rows(_measured(0.0), _measured(0.0), [_hour(hour, "10"), *before, *other])
    assert (row["of"], row["current"], row["usual"], row["spikes"]) == ("cost", 10.0, 4.0, 2.5)
    assert row["standing"] == "warning"
    assert not _rows(_measured(0.0), _measured(0.0), [_hour(hour, "7.9"), *before])


def test_costs_without_a_usual() -> None:
    """Where the hour was idle on most days, has hardly any calls or no price, nothing is a spike."""
    hour = NOW - timedelta(hours=1)
    once = [_hour(hour - timedelta(days=1), "1", 50)]
    assert not _rows(_measured(0.0), _measured(0.0), [_hour(hour, "10"), *once])
    few = [_hour(hour - timedelta(days=ago), "1", 2) for ago in range(1, 8)]
    assert not _rows(_measured(0.0), _measured(0.0), [_hour(hour, "10"), *few])
    assert not _rows(_measured(0.0), _measured(0.0), [_hour(hour, "10", 5), *few])
    unpriced = _hour(hour, "0") | {"cost": None}
    assert not _rows(_measured(0.0), _measured(0.0), [unpriced, *few])


def test_hours_are_the_askers() -> None:
    """In a zone that is half an hour off, the last whole hour ended on the half."""
    hour = datetime(2026, 3, 10, 10, 30, tzinfo=UTC)
    before = [_hour(hour - timedelta(days=ago), "1") for ago in range(1, 8)]
    told = [_measured(0.0)], [_measured(0.0)], [_hour(hour, "3"), *before]
    [row] = judged("spikes", *told, by="provider", settings=SETTINGS, tz="Asia/Kolkata")
    assert row["spikes"] == 3.0
    assert not judged("spikes", *told, by="provider", settings=SETTINGS)


def test_all_together() -> None:
    """Without a dimension all calls are looked at together; without calls there is nothing."""
    told = {name: value for name, value in _measured(0.5).items() if name != "provider"}
    [row] = judged("spikes", [told], [told | {"error_rate": 0.01}], [], settings=SETTINGS)
    assert row["spikes"] == 50.0
    assert judged("spikes", [], [], [], settings=SETTINGS) == []
