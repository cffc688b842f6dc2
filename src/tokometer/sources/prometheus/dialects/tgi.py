"""Hugging Face's Text Generation Inference. It names no model: a target's option `model` does."""

from __future__ import annotations

from typing import Final

from tokometer.sources.prometheus.dialects.dialect import Dialect, Rule

DIALECT: Final = Dialect(
    "tgi",
    "Text Generation Inference",
    (
        Rule("tgi_request_input_length_sum", "server.tokens.prompt"),
        Rule("tgi_request_generated_tokens_sum", "server.tokens.generated"),
        Rule("tgi_request_success", "server.requests"),
        Rule("tgi_request_failure", "server.requests.failed"),
        Rule("tgi_queue_size", "server.queue.waiting"),
        Rule("tgi_batch_current_size", "server.requests.running"),
        Rule("tgi_request_duration", "server.latency"),
        Rule("tgi_request_queue_duration", "server.queue.time"),
        Rule("tgi_request_inference_duration", "server.inference.time"),
        Rule("tgi_request_mean_time_per_token_duration", "server.time_per_output_token"),
        Rule("tgi_request_input_length", "server.request.prompt_tokens"),
        Rule("tgi_request_generated_tokens", "server.request.generated_tokens"),
        # A batch's time, not a request's; prefill and decode are told apart by its method.
        Rule("tgi_batch_inference_duration", "server.prefill.time", where={"method": "prefill"}),
        Rule("tgi_batch_inference_duration", "server.decode.time", where={"method": "decode"}),
    ),
    labels={"model": "model", "model_id": "model"},
    provider="tgi",
    passed=("tgi_",),
)
