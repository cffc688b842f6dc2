"""Every endpoint of the requirements' documents, with every field that they name, on generated data."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from servers.whole import Running
from tokometer.server.endpoints import ENDPOINTS

_PROVIDER = (
    "slug name health_score status "
    "realtime{requests_per_minute errors_per_minute error_rate_percent avg_latency_ms p50_latency_ms p95_latency_ms "
    "p99_latency_ms p999_latency_ms} "
    "availability{uptime_24h_percent uptime_7d_percent uptime_30d_percent circuit_breaker_open} "
    "financial{cost_24h cost_7d cost_30d cost_per_request cost_trend_percent} "
    "tokens{total_24h total_7d total_30d tokens_per_second cost_per_million}"
)
_MODEL = (
    "model_id timestamp period "
    "usage{total_requests success_count error_count success_rate_percent requests_per_second} "
    "performance{p50_latency_ms p95_latency_ms p99_latency_ms p999_latency_ms timeout_rate_percent} "
    "tokens{input_tokens output_tokens total_tokens avg_input_per_request avg_output_per_request tokens_per_second "
    "completion_ratio} financial{total_cost cost_per_request cost_per_token cost_trend_percent}"
)
_BREAKER = (
    "provider breaker_state failure_count failure_threshold last_failure time_in_state_seconds "
    "success_rate_since_last_failure"
)
_ERROR = (
    "timestamp error_type error_message provider model error_code request_id user api_key"  # document 002, category 3
)
_SHARE = "cost percent_of_total requests tokens"
_MONTH = (
    "monthly_budget spent_so_far percent_used days_remaining daily_average_spend projected_total over_budget "
    "alert_level"
)
_TOKENS = "input_tokens output_tokens total_tokens avg_input_per_request avg_output_per_request cost_per_token"
#: Address → fields: `a{b c}` is an object, `a[b c]` a list of at least one; an answer that is a list stands in [].
REQUIRED = {
    # Document 002
    "/api/providers/metrics": f"timestamp providers[{_PROVIDER}]",
    "/api/providers/list": "providers[slug name status color supported_models website docs_url contact "
    "connection{state account balance}]",
    "/api/providers/SLUG/health": "slug health_score status",
    "/api/providers/SLUG/realtime": "requests_per_minute errors_per_minute error_rate_percent p99_latency_ms "
    "timeline[timestamp requests errors]",
    "/api/providers/SLUG/availability": "uptime_24h_percent uptime_7d_percent circuit_breaker_open incidents "
    "incident_count downtime_seconds timeline[timestamp uptime_percent]",
    "/api/providers/SLUG/financial": "cost_24h cost_7d cost_30d cost_per_request timeline[timestamp cost]",
    "/api/providers/SLUG/tokens": "total_24h tokens_per_second cost_per_million timeline[timestamp input_tokens]",
    "/api/providers/SLUG/metrics": f"{_PROVIDER} timeline[timestamp requests]",
    "/api/providers/SLUG/circuit-breaker": _BREAKER,
    "/api/providers/SLUG/breaker-status": _BREAKER,
    "/api/models/list": "[id name provider model_family context_window cost_per_1m_input cost_per_1m_output max_tokens "
    "deprecated release_date description]",
    "/api/models/MODEL/metrics?period=24h": f"{_MODEL} budget{{monthly_budget percent_used}} "
    "properties{provider model_family context_window max_tokens} response_times[up_to_ms requests]",
    "/api/models/metrics/compare?model_ids=MODEL&period=7d": f"[{_MODEL}]",
    "/api/errors": f"[{_ERROR} stack_trace request_payload response_details]",
    "/api/errors/recent?limit=100&sort=newest": f"[{_ERROR}]",
    "/api/errors/stats?period=24h": "total_errors_24h error_rate_percent "
    "errors_by_type{timeout rate_limit auth_error invalid_request server_error} errors_by_provider trending "
    "error_rate_by_provider error_rate_by_model timeline[timestamp errors]",
    "/api/errors/stats/SLUG": "provider error_count_24h error_rate_percent errors_by_type recent_errors_sample",
    "/api/errors/stats/by-type": "errors_by_type types[error_type count percent_of_errors]",
    "/api/financial/daily-summary": "date revenue cost margin_percent requests_total tokens_total",
    "/api/financial/cost-breakdown?period=24h&group_by=model": f"period total_cost by_model[model {_SHARE}] "
    f"by_provider[provider {_SHARE}] by_team[team {_SHARE}] groups[name {_SHARE}]",
    "/api/financial/budget": f"{_MONTH} by_model[model {_MONTH}] by_provider[provider {_MONTH}] by_team[team {_MONTH}]",
    "/api/financial/revenue": "revenue revenue_today revenue_7d revenue_30d profit margin_percent profit_per_request "
    "by_model[model revenue] by_provider[provider revenue] by_team[team revenue] trend[date revenue cost profit]",
    "/api/financial/costs": "total_cost cost_today cost_7d cost_30d cost_per_request cost_per_token "
    "by_model[model cost] by_provider[provider cost] by_team[team cost] "
    "timeline[timestamp cost cost_per_request cost_per_token]",
    "/api/slo/status": "availability_target_percent current_availability_percent compliant latency_p95_target_ms "
    "current_latency_p95_ms latency_compliant error_rate_target_percent current_error_rate_percent error_compliant "
    "overall_compliant period trend{availability_percent_7d availability_percent_30d}",
    "/api/health/availability": "uptime_percent providers[slug uptime_percent incident_count downtime_seconds] "
    "incidents[provider severity start end duration_seconds]",
    "/api/availability/timeline?period=24h": "interval_seconds providers[slug timeline[timestamp uptime_percent]]",
    "/api/tokens/usage?period=24h": "period total_input_tokens total_output_tokens total_tokens tokens_per_second "
    "cost_per_million_tokens avg_tokens_per_request by_provider[provider total_tokens]",
    "/api/tokens/by-model?period=7d&limit=10": f"[model {_TOKENS} completion_ratio]",
    "/api/tokens/stats/MODEL": f"model {_TOKENS} timeline[timestamp total_tokens]",
    "/api/tokens/efficiency": "estimated_tokens actual_tokens efficiency_ratio waste_percent opportunities",
    "/api/config/dashboard": "budget_limits slo_targets alert_thresholds refresh_rates color_scheme "
    "teams[name api_keys monthly_budget]",
    # Document 001
    "/api/analytics/overview": "messages messagesChange cost costChange sessions sessionsChange successRate",
    "/api/analytics/usage": "summary{today{requests tokens cost} week month all_time} "
    "trends{daily[date messages cost requests tokens] weekly[date cost] monthly[date cost]} "
    "predictions{cost{estimate low high} requests tokens}",
    "/api/analytics/models": "[model tokens cost percentage requests conversations provider stars supports_tools]",
    "/api/analytics/agents": "agents[agent tasks avg_time_minutes success_rate_percent cost_per_task]",
    "/api/analytics/heatmap": "cells[weekday hour messages level]",
    # Documents 001 (advice) and 000 (what the machines deliver)
    "/api/analytics/insights": "insights[title potential_savings_per_week evidence] "
    "tokensPerSecond{current average} totalQueries computeUtilization uptime{percentage days} "
    "usageHistory[date queries avgTokens] compute{flops mfu_percent}",
    "/api/analytics/cron": "successful failed skipped success_rate_percent unique_failing_jobs worst_job "
    "worst_job_failures worst_job_cause jobs[job runs failed]",
    # Document 004
    "/api/analytics/conversations": "conversations by_model[model conversations messages] by_provider[provider tokens]",
    "/api/analytics/usage-trends": "timeline[timestamp requests] "
    "models[model timeline[timestamp requests tokens cost]]",
    "/api/analytics/knowledge-correlation": "correlation[knowledge_base model requests] "
    "knowledge_bases[knowledge_base documents chunks conversations]",
    "/api/analytics/cost-breakdown": f"by_provider[provider {_SHARE}]",
    # Issue 12
    "/api/forecast?by=team&horizon=30d": "measure horizon forecasts[name estimate low high error_percent "
    "naive_error_percent days_of_history weekly_season calls path[date value]]",
    "/api/anomalies?period=90d": "anomalies window",
    "/api/changes-between?by=team": "before{since until} changes[name cost previous_cost change volume mix cache rate "
    "yearly calls previous_calls]",
    "/api/jobs": "jobs[job state schedule expected runs on_time late missed successful failed cost_per_successful_run "
    "last_run] failures[cause runs share_percent jobs]",
    "/api/what-if?to_model=gpt-5-mini": "total{requests compared_requests list_cost what_if_cost difference} "
    "difference_per_month left_out_cost",
}


def _lacks(value: Any, words: str) -> list[str]:
    """The fields that a value lacks."""
    if words.startswith("["):
        return ["any row"] if not value else _lacks(value[0], words[1:-1])
    lacking, at = [], 0
    while at < len(words):
        end = next((i for i in range(at, len(words)) if words[i] in " {["), len(words))
        name, inner, rest = words[at:end], "", end
        if end < len(words) and words[end] != " ":
            rest = _closing(words, end)
            inner = words[end:rest]
        if not isinstance(value, dict) or name not in value:
            lacking.append(name)
        elif inner:
            wanted = inner if inner.startswith("[") else inner[1:-1]
            lacking += [f"{name}.{one}" for one in _lacks(value[name], wanted)]
        at = rest + 1
    return lacking


def _closing(words: str, start: int) -> int:
    depth = 0
    for place in range(start, len(words)):
        depth += (words[place] in "{[") - (words[place] in "}]")
        if not depth:
            return place + 1
    raise AssertionError(words)


def _names(server: Running) -> dict[str, str]:
    """The provider and the model with most calls of the last day: of others some lists are empty."""
    asked = "/api/query?measures=calls.requests&since=24h&order=-calls.requests&limit=1&by=calls."
    found = {name: server.get(asked + name).json()["rows"][0][name] for name in ("provider", "model")}
    return {"SLUG": found["provider"], "MODEL": quote(found["model"], safe="")}


@pytest.mark.parametrize("address", REQUIRED)
def test_required_fields(server: Running, address: str) -> None:
    """The endpoint is there, with every field that the documents name, and rows in its lists."""
    path = address
    for word, name in _names(server).items():
        path = path.replace(word, name)
    answer = server.get(path)
    assert answer.status == 200, answer.text
    assert not _lacks(answer.json(), REQUIRED[address])


def test_every_declared_endpoint_is_required() -> None:
    """Nothing is declared that the table above does not know, and the other way round."""
    words = {"slug": "SLUG", "provider": "SLUG", "model_id:path": "MODEL", "model:path": "MODEL"}
    declared = set()
    for endpoint in ENDPOINTS:
        path = endpoint.path
        for part, word in words.items():
            path = path.replace(f"{{{part}}}", word)
        declared.add(path)
    assert declared == {address.partition("?")[0] for address in REQUIRED} - {"/api/config/dashboard"}


def test_models_are_described(server: Running) -> None:
    """What is known of a model is told: its room, its longest answer, its price, when it came out."""
    models = server.get("/api/models/list").json()
    for name in (
        "context_window",
        "max_tokens",
        "cost_per_1m_input",
        "cost_per_1m_output",
        "release_date",
        "description",
    ):
        assert any(model[name] for model in models), name
    assert len({model["id"] for model in models}) == len(models)


def test_every_name_opens(server: Running) -> None:
    """Every model and provider that is listed has its answers, whatever it is called."""
    for model in server.get("/api/models/list").json():
        for safe in ("", "/"):
            found = server.get(f"/api/models/{quote(model['id'], safe=safe)}/metrics")
            assert (found.status, found.json()["model_id"]) == (200, model["id"])
    for provider in server.get("/api/providers/list").json()["providers"]:
        assert server.get(f"/api/providers/{provider['slug']}/health").json()["slug"] == provider["slug"]


def test_heatmap_is_the_query(server: Running) -> None:
    """Each hour of the week is what /api/query says of it, in the asker's zone."""
    cells = server.get("/api/analytics/heatmap?tz=Asia/Kathmandu&period=30d").json()["cells"]
    query = "measure=calls.messages&by=calls.weekday&by=calls.hour&since=30d&tz=Asia/Kathmandu"
    found = {(row["weekday"], row["hour"]): row["messages"] for row in server.get(f"/api/query?{query}").json()["rows"]}
    assert len(cells) == 168
    assert {(cell["weekday"], cell["hour"]): cell["messages"] for cell in cells if cell["messages"]} == found
    assert {cell["level"] for cell in cells} <= {"low", "medium", "high"}


def test_parts_add_up(server: Running) -> None:
    """The parts of a cost are the whole of it, whatever it is told by."""
    for dimension in ("model", "provider", "team", "user", "family", "price_certainty"):
        found = server.get(f"/api/financial/cost-breakdown?period=30d&group_by={dimension}").json()
        assert sum(row["cost"] or 0 for row in found["groups"]) == pytest.approx(found["total_cost"], abs=1e-6)
        assert sum(row["percent_of_total"] or 0 for row in found["groups"]) == pytest.approx(100, abs=1e-4)
        assert sum(row["requests"] for row in found["groups"]) == found["requests"]
