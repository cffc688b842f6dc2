"""A generation as OpenRouter tells of it when it is looked up, and Vercel's AI Gateway after it: one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tokometer.records import ModelCall, Status
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.usage import put, told_again, used

#: Our counts ← the names of the first that is there: those that the model's own tokenizer counted are billed.
_COUNTS: Final[dict[str, tuple[str, ...]]] = {
    "prompt_tokens": ("native_tokens_prompt", "promptTokens", "tokens_prompt"),
    "completion_tokens": ("native_tokens_completion", "completionTokens", "tokens_completion"),
    "prompt_tokens_details.cached_tokens": ("native_tokens_cached", "cachedTokens", "tokens_cached"),
    "prompt_tokens_details.cache_write_tokens": ("native_tokens_cache_creation", "cacheCreationTokens"),
    "completion_tokens_details.reasoning_tokens": ("native_tokens_reasoning", "reasoningTokens", "tokens_reasoning"),
    "completion_tokens_details.image_tokens": ("native_tokens_completion_images",),
    "web_search_requests": ("billable_web_search_calls", "billableWebSearchCalls"),
}
KNOWN: Final = frozenset(
    {
        *(name for names in _COUNTS.values() for name in names),
        *(
            "id",
            "generation_id",
            "model",
            "model_permaslug",
            "provider_name",
            "providerName",
            "created_at",
            "createdAt",
        ),
        *("total_cost", "totalCost", "cost_total", "usage", "upstream_inference_cost", "upstreamInferenceCost"),
        *("byok_usage_inference", "is_byok", "isByok", "latency", "generation_time", "generationTime"),
        *("generation_time_ms", "time_to_first_token_ms", "streamed", "cancelled", "finish_reason", "finishReason"),
        *(
            "finish_reason_normalized",
            "finish_reason_raw",
            "native_finish_reason",
            "session_id",
            "service_tier",
            "user",
        ),
        *(
            "external_user",
            "app_name",
            "api_key_name",
            "api_key_disabled",
            "variant",
            "origin",
            "app_id",
            "upstream_id",
        ),
        # parts of the cost, and what a meter has no use for
        *("cost_web_search", "cost_cache", "cost_file_processing", "cache_discount", "moderation_latency", "api_type"),
        *("num_media_prompt", "num_media_completion", "num_input_audio_prompt", "num_search_results", "num_fetches"),
        *("provider_responses", "router", "request_id", "http_referer", "user_agent", "web_search_engine"),
        *("native_tokens_prompt_text", "workspace_id", "preset_id", "data_region", "is_free"),
    }
)
_ERROR: Final = ("error", "failed")


class Times(NamedTuple):
    """How long a generation took, and its first token, in microseconds."""

    latency: int | None
    ttft: int | None


def call_of(
    told: Told, source: str, provider: str, noticed: Noticed, position: int | None = None, **labels: str
) -> ModelCall:
    """The call that a generation is. `labels` stand beside those that it says itself.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    for name in told.beside(KNOWN):
        if told.raw(name) not in ("", [], {}):
            noticed.add("field", name, position)
    name = told.needed(told.text("generation_id", "id"), "id")
    times = times_of(told)
    facts = {
        "upstream": told.text("provider_name", "providerName"),
        "byok": "true" if told.yes("is_byok", "isByok") or told.money("byok_usage_inference") else "",
        "variant": "" if told.text("variant") == "standard" else told.text("variant"),
        "app": told.text("app_name"),
        "key_name": told.text("api_key_name"),
        **labels,
    }
    call = ModelCall(
        source=source,
        native_id=name,
        started_at=told.needed(told.moment_utc("created_at", "createdAt"), "created_at"),
        response_id=name,
        request_id=told.text("request_id"),
        provider=provider,
        model=told.text("model", "model_permaslug"),
        status=_status(told),
        stop_reason=told.text("finish_reason", "finishReason", "finish_reason_normalized", "native_finish_reason"),
        latency_us=times.latency,
        ttft_us=times.ttft,
        session_id=told.text("session_id"),
        user=told.text("external_user", "user"),
        service_tier=told.text("service_tier"),
        labels={key: value for key, value in facts.items() if value} or None,
    )
    call.cost_reported = cost_of(told)
    put(call, used(_usage(told), told.path.removesuffix(".")), noticed, position)
    told_again(call, exact="native_tokens_prompt" in told or "promptTokens" in told)
    return call


def times_of(told: Told) -> Times:
    """How long it took. What is called `latency` is the time to the first token where the generation took longer."""
    first = told.milliseconds("time_to_first_token_ms", "latency")
    whole = told.milliseconds("generation_time_ms", "generation_time", "generationTime")
    if first is None or whole is None:
        return Times(whole if whole is not None else first, None)
    return Times(max(first, whole), first if first < whole and "streamed" in told and told.yes("streamed") else None)


def cost_of(told: Told) -> int | None:
    """What it cost, in nano-USD: with one's own key at the provider, what that takes as well."""
    cost = told.money("total_cost", "totalCost", "cost_total", "usage")
    if told.yes("is_byok", "isByok"):
        upstream = told.money("upstream_inference_cost", "upstreamInferenceCost")
    else:
        # In an activity export it stands only where the key was one's own.
        upstream = told.money("byok_usage_inference")
    return cost if not upstream else (cost or 0) + upstream


def _status(told: Told) -> Status:
    if told.yes("cancelled"):
        return "cancelled"
    stop = told.text("finish_reason", "finishReason", "finish_reason_normalized").lower()
    return "server_error" if stop in _ERROR else "ok"


def _usage(told: Told) -> Mapping[str, Any]:
    usage: dict[str, Any] = {}
    for name, given in _COUNTS.items():
        value = told.raw(*given)
        if value not in (None, ""):
            outer, _, inner = name.partition(".")
            if inner:
                usage.setdefault(outer, {})[inner] = value
            else:
                usage[outer] = value
    return usage
