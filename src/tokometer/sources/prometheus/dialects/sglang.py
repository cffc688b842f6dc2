"""SGLang, started with `--enable-metrics`."""

from __future__ import annotations

from typing import Final

from tokometer.sources.prometheus.dialects.dialect import Dialect, Rule

DIALECT: Final = Dialect(
    "sglang",
    "SGLang",
    (
        Rule("sglang:prompt_tokens_total", "server.tokens.prompt"),
        Rule("sglang:generation_tokens_total", "server.tokens.generated"),
        Rule("sglang:cached_tokens_total", "server.tokens.cached"),
        Rule("sglang:num_requests_total", "server.requests"),
        Rule("sglang:num_aborted_requests_total", "server.requests.aborted"),
        Rule("sglang:num_running_reqs", "server.requests.running"),
        Rule("sglang:num_queue_reqs", "server.queue.waiting"),
        Rule("sglang:token_usage", "server.kv_cache.used"),
        Rule("sglang:num_used_tokens", "server.kv_cache.tokens"),
        Rule("sglang:max_total_num_tokens", "server.kv_cache.capacity"),
        Rule("sglang:cache_hit_rate", "server.kv_cache.hit_rate"),
        Rule("sglang:num_retracted_requests_total", "server.preemptions"),
        Rule("sglang:spec_accept_length", "server.spec.accept_length"),
        Rule("sglang:spec_accept_rate", "server.spec.accept_rate"),
        Rule("sglang:time_to_first_token_seconds", "server.ttft"),
        Rule("sglang:inter_token_latency_seconds", "server.inter_token"),
        Rule("sglang:time_per_output_token_seconds", "server.time_per_output_token"),
        Rule("sglang:e2e_request_latency_seconds", "server.latency"),
        Rule("sglang:queue_time_seconds", "server.queue.time"),
        Rule("sglang:prompt_tokens_histogram", "server.request.prompt_tokens"),
        Rule("sglang:generation_tokens_histogram", "server.request.generated_tokens"),
        Rule("sglang:gen_throughput", "server.generation.rate"),
    ),
    labels={"model_name": "model", "name": "model", "dp_rank": "engine"},
    provider="sglang",
    # It has some two hundred more, of its scheduler, its transfers and its start.
    passed=("sglang:",),
)
