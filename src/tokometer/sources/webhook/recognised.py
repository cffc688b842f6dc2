"""Items of which nobody said what they mean: answers of providers in them, and names that everybody uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokometer.records import PARTS, RecordError
from tokometer.records.fields import FIELDS
from tokometer.records.values import milliseconds, moment, seconds
from tokometer.sources.noticed import Noticed
from tokometer.sources.otlp.counts import is_number
from tokometer.sources.otlp.tokens import SLOTS
from tokometer.sources.otlp.words import slot_of
from tokometer.sources.usage import usage_in, used
from tokometer.sources.webhook.items import Item
from tokometer.sources.webhook.mapped import from_answer, from_usage

#: Where a list of items may stand in a body.
_LISTS: Final = ("events", "records", "logs", "batch", "items", "results", "data", "requests", "calls", "entries")
#: Where an answer may stand in an item.
_ANSWERS: Final = (
    *(
        "response",
        "response_body",
        "responseBody",
        "body",
        "output",
        "completion",
        "result",
        "data",
        "payload",
        "answer",
    ),
    *("event", "message", "detail", "resource"),
)
_REQUESTS: Final = ("request", "request_body", "requestBody", "input", "prompt")
#: Names of ours that an item may say, and others' names for the same.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    **{
        field.name: (field.name, *field.aliases)
        for field in FIELDS["calls"]
        if field.name not in ("started_at", "ended_at", "latency_ms", "ttft_ms", "labels", "metadata", "tags", "source")
    },
}
_STARTS: Final = (
    "started_at",
    "start_time",
    "startTime",
    "timestamp",
    "created_at",
    "createdAt",
    "time",
    "created",
    "ts",
)
_ENDS: Final = ("ended_at", "end_time", "endTime", "completed_at", "completedAt", "finished_at")
_ANY_ERROR: Final = frozenset({"error", "failed", "failure"})
_LATENCY: Final = (
    *(("latency_ms", milliseconds), ("duration_ms", milliseconds), ("response_time_ms", milliseconds)),
    *(("latencyMs", milliseconds), ("durationMs", milliseconds), ("total_time_ms", milliseconds)),
    *(("latency_seconds", seconds), ("duration_seconds", seconds), ("duration_s", seconds), ("latency_s", seconds)),
)
_FIRST_TOKEN: Final = ("ttft_ms", "time_to_first_token_ms", "ttftMs", "timeToFirstTokenMs")


def items_of(given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The items of a body: those of a list that it holds, or itself."""
    if usage_in(given, within=False) is None:
        for key in _LISTS:
            held = given.get(key)
            if isinstance(held, list) and held and all(isinstance(one, Mapping) for one in held):
                return held
    return [given]


def recognised(item: Item, noticed: Noticed, position: int) -> dict[str, Any]:
    """An item as our own record format has it.

    Raises:
        RecordError: There is nothing in it that looks like a call, or something cannot be believed.
    """
    found = _said_by_an_answer(item, noticed, position)
    counted = any(name.endswith("_tokens") for name in found)
    for name, spelled in _NAMES.items():
        if counted and name.endswith("_tokens"):
            continue  # they say again what was read already
        value = item.take(*spelled)
        if value is None or isinstance(value, Mapping | list):
            continue
        if name == "status" and name in found and str(value).lower() in _ANY_ERROR:
            continue  # what the error is was said more exactly
        found[name] = value
    if item.take("success", "is_success", "isSuccess", "ok") is False:
        found.setdefault("status", "error")
    for name in ("labels", "metadata"):
        value = item.take(name)
        if isinstance(value, Mapping):
            found[name] = value
    tags = item.take("tags")
    if isinstance(tags, list):
        found["tags"] = tags
    _take_model_of_request(item, found)
    if "model" not in found and not any(name.endswith("_tokens") for name in found):
        raise RecordError("", "has nothing that looks like a call of a model; say in [[webhook]] what it means")
    _take_times(item, found)
    return found


def _said_by_an_answer(item: Item, noticed: Noticed, position: int) -> dict[str, Any]:
    whole = item.object
    if usage_in(whole, within=False) is not None:
        # The item is an answer itself: what else it holds is content.
        item.mark(*whole.keys() & _OF_ANSWERS)
        return from_answer(whole, "", noticed, position)
    for key in _ANSWERS:
        held = whole.get(key)
        if isinstance(held, Mapping):
            if usage_in(held) is not None or "error" in held:
                item.mark(key)
                return from_answer(held, key, noticed, position)
            inner = held.get("body")
            if isinstance(inner, Mapping) and usage_in(inner) is not None:
                item.mark(key)
                return from_answer(inner, f"{key}.body", noticed, position)
    found = {}
    if isinstance(whole.get("error"), Mapping):
        item.mark("error")
        found = from_answer({"error": whole["error"]}, "", noticed, position)
    for key, tokens in (("", _flat(whole)), *((key, whole.get(key)) for key in _COUNTED_IN)):
        if isinstance(tokens, Mapping) and tokens:
            item.mark(*([key] if key else tokens))
            return found | from_usage(used(tokens, key), noticed, position)
    return found


def _flat(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Counts that stand flat in an item under other names than our own format has, with all that are beside them."""
    counts = {key: value for key, value in whole.items() if key in _TOKENS or _is_count(key, value)}
    return {} if counts.keys() <= _OURS else counts


def _is_count(key: str, value: object) -> bool:
    return "oken" in key and key not in _NOT_USED and is_number(value) and slot_of(key) in SLOTS


#: What stands in providers' answers.
_OF_ANSWERS: Final = frozenset(
    {
        *("id", "object", "created", "created_at", "model", "choices", "usage", "system_fingerprint", "service_tier"),
        *("type", "role", "content", "stop_reason", "stop_sequence", "output", "status", "error", "candidates"),
        *("usageMetadata", "modelVersion", "responseId", "createTime", "message", "done", "done_reason", "data"),
        *(
            "prompt_eval_count",
            "eval_count",
            "total_duration",
            "load_duration",
            "prompt_eval_duration",
            "eval_duration",
        ),
        *("incomplete_details", "instructions", "tools", "tool_choice", "temperature", "top_p", "text", "reasoning"),
        *(
            "parallel_tool_calls",
            "previous_response_id",
            "truncation",
            "max_output_tokens",
            "store",
            "user",
            "provider",
        ),
        *("native_finish_reason", "container", "context_management", "response", "background", "metadata"),
    }
)
#: Our own names of counts, which stand beside one another; other names of ours mean what providers mean by them.
_OURS: Final = frozenset(
    {
        *("input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_tokens"),
        *("cache_creation_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "uncached_input_tokens"),
        *(f"{name}_tokens" for name in PARTS),
    }
)
#: A guess, or a setting.
_NOT_USED: Final = frozenset({"estimated_tokens"})
#: Where counts may stand by themselves that are no usage of a provider's.
_COUNTED_IN: Final = ("tokens", "token_usage", "tokenUsage", "token_count", "tokenCount")
#: Providers' own names of counts, where they stand flat in an item.
_TOKENS: Final = frozenset(
    {
        *("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "promptTokens", "completionTokens"),
        *("totalTokens", "inputTokens", "outputTokens", "prompt_tokens_details", "completion_tokens_details"),
        *("cache_read_input_tokens", "cache_creation_input_tokens", "promptTokenCount", "candidatesTokenCount"),
        *("thoughtsTokenCount", "totalTokenCount", "cachedContentTokenCount", "tokens_in", "tokens_out"),
        *("tokensIn", "tokensOut"),
    }
)


def _take_model_of_request(item: Item, found: dict[str, Any]) -> None:
    for key in _REQUESTS:
        held = item.object.get(key)
        if isinstance(held, Mapping):
            item.mark(key)
            body = held.get("body")
            asked = body if isinstance(body, Mapping) else held
            model = asked.get("model")
            if isinstance(model, str) and model:
                found.setdefault("model", model)


def _take_times(item: Item, found: dict[str, Any]) -> None:
    start, end = _moment(item, _STARTS), _moment(item, _ENDS)
    for key, convert in _LATENCY:
        value = item.take(key)
        if value is not None and "latency_ms" not in found:
            try:
                found["latency_ms"] = convert(value) / 1000
            except ValueError as error:
                raise RecordError(key, str(error)) from None
    first = item.take(*_FIRST_TOKEN)
    if first is not None:
        found["ttft_ms"] = first
    if start is not None:
        found["started_at"] = start
    if end is not None:
        found["ended_at"] = end


def _moment(item: Item, keys: tuple[str, ...]) -> int | None:
    for key in keys:
        value = item.take(key)
        if value is not None and not isinstance(value, Mapping | list | bool):
            try:
                return moment(value)
            except ValueError as error:
                raise RecordError(key, str(error)) from None
    return None
