"""Dialects: what is known of those who send usage, for the code and the docs.

Which keys a dialect sends stands in the tables of keys, each with its senders; here stands what no key says. A sender
in those tables begins with the name of a dialect here: `pydantic-ai over Gemini` is pydantic-ai.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Dialect(NamedTuple):
    """What is known of one who sends usage."""

    #: Groups of counts that are beside what they may be a part of, in words of :mod:`tokometer.sources.otlp.buckets`.
    beside: frozenset[str] = frozenset()
    #: What is assumed where its numbers do not tell, in words.
    assumed: str = "as the conventions say"
    #: What cannot be known from it, in words.
    unknown: str = ""


_CACHE: Final = frozenset({"cache_read", "cache_write"})
_PARTS: Final = frozenset({"input_parts", "output_parts"})
_NO_LIFETIME: Final = "how long what is written to the cache lives"

DIALECTS: Final[dict[str, Dialect]] = {
    "conventions": Dialect(
        assumed="the cache is in the input and thoughts are in the output (since 1.37); before, providers' own numbers "
        "were passed on: read as such where the cache is larger than the input or a total says so",
        unknown=f"{_NO_LIFETIME}; searches",
    ),
    "pydantic-ai": Dialect(
        assumed="the cache is in the input; `details` are the provider's own numbers and are asked last",
        unknown="thoughts of Gemini in older releases: inside or beside, without a total",
    ),
    "Logfire": Dialect(assumed="its `operation.cost` is in US dollars"),
    "LiteLLM": Dialect(
        assumed="the cache is in the input, whichever the provider",
        unknown="whether an answer came from its own cache at no cost: its spans replay tokens and cost",
    ),
    "Strands": Dialect(
        assumed="its total tells: Bedrock's input leaves the cache out, OpenAI's does not", unknown=_NO_LIFETIME
    ),
    "Spring AI": Dialect(unknown="cache and thoughts, which it does not send"),
    "ADK": Dialect(
        frozenset({"thoughts"}),
        "of old (`experimental.reasoning_tokens`) thoughts are beside the output, today inside",
        "by modality what went in and came out",
    ),
    "Semantic Kernel": Dialect(unknown="cache and thoughts, which it does not send"),
    "OpenLLMetry": Dialect(
        assumed="the cache is in the input (its Anthropic instrumentation adds it since late 2024)",
        unknown=f"{_NO_LIFETIME}; over Bedrock, whether the cache is in the input where it is the smaller one",
    ),
    "OpenLIT": Dialect(
        _CACHE,
        "over Anthropic and Bedrock the cache is beside the input, whatever its own sum says; its cost is a statement, "
        "zero included",
        "models that it has no price for",
    ),
    "OpenInference": Dialect(
        assumed="the cache, audio and images are in the prompt, reasoning in the completion", unknown=_NO_LIFETIME
    ),
    "Vercel AI SDK": Dialect(
        _CACHE,
        "6: the cache is in the input; up to 5 over Anthropic and Bedrock: beside it, whatever its total says, which "
        "it adds up itself; cache writes of 5 come from `ai.response.providerMetadata`",
        "up to 5 over other providers than Anthropic: cache writes; up to 6: why a call failed; from 7 on without "
        "`usage: true`: reasoning",
    ),
    "Claude Code": Dialect(_CACHE, "the cache is beside the input, as Anthropic's API has it", _NO_LIFETIME),
    "Codex": Dialect(
        assumed="the cache is in the input and reasoning in the output; its spans say neither session nor model, which "
        "its events and rollouts do",
        unknown="how long an answer took",
    ),
    "OpenClaw": Dialect(
        assumed="`openclaw.tokens.input` leaves the cache out; `openclaw.model.usage` states the sum of a whole run",
        unknown=_NO_LIFETIME,
    ),
    "Langfuse": Dialect(
        _CACHE | _PARTS | {"reasoning", "lifetimes", "tool_input"},
        "flat keys of `usage_details` are disjoint by agreement; keys below another one (`…_details`) are a part of "
        "it; a sum of text and other parts contains them",
        "units of one's own invention, which are noticed",
    ),
    "LiveKit": Dialect(assumed="parts are in their buckets"),
    "Bifrost": Dialect(assumed="parts are in their buckets"),
    "Rig": Dialect(assumed="the prompt of tools is beside the input, as the Gemini API has it"),
    "Copilot": Dialect(assumed="cache and thoughts are inside"),
    "Laminar": Dialect(),
    "Sentry": Dialect(assumed="`gen_ai.cost.total_tokens` is a cost in US dollars, whatever its name says"),
    "LangSmith": Dialect(assumed="details are JSON and a part of input or output"),
    "LangWatch": Dialect(assumed="image counts are of images made"),
    "Langtrace": Dialect(assumed="the cache is in the input"),
    "MLflow": Dialect(
        assumed="the cache is in the input", unknown="over Anthropic: whether it is, where no total tells"
    ),
    "any-agent": Dialect(),
    "genai-otel": Dialect(),
    "OpenAI": Dialect(assumed="cache and audio are in the input, reasoning in the output"),
    "Anthropic": Dialect(_CACHE, "the cache is beside the input, thinking in the output", "fees of code execution"),
    "Gemini": Dialect(
        frozenset({"reasoning", "tool_input"}),
        "the cache is in the prompt; thoughts and the prompt of tools are beside",
        "which output is images, where no modality is told",
    ),
    "Vertex AI": Dialect(assumed="as the Gemini API"),
    "Bedrock": Dialect(_CACHE, "the cache is beside the input", "surcharges of regions, see the price rules"),
    "DeepSeek": Dialect(assumed="cache hits and misses add up to the prompt"),
    "Perplexity": Dialect(unknown="fees by the size of the search context"),
    "Mistral": Dialect(),
    "OpenRouter": Dialect(assumed="as OpenAI"),
    "LangChain": Dialect(assumed="details are a part of input or output"),
    "watsonx": Dialect(),
    "others": Dialect(unknown="whose they are; a total decides"),
}


def dialect_of(sender: str) -> str:
    """The dialect that a sender speaks: the longest name in :data:`DIALECTS` that it begins with; empty for none."""
    return max((name for name in DIALECTS if sender.startswith(name)), key=len, default="")


def senders_of(text: str) -> list[str]:
    """Who sends a key, from the list in its row."""
    return [dialect_of(sender.strip()) for sender in text.split(", ") if not sender.startswith("after ")]
