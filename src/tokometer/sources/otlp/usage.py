"""Tokens and money of a span, in our disjoint buckets.

The conventions changed what `input_tokens` holds: since 1.37 it includes what was read from and written to the cache;
instrumentations of Anthropic and Bedrock before that often pass on the provider's number, which does not. A span tells
which by its own numbers where they can only be read one way, else by what its instrumentation is known to do, else it
is read as the conventions say today.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from tokometer.records import RecordError
from tokometer.records.values import money, whole


class Usage(NamedTuple):
    """Disjoint buckets, in the order of :class:`tokometer.records.ModelCall`'s fields; None is unknown."""

    input: int | None
    cache_read: int | None
    cache_write_5m: int | None
    cache_write_1h: int | None
    cache_write_unknown: int | None
    output: int | None
    reasoning: int | None

    @property
    def total(self) -> int | None:
        """All tokens, None where none are known."""
        known = [count for count in self[:6] if count is not None]
        return sum(known) if known else None


_NONE: Final = Usage(None, None, None, None, None, None, None)
_JSON: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)

#: Langfuse's own keys for what its usage details call by many names.
_LANGFUSE_KEYS: Final = {
    "input": "input",
    "prompt_tokens": "input",
    "input_tokens": "input",
    "input_cached_tokens": "cache_read",
    "cache_read_input_tokens": "cache_read",
    "input_cache_read": "cache_read",
    "cache_creation_input_tokens": "cache_write",
    "input_cache_creation": "cache_write",
    "input_cache_creation_5m": "cache_write_5m",
    "input_cache_creation_1h": "cache_write_1h",
    "output": "output",
    "completion_tokens": "output",
    "output_tokens": "output",
    "output_reasoning_tokens": "reasoning",
    "output_reasoning": "reasoning",
}


def usage_of(found: dict[str, Any], *, exclusive: bool = False) -> Usage:
    """What a span says was used. `exclusive`: its instrumentation is known to leave the cache out of the input.

    Raises:
        RecordError: Langfuse's usage details are not what they should be.
    """
    if "langfuse_usage" in found:
        return _langfuse(found["langfuse_usage"])
    if "cache_write_5m" in found or "cache_write_1h" in found:
        short, long = found.get("cache_write_5m", 0), found.get("cache_write_1h", 0)
        rest = max(0, found.get("cache_write", 0) - short - long)
    else:
        short, long, rest = None, None, found.get("cache_write")
    cached = found.get("cache_read", 0) + (short or 0) + (long or 0) + (rest or 0)
    prompt = found.get("input")
    output = found.get("output")
    if prompt is not None and cached and not (exclusive or _excludes(prompt, cached, output, found.get("total"))):
        prompt -= cached
    reasoning = found.get("reasoning")
    if reasoning is not None and reasoning > (output or 0):
        # Gemini counts thoughts beside the answer; as a part of it they could not be more.
        output = (output or 0) + reasoning
    return Usage(prompt, found.get("cache_read"), short, long, rest, output, reasoning)


def _excludes(prompt: int, cached: int, output: int | None, total: int | None) -> bool:
    """Whether the numbers say that the cache is not part of the input."""
    if cached > prompt:
        return True
    return total is not None and output is not None and total == prompt + cached + output


def _langfuse(details: str) -> Usage:
    """`langfuse.observation.usage_details`: JSON, its keys disjoint by agreement."""
    counts: dict[str, int] = {}
    for key, value in _object("langfuse.observation.usage_details", details).items():
        bucket = _LANGFUSE_KEYS.get(key)
        if bucket is None or value is None:
            continue
        try:
            counts[bucket] = counts.get(bucket, 0) + whole(value)
        except ValueError as error:
            raise RecordError(f"langfuse.observation.usage_details.{key}", str(error)) from None
    if not counts:
        return _NONE
    reasoning = counts.get("reasoning")
    output = counts.get("output")
    if reasoning is not None:
        output = (output or 0) + reasoning
    return Usage(
        counts.get("input"),
        counts.get("cache_read"),
        counts.get("cache_write_5m"),
        counts.get("cache_write_1h"),
        counts.get("cache_write"),
        output,
        reasoning,
    )


def cost_of(found: dict[str, Any]) -> int | None:
    """What a span says it cost, in nano-USD."""
    cost: int | None = found.get("cost")
    if "langfuse_cost" in found:
        details = _object("langfuse.observation.cost_details", found["langfuse_cost"])
        parts = [details["total"]] if details.get("total") is not None else [v for v in details.values() if v]
        try:
            return sum(money(part) for part in parts) if parts else cost
        except ValueError as error:
            raise RecordError("langfuse.observation.cost_details", str(error)) from None
    return cost


def _object(name: str, encoded: str) -> dict[str, Any]:
    try:
        return _JSON.decode(encoded)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise RecordError(name, "is not a JSON object") from None
