"""`GET /api/config/dashboard`: everything that is settled, for programs."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request

from tokometer.charts.colours import OTHER, PALETTE
from tokometer.charts.theme import THEMES, tokens
from tokometer.judgement.budgets import limit_of, limited, lines
from tokometer.measures import Query
from tokometer.records.providers import PROVIDERS
from tokometer.server.runtime import Runtime
from tokometer.server.settled import refresh_rates, unknown_refresh
from tokometer.settings import KeptSettings, Settings
from tokometer.settings.facts import DEVICES, MODELS

router: Final = APIRouter(prefix="/api/config", tags=["config"])

#: Whose keys are told: those of the calls since then; seconds for which that holds.
_LATELY: Final = "30d"
_TEAMS_KEPT: Final = 300.0
_EXAMPLE: Final[dict[str, Any]] = {
    "budget_limits": {
        "configured": True,
        "monthly": "1500.10",
        "warning": 0.8,
        "critical": 1.0,
        "by_model": {"claude-opus-4-5": "700"},
        "by_provider": {"openai": "400"},
        "by_team": {},
        "lines": [
            {
                "id": "file:2b1d0c7e9f4a",
                "title": "All calls",
                "amount": "1500.10",
                "period": "month",
                "tz": "UTC",
                "filters": {},
                "levels": [0.8, 1.0],
                "stops": True,
                "origin": "file",
            }
        ],
    },
    "slo_targets": {
        "availability": 0.999,
        "p95_latency_ms": 30000.0,
        "error_rate": 0.01,
        "period": "month",
        "overrides": [{"provider": "openai", "model": "", "availability": None, "p95_latency_ms": 10000.0}],
    },
    "alert_thresholds": {"cost_spike": 2.0, "error_spike": 2.0, "error_rate_warning": 0.02},
    "refresh_rates": {"dashboard": {"dashboard.panel": 60.0}},
    "color_scheme": {
        "theme": "system",
        "palette": ["#3c78e1"],
        "other": "#848a97",
        "providers": {"openai": "#009a86"},
        "names": {"gpt-5": "#3c78e1"},
        "themes": {"light": {"good": "#1f7a45"}, "dark": {"good": "#5fbf86"}},
    },
    "circuit_breaker": {"failures": 10, "within_seconds": 60.0, "open_seconds": 30.0, "probes": 3},
    "health_score": {"warning": 70.0, "healthy": 90.0, "window_minutes": 15},
    "rate_cards": [{"team": "research", "model": "", "markup": "0.3"}],
    "devices": [{"match": "H100", "peak_tflops": 989.4, "power_watts": 700.0, "built_in": True}],
    "models": [{"match": "gpt-oss-120b", "active_parameters": 5130000000.0, "built_in": True}],
    "teams": [{"name": "search", "api_keys": ["…ab12"], "monthly_budget": "400"}],
    "labels": {"otlp": [], "otlp_known": True, "rollup": []},
    "dimensions": [],
    "given": ["budget.monthly"],
    "file": {
        "path": "/home/you/.local/share/tokometer/tokometer.toml",
        "exists": True,
        "read_at": "2026-11-27T05:00:00Z",
        "error": None,
        "unknown": {},
    },
}


@router.get(
    "/dashboard",
    summary="Everything that is settled: budgets, objectives, thresholds, refresh rates, colours",
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}},
)
def dashboard(request: Request) -> dict[str, Any]:
    """What `tokometer.toml` says, with the default of whatever it does not say; `given` are the keys that it names.

    Amounts are US dollars as decimal text, shares are ratios from 0 to 1, intervals are seconds. Where the file has a
    mistake (`file.error`), all of this is as it was before.
    """
    runtime: Runtime = request.app.state.runtime
    settings = runtime.settings
    return {
        "budget_limits": _budget(settings),
        "slo_targets": _plain(settings.slo) | {"overrides": _plain(settings.objectives)},
        "alert_thresholds": _plain(settings.thresholds),
        "refresh_rates": refresh_rates(settings),
        "color_scheme": _colours(runtime, request.cookies.get("theme", "")),
        "circuit_breaker": _plain(settings.breaker),
        "health_score": _plain(settings.health),
        "rate_cards": _plain(settings.rate_cards),
        "devices": _facts(settings.devices, DEVICES),
        "models": _facts(settings.models, MODELS),
        "teams": _teams(runtime, settings),
        "labels": _plain(settings.labels),
        "dimensions": _plain(settings.dimensions),
        "given": sorted(settings.given),
        "file": _file(runtime.settings_file, settings),
    }


def _plain(value: object) -> Any:  # noqa: ANN401 - as JSON takes it
    """Amounts as text, so that no digit is lost."""
    return msgspec.to_builtins(value)


def _budget(settings: Settings) -> dict[str, Any]:
    """Limits of a calendar month as they are in force, whether the file or the page says so, and every line."""
    known = lines(settings)
    return {
        "configured": bool(known),
        "monthly": _plain(limit_of(settings)),
        "warning": settings.budget.warning,
        "critical": settings.budget.critical,
        **{f"by_{name}": _limits(settings, name) for name in ("model", "provider", "team")},
        "lines": [_plain(line) | {"filters": {name: list(values) for name, values in line.filters}} for line in known],
    }


def _limits(settings: Settings, dimension: str) -> dict[str, Any]:
    return {name: _plain(limit_of(settings, dimension, name)) for name in limited(settings, dimension)}


def _teams(runtime: Runtime, settings: Settings) -> list[dict[str, Any]]:
    """Teams with calls in the last 30 days or a budget, with the keys that they used, as sources mask them."""
    asked = Query(measures=("calls.requests",), by=("calls.team", "calls.api_key"), since=_LATELY)
    keys: dict[str, set[str]] = {name: set() for name in limited(settings, "team")}
    for row in runtime.ask(asked, _TEAMS_KEPT).rows:
        if row["team"]:
            keys.setdefault(row["team"], set()).add(row["api_key"])
    limits = _limits(settings, "team")
    return [
        {"name": name, "api_keys": sorted(used - {""}), "monthly_budget": limits.get(name)}
        for name, used in sorted(keys.items())
    ]


def _facts(own: tuple[msgspec.Struct, ...], known: tuple[msgspec.Struct, ...]) -> list[dict[str, Any]]:
    """The user's facts before those that are known anyway, which they win over."""
    return [_plain(one) | {"built_in": built_in} for built_in, facts in ((False, own), (True, known)) for one in facts]


def _colours(runtime: Runtime, theme: str) -> dict[str, Any]:
    return {
        "theme": theme if theme in THEMES else "system",
        "palette": list(PALETTE),
        "other": OTHER,
        "providers": {name: provider.colour for name, provider in PROVIDERS.items()},
        # Given out as names are first shown, and then kept.
        "names": runtime.colours.given(),
        "themes": {
            name: {token: value for token, value in tokens(name).items() if value.startswith("#")} for name in THEMES
        },
    }


def _file(kept: KeptSettings, settings: Settings) -> dict[str, Any]:
    error = kept.error
    return {
        "path": str(kept.path),
        "exists": kept.exists,
        "read_at": f"{kept.read_at:%Y-%m-%dT%H:%M:%SZ}",
        "error": None if error is None else {"key": error.key, "reason": error.reason},
        "unknown": {f"refresh.{name}": near for name, near in unknown_refresh(settings).items()},
    }
