"""llama.cpp's server, started with `--metrics`. It names no model unless it is a router: a target's option does."""

from __future__ import annotations

from typing import Final

from tokometer.sources.prometheus.dialects.dialect import Dialect, Rule

DIALECT: Final = Dialect(
    "llama_cpp",
    "llama.cpp",
    (
        # It counts only those that it worked on.
        Rule("llamacpp:prompt_tokens_total", "server.tokens.processed"),
        Rule("llamacpp:tokens_predicted_total", "server.tokens.generated"),
        Rule("llamacpp:prompt_seconds_total", "server.prefill.time", part="sum"),
        Rule("llamacpp:tokens_predicted_seconds_total", "server.decode.time", part="sum"),
        Rule("llamacpp:prompt_tokens_seconds", "server.prompt.rate"),
        Rule("llamacpp:predicted_tokens_seconds", "server.generation.rate"),
        Rule("llamacpp:requests_processing", "server.requests.running"),
        Rule("llamacpp:requests_deferred", "server.queue.waiting"),
        Rule("llamacpp:kv_cache_usage_ratio", "server.kv_cache.used"),
        Rule("llamacpp:kv_cache_tokens", "server.kv_cache.tokens"),
    ),
    labels={"model": "model"},
    provider="llamacpp",
    passed=("llamacpp:n_decode_total", "llamacpp:n_busy_slots_per_decode", "llamacpp:n_tokens_max"),
)
