"""One call's usage said in every dialect that can say it: attributes as each of them writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Attributes = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """What was used; the counts do not overlap, and no two sets of them have the same sum."""

    text_in: int
    audio_in: int
    cache_read: int
    cache_write: int
    text_out: int
    audio_out: int
    reasoning: int
    #: In US dollars, as text; None is not said.
    cost: str | None

    @property
    def uncached(self) -> int:
        """Input that is not of the cache."""
        return self.text_in + self.audio_in

    @property
    def prompt(self) -> int:
        """All that went in."""
        return self.uncached + self.cache_read + self.cache_write

    @property
    def answer(self) -> int:
        """What came out without thinking."""
        return self.text_out + self.audio_out

    @property
    def output(self) -> int:
        """All that came out."""
        return self.answer + self.reasoning

    @property
    def total(self) -> int:
        """All of it."""
        return self.prompt + self.output


@dataclass(frozen=True)
class Spoken:
    """A dialect: how it says facts, and which it has words for."""

    say: Callable[[Facts], Attributes]
    says: frozenset[str]
    provider: str = "anthropic"

    def can(self, facts: Facts) -> bool:
        """Whether it has words for all of these facts."""
        return all(name in self.says or not getattr(facts, name) for name in OPTIONAL)


#: Facts that not every dialect has words for.
OPTIONAL = ("audio_in", "audio_out", "cache_read", "cache_write", "reasoning", "cost")


def _without_zeros(attributes: Attributes) -> Attributes:
    return {name: value for name, value in attributes.items() if value not in (0, None)}


def _semconv(facts: Facts, *, beside: str = "", total: bool = True) -> Attributes:
    """The conventions, or one who passes on numbers with `beside` (`cache`, `thoughts`, both) beside the others."""
    told = {
        "gen_ai.usage.input_tokens": facts.uncached if "cache" in beside else facts.prompt,
        "gen_ai.usage.output_tokens": facts.answer if "thoughts" in beside else facts.output,
        "gen_ai.usage.cache_read.input_tokens": facts.cache_read,
        "gen_ai.usage.cache_creation.input_tokens": facts.cache_write,
        "gen_ai.usage.reasoning.output_tokens": facts.reasoning,
        "gen_ai.usage.audio.input_tokens": facts.audio_in,
        "gen_ai.usage.audio.output_tokens": facts.audio_out,
        "gen_ai.usage.total_tokens": facts.total if total else 0,
        "gen_ai.usage.cost": facts.cost,
    }
    return _without_zeros({"gen_ai.operation.name": "chat", **told})


def _pydantic_ai(facts: Facts) -> Attributes:
    details = {
        "input_tokens": facts.uncached,
        "cache_read_input_tokens": facts.cache_read,
        "cache_creation_input_tokens": facts.cache_write,
        "reasoning_tokens": facts.reasoning,
        "input_audio_tokens": facts.audio_in,
        "output_audio_tokens": facts.audio_out,
    }
    return _without_zeros(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": facts.prompt,
            "gen_ai.usage.output_tokens": facts.output,
            "operation.cost": float(facts.cost) if facts.cost else None,
            **{f"gen_ai.usage.details.{name}": count for name, count in details.items()},
        }
    )


def _openllmetry(facts: Facts) -> Attributes:
    return _without_zeros(
        {
            "llm.request.type": "chat",
            "gen_ai.usage.prompt_tokens": facts.prompt,
            "gen_ai.usage.completion_tokens": facts.output,
            "gen_ai.usage.cache_read_input_tokens": facts.cache_read,
            "gen_ai.usage.cache_creation_input_tokens": facts.cache_write,
            "gen_ai.usage.reasoning_tokens": facts.reasoning,
            "llm.usage.total_tokens": facts.total,
        }
    )


def _strands(facts: Facts) -> Attributes:
    return _without_zeros(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.prompt_tokens": facts.uncached,
            "gen_ai.usage.input_tokens": facts.uncached,
            "gen_ai.usage.completion_tokens": facts.output,
            "gen_ai.usage.output_tokens": facts.output,
            "gen_ai.usage.total_tokens": facts.total,
            "gen_ai.usage.cache_read_input_tokens": facts.cache_read,
            "gen_ai.usage.cache_write_input_tokens": facts.cache_write,
        }
    )


def _litellm(facts: Facts) -> Attributes:
    usage = {
        "prompt_tokens": facts.prompt,
        "completion_tokens": facts.output,
        "total_tokens": facts.total,
        "completion_tokens_details": {"reasoning_tokens": facts.reasoning, "audio_tokens": None},
        "prompt_tokens_details": {"cached_tokens": facts.cache_read, "cache_creation_tokens": facts.cache_write},
        "cache_read_input_tokens": facts.cache_read,
        "cache_creation_input_tokens": facts.cache_write,
    }
    return _without_zeros(
        {
            "llm.request.type": "acompletion",
            "gen_ai.usage.input_tokens": facts.prompt,
            "gen_ai.usage.output_tokens": facts.output,
            "gen_ai.usage.total_tokens": facts.total,
            "metadata.usage_object": str(usage),
            "gen_ai.cost.total_cost": facts.cost,
            "gen_ai.cost.input_cost": facts.cost and "0.000001",
        }
    )


def _openinference(facts: Facts) -> Attributes:
    return _without_zeros(
        {
            "openinference.span.kind": "LLM",
            "llm.token_count.prompt": facts.prompt,
            "llm.token_count.completion": facts.output,
            "llm.token_count.total": facts.total,
            "llm.token_count.prompt_details.cache_read": facts.cache_read,
            "llm.token_count.prompt_details.cache_write": facts.cache_write,
            "llm.token_count.prompt_details.audio": facts.audio_in,
            "llm.token_count.completion_details.reasoning": facts.reasoning,
            "llm.token_count.completion_details.audio": facts.audio_out,
            "llm.cost.prompt": facts.cost and "0",
            "llm.cost.completion": facts.cost,
        }
    )


def _vercel_5(facts: Facts) -> Attributes:
    metadata = {"anthropic": {"cacheCreationInputTokens": facts.cache_write, "usage": {"input_tokens": facts.uncached}}}
    return _without_zeros(
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.usage.inputTokens": facts.uncached,
            "ai.usage.outputTokens": facts.output,
            "ai.usage.totalTokens": facts.uncached + facts.output,
            "ai.usage.cachedInputTokens": facts.cache_read,
            "ai.usage.reasoningTokens": facts.reasoning,
            "ai.response.providerMetadata": json.dumps(metadata),
        }
    )


def _vercel_6(facts: Facts) -> Attributes:
    return _without_zeros(
        {
            "ai.operationId": "ai.streamText.doStream",
            "ai.usage.inputTokens": facts.prompt,
            "ai.usage.inputTokenDetails.noCacheTokens": facts.uncached,
            "ai.usage.inputTokenDetails.cacheReadTokens": facts.cache_read,
            "ai.usage.inputTokenDetails.cacheWriteTokens": facts.cache_write,
            "ai.usage.cachedInputTokens": facts.cache_read,
            "ai.usage.outputTokens": facts.output,
            "ai.usage.outputTokenDetails.textTokens": facts.answer,
            "ai.usage.outputTokenDetails.reasoningTokens": facts.reasoning,
            "ai.usage.reasoningTokens": facts.reasoning,
            "ai.usage.totalTokens": facts.total,
            "gen_ai.usage.input_tokens": facts.prompt,
            "gen_ai.usage.output_tokens": facts.output,
        }
    )


def _langsmith(facts: Facts) -> Attributes:
    into = {"cache_read": facts.cache_read, "cache_creation": facts.cache_write, "audio": facts.audio_in}
    out = {"reasoning": facts.reasoning, "audio": facts.audio_out}
    return _without_zeros(
        {
            "langsmith.span.kind": "llm",
            "gen_ai.usage.input_tokens": facts.prompt,
            "gen_ai.usage.output_tokens": facts.output,
            "gen_ai.usage.total_tokens": facts.total,
            "gen_ai.usage.input_token_details": json.dumps(into),
            "gen_ai.usage.output_token_details": json.dumps(out),
        }
    )


def _mlflow(facts: Facts) -> Attributes:
    usage = {
        "input_tokens": facts.prompt,
        "output_tokens": facts.output,
        "total_tokens": facts.total,
        "cache_read_input_tokens": facts.cache_read,
        "cache_creation_input_tokens": facts.cache_write,
    }
    cost = {"input_cost": 0.0, "output_cost": float(facts.cost or 0), "total_cost": float(facts.cost or 0)}
    return {
        "mlflow.spanType": '"CHAT_MODEL"',
        "mlflow.chat.tokenUsage": json.dumps(usage),
        **({"mlflow.llm.cost": json.dumps(cost)} if facts.cost else {}),
    }


def _sentry(facts: Facts) -> Attributes:
    return _without_zeros(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": facts.prompt,
            "gen_ai.usage.input_tokens.cached": facts.cache_read,
            "gen_ai.usage.input_tokens.cache_write": facts.cache_write,
            "gen_ai.usage.output_tokens": facts.output,
            "gen_ai.usage.output_tokens.reasoning": facts.reasoning,
            "gen_ai.usage.total_tokens": facts.total,
            "gen_ai.cost.total_tokens": facts.cost,
        }
    )


def _langfuse(details: dict[str, Any], facts: Facts) -> Attributes:
    return {
        "langfuse.observation.type": "generation",
        "langfuse.observation.usage_details": json.dumps(details),
        **({"langfuse.observation.cost_details": json.dumps({"total": float(facts.cost)})} if facts.cost else {}),
    }


def _langfuse_flat(facts: Facts, *, total: bool) -> Attributes:
    details = {
        "input": facts.text_in,
        "input_audio": facts.audio_in,
        "input_cached_tokens": facts.cache_read,
        "input_cache_creation": facts.cache_write,
        "output": facts.text_out,
        "output_audio": facts.audio_out,
        "output_reasoning": facts.reasoning,
        "total": facts.total if total else None,
    }
    return _langfuse(details, facts)


def _langfuse_openai(facts: Facts, *, responses: bool) -> Attributes:
    into, out = ("input", "output") if responses else ("prompt", "completion")
    details = {
        f"{into}_tokens": facts.prompt,
        f"{out}_tokens": facts.output,
        "total_tokens": facts.total,
        f"{into}_tokens_details": {"cached_tokens": facts.cache_read, "audio_tokens": facts.audio_in},
        f"{out}_tokens_details": {"reasoning_tokens": facts.reasoning, "audio_tokens": facts.audio_out},
    }
    return _langfuse(details, facts)


def _langfuse_anthropic(facts: Facts) -> Attributes:
    details = {
        "input_tokens": facts.uncached,
        "cache_read_input_tokens": facts.cache_read,
        "cache_creation_input_tokens": facts.cache_write,
        "cache_creation": {"ephemeral_5m_input_tokens": facts.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": facts.output,
        "output_tokens_details": {"thinking_tokens": facts.reasoning},
        "service_tier": "standard",
    }
    return _langfuse(details, facts)


def _langfuse_gemini(facts: Facts, *, snake: bool, total: bool) -> Attributes:
    details: dict[str, Any] = {
        "promptTokenCount": facts.prompt,
        "cachedContentTokenCount": facts.cache_read,
        "candidatesTokenCount": facts.answer,
        "thoughtsTokenCount": facts.reasoning,
        "totalTokenCount": facts.total if total else None,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": facts.prompt - facts.audio_in},
            {"modality": "AUDIO", "tokenCount": facts.audio_in},
        ],
        "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": facts.audio_out}],
        "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": facts.cache_read}],
    }
    if snake:
        details = {
            "prompt_token_count": facts.prompt,
            "cached_content_token_count": facts.cache_read,
            "candidates_token_count": facts.answer,
            "thoughts_token_count": facts.reasoning,
            "total_token_count": facts.total,
            "prompt_tokens_details": [{"modality": "AUDIO", "token_count": facts.audio_in}],
            "candidates_tokens_details": [{"modality": "AUDIO", "token_count": facts.audio_out}],
        }
    return _langfuse(details, facts)


def _langfuse_bedrock(facts: Facts) -> Attributes:
    details = {
        "inputTokens": facts.uncached,
        "outputTokens": facts.output,
        "totalTokens": facts.total,
        "cacheReadInputTokens": facts.cache_read,
        "cacheWriteInputTokens": facts.cache_write,
    }
    return _langfuse(details, facts)


def _langfuse_modalities(facts: Facts) -> Attributes:
    details = {
        "input": 0,
        "input_modality_TEXT": facts.text_in,
        "input_modality_AUDIO": facts.audio_in,
        "cached_modality_TEXT": facts.cache_read,
        "output": 0,
        "output_modality_TEXT": facts.text_out,
        "output_modality_AUDIO": facts.audio_out,
        "output_reasoning": facts.reasoning,
        "total": facts.total,
    }
    return _langfuse(details, facts)


_ALL = frozenset(OPTIONAL)
_CACHE = frozenset({"cache_read", "cache_write"})

DIALECTS: dict[str, Spoken] = {
    "conventions": Spoken(lambda facts: _semconv(facts, total=False), _ALL),
    "conventions, with a total": Spoken(_semconv, _ALL),
    "cache beside, told by the total": Spoken(lambda facts: _semconv(facts, beside="cache"), _ALL),
    "thoughts beside, told by the total": Spoken(lambda facts: _semconv(facts, beside="thoughts"), _ALL, "gcp.gemini"),
    "both beside, told by the total": Spoken(lambda facts: _semconv(facts, beside="cache thoughts"), _ALL),
    "pydantic-ai": Spoken(_pydantic_ai, _ALL),
    "OpenLLMetry": Spoken(_openllmetry, _CACHE | {"reasoning"}),
    "Strands": Spoken(_strands, _CACHE, "strands-agents"),
    "LiteLLM": Spoken(_litellm, _CACHE | {"reasoning", "cost"}),
    "OpenInference": Spoken(_openinference, _ALL),
    "Vercel AI SDK 5": Spoken(_vercel_5, _CACHE | {"reasoning"}, "anthropic.messages"),
    "Vercel AI SDK 6": Spoken(_vercel_6, _CACHE | {"reasoning"}, "anthropic.messages"),
    "LangSmith": Spoken(_langsmith, _ALL - {"cost"}),
    "MLflow": Spoken(_mlflow, _CACHE | {"cost"}),
    "Sentry": Spoken(_sentry, _CACHE | {"reasoning", "cost"}),
    "Langfuse": Spoken(lambda facts: _langfuse_flat(facts, total=False), _ALL),
    "Langfuse, with a total": Spoken(lambda facts: _langfuse_flat(facts, total=True), _ALL),
    "Langfuse with OpenAI's": Spoken(lambda facts: _langfuse_openai(facts, responses=False), _ALL - {"cache_write"}),
    "Langfuse with Responses'": Spoken(lambda facts: _langfuse_openai(facts, responses=True), _ALL - {"cache_write"}),
    "Langfuse with Anthropic's": Spoken(_langfuse_anthropic, _CACHE | {"reasoning", "cost"}),
    "Langfuse with Gemini's": Spoken(
        lambda facts: _langfuse_gemini(facts, snake=False, total=False), _ALL - {"cache_write"}, "google"
    ),
    "Langfuse with Gemini's, and its total": Spoken(
        lambda facts: _langfuse_gemini(facts, snake=False, total=True), _ALL - {"cache_write"}, "google"
    ),
    "Langfuse with Vertex AI's": Spoken(
        lambda facts: _langfuse_gemini(facts, snake=True, total=True), _ALL - {"cache_write"}, "google"
    ),
    "Langfuse with Bedrock's": Spoken(_langfuse_bedrock, _CACHE | {"cost"}),
    "Langfuse with modalities": Spoken(_langfuse_modalities, _ALL - {"cache_write"}),
}
