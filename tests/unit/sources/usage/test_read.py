"""Usage objects of every provider end up in disjoint buckets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import RecordError
from tokometer.sources.otlp.buckets import Usage
from tokometer.sources.usage import used

#: Who, what he writes, and what that is in buckets, worked out by hand from the providers' documentation.
WRITTEN: list[tuple[str, dict[str, Any], Usage]] = [
    (
        "OpenAI chat",
        {
            "prompt_tokens": 1200,
            "completion_tokens": 300,
            "total_tokens": 1500,
            "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 128, "accepted_prediction_tokens": 3},
        },
        Usage(input=176, cache_read=1024, output=300, reasoning=128),
    ),
    (
        "OpenAI responses",
        {
            "input_tokens": 1200,
            "input_tokens_details": {"cached_tokens": 1000},
            "output_tokens": 50,
            "output_tokens_details": {"reasoning_tokens": 20},
            "total_tokens": 1250,
        },
        Usage(input=200, cache_read=1000, output=50, reasoning=20),
    ),
    (
        "Anthropic",
        {
            "input_tokens": 30,
            "cache_creation_input_tokens": 10,
            "cache_read_input_tokens": 600,
            "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6},
            "output_tokens": 20,
        },
        Usage(input=30, cache_read=600, cache_write_5m=4, cache_write_1h=6, cache_write_unknown=0, output=20),
    ),
    (
        "Anthropic with a cache smaller than the input",
        {"input_tokens": 5000, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 600, "output_tokens": 20},
        Usage(input=5000, cache_read=600, cache_write_unknown=0, output=20),
    ),
    (
        "Gemini",
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 40,
            "candidatesTokenCount": 20,
            "thoughtsTokenCount": 7,
            "toolUsePromptTokenCount": 5,
            "totalTokenCount": 132,
        },
        Usage(input=65, cache_read=40, output=27, reasoning=7),
    ),
    ("Ollama", {"prompt_eval_count": 26, "eval_count": 298, "eval_duration": 4_709_213_000}, Usage(26, output=298)),
    (
        "LiteLLM over Anthropic",
        {
            "prompt_tokens": 640,
            "completion_tokens": 20,
            "total_tokens": 660,
            "prompt_tokens_details": {"cached_tokens": 600, "cache_creation_tokens": 10, "text_tokens": 30},
            "cache_creation_input_tokens": 10,
            "cache_read_input_tokens": 600,
        },
        Usage(input=30, cache_read=600, cache_write_unknown=10, output=20),
    ),
    (
        "OpenRouter",
        {
            "prompt_tokens": 194,
            "prompt_tokens_details": {"cached_tokens": 90, "cache_write_tokens": 100, "audio_tokens": 0},
            "completion_tokens": 2,
            "total_tokens": 196,
            "cost": Decimal("0.00014"),
            "cost_details": {"upstream_inference_cost": 19},
            "is_byok": False,
        },
        Usage(input=4, cache_read=90, cache_write_unknown=100, output=2),
    ),
    (
        "Bedrock",
        {"inputTokens": 30, "outputTokens": 20, "totalTokens": 660, "cacheReadInputTokens": 610},
        Usage(input=30, cache_read=610, output=20),
    ),
    ("Langfuse up to 2", {"promptTokens": 5, "completionTokens": 7, "totalTokens": 12}, Usage(5, output=7)),
    ("Langfuse", {"input": 5, "output": 7, "total": 12, "unit": "TOKENS"}, Usage(5, output=7)),
    ("a total alone", {"total_tokens": 12}, Usage(unsplit=12)),
    ("nothing", {}, Usage()),
]


@pytest.mark.parametrize(("written", "usage"), [pytest.param(w, u, id=who) for who, w, u in WRITTEN])
def test_buckets(written: dict[str, Any], usage: Usage) -> None:
    """What each provider writes is read as that provider means it, and nothing of it goes unread."""
    said = used(written)
    assert said.usage == usage
    assert said.unread == ()


def test_langfuse_details_count_beside_one_another() -> None:
    """Keys that are disjoint by agreement are added up, not taken out of one another."""
    given = {"input": 10, "input_cached_tokens": 90, "output": 5, "output_reasoning_tokens": 7}
    said = used(given, disjoint=True)
    assert said.usage == Usage(input=10, cache_read=90, output=12, reasoning=7)


def test_cost_tier_and_searches() -> None:
    """Cost, tier, region and searches of the web stand beside the tokens."""
    said = used(
        {
            "input_tokens": 1,
            "output_tokens": 2,
            "cost": Decimal("0.00014"),
            "service_tier": "priority",
            "inference_geo": "us",
            "server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 1},
        }
    )
    assert (said.cost, said.service_tier, said.region, said.quantities) == (
        140_000,
        "priority",
        "us",
        {"web_searches": 3_000},
    )
    assert used({"input_tokens": 1, "speed": "fast"}).service_tier == "fast"
    assert used({"input": 1, "inputCost": Decimal("0.1"), "outputCost": Decimal("0.2")}).cost == 300_000_000
    assert said.unread == ()


def test_unknown_keys_are_told() -> None:
    """A number that no rule reads is named with the place where it stands."""
    assert used({"input_tokens": 1, "holographic_tokens": 5}, "response.usage").unread == (
        "response.usage.holographic_tokens",
    )
    assert used({"input_tokens": 1, "iterations": [{"type": "advisor_message"}]}).unread == ("usage.iterations",)


def test_samplings() -> None:
    """What summing up a conversation took is added to the answer, unless the top holds it; others are told."""
    own = {"type": "message", "input_tokens": 100, "output_tokens": 20, "cache_read_input_tokens": 7}
    summary = {"type": "compaction", "input_tokens": 5_000, "output_tokens": 300, "cache_creation_input_tokens": 9}
    top = {"input_tokens": 100, "output_tokens": 20, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 0}
    assert used(top | {"iterations": [own]}).usage == used(top).usage
    both = used(top | {"iterations": [summary, own]})
    assert (both.usage.input, both.usage.output, both.usage.cache_read, both.usage.cache_write_unknown) == (
        5_100,
        320,
        7,
        9,
    )
    assert both.unread == ()
    held = top | {"input_tokens": 5_100, "output_tokens": 320, "cache_creation_input_tokens": 9}
    assert used(held | {"iterations": [summary, own]}).usage == both.usage
    odd = used(top | {"iterations": [summary, own | {"output_tokens": 1}]})
    assert (odd.usage, odd.unread) == (used(top).usage, ("usage.iterations",))


@pytest.mark.parametrize("wrong", [-1, "many", 1.5, 2**60])
def test_what_cannot_be_is_refused(wrong: object) -> None:
    """A count that cannot be believed is refused by its name."""
    with pytest.raises(RecordError) as caught:
        used({"prompt_tokens": wrong}, "usage")
    assert caught.value.field == "usage.prompt_tokens"


@given(
    st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)
)
def test_one_answer_in_two_dialects(fresh: int, read: int, written: int, output: int, thoughts: int) -> None:
    """The same use is the same buckets, whether the prompt is told with its cache or beside it."""
    beside = {
        "input_tokens": fresh,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": output + thoughts,
    }
    inside = {
        "prompt_tokens": fresh + read + written,
        "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
        "completion_tokens": output + thoughts,
        "completion_tokens_details": {"reasoning_tokens": thoughts},
        "total_tokens": fresh + read + written + output + thoughts,
    }
    one, other = used(beside).usage, used(inside).usage
    assert (one.input, one.cache_read, one.cache_write_unknown, one.output) == (
        other.input,
        other.cache_read,
        other.cache_write_unknown,
        other.output,
    )
    assert one.total == fresh + read + written + output + thoughts
