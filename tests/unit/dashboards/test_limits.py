"""Limits come from the settings, and are crossed only beyond themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from generators.looked_at import NOW, call, looking
from tokometer.dashboards.kinds import Limits, Series
from tokometer.dashboards.limits import (
    availability_limits,
    error_rate_limits,
    has_issues,
    health_limits,
    latency_limits,
)
from tokometer.settings import Settings, Slo, SloOverride, Thresholds

SETTINGS = Settings(
    slo=Slo(availability=0.99, p95_latency_ms=1000.0),
    slo_overrides=(SloOverride(provider="groq", p95_latency_ms=200.0, availability=0.9),),
    thresholds=Thresholds(error_rate_warning=0.01, error_rate_critical=0.1, latency_warning=1.0, latency_critical=3.0),
)


def test_limits_are_settled() -> None:
    """Each reads its own keys, and those of a provider where there are any."""
    assert error_rate_limits(SETTINGS) == Limits(0.01, 0.1)
    assert latency_limits(SETTINGS, "openai") == Limits(1000.0, 3000.0)
    assert latency_limits(SETTINGS, "groq") == Limits(200.0, 600.0)
    assert availability_limits(SETTINGS, "groq").warning == 0.9
    assert health_limits(SETTINGS) == Limits(90.0, 70.0)


@pytest.mark.parametrize(
    ("value", "better", "standing"),
    [
        (90, "higher", "good"),
        (89.9, "higher", "warning"),
        (70, "higher", "warning"),
        (69.9, "higher", "critical"),
        (None, "higher", "none"),
    ],
)
def test_a_limit_is_crossed_beyond_itself(value: float | None, better: str, standing: str) -> None:
    """At least 90 is good at 90."""
    assert health_limits(SETTINGS).standing(value, better) == standing


@pytest.mark.parametrize(
    ("rate", "requests", "issues"), [(0.06, 20, True), (0.05, 20, False), (0.9, 19, False), (None, 100, False)]
)
def test_models_with_issues(rate: float | None, requests: int, issues: bool) -> None:
    """More than 5 % of enough calls."""
    assert has_issues({"calls.error_rate": rate, "calls.requests": requests}, Settings()) == issues


def test_lines_are_of_the_most_used(tmp_path: Path) -> None:
    """With a rank of its own, a line of shares is drawn of those with most calls; hours are the shortest periods."""
    records = [
        call(NOW - timedelta(hours=1, seconds=at), at, provider=name, status="timeout" if name == "openai" else "ok")
        for name, count in (("openai", 9), ("groq", 5), ("xai", 1))
        for at in range(count)
    ]
    panel = Series(
        id="x.uptime",
        title="Uptime",
        of=("calls.availability",),
        by="provider",
        rank="calls.requests",
        top=2,
        least="hour",
        from_zero=False,
        window="24h",
    )
    with looking(tmp_path, records) as context:
        view = panel.view(context)
        by_value = replace(panel, rank="").view(context)
    assert view.chart
    # What all the others have together only their calls could tell.
    assert {line["name"] for line in view.chart["series"]} == {"openai", "groq"}
    assert view.table.columns == ("time", "provider", "calls.availability")
    assert {time.minute for time, *_ in view.table.rows} == {0}
    assert {row[1]: row[2] for row in view.table.rows if row[2] is not None} == {
        "openai": 0.0,
        "groq": 1.0,
    }
    assert by_value.chart
    assert {line["name"] for line in by_value.chart["series"]} == {"groq", "xai"}
