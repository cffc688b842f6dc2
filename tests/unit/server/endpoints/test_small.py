"""Endpoints over a ledger of fourteen calls, computed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from servers.whole import Running, running

#: Names that paths and lists have to carry.
ALPHA = "org/alpha:7b"
LARGE = "large, the second & last"
_SETTINGS = """
[budget]
monthly = 0.4

[budget.models]
"org/alpha:7b" = 0.1

[slo]
availability = 0.9
p95_latency_ms = 2000
error_rate = 0.1

[breaker]
failures = 3
open_seconds = 3600
"""


def _calls(minute: datetime) -> list[dict[str, Any]]:
    """`acme`: eight good calls and two failures in a minute; `beta`: a good one in it, three failures before it."""

    def call(number: int, provider: str, model: str, at: datetime, **more: Any) -> dict[str, Any]:
        return {
            "id": f"c{number}",
            "source": "test",
            "provider": provider,
            "model": model,
            "started_at": (at + timedelta(seconds=number)).isoformat(),
            "session_id": f"s-{provider}",
            **more,
        }

    used = {"status": "ok", "latency_ms": 1000, "input_tokens": 100, "output_tokens": 50, "team": "search"}
    calls = [call(n, "acme", ALPHA, minute, **used, cost_usd=0.01) for n in range(8)]
    failed = {"status": "timeout", "http_status": 504, "error_message": "Took <30 s>", "request_id": "req_1"}
    calls.append(call(8, "acme", ALPHA, minute, **failed, api_key="…ab12", user="mia"))
    calls.append(call(9, "acme", ALPHA, minute, status="rate_limit", http_status=429))
    calls.append(call(10, "beta", LARGE, minute, **{**used, "team": "data"}, cost_usd=0.02))
    before = minute - timedelta(minutes=1)
    return calls + [call(n, "beta", LARGE, before, status="server_error", http_status=500) for n in (11, 12, 13)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server on those calls, two and three minutes ago."""
    data = tmp_path_factory.mktemp("small")
    (data / "tokometer.toml").write_text(_SETTINGS, encoding="utf-8")
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=2)
    with running(data, tmp_path_factory.mktemp("home")) as found:
        sent = found.post("/api/calls", _calls(minute))
        assert (sent.status, sent.json()["accepted"]) == (200, 14), sent.text
        yield found


def _get(server: Running, path: str) -> Any:
    answer = server.get(path)
    assert answer.status == 200, answer.text
    return answer.json()


def test_provider_metrics(small: Running) -> None:
    """Rates are of five minutes, shares in per cent; a refused call has a price, 0; the most used come first."""
    acme, beta = _get(small, "/api/providers/metrics")["providers"]
    assert (acme["slug"], acme["name"], beta["slug"]) == ("acme", "acme", "beta")
    live = acme["realtime"]
    assert [live[f"{name}_per_minute"] for name in ("requests", "errors")] == [2.0, 0.4]
    assert live["error_rate_percent"] == 20.0
    assert live["p50_latency_ms"] == pytest.approx(1000, rel=0.01)
    # No error is allowed for 20 % of failures where 10 % are the target, halves of the rest: 100 × (0.5 × 0.8 + 0.5).
    assert (acme["health_score"], acme["status"]) == (pytest.approx(90), "healthy")
    assert acme["availability"]["uptime_24h_percent"] == 100.0
    assert beta["availability"]["uptime_24h_percent"] == 50.0
    assert (acme["financial"]["cost_24h"], acme["financial"]["cost_per_request"]) == (0.08, 0.008)
    assert acme["financial"]["cost_trend_percent"] is None
    assert (acme["tokens"]["total_24h"], acme["tokens"]["cost_per_million"]) == (1200, 66.666666667)


def test_breaker(small: Running) -> None:
    """Three failures open the breaker of one provider; both paths say the same; the other's counts two."""
    beta = _get(small, "/api/providers/beta/circuit-breaker")
    assert (beta["provider"], beta["breaker_state"], beta["failure_threshold"]) == ("beta", "OPEN", 3)
    assert (beta["failure_count"], beta["success_rate_since_last_failure"]) == (3, 50.0)
    assert 60 < beta["time_in_state_seconds"] < 300
    status = _get(small, "/api/providers/beta/breaker-status")
    moving = {"timestamp": "", "time_in_state_seconds": 0}
    assert status | moving == beta | moving
    assert _get(small, "/api/providers/acme/circuit-breaker")["breaker_state"] == "CLOSED"
    assert [
        one["availability"]["circuit_breaker_open"] for one in _get(small, "/api/providers/metrics")["providers"]
    ] == [
        False,
        True,
    ]


def test_known_provider_without_calls(small: Running) -> None:
    """One that we know by name is there, in any spelling: no calls, no data, and no rates that nobody measured."""
    found = _get(small, "/api/providers/groq/metrics")
    assert (found["name"], found["status"], found["health_score"]) == ("Groq", "no_data", None)
    assert found["realtime"]["requests_per_minute"] == 0
    assert [found["realtime"][name] for name in ("error_rate_percent", "p95_latency_ms")] == [None, None]
    assert found["availability"]["uptime_24h_percent"] is None
    assert found["availability"]["circuit_breaker_open"] is None
    assert _get(small, "/api/providers/Groq%20Cloud/health")["slug"] == "groq"


def test_unknown_names(small: Running) -> None:
    """Names that nobody knows get 404 with the nearest one."""
    for path, near in (
        ("/api/providers/acmee/health", "acme"),
        ("/api/errors/stats/beto", "beta"),
        ("/api/models/org%2Falpha:7/metrics", ALPHA),
        ("/api/tokens/stats/org/alpha", ALPHA),
        ("/api/tokens/usage?provider=acmee", "acme"),
        ("/api/errors?model=org/alpha", ALPHA),
        ("/api/models/metrics/compare?model_ids=org/alpha:7b,org/alpha:8b", ALPHA),
    ):
        answer = small.get(path)
        assert (answer.status, f"did you mean '{near}'?" in answer.json()["detail"]) == (404, True), answer.text


def test_bad_parameters(small: Running) -> None:
    """What cannot be understood gets 422 with the parameter's name, and what would be right."""
    for query, says in (
        ("period=yesterdy", "period: 'yesterdy' is no window; did you mean"),
        ("period=24h&from=2026-01-01", "period: give either"),
        ("from=2026-02-01&to=2026-01-01", "to: is not after from"),
        ("to=2026-01-01", "to: needs from"),
        ("tz=Berlin", "tz: "),
        ("limit=1001", "limit: '1001' is no whole number from 1 to 1,000"),
        ("limit=-1", "limit: "),
        ("sort=-financial.costs", "sort: 'financial.costs' is no field of the rows; did you mean 'financial.cost_"),
        ("provder=x", "provder: there is no such parameter; did you mean 'provider'"),
        ("limit=1&limit=2", "limit: is there more than once"),
    ):
        answer = small.get(f"/api/providers/metrics?{query}")
        assert answer.status == 422, answer.text
        assert answer.json()["detail"].startswith(says), answer.text
    told = small.get("/api/providers/acme/realtime?interval=7m").json()["detail"]
    assert told == "interval: '7m' is not one of auto, 1m, 5m, 15m, 1h, 1d, 1w, 1mo"
    many = small.get("/api/providers/acme/realtime?interval=1m&period=90d")
    assert (many.status, many.json()["detail"].startswith("interval: ")) == (422, True)
    assert small.get("/api/models/metrics/compare").json()["detail"].startswith("model_ids: ")


def test_filters_limits_and_order(small: Running) -> None:
    """A filter narrows everything, `sort` orders by any field of the rows, `limit` cuts."""
    found = _get(small, "/api/providers/metrics?team=data")["providers"]
    assert [(one["slug"], one["realtime"]["error_rate_percent"]) for one in found] == [("beta", 0.0)]
    by_cost = _get(small, "/api/providers/metrics?sort=financial.cost_24h&limit=1")["providers"]
    assert [one["slug"] for one in by_cost] == ["beta"]
    assert [one["slug"] for one in _get(small, "/api/providers/metrics?sort=-slug")["providers"]] == ["beta", "acme"]
    assert _get(small, "/api/tokens/usage?provider=beta&provider=acme")["total_tokens"] == 1350


def test_windows(small: Running) -> None:
    """Days are those of the asked zone, and a window of the past has none of these calls."""
    past = _get(small, "/api/tokens/usage?from=2026-01-01&to=2026-01-31&tz=Europe/Berlin")
    assert (past["period"], past["total_tokens"], past["tokens_per_second"]) == ("2026-01-01/2026-01-31", 0, 0.0)
    window = {"since": "2026-01-01T00:00:00+01:00", "until": "2026-02-01T00:00:00+01:00", "timezone": "Europe/Berlin"}
    assert past["window"] == window
    assert past["cost_per_million_tokens"] is None


@pytest.mark.parametrize("model", [quote(ALPHA, safe=""), quote(ALPHA, safe="/:"), ALPHA])
def test_model_metrics(small: Running, model: str) -> None:
    """A model's id may have slashes, as they are or encoded."""
    found = _get(small, f"/api/models/{model}/metrics?period=24h")
    assert (found["model_id"], found["period"]) == (ALPHA, "24h")
    assert [found["usage"][name] for name in ("total_requests", "success_count", "error_count")] == [10, 8, 2]
    assert (found["usage"]["success_rate_percent"], found["performance"]["timeout_rate_percent"]) == (80.0, 10.0)
    assert (found["tokens"]["input_tokens"], found["tokens"]["avg_output_per_request"]) == (800, 40.0)
    assert found["financial"]["total_cost"] == 0.08
    assert found["financial"]["cost_per_token"] == pytest.approx(0.08 / 1200)
    assert (found["budget"]["monthly_budget"], found["budget"]["percent_used"]) == (0.1, 80.0)
    assert found["properties"]["provider"] == "acme"
    assert sum(one["requests"] for one in found["response_times"]) == 8
    assert sum(one["requests"] for one in found["timeline"]) == 10


def test_compare(small: Running) -> None:
    """Models stand side by side in the order in which they were named; names may have commas."""
    ids = quote(f"{LARGE},{ALPHA}", safe="")
    found = _get(small, f"/api/models/metrics/compare?model_ids={ids}&period=7d")
    assert [(one["model_id"], one["usage"]["total_requests"]) for one in found] == [(LARGE, 4), (ALPHA, 10)]


def test_errors(small: Running) -> None:
    """Failures come with what is known of them, the newest first; what is not known is null."""
    newest, *_ = rows = _get(small, "/api/errors/recent?limit=100&sort=newest")
    assert [row["error_type"] for row in rows] == ["rate_limit", "timeout"] + 3 * ["server_error"]
    timeout = rows[1]
    assert (timeout["error_message"], timeout["error_code"], timeout["request_id"]) == ("Took <30 s>", 504, "req_1")
    assert (timeout["provider"], timeout["model"], timeout["user"], timeout["api_key"]) == (
        "acme",
        ALPHA,
        "mia",
        "…ab12",
    )
    assert (newest["error_message"], newest["request_id"], newest["error_code"]) == (None, None, 429)
    assert [row["error_code"] for row in _get(small, "/api/errors?sort=oldest&limit=1")] == [500]
    assert [row["provider"] for row in _get(small, "/api/errors?provider=acme")] == ["acme", "acme"]


def test_error_numbers(small: Running) -> None:
    """Every type is counted, also those that did not occur; without calls before there is no trend."""
    stats = _get(small, "/api/errors/stats?period=24h")
    assert (stats["total_errors_24h"], stats["error_rate_percent"]) == (5, 35.714286)
    types = {"timeout": 1, "rate_limit": 1, "invalid_request": 0, "auth_error": 0, "server_error": 3}
    assert stats["errors_by_type"] == types
    assert stats["errors_by_provider"] == {"beta": 3, "acme": 2}
    assert stats["error_rate_by_provider"] == {"beta": 75.0, "acme": 20.0}
    assert stats["trending"] is None
    beta = _get(small, "/api/errors/stats/beta")
    assert (beta["error_count_24h"], beta["error_rate_percent"], len(beta["recent_errors_sample"])) == (3, 75.0, 3)
    assert beta["errors_by_type"]["server_error"] == 3
    kinds = _get(small, "/api/errors/stats/by-type")["types"]
    assert [kinds[0][name] for name in ("error_type", "count", "percent_of_errors")] == ["server_error", 3, 60.0]


def test_money(small: Running) -> None:
    """Cost and its shares; no revenue is said to be none that is configured, not zero."""
    found = _get(small, "/api/financial/cost-breakdown?period=24h&group_by=team")
    assert (found["period"], found["total_cost"]) == ("24h", 0.1)
    assert [(row["model"], row["cost"], row["percent_of_total"]) for row in found["by_model"]] == [
        (ALPHA, 0.08, 80.0),
        (LARGE, 0.02, 20.0),
    ]
    assert [(row["name"], row["cost"]) for row in found["groups"]] == [("search", 0.08), ("data", 0.02), ("", 0.0)]
    day = _get(small, "/api/financial/daily-summary?period=24h")
    assert (day["cost"], day["requests_total"], day["tokens_total"]) == (0.1, 14, 1350)
    assert (day["revenue"], day["margin_percent"], day["revenue_basis"]) == (None, None, "no revenue configured")
    revenue = _get(small, "/api/financial/revenue")
    assert (revenue["configured"], revenue["revenue"]) == (False, None)


def test_budget(small: Running) -> None:
    """The month's budget and those of single models; three days of use are needed for a projection."""
    found = _get(small, "/api/financial/budget")
    assert (found["monthly_budget"], found["spent_so_far"], found["percent_used"]) == (0.4, 0.1, 25.0)
    assert (found["projected_total"], found["over_budget"], found["alert_level"]) == (None, False, "ok")
    assert [(row["model"], row["percent_used"], row["alert_level"]) for row in found["by_model"]] == [
        (ALPHA, 80.0, "warning")
    ]


def test_objectives(small: Running) -> None:
    """Targets and what is kept of them, over the period of the objectives or any other."""
    found = _get(small, "/api/slo/status")
    assert (found["period"], found["availability_target_percent"]) == ("current_month", 90.0)
    assert (found["current_availability_percent"], found["compliant"]) == (50.0, False)
    assert (found["latency_p95_target_ms"], found["latency_compliant"]) == (2000.0, True)
    assert (found["current_error_rate_percent"], found["error_compliant"]) == (35.714286, False)
    assert (found["overall_compliant"], found["status"]) == (False, "fail")
    assert _get(small, "/api/slo/status?period=7d")["period"] == "7d"
    assert {one["slug"]: one["compliant"] for one in found["providers"]} == {"acme": True, "beta": False}
    quiet = _get(small, "/api/slo/status?team=nobody")
    assert (quiet["current_availability_percent"], quiet["compliant"], quiet["status"]) == (None, None, "no_data")
    assert quiet["availability_target_percent"] == 90.0


def test_availability(small: Running) -> None:
    """A bad minute of two is half the uptime; hours without calls are null."""
    found = _get(small, "/api/health/availability")
    assert (found["uptime_percent"], found["active_minutes"], found["bad_minutes"]) == (50.0, 2, 1)
    timeline = _get(small, "/api/availability/timeline?period=24h")
    assert timeline["interval_seconds"] == 3600
    told = {
        line["slug"]: [point["uptime_percent"] for point in line["timeline"] if point["uptime_percent"] is not None]
        for line in timeline["providers"]
    }
    assert told["acme"] == [100.0]
    assert sum(told["beta"]) / len(told["beta"]) == 50.0
    assert len(timeline["providers"][0]["timeline"]) in (24, 25)


def test_answers_are_shared(small: Running) -> None:
    """An answer that has not changed is not sent again."""
    first = small.get("/api/tokens/by-model?period=7d&limit=10")
    assert small.get("/api/tokens/by-model?period=7d&limit=10", {"If-None-Match": first.headers["etag"]}).status == 304
    assert [row["model"] for row in first.json()] == [ALPHA, LARGE]


def test_empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without any records every endpoint answers, and says that nothing is known."""
    from tokometer.server.endpoints import ENDPOINTS

    with running(tmp_path_factory.mktemp("none"), tmp_path_factory.mktemp("home")) as empty:
        for endpoint in ENDPOINTS:
            if "model" in "".join(endpoint.names) or any(one.name == "model_ids" for one in endpoint.takes):
                continue
            path = endpoint.path.replace("{slug}", "openai").replace("{provider}", "openai")
            assert empty.get(path).status == 200, path
        assert _get(empty, "/api/providers/metrics")["providers"] == []
        assert _get(empty, "/api/models/list") == []
        assert _get(empty, "/api/slo/status")["status"] == "no_data"
        assert _get(empty, "/api/errors/stats")["error_rate_percent"] is None
        assert _get(empty, "/api/financial/budget")["note"] == "no budget configured"
        assert empty.get("/api/models/gpt-5/metrics").status == 404
