"""Which values are worrying, and which bad, as the settings say it of everything or of one provider or model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tokometer.dashboards.kinds.stat import Limits
from tokometer.settings import Settings


def error_rate_limits(settings: Settings, _name: str = "") -> Limits:
    """`thresholds.error_rate_warning` and `…_critical`."""
    return Limits(settings.thresholds.error_rate_warning, settings.thresholds.error_rate_critical)


def availability_limits(settings: Settings, provider: str = "") -> Limits:
    """Below the objective is a warning; how far below is bad, nobody has settled."""
    return Limits(settings.slo_for(provider=provider).availability, -math.inf)


def latency_limits(settings: Settings, provider: str = "") -> Limits:
    """So many times the target of the 95th percentile: `thresholds.latency_warning` and `…_critical`."""
    target = settings.slo_for(provider=provider).p95_latency_ms
    return Limits(target * settings.thresholds.latency_warning, target * settings.thresholds.latency_critical)


def health_limits(settings: Settings, _name: str = "") -> Limits:
    """`health.healthy` and `health.warning`."""
    return Limits(settings.health.healthy, settings.health.warning)


def efficiency_limits(settings: Settings, _name: str = "") -> Limits:
    """`thresholds.efficiency_warning` and `…_critical`, of 100."""
    return Limits(100 * settings.thresholds.efficiency_warning, 100 * settings.thresholds.efficiency_critical)


def objective_limits(settings: Settings, provider: str = "") -> Limits:
    """Below the objective for availability is a warning; where twice the error budget is gone, it is critical."""
    objective = settings.slo_for(provider=provider).availability
    return Limits(objective, 1 - 2 * (1 - objective))


def availability_objective(settings: Settings) -> float:
    """`slo.availability`."""
    return settings.slo.availability


def has_issues(row: Mapping[str, Any], settings: Settings) -> bool:
    """Whether a model fails too often: `thresholds.model_issue_error_rate`, of no fewer calls than are evidence."""
    rate, enough = row.get("calls.error_rate"), settings.thresholds.least_requests
    return (
        rate is not None
        and rate > settings.thresholds.model_issue_error_rate
        and (row.get("calls.requests") or 0) >= enough
    )
