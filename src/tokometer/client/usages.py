"""What the usage objects of SDKs say, in the fields of our own records. Unknown is left out."""

from __future__ import annotations

from typing import Any, Final

#: The SDKs' classes of errors → status.
_STATUS: Final = {
    "RateLimitError": "rate_limit",
    "AuthenticationError": "auth_error",
    "PermissionDeniedError": "auth_error",
    "BadRequestError": "invalid_request",
    "NotFoundError": "invalid_request",
    "ConflictError": "invalid_request",
    "UnprocessableEntityError": "invalid_request",
    "APITimeoutError": "timeout",
    "TimeoutError": "timeout",
    "CancelledError": "cancelled",
    "KeyboardInterrupt": "cancelled",
    "GeneratorExit": "cancelled",
}
_LONGEST: Final = 500


def value(thing: Any, *names: str) -> Any:  # noqa: ANN401 - objects and dictionaries alike
    """What stands under names inside each other; None where one of them is not there."""
    for name in names:
        thing = thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)
        if thing is None:
            return None
    return thing


def openai_usage(usage: Any) -> dict[str, Any]:  # noqa: ANN401
    """Of chat completions, responses and embeddings: the cache is in the prompt, reasoning in the answer."""
    if usage is None:
        return {}
    inside = "prompt_tokens_details", "input_tokens_details"
    outside = "completion_tokens_details", "output_tokens_details"
    found = {
        "prompt_tokens": _first(value(usage, "prompt_tokens"), value(usage, "input_tokens")),
        "cache_read_tokens": _first(*(value(usage, name, "cached_tokens") for name in inside)),
        "output_tokens": _first(value(usage, "completion_tokens"), value(usage, "output_tokens")),
        "reasoning_tokens": _first(*(value(usage, name, "reasoning_tokens") for name in outside)),
        "input_audio_tokens": _first(*(value(usage, name, "audio_tokens") for name in inside)) or None,
        "output_audio_tokens": _first(*(value(usage, name, "audio_tokens") for name in outside)) or None,
    }
    if found["prompt_tokens"] is not None and found["output_tokens"] is None:
        # Of embeddings nobody says it.
        found["output_tokens"] = 0
    return {name: count for name, count in found.items() if count is not None}


def anthropic_usage(usage: Any) -> dict[str, Any]:  # noqa: ANN401
    """Of messages: buckets are disjoint."""
    if usage is None:
        return {}
    five = value(usage, "cache_creation", "ephemeral_5m_input_tokens")
    hour = value(usage, "cache_creation", "ephemeral_1h_input_tokens")
    found = {
        "input_tokens": value(usage, "input_tokens"),
        "cache_read_tokens": value(usage, "cache_read_input_tokens"),
        "output_tokens": value(usage, "output_tokens"),
        "web_searches": value(usage, "server_tool_use", "web_search_requests") or None,
        "service_tier": value(usage, "service_tier"),
    }
    if five is None and hour is None:
        found["cache_write_5m_tokens"] = value(usage, "cache_creation_input_tokens")
    else:
        found |= {"cache_write_5m_tokens": five, "cache_write_1h_tokens": hour}
    return {name: count for name, count in found.items() if count is not None}


def failure(error: BaseException) -> dict[str, Any]:
    """What an exception says of a call that failed."""
    names = [kind.__name__ for kind in type(error).__mro__]
    status = next((_STATUS[name] for name in names if name in _STATUS), "server_error")
    found: dict[str, Any] = {"status": status, "error_message": f"{names[0]}: {error}"[:_LONGEST]}
    code = getattr(error, "status_code", None)
    if isinstance(code, int):
        found["http_status"] = code
    if request := getattr(error, "request_id", None):
        found["request_id"] = request
    return found


def _first(*values: Any) -> Any:  # noqa: ANN401
    return next((one for one in values if one is not None), None)
