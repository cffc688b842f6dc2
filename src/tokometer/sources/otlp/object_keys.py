"""Keys of counts inside objects: what Langfuse, providers and gateways call them there. See :mod:`.tokens`."""

from __future__ import annotations

from typing import Final, NamedTuple

#: Keys inside objects, as `key slot place: whose`. The place is where it stands when no total tells: inside what
#: :data:`tokometer.sources.otlp.tokens.SLOTS` says it is a part of; beside it, where keys are disjoint by agreement
#: (:data:`OBJECTS`); apart from it in any case; `-` where it is a part of nothing.
_OBJECT_KEYS: Final = """
    input input -: Langfuse
    input_tokens input -: Anthropic, OpenAI Responses
    prompt_tokens input -: OpenAI
    promptTokens input -: Langfuse up to 2
    prompt_token_count input -: Gemini, Vertex AI
    promptTokenCount input -: Gemini
    inputTokens input -: Bedrock
    inputTokenCount input -: Bedrock
    input_token_count input -: watsonx
    prompt_cache_miss_tokens input_uncached -: DeepSeek
    input_text input_text beside: Langfuse
    input_text_tokens input_text beside: Langfuse
    input_modality_TEXT input_text beside: Langfuse over Vertex AI
    promptTokensDetails.TEXT input_text inside: Gemini
    input_audio input_audio beside: Langfuse
    input_audio_tokens input_audio beside: Langfuse
    input_modality_AUDIO input_audio beside: Langfuse over Vertex AI
    promptTokensDetails.AUDIO input_audio inside: Gemini
    prompt_tokens_details.AUDIO input_audio inside: Vertex AI
    prompt_tokens_details.audio_tokens input_audio inside: OpenAI
    input_tokens_details.audio_tokens input_audio inside: OpenAI Responses
    input_token_details.audio_tokens input_audio inside: OpenAI Realtime
    input_token_details.audio input_audio inside: LangChain
    input_image input_image beside: Langfuse
    input_image_tokens input_image beside: Langfuse
    promptTokensDetails.IMAGE input_image inside: Gemini
    input_tokens_details.image_tokens input_image inside: OpenAI Images
    input_video_tokens input_video beside: Langfuse
    promptTokensDetails.VIDEO input_video inside: Gemini
    toolUsePromptTokenCount tool_input apart: Gemini
    tool_use_prompt_token_count tool_input apart: Gemini
    input_cached_tokens cache_read beside: Langfuse
    input_cache_read cache_read beside: Langfuse over LangChain
    cache_read_input_tokens cache_read beside: Anthropic
    cacheReadInputTokens cache_read beside: Bedrock
    cached_tokens cache_read beside: Langfuse
    prompt_tokens_details.cached_tokens cache_read inside: OpenAI
    input_tokens_details.cached_tokens cache_read inside: OpenAI Responses
    input_token_details.cache_read cache_read inside: LangChain
    prompt_cache_hit_tokens cache_read inside: DeepSeek
    cachedContentTokenCount cache_read inside: Gemini
    cached_content_token_count cache_read inside: Gemini
    cacheTokensDetails.TEXT cache_read_text inside: Gemini
    cached_modality_TEXT cache_read_text inside: Langfuse over Vertex AI
    cacheTokensDetails.AUDIO cache_read_audio inside: Gemini
    input_cached_audio_tokens cache_read_audio inside: Langfuse
    input_token_details.cached_tokens_details.audio_tokens cache_read_audio inside: OpenAI Realtime
    cacheTokensDetails.IMAGE cache_read_image inside: Gemini
    cacheTokensDetails.VIDEO cache_read_video inside: Gemini
    cache_creation_input_tokens cache_write beside: Anthropic
    input_cache_creation cache_write beside: Langfuse over LangChain
    input_cache_write cache_write beside: Langfuse
    cacheWriteInputTokens cache_write beside: Bedrock
    input_token_details.cache_creation cache_write inside: LangChain
    prompt_tokens_details.cache_write_tokens cache_write inside: OpenRouter
    input_cache_creation_5m cache_write_5m beside: Langfuse
    cache_creation.ephemeral_5m_input_tokens cache_write_5m inside: Anthropic
    input_token_details.ephemeral_5m_input_tokens cache_write_5m inside: LangChain
    input_ephemeral_5m_input_tokens cache_write_5m beside: Langfuse over LangChain
    input_cache_creation_1h cache_write_1h beside: Langfuse
    cache_creation.ephemeral_1h_input_tokens cache_write_1h inside: Anthropic
    input_token_details.ephemeral_1h_input_tokens cache_write_1h inside: LangChain
    input_ephemeral_1h_input_tokens cache_write_1h beside: Langfuse over LangChain
    output output -: Langfuse
    output_tokens output -: Anthropic, OpenAI Responses
    completion_tokens output -: OpenAI
    completionTokens output -: Langfuse up to 2
    candidates_token_count output -: Gemini, Vertex AI
    candidatesTokenCount output -: Gemini
    outputTokens output -: Bedrock
    outputTokenCount output -: Bedrock
    generated_token_count output -: watsonx
    output_text output_text beside: Langfuse
    output_text_tokens output_text beside: Langfuse
    output_modality_TEXT output_text beside: Langfuse over Vertex AI
    candidatesTokensDetails.TEXT output_text inside: Gemini
    output_audio output_audio beside: Langfuse
    output_audio_tokens output_audio beside: Langfuse
    candidatesTokensDetails.AUDIO output_audio inside: Gemini
    completion_tokens_details.audio_tokens output_audio inside: OpenAI
    output_token_details.audio_tokens output_audio inside: OpenAI Realtime
    output_image output_image beside: Langfuse
    output_image_tokens output_image beside: Langfuse
    candidatesTokensDetails.IMAGE output_image inside: Gemini
    output_video_tokens output_video beside: Langfuse
    output_reasoning reasoning beside: Langfuse over LangChain
    output_reasoning_tokens reasoning beside: Langfuse
    reasoning_tokens reasoning beside: Langfuse
    completion_tokens_details.reasoning_tokens reasoning inside: OpenAI
    output_tokens_details.reasoning_tokens reasoning inside: OpenAI Responses
    output_tokens_details.thinking_tokens reasoning inside: Anthropic
    output_token_details.reasoning reasoning inside: LangChain
    thoughtsTokenCount reasoning apart: Gemini
    thoughts_token_count reasoning apart: Gemini
    total total -: Langfuse
    total_tokens total -: OpenAI
    totalTokens total -: Bedrock, Langfuse up to 2
    totalTokenCount total -: Gemini
    total_token_count total -: Gemini
    server_tool_use.web_search_requests web_searches -: Anthropic
    web_search_requests web_searches -: others
    num_search_queries web_searches -: Perplexity
    images images -: others
    seconds seconds -: others
    pages_processed pages -: Mistral
    characters characters -: Langfuse
"""


class Holder(NamedTuple):
    """An attribute that holds an object of counts, as JSON or as a map."""

    senders: str
    #: Whether its flat keys are disjoint by agreement.
    disjoint: bool = False
    #: What its keys are below, where that says something of them.
    below: str = ""


#: Attribute → what it holds. Langfuse's is the first: its word beats the others.
OBJECTS: Final[dict[str, Holder]] = {
    "langfuse.observation.usage_details": Holder("Langfuse", disjoint=True),
    "gen_ai.usage": Holder("others"),
    "gen_ai.usage.details": Holder("others"),
    "gen_ai.usage.input_token_details": Holder("LangSmith", below="input_token_details"),
    "gen_ai.usage.output_token_details": Holder("LangSmith", below="output_token_details"),
    "gen_ai.usage.prompt_tokens_details": Holder("others, after OpenAI", below="prompt_tokens_details"),
    "gen_ai.usage.completion_tokens_details": Holder("others, after OpenAI", below="completion_tokens_details"),
    "gen_ai.usage.input_tokens_details": Holder("others, after OpenAI", below="input_tokens_details"),
    "gen_ai.usage.output_tokens_details": Holder("others, after OpenAI", below="output_tokens_details"),
    "gen_ai.usage.server_tool_use": Holder("others, after Anthropic", below="server_tool_use"),
    "ai.usage": Holder("others"),
    "ai.usage.inputTokenDetails": Holder("others, after Vercel", below="inputTokenDetails"),
    "ai.usage.outputTokenDetails": Holder("others, after Vercel", below="outputTokenDetails"),
    "llm.usage": Holder("others"),
    "llm.token.counts": Holder("Langtrace"),
    "mlflow.chat.tokenUsage": Holder("MLflow"),
    "metadata.usage_object": Holder("LiteLLM"),
}


class ObjectKey(NamedTuple):
    """A key inside an object of counts."""

    name: str
    slot: str
    #: `inside`, `beside`, `apart` or `-`.
    place: str
    senders: str


def _object_keys() -> dict[str, ObjectKey]:
    keys = {}
    for line in _OBJECT_KEYS.strip().splitlines():
        spec, _, senders = line.strip().partition(": ")
        name, slot, place = spec.split()
        keys[name] = ObjectKey(name, slot, place, senders)
    return keys


#: Key inside an object → what it means.
OBJECT_KEYS: Final = _object_keys()
