"""What is known of every key that tells how much a call used: one table for the code, the tests and the docs.

A *slot* is what a key means; :data:`SLOTS` says which bucket each fills and of what it may be a part. :data:`KEYS` has
the attributes by slot, the first choice first, each with who sends it; keys inside objects (Langfuse's `usage_details`
and the like) stand in :mod:`tokometer.sources.otlp.object_keys`. A key in neither, in a place where usage stands, is
read by its words; see :mod:`tokometer.sources.otlp.words`.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Slot(NamedTuple):
    """What a count means."""

    #: The field of a call that it fills, or goes into.
    fills: str
    #: The count of which it may be a part: where it is one, it is taken out of that.
    part_of: str
    #: In words, for people: which it is where no total tells.
    unless_told: str


_INSIDE: Final = "inside, as the conventions say; beside where it is the larger one"

SLOTS: Final[dict[str, Slot]] = {
    "input": Slot("input_tokens", "", "what is inside it (cache) is taken out"),
    "input_uncached": Slot("input_tokens", "", "tells by itself what of the input is not cache"),
    "input_text": Slot("input_tokens", "input", "inside; in Langfuse beside"),
    "input_audio": Slot("input_tokens, parts.input_audio", "input", "inside; in Langfuse beside"),
    "input_image": Slot("input_tokens, parts.input_image", "input", "inside; in Langfuse beside"),
    "input_video": Slot("input_tokens, parts.input_video", "input", "inside; in Langfuse beside"),
    "tool_input": Slot("input_tokens", "input", "beside, as the Gemini API says"),
    "cache_read": Slot("cache_read_tokens", "input", f"{_INSIDE}; in Langfuse beside"),
    "vercel_cached": Slot("cache_read_tokens", "input", "inside; beside over Anthropic and Bedrock"),
    "cache_read_text": Slot("cache_read_tokens", "cache_read", "inside"),
    "cache_read_audio": Slot("cache_read_tokens, parts.cache_read_audio", "cache_read", "inside"),
    "cache_read_image": Slot("cache_read_tokens, parts.cache_read_image", "cache_read", "inside"),
    "cache_read_video": Slot("cache_read_tokens", "cache_read", "inside"),
    "cache_write": Slot("cache_write_unknown_tokens", "input", f"{_INSIDE}; in Langfuse beside"),
    "cache_write_5m": Slot("cache_write_5m_tokens", "cache_write", "inside, where the cache writes are as many"),
    "cache_write_1h": Slot("cache_write_1h_tokens", "cache_write", "inside, where the cache writes are as many"),
    "output": Slot("output_tokens", "", "what is beside it (thoughts) is added"),
    "output_text": Slot("output_tokens", "output", "inside; in Langfuse beside"),
    "output_audio": Slot("output_tokens, parts.output_audio", "output", "inside; in Langfuse beside"),
    "output_image": Slot("output_tokens, parts.output_image", "output", "inside; in Langfuse beside"),
    "output_video": Slot("output_tokens, parts.output_video", "output", "inside; in Langfuse beside"),
    "reasoning": Slot("reasoning_tokens", "output", f"{_INSIDE}; in Langfuse and in the Gemini API's own names beside"),
    "thoughts": Slot("reasoning_tokens", "output", "beside"),
    "own_sum": Slot("unsplit_tokens", "", "proves nothing: it is the sum of input and output as they came"),
    "total": Slot("unsplit_tokens", "", "decides what is inside what; counts where nothing else is known"),
}

#: What is billed and is not tokens: slot → the name under which :data:`tokometer.records.QUANTITIES` keeps it.
QUANTITY_SLOTS: Final[dict[str, str]] = {
    "web_searches": "web_searches",
    "file_searches": "file_searches",
    "images": "images",
    "seconds": "seconds",
    "pages": "pages",
    "characters": "characters",
}

#: Slot → its attributes from the first choice to the last, as `name: who sends it`.
_KEYS: Final = """
input
    gen_ai.usage.input_tokens: conventions, LiteLLM, pydantic-ai, Strands, Spring AI, ADK, Semantic Kernel
    gen_ai.usage.prompt_tokens: conventions up to 1.26, OpenLLMetry, Strands, OpenLIT
    llm.usage.prompt_tokens: OpenLLMetry of old
    llm.token_count.prompt: OpenInference
    ai.usage.inputTokens: Vercel AI SDK 5 and 6
    ai.usage.promptTokens: Vercel AI SDK up to 4
    ai.usage.tokens: Vercel AI SDK for embeddings
    gen_ai.usage.details.input_tokens: pydantic-ai
    gen_ai.aggregated_usage.input_tokens: pydantic-ai of an agent's run
    gen_ai.response.prompt_tokens: Semantic Kernel of old, others
    gen_ai.response.input_tokens: others
    input_tokens: Claude Code
input_uncached
    ai.usage.inputTokenDetails.noCacheTokens: Vercel AI SDK 6
    gen_ai.usage.details.prompt_cache_miss_tokens: pydantic-ai over DeepSeek
    openclaw.tokens.input: OpenClaw
input_text
    gen_ai.usage.text.input_tokens: conventions' drafts
    gen_ai.usage.input_text_tokens: LiveKit
    gen_ai.usage.details.text_prompt_tokens: pydantic-ai over Gemini
    gen_ai.usage.input_token_details.text_tokens: Bifrost
input_audio
    gen_ai.usage.audio.input_tokens: conventions' drafts
    gen_ai.usage.input_audio_tokens: LiveKit
    gen_ai.usage.audio_input_tokens: others
    gen_ai.usage.details.input_audio_tokens: pydantic-ai
    gen_ai.usage.details.audio_prompt_tokens: pydantic-ai over Gemini
    gen_ai.usage.input_token_details.audio_tokens: Bifrost
    gen_ai.usage.prompt_tokens_details.audio_tokens: others, after OpenAI
    llm.token_count.prompt_details.audio: OpenInference
input_image
    gen_ai.usage.image.input_tokens: conventions' drafts
    gen_ai.usage.input_image_tokens: others
    gen_ai.usage.details.image_prompt_tokens: pydantic-ai over Gemini
    llm.token_count.prompt_details.image: OpenInference
input_video
    gen_ai.usage.video.input_tokens: conventions' drafts
    gen_ai.usage.input_video_tokens: others
    gen_ai.usage.details.video_prompt_tokens: pydantic-ai over Gemini
tool_input
    gen_ai.usage.tool_use_prompt_tokens: Rig
    gen_ai.usage.details.tool_use_prompt_tokens: pydantic-ai over Gemini
cache_read
    gen_ai.usage.cache_read.input_tokens: conventions, OpenLIT, Copilot, ADK
    gen_ai.usage.cache_read_input_tokens: OpenLLMetry, Strands, Laminar
    gen_ai.usage.input_tokens.cached: Sentry
    gen_ai.usage.cache_read_tokens: others
    gen_ai.usage.cached_input_tokens: others
    gen_ai.usage.cached_tokens: others
    gen_ai.usage.input_cached_tokens: LiveKit
    gen_ai.usage.details.cache_read_tokens: pydantic-ai
    gen_ai.usage.details.cache_read_input_tokens: pydantic-ai over Anthropic
    gen_ai.usage.details.cached_tokens: pydantic-ai over OpenAI
    gen_ai.usage.details.cached_content_tokens: pydantic-ai over Gemini
    gen_ai.usage.prompt_tokens_details.cached_tokens: others, after OpenAI
    gen_ai.usage.prompt_tokens_details.cache_read: OpenLIT
    gen_ai.usage.input_tokens_details.cached_tokens: others, after OpenAI
    gen_ai.usage.input_token_details.cache_read: LangSmith
    gen_ai.usage.experimental.cached_tokens: ADK of old
    gen_ai.aggregated_usage.cache_read.input_tokens: pydantic-ai of an agent's run
    gen_ai.response.cached_prompt_tokens: others
    llm.usage.cache_read_input_tokens: OpenLLMetry of old
    llm.token_count.prompt_details.cache_read: OpenInference
    llm.token_count.prompt_details.cache_input: OpenInference
    ai.usage.inputTokenDetails.cacheReadTokens: Vercel AI SDK 6
    cache_read_tokens: Claude Code
    openclaw.tokens.cache_read: OpenClaw
vercel_cached
    ai.usage.cachedInputTokens: Vercel AI SDK 5 and 6
cache_read_text
    gen_ai.usage.details.text_cache_tokens: pydantic-ai over Gemini
    gen_ai.usage.text.cache_read.input_tokens: conventions' drafts
cache_read_audio
    gen_ai.usage.audio.cache_read.input_tokens: conventions' drafts
    gen_ai.usage.details.cache_audio_read_tokens: pydantic-ai
    gen_ai.usage.details.audio_cache_tokens: pydantic-ai over Gemini
cache_read_image
    gen_ai.usage.image.cache_read.input_tokens: conventions' drafts
    gen_ai.usage.details.image_cache_tokens: pydantic-ai over Gemini
cache_read_video
    gen_ai.usage.details.video_cache_tokens: pydantic-ai over Gemini
cache_write
    gen_ai.usage.cache_creation.input_tokens: conventions
    gen_ai.usage.cache_write.input_tokens: conventions' drafts
    gen_ai.usage.cache_creation_input_tokens: OpenLLMetry, Laminar
    gen_ai.usage.cache_write_input_tokens: Strands
    gen_ai.usage.input_tokens.cache_write: Sentry
    gen_ai.usage.cache_write_tokens: pydantic-ai, others
    gen_ai.usage.cache_creation_tokens: others
    gen_ai.usage.details.cache_write_tokens: pydantic-ai
    gen_ai.usage.details.cache_creation_input_tokens: pydantic-ai over Anthropic
    gen_ai.usage.prompt_tokens_details.cache_write: OpenLIT
    gen_ai.usage.input_token_details.cache_creation: LangSmith
    gen_ai.aggregated_usage.cache_creation.input_tokens: pydantic-ai of an agent's run
    llm.usage.cache_creation_input_tokens: OpenLLMetry of old
    llm.token_count.prompt_details.cache_write: OpenInference
    ai.usage.inputTokenDetails.cacheWriteTokens: Vercel AI SDK 6
    cache_creation_tokens: Claude Code
    openclaw.tokens.cache_write: OpenClaw
cache_write_5m
    gen_ai.usage.cache_creation.ephemeral_5m_input_tokens: others, after Anthropic
    gen_ai.usage.cache_write_5m_tokens: others
    gen_ai.usage.cache_creation_5m_input_tokens: others
cache_write_1h
    gen_ai.usage.cache_creation.ephemeral_1h_input_tokens: others, after Anthropic
    gen_ai.usage.cache_write_1h_tokens: others
    gen_ai.usage.cache_creation_1h_input_tokens: others
output
    gen_ai.usage.output_tokens: conventions, LiteLLM, pydantic-ai, Strands, Spring AI, ADK, Semantic Kernel
    gen_ai.usage.completion_tokens: conventions up to 1.26, OpenLLMetry, Strands, OpenLIT
    llm.usage.completion_tokens: OpenLLMetry of old
    llm.token_count.completion: OpenInference
    ai.usage.outputTokens: Vercel AI SDK 5 and 6
    ai.usage.completionTokens: Vercel AI SDK up to 4
    gen_ai.usage.details.output_tokens: pydantic-ai
    gen_ai.aggregated_usage.output_tokens: pydantic-ai of an agent's run
    gen_ai.response.completion_tokens: Semantic Kernel of old, others
    gen_ai.response.output_tokens: others
    output_tokens: Claude Code
    openclaw.tokens.output: OpenClaw
output_text
    gen_ai.usage.text.output_tokens: conventions' drafts
    gen_ai.usage.output_text_tokens: LiveKit
    gen_ai.usage.details.text_candidates_tokens: pydantic-ai over Gemini
    ai.usage.outputTokenDetails.textTokens: Vercel AI SDK 6
output_audio
    gen_ai.usage.audio.output_tokens: conventions' drafts
    gen_ai.usage.output_audio_tokens: LiveKit
    gen_ai.usage.audio_output_tokens: others
    gen_ai.usage.details.output_audio_tokens: pydantic-ai
    gen_ai.usage.details.audio_tokens: pydantic-ai over OpenAI
    gen_ai.usage.details.audio_candidates_tokens: pydantic-ai over Gemini
    gen_ai.usage.completion_tokens_details.audio_tokens: others, after OpenAI
    gen_ai.usage.completion_tokens_details.audio: OpenLIT
    llm.token_count.completion_details.audio: OpenInference
output_image
    gen_ai.usage.image.output_tokens: conventions' drafts
    gen_ai.usage.output_image_tokens: LangWatch
    gen_ai.usage.details.image_candidates_tokens: pydantic-ai over Gemini
    llm.token_count.completion_details.image: OpenInference
output_video
    gen_ai.usage.video.output_tokens: conventions' drafts
    gen_ai.usage.output_video_tokens: others
reasoning
    gen_ai.usage.reasoning.output_tokens: conventions, ADK, Copilot
    gen_ai.usage.reasoning_tokens: OpenLLMetry, Rig, LiteLLM
    gen_ai.usage.output_tokens.reasoning: Sentry
    gen_ai.usage.details.reasoning_tokens: pydantic-ai over OpenAI
    gen_ai.usage.details.thoughts_tokens: pydantic-ai over Gemini
    gen_ai.usage.details.thinking_tokens: pydantic-ai over Anthropic
    gen_ai.usage.completion_tokens_details.reasoning_tokens: others, after OpenAI
    gen_ai.usage.completion_tokens_details.reasoning: OpenLIT
    gen_ai.usage.output_tokens_details.reasoning_tokens: others, after OpenAI
    gen_ai.usage.output_token_details.reasoning: LangSmith
    llm.usage.reasoning_tokens: OpenLLMetry of old
    llm.token_count.completion_details.reasoning: OpenInference
    ai.usage.outputTokenDetails.reasoningTokens: Vercel AI SDK 6
    ai.usage.reasoningTokens: Vercel AI SDK 5 and 6
    codex.usage.reasoning_output_tokens: Codex
thoughts
    gen_ai.usage.experimental.reasoning_tokens: ADK of old
total
    gen_ai.usage.total_tokens: OpenLLMetry, Strands, Spring AI, LiteLLM
    llm.usage.total_tokens: OpenLLMetry
    llm.token_count.total: OpenInference
    ai.usage.totalTokens: Vercel AI SDK 5 and 6
    gen_ai.response.total_tokens: others
    openclaw.tokens.total: OpenClaw
own_sum
    gen_ai.client.token.usage: OpenLIT
web_searches
    gen_ai.usage.server_tool_use.web_search_requests: others, after Anthropic
    gen_ai.usage.web_search_requests: others
    gen_ai.usage.details.web_search_requests: pydantic-ai over Anthropic
    gen_ai.usage.num_search_queries: others, after Perplexity
    llm.token_count.prompt_details.web_search_requests: OpenInference
file_searches
    gen_ai.usage.file_search_requests: others
images
    gen_ai.usage.images: others
    gen_ai.usage.images_generated: others
    gen_ai.usage.image_count: LangWatch, genai-otel
seconds
    gen_ai.usage.audio_seconds: LangWatch, genai-otel
    gen_ai.usage.audio_duration_seconds: others
    gen_ai.usage.seconds: others
pages
    gen_ai.usage.pages: others
    gen_ai.usage.pages_processed: others, after Mistral
characters
    gen_ai.usage.characters: others
    gen_ai.usage.input_chars: LangWatch
    gen_ai.usage.input_characters: others
"""

#: Where usage stands: a number below one of these is usage, whatever else its name says.
PREFIXES: Final = (
    "gen_ai.usage.",
    "gen_ai.aggregated_usage.",
    "gen_ai.openai.usage.",
    "gen_ai.anthropic.usage.",
    "gen_ai.token_count.",
    "gen_ai.tokens.",
    "llm.usage.",
    "llm.token_count.",
    "llm.tokens.",
    "ai.usage.",
    "openai.usage.",
    "anthropic.usage.",
    "usage.",
    "token_usage.",
)

#: What stands beside token counts and is none of our buckets, and why: by the words of its key, sorted.
NOTHING: Final[dict[str, str]] = {
    "accepted prediction": "a part of the output, priced like it",
    "prediction rejected": "a part of the output, priced like it",
    "instruction system": "a part of the input, priced like it",
    "limit reasoning": "a setting",
    "requests": "how many requests an agent made, each of which tells of itself",
    "calls tool": "how many tools were used, each of which tells of itself",
    "fetch web": "pages that the provider fetched: free of charge",
    "byok is": "whose key it was",
}


def table(lines: str) -> dict[str, dict[str, str]]:
    """A table as this module writes it: slot → attribute → who sends it, in order."""
    keys: dict[str, dict[str, str]] = {}
    slot = ""
    for line in lines.strip().splitlines():
        if line.startswith(" "):
            name, _, senders = line.strip().partition(": ")
            keys[slot][name] = senders
        else:
            slot = line
            keys[slot] = {}
    return keys


#: Slot → attribute → who sends it; the first choice first.
KEYS: Final = table(_KEYS)
