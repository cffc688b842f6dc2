"""Whose usage object it is, told by its keys, and what that says of what is inside what.

OpenAI, Gemini, OpenRouter and LiteLLM count what was read from and written to the cache in the prompt; Anthropic and
Bedrock beside it; Gemini has thoughts and the prompt of tools beside what they belong to. Langfuse's `usageDetails` are
disjoint by agreement, which only who reads them can know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

#: Reads and writes of the cache stand beside the input.
_CACHE: Final = frozenset({"cache_read", "cache_write"})
_ANTHROPIC: Final = frozenset({"cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation"})
_BEDROCK: Final = frozenset({"cacheReadInputTokens", "cacheWriteInputTokens"})
_TOTALS: Final = ("total_tokens", "totalTokens")
#: Ollama's counts, and whoever passes them on as they are.
_OLLAMA: Final[dict[str, str]] = {"prompt_eval_count": "prompt_tokens", "eval_count": "completion_tokens"}
#: Keys that mean nothing to a meter, or say again what another says.
NOTHING: Final = frozenset(
    {
        # Ollama and Open WebUI: speeds and durations, which the call has anyway.
        *("total_duration", "load_duration", "prompt_eval_duration", "eval_duration", "approximate_total"),
        *("response_token/s", "prompt_token/s", "queue_time", "prompt_time", "completion_time", "total_time"),
        # Langfuse's parts of a cost that stands there as a whole; they are added up where it does not.
        *("inputCost", "outputCost", "input_cost", "output_cost"),
        # LiteLLM says these twice.
        *("num_search_queries", "citation_tokens"),
    }
)
#: The same inside of something.
NOTHING_INSIDE: Final = frozenset(
    {
        "prompt_tokens_details.web_search_requests",
        "prompt_tokens_details.character_count",
        "prompt_tokens_details.image_count",
        "prompt_tokens_details.video_length_seconds",
        "prompt_tokens_details.audio_length_seconds",
        # Documents in a prompt are text, and priced like it.
        "prompt_tokens_details.file_tokens",
        "server_tool_use.web_fetch_requests",
        "server_tool_use.tool_search_requests",
    }
)


class Dialect(NamedTuple):
    """How a usage object is to be read."""

    #: Groups of counts (see `sources.otlp.buckets`) that stand beside what they may be a part of.
    beside: frozenset[str] = frozenset()
    #: Of these, those of which a total proves nothing.
    sure: frozenset[str] = frozenset()


def dialect_of(given: Mapping[str, Any]) -> Dialect:
    """The dialect of a usage object."""
    keys = given.keys()
    if "input_tokens" in keys and "prompt_tokens" not in keys and not keys.isdisjoint(_ANTHROPIC):
        # Who adds a total to Anthropic's own object adds up either way: then the total tells.
        return Dialect(_CACHE, frozenset() if any(given.get(total) for total in _TOTALS) else _CACHE)
    if "inputTokens" in keys and not keys.isdisjoint(_BEDROCK):
        return Dialect(_CACHE)
    return Dialect()


def plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """A usage object without what means nothing to a meter, and with the names that everybody else uses."""
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key in _OLLAMA:
            found.setdefault(_OLLAMA[key], value)
        elif key not in NOTHING and not isinstance(value, bool):
            found[key] = _inside(key, value) if isinstance(value, dict) else value
    for key, name in _OLLAMA.items():
        # Who has both has the same under both, but for a total of several requests.
        if given.get(name) is not None and key in given:
            found[name] = given[name]
    return found


def _inside(key: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if f"{key}.{name}" not in NOTHING_INSIDE}


#: Where an answer has its usage, the first that is an object.
_PLACES: Final = ("usage", "usageMetadata", "usage_metadata", "usage_object")


def usage_in(answer: Mapping[str, Any], *, within: bool = True) -> Mapping[str, Any] | None:
    """The usage object of an answer of OpenAI, Anthropic, Gemini, Bedrock, Cohere or Ollama; None where it has none.

    `within`: also where it stands in an object of the answer, as in events of streams.
    """
    for place in _PLACES:
        if isinstance(answer.get(place), dict):
            found: Mapping[str, Any] = answer[place]
            return found
    for holder in ("response", "message", "meta") if within else ():
        inner = answer.get(holder)
        if isinstance(inner, dict):
            for place in (*_PLACES, "tokens", "billed_units"):
                if isinstance(inner.get(place), dict):
                    return inner[place]  # type: ignore[no-any-return]
    if not answer.keys().isdisjoint(_OLLAMA):
        return {key: answer[key] for key in _OLLAMA if key in answer}
    return None
