"""LiteLLM's proxy. Its labels of users, keys and teams are not kept: there are too many, and calls have them."""

from __future__ import annotations

from typing import Final

from tokometer.sources.prometheus.dialects.dialect import Dialect, Rule

_BUDGETS: Final = ("team", "api_key", "org", "user", "customer", "tag")

DIALECT: Final = Dialect(
    "litellm",
    "LiteLLM",
    (
        Rule("litellm_deployment_state", "gateway.deployment.state"),
        Rule("litellm_deployment_cooled_down", "gateway.deployment.cooldowns"),
        Rule("litellm_deployment_total_requests", "gateway.deployment.requests"),
        Rule("litellm_deployment_success_responses", "gateway.deployment.successes"),
        Rule("litellm_deployment_failure_responses", "gateway.deployment.failures"),
        Rule(
            "litellm_deployment_successful_fallbacks",
            "gateway.fallbacks.successful",
            keep={"requested_model": "model", "fallback_model": "fallback"},
        ),
        Rule(
            "litellm_deployment_failed_fallbacks",
            "gateway.fallbacks.failed",
            keep={"requested_model": "model", "fallback_model": "fallback"},
        ),
        Rule("litellm_deployment_latency_per_output_token", "gateway.time_per_output_token"),
        Rule("litellm_deployment_tpm_limit", "gateway.limit.tokens"),
        Rule("litellm_deployment_rpm_limit", "gateway.limit.requests"),
        Rule("litellm_proxy_total_requests_metric", "gateway.requests", keep={"status_code": "status"}),
        Rule("litellm_proxy_failed_requests_metric", "gateway.requests.failed", keep={"exception_class": "error"}),
        Rule("litellm_in_flight_requests", "gateway.requests.running"),
        Rule("litellm_input_tokens_metric", "gateway.tokens.prompt"),
        Rule("litellm_input_cached_tokens_metric", "gateway.tokens.cached"),
        Rule("litellm_input_cache_creation_tokens_metric", "gateway.tokens.cache_written"),
        Rule("litellm_output_tokens_metric", "gateway.tokens.output"),
        Rule("litellm_output_reasoning_tokens_metric", "gateway.tokens.reasoning"),
        Rule("litellm_spend_metric", "gateway.spend"),
        Rule("litellm_request_total_latency_metric", "gateway.latency"),
        Rule("litellm_llm_api_latency_metric", "gateway.provider_latency"),
        Rule("litellm_llm_api_time_to_first_token_metric", "gateway.ttft"),
        Rule("litellm_overhead_latency_metric", "gateway.overhead"),
        Rule("litellm_remaining_requests_metric", "gateway.limit.requests_left"),
        Rule("litellm_remaining_requests", "gateway.limit.requests_left"),
        Rule("litellm_remaining_tokens_metric", "gateway.limit.tokens_left"),
        Rule("litellm_remaining_tokens", "gateway.limit.tokens_left"),
        *(
            Rule(f"litellm_remaining_{whose}_budget_metric", "gateway.budget.left", more={"budget": whose}, keep=named)
            for whose in _BUDGETS
            for named in ({f"{whose}_alias": "of", whose: "of"},)
        ),
        *(
            Rule(f"litellm_{whose}_max_budget_metric", "gateway.budget.total", more={"budget": whose}, keep=named)
            for whose in _BUDGETS
            for named in ({f"{whose}_alias": "of", whose: "of"},)
        ),
        Rule("litellm_cache_hits_metric", "gateway.cache.hits"),
        Rule("litellm_cache_misses_metric", "gateway.cache.misses"),
        Rule(
            "litellm_mcp_tool_calls_total", "gateway.tools.calls", keep={"tool_name": "tool", "server_name": "server"}
        ),
    ),
    labels={
        "model": "model",
        "litellm_model_name": "model",
        "api_provider": "provider",
        "model_id": "deployment",
    },
    passed=("litellm_",),
)
