"""Exporters for Ollama, which has no metrics of its own: the names that the usual ones share."""

from __future__ import annotations

from typing import Final

from tokometer.sources.prometheus.dialects.dialect import MIB, Dialect, Rule

DIALECT: Final = Dialect(
    "ollama",
    "exporters for Ollama",
    (
        Rule("ollama_prompt_tokens_total", "server.tokens.processed"),
        Rule("ollama_generated_tokens_total", "server.tokens.generated"),
        Rule("ollama_completion_tokens_total", "server.tokens.generated"),
        Rule("ollama_requests_total", "server.requests"),
        Rule("ollama_active_requests", "server.requests.running"),
        Rule("ollama_request_duration_seconds", "server.latency"),
        Rule("ollama_time_to_first_token_seconds", "server.ttft"),
        Rule("ollama_time_per_token_seconds", "server.time_per_output_token"),
        Rule("ollama_prompt_eval_seconds_total", "server.prefill.time", part="sum"),
        Rule("ollama_token_generation_seconds_total", "server.decode.time", part="sum"),
        Rule("ollama_loaded_models", "server.models.loaded"),
        Rule("ollama_model_ram_mb", "server.model.memory", MIB),
    ),
    labels={"model": "model"},
    provider="ollama",
)
