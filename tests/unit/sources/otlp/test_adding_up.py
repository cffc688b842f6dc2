"""What is inside what: right values of every combination, with a total and without."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generators.otlp_spans import protobuf, span
from tokometer.records import ModelCall
from tokometer.sources.otlp import decode_traces

IN, OUT, TOTAL = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.total_tokens"
READ, WRITE = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_creation.input_tokens"
THOUGHTS = "gen_ai.usage.reasoning.output_tokens"
TOOLS = "gen_ai.usage.tool_use_prompt_tokens"
AUDIO_IN, AUDIO_OUT = "gen_ai.usage.audio.input_tokens", "gen_ai.usage.audio.output_tokens"
AT_ODDS = "counts that do not add up"
GEMINI = {"gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "gemini-2.5-pro"}
VERCEL = {"ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m"}

#: name → (attributes, (input, cache read, cache written, output, reasoning, unsplit), names of notices)
CASES: dict[str, tuple[dict[str, Any], tuple[int | None, ...], list[str]]] = {
    "no total, cache inside": ({IN: 100, READ: 60, WRITE: 10, OUT: 5}, (30, 60, 10, 5, None, None), []),
    "no total, cache larger than the input": ({IN: 10, READ: 60, OUT: 5}, (10, 60, 0, 5, None, None), []),
    "no total, reads and writes together larger": ({IN: 65, READ: 60, WRITE: 10}, (65, 60, 10, None, None, None), []),
    "no total, writes alone inside": ({IN: 100, WRITE: 40, OUT: 5}, (60, None, 40, 5, None, None), []),
    "no total, writes alone larger": ({IN: 100, WRITE: 140, OUT: 5}, (100, None, 140, 5, None, None), []),
    "no total, thoughts inside": ({**GEMINI, IN: 1, OUT: 90, THOUGHTS: 70}, (1, None, 0, 90, 70, None), []),
    "no total, thoughts larger": ({IN: 1, OUT: 5, THOUGHTS: 70}, (1, None, 0, 75, 70, None), []),
    "thoughts alone": ({IN: 1, THOUGHTS: 70}, (1, None, 0, 70, 70, None), []),
    "total, both inside": (
        {IN: 100, READ: 60, OUT: 90, THOUGHTS: 70, TOTAL: 190},
        (40, 60, 0, 90, 70, None),
        [],
    ),
    "total, cache beside": ({IN: 100, READ: 60, OUT: 90, THOUGHTS: 70, TOTAL: 250}, (100, 60, 0, 90, 70, None), []),
    "total, thoughts beside": (
        {IN: 100, READ: 60, OUT: 90, THOUGHTS: 70, TOTAL: 260},
        (40, 60, 0, 160, 70, None),
        [],
    ),
    "total, both beside": ({IN: 100, READ: 60, OUT: 90, THOUGHTS: 70, TOTAL: 320}, (100, 60, 0, 160, 70, None), []),
    "total, writes beside and reads inside": (
        {IN: 100, READ: 60, WRITE: 7, OUT: 90, TOTAL: 197},
        (40, 60, 7, 90, None, None),
        [],
    ),
    "total, writes alone beside": ({IN: 100, WRITE: 40, OUT: 5, TOTAL: 145}, (100, None, 40, 5, None, None), []),
    "as many thoughts as cache, of Gemini": (
        {**GEMINI, IN: 100, READ: 60, OUT: 90, THOUGHTS: 60, TOTAL: 250},
        (40, 60, 0, 150, 60, None),
        [],
    ),
    "as many thoughts as cache, of another": (
        {IN: 100, READ: 60, OUT: 90, THOUGHTS: 60, TOTAL: 250},
        (100, 60, 0, 90, 60, None),
        [],
    ),
    "prompt of tools, no total": ({**GEMINI, IN: 100, TOOLS: 30, OUT: 5}, (130, None, 0, 5, None, None), []),
    "prompt of tools beside": ({**GEMINI, IN: 100, TOOLS: 30, OUT: 5, TOTAL: 135}, (130, None, 0, 5, None, None), []),
    "prompt of tools inside": ({**GEMINI, IN: 100, TOOLS: 30, OUT: 5, TOTAL: 105}, (100, None, 0, 5, None, None), []),
    "audio beside, told by the total": (
        {IN: 200, AUDIO_IN: 3000, OUT: 100, AUDIO_OUT: 900, TOTAL: 4200},
        (3200, None, 0, 1000, None, None),
        [],
    ),
    "audio inside": ({IN: 200, AUDIO_IN: 30, OUT: 100, AUDIO_OUT: 90, TOTAL: 300}, (200, None, 0, 100, None, None), []),
    "total alone": ({TOTAL: 5000}, (None, None, 0, None, None, 5000), []),
    "total beside zeros": ({IN: 0, OUT: 0, TOTAL: 5000}, (0, None, 0, 0, None, 5000), []),
    "total of zero is none": ({IN: 5, OUT: 1, TOTAL: 0}, (5, None, 0, 1, None, None), []),
    "output not told": ({IN: 100, TOTAL: 150}, (100, None, 0, 50, None, None), []),
    "output not told, nor any": ({IN: 100, TOTAL: 100}, (100, None, 0, None, None, None), []),
    "input not told": ({OUT: 100, TOTAL: 150}, (50, None, 0, 100, None, None), []),
    "thoughts that nobody told": ({**GEMINI, IN: 100, OUT: 90, TOTAL: 260}, (100, None, 0, 90, None, 70), [AT_ODDS]),
    "total too small": ({IN: 100, OUT: 90, TOTAL: 150}, (100, None, 0, 90, None, None), [AT_ODDS]),
    "total that leaves the cache out": ({IN: 10, READ: 60, OUT: 5, TOTAL: 15}, (10, 60, 0, 5, None, None), []),
    "ADK of old: thoughts beside": (
        {**GEMINI, IN: 100, OUT: 90, "gen_ai.usage.experimental.reasoning_tokens": 70},
        (100, None, 0, 160, 70, None),
        [],
    ),
    "Vercel 5 over Anthropic": (
        {
            **VERCEL,
            "ai.model.provider": "anthropic.messages",
            "ai.usage.inputTokens": 9000,
            "ai.usage.cachedInputTokens": 4000,
            "ai.usage.outputTokens": 500,
            "ai.usage.totalTokens": 9500,
            "ai.response.providerMetadata": '{"anthropic": {"cacheCreationInputTokens": 300}}',
        },
        (9000, 4000, 300, 500, None, None),
        [],
    ),
    "Vercel 4 over Anthropic": (
        {
            **VERCEL,
            "ai.model.provider": "anthropic.messages",
            "ai.usage.promptTokens": 9000,
            "ai.usage.completionTokens": 500,
            "ai.response.providerMetadata": json.dumps(
                {"anthropic": {"cacheCreationInputTokens": 300, "cacheReadInputTokens": 400}}
            ),
        },
        (9000, 400, 300, 500, None, None),
        [],
    ),
    "Vercel 5 over Anthropic, with the provider's own usage": (
        {
            **VERCEL,
            "ai.model.provider": "anthropic.messages",
            "ai.usage.inputTokens": 4,
            "ai.usage.outputTokens": 104,
            "ai.usage.totalTokens": 108,
            "ai.usage.cachedInputTokens": 0,
            "ai.response.providerMetadata": json.dumps(
                {"anthropic": {"usage": {"input_tokens": 4, "output_tokens": 1, "cache_creation_input_tokens": 2183}}}
            ),
        },
        (4, 0, 2183, 104, None, None),
        [],
    ),
    "OpenLIT over Anthropic": (
        {"gen_ai.system": "anthropic", IN: 9000, OUT: 500, "gen_ai.client.token.usage": 9500, READ: 4000, WRITE: 0},
        (9000, 4000, 0, 500, None, None),
        [],
    ),
    "OpenLIT over OpenAI": (
        {"gen_ai.system": "openai", IN: 9000, OUT: 500, "gen_ai.client.token.usage": 9500, READ: 4000},
        (5000, 4000, 0, 500, None, None),
        [],
    ),
    "Vercel 5 over Bedrock": (
        {
            **VERCEL,
            "ai.model.provider": "amazon-bedrock",
            "ai.usage.inputTokens": 9000,
            "ai.usage.cachedInputTokens": 4000,
            "ai.usage.outputTokens": 500,
        },
        (9000, 4000, 0, 500, None, None),
        [],
    ),
    "Vercel 5 over OpenAI": (
        {
            **VERCEL,
            "ai.model.provider": "openai.responses",
            "ai.usage.inputTokens": 9000,
            "ai.usage.cachedInputTokens": 4000,
            "ai.usage.outputTokens": 500,
            "ai.usage.totalTokens": 9500,
        },
        (5000, 4000, 0, 500, None, None),
        [],
    ),
    "Vercel 6, with what was read alone": (
        {
            **VERCEL,
            "ai.model.provider": "anthropic.messages",
            "ai.usage.inputTokens": 9000,
            "ai.usage.inputTokenDetails.cacheReadTokens": 4000,
            "ai.usage.outputTokens": 500,
            "ai.response.providerMetadata": '{"anthropic": {"usage": {"cache_read_input_tokens": 4000}}}',
        },
        (5000, 4000, 0, 500, None, None),
        [],
    ),
    "Vercel 6, with what was written alone": (
        {
            **VERCEL,
            "ai.model.provider": "anthropic.messages",
            "ai.usage.inputTokens": 9000,
            "ai.usage.inputTokenDetails.cacheWriteTokens": 4000,
            "ai.usage.outputTokens": 500,
        },
        (5000, None, 4000, 500, None, None),
        [],
    ),
    "Vercel 6, an input without the cache": (
        {
            **VERCEL,
            "ai.usage.inputTokens": 5,
            "ai.usage.inputTokenDetails.noCacheTokens": 5,
            "ai.usage.inputTokenDetails.cacheReadTokens": 3,
            "ai.usage.outputTokens": 1,
        },
        (5, 3, 0, 1, None, None),
        [],
    ),
    "text tells that thoughts are beside": (
        {
            **VERCEL,
            "ai.usage.inputTokens": 5,
            "ai.usage.outputTokens": 900,
            "ai.usage.outputTokenDetails.textTokens": 900,
            "ai.usage.outputTokenDetails.reasoningTokens": 700,
        },
        (5, None, 0, 1600, 700, None),
        [],
    ),
}

#: The same inside Langfuse's usage_details.
LANGFUSE: dict[str, tuple[dict[str, Any], tuple[int | None, ...], list[str]]] = {
    "total alone": ({"total": 5000}, (None, None, 0, None, None, 5000), []),
    "disjoint by agreement": (
        {"input": 10, "input_cached_tokens": 90, "output": 4, "output_reasoning_tokens": 6},
        (10, 90, 0, 10, 6, None),
        [],
    ),
    "the total says that it is not so": (
        {"input": 100, "input_cached_tokens": 90, "output": 10, "output_reasoning_tokens": 6, "total": 110},
        (10, 90, 0, 10, 6, None),
        [],
    ),
    "text beside zeros": (
        {"input": 0, "input_text": 2089, "output": 0, "output_text": 513, "output_reasoning": 700},
        (2089, None, 0, 1213, 700, None),
        [],
    ),
    "text inside sums": (
        {"input": 2089, "input_text": 2089, "output": 1213, "output_text": 513, "output_reasoning": 700},
        (2089, None, 0, 1213, 700, None),
        [],
    ),
    "text and cache inside a sum": (
        {"input": 15000, "input_text": 3000, "input_cached_tokens": 12000, "output": 5},
        (3000, 12000, 0, 5, None, None),
        [],
    ),
    "one cache under two names": (
        {"input": 3, "cache_read_input_tokens": 12, "input_cached_tokens": 12, "output": 5},
        (3, 12, 0, 5, None, None),
        [],
    ),
    "Anthropic's with lifetimes": (
        {
            "input_tokens": 7,
            "cache_creation_input_tokens": 2089,
            "cache_read_input_tokens": 16399,
            "cache_creation": {"ephemeral_5m_input_tokens": 2000, "ephemeral_1h_input_tokens": 89},
            "output_tokens": 445,
        },
        (7, 16399, 2089, 445, None, None),
        [],
    ),
    "Langfuse's own lifetimes are beside the rest": (
        {"input": 7, "input_cache_creation": 20, "input_cache_creation_5m": 30, "output": 1},
        (7, None, 50, 1, None, None),
        [],
    ),
    "LangChain's lifetimes, flat": (
        {
            "input": 7,
            "input_cache_read": 50,
            "input_cache_creation": 0,
            "input_ephemeral_5m_input_tokens": 20,
            "input_ephemeral_1h_input_tokens": 10,
            "output": 1,
        },
        (7, 50, 30, 1, None, None),
        [],
    ),
    "LangChain's lifetimes, nested": (
        {
            "input_tokens": 87,
            "input_token_details": {"cache_read": 50, "cache_creation": 0, "ephemeral_5m_input_tokens": 30},
            "output_tokens": 1,
            "total_tokens": 88,
        },
        (7, 50, 30, 1, None, None),
        [],
    ),
    "lifetimes whose sum is told as well": (
        {
            "input": 7,
            "input_cache_creation": 50,
            "input_cache_creation_5m": 30,
            "input_cache_creation_1h": 20,
            "output": 1,
        },
        (7, None, 50, 1, None, None),
        [],
    ),
    "LiteLLM, inclusive with a total": (
        {"input": 100, "output": 5, "total": 105, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 10},
        (30, 60, 10, 5, None, None),
        [],
    ),
    "DeepSeek's": (
        {"prompt_tokens": 100, "prompt_cache_hit_tokens": 60, "prompt_cache_miss_tokens": 40, "completion_tokens": 5},
        (40, 60, 0, 5, None, None),
        [],
    ),
    "Gemini's without a total": (
        {"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 5, "thoughtsTokenCount": 3},
        (40, 60, 0, 8, 3, None),
        [],
    ),
    "Gemini's with tools": (
        {"promptTokenCount": 100, "toolUsePromptTokenCount": 7, "candidatesTokenCount": 5, "totalTokenCount": 112},
        (107, None, 0, 5, None, None),
        [],
    ),
    "camel case": (
        {"inputTokens": 100, "cachedInputTokens": 60, "outputTokens": 5, "totalTokens": 105},
        (40, 60, 0, 5, None, None),
        [],
    ),
    "prompt and completion of old": (
        {"promptTokens": 100, "completionTokens": 5, "totalTokens": 105},
        (100, None, 0, 5, None, None),
        [],
    ),
    "a unit of one's own": (
        {"input": 100, "output": 5, "credits": 3},
        (100, None, 0, 5, None, None),
        ["langfuse.observation.usage_details.credits"],
    ),
    "nothing": ({}, (None, None, 0, None, None, None), []),
    "numbers as text and null": ({"input": "100", "output": 5.0, "total": None}, (100, None, 0, 5, None, None), []),
}


def told(attributes: dict[str, Any]) -> tuple[tuple[int | None, ...], list[str], ModelCall]:
    """What a span comes to: its counts, the names of what was noticed, and its call."""
    traces = decode_traces(protobuf(span("chat", attributes)), "protobuf")
    assert traces.refusals == []
    [call] = traces.records
    assert isinstance(call, ModelCall)
    writes = (call.cache_write_5m_tokens, call.cache_write_1h_tokens, call.cache_write_unknown_tokens)
    counts = (
        call.input_tokens,
        call.cache_read_tokens,
        sum(write or 0 for write in writes),
        call.output_tokens,
        call.reasoning_tokens,
        call.unsplit_tokens,
    )
    return counts, [notice.name for notice in traces.notices if notice.topic == "usage"], call


@pytest.mark.parametrize("case", CASES)
def test_attributes_come_to_the_right_buckets(case: str) -> None:
    """A total decides what is inside what; without one the dialect does, unless a part is larger than the whole."""
    attributes, counts, notices = CASES[case]
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", **attributes}
    if "ai.operationId" in said:
        del said["gen_ai.operation.name"]
    assert told(said)[:2] == (counts, notices)


@pytest.mark.parametrize("as_map", [False, True])
@pytest.mark.parametrize("case", LANGFUSE)
def test_usage_details_come_to_the_right_buckets(case: str, as_map: bool) -> None:
    """So do Langfuse's usage details, as JSON text and as a map of the protocol."""
    details, counts, notices = LANGFUSE[case]
    said = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "m",
        "langfuse.observation.usage_details": details if as_map else json.dumps(details),
    }
    assert told(said)[:2] == (counts, notices)


def test_lifetimes_of_cache_writes_are_kept() -> None:
    """Writes for five minutes and for an hour stay apart, whatever else is told of them."""
    _, _, call = told(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": json.dumps(LANGFUSE["Anthropic's with lifetimes"][0]),
        }
    )
    assert (call.cache_write_5m_tokens, call.cache_write_1h_tokens, call.cache_write_unknown_tokens) == (2000, 89, 0)


def test_attributes_fill_in_where_details_have_a_total_only() -> None:
    """Where Langfuse's details say nothing but a total, the span's other attributes are asked."""
    counts, _, _ = told(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": '{"total": 105}',
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 5,
        }
    )
    assert counts == (100, None, 0, 5, None, None)


PARTS: dict[str, tuple[dict[str, Any], dict[str, int] | None, int]] = {
    "audio beside text": (
        {"input": 200, "input_audio_tokens": 3000, "output": 100, "output_audio_tokens": 900, "total": 4200},
        {"input_audio": 3000, "output_audio": 900},
        3200,
    ),
    "audio inside": (
        {"input": 3200, "input_audio": 3000, "output": 1000, "output_audio": 900, "total": 4200},
        {"input_audio": 3000, "output_audio": 900},
        3200,
    ),
    "audio of the cache is apart from audio that is not": (
        {
            "input_tokens": 100,
            "input_token_details": {
                "audio_tokens": 80,
                "text_tokens": 20,
                "cached_tokens": 60,
                "cached_tokens_details": {"audio_tokens": 50, "text_tokens": 10},
            },
            "output_tokens": 5,
            "total_tokens": 105,
        },
        {"input_audio": 30, "cache_read_audio": 50},
        40,
    ),
    "audio that does not fit beside the cache is of the cache": (
        {
            "prompt_tokens": 100,
            "prompt_tokens_details": {"audio_tokens": 80, "cached_tokens": 60},
            "completion_tokens": 5,
        },
        {"input_audio": 40, "cache_read_audio": 40},
        40,
    ),
    "images made": (
        {
            "promptTokenCount": 10,
            "candidatesTokenCount": 1290,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}],
            "totalTokenCount": 1300,
        },
        {"output_image": 1290},
        10,
    ),
    "video and text by modality": (
        {"input": 0, "input_modality_TEXT": 10, "input_modality_VIDEO": 200, "output": 3, "total": 213},
        {"input_video": 200},
        210,
    ),
    "nothing but text": ({"input": 10, "prompt_tokens_details": {"audio_tokens": 0}, "output": 5}, None, 10),
}


@pytest.mark.parametrize("case", PARTS)
def test_parts_that_are_not_text_are_kept(case: str) -> None:
    """Audio, images and video are kept as parts of their buckets, and are counted there."""
    details, parts, uncached = PARTS[case]
    _, _, call = told(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": json.dumps(details),
        }
    )
    assert (call.parts, call.input_tokens) == (parts, uncached)
