"""What a model id by itself says about who served it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tokometer.records.providers import known_provider

#: Makers of open weights whose names head repository ids that anyone can serve.
_OPEN_VENDORS: Final = frozenset(
    {
        "deepseek-ai",
        "google",
        "microsoft",
        "mistralai",
        "moonshotai",
        "nvidia",
        "qwen",
        "openai",
        "zai-org",
        "cohereforai",
    }
)

_BY_MODEL: Final[tuple[tuple[str, str], ...]] = (
    # How a model is written tells where it ran: these first.
    (
        r"arn:aws:bedrock:|(bedrock/|(\w{2,6}\.)?(anthropic|amazon|meta|mistral|cohere|ai21|deepseek|qwen|openai)\.)",
        "bedrock",
    ),
    (r"openrouter/|\S+/\S+:(free|batch|online|nitro|floor|exacto|extended|thinking)$", "openrouter"),
    (r"(projects/.+/)?publishers/|claude-[^/]+@|vertex(_ai)?/", "vertex"),
    (r"accounts/fireworks/", "fireworks"),
    (r"@cf/", "cloudflare"),
    (r"databricks-", "databricks"),
    # `name:8b-instruct-q4_0`, `name:latest`, `name:1t-cloud`: only Ollama writes tags so.
    (r"(?!ft:)[\w.-]+:(latest|[\d.]+(x[\d.]+)?[bmt]\b|e\db|[\w.-]*cloud$|q\d)", "ollama"),
    # The maker, where it serves the model itself and hardly anyone else could.
    (r"(anthropic/)?claude\b", "anthropic"),
    (r"(openai/)?gpt-oss", ""),
    (
        r"(openai/|ft:)?(gpt-|chatgpt|codex-|o[1345](-|$)|text-embedding-(3|ada)|text-davinci|davinci|babbage|dall-e|"
        r"whisper-1|tts-1|omni-moderation|sora)",
        "openai",
    ),
    (r"(google/|models/|gemini/)*(gemini|text-embedding-0|imagen-|veo-|learnlm)", "google"),
    (r"((x-?ai|grok)/)?grok", "xai"),
    (
        r"(mistral(ai)?/)?(mistral-(large|medium|small|tiny|embed|ocr|saba)|magistral|devstral|codestral|ministral|voxtral|pixtral|open-mi[sx]tral)",
        "mistral",
    ),
    (r"(deepseek/)?deepseek-(chat|reasoner|coder$|v\d|flash)", "deepseek"),
    (r"(moonshot(ai)?/)?(kimi|moonshot)-", "moonshot"),
    (r"(z-?ai/)?glm-", "zai"),
    (r"(cohere/)?(command|c4ai-|embed-(english|multilingual|v\d)|rerank-)", "cohere"),
    (r"(perplexity/)?(sonar|pplx-)", "perplexity"),
    (r"(dashscope/)?(qwen-?\d?(\.\d)?-?(max|plus|turbo|flash|long)|qwen3-coder-(plus|flash)|qwq-plus|qvq-)", "alibaba"),
    (r"minimax-|abab\d", "minimax"),
    (r"(voyage/)?voyage-", "voyage"),
)


#: Of a longer name the rest says nothing.
_LONGEST: Final = 256


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), slug) for pattern, slug in _BY_MODEL)


def infer_provider(model: str) -> str:
    """The slug of the provider that a model id by itself points to; "" where several could have served it.

    Open-weight models (`llama-3.3-70b`, `gpt-oss-120b`) run anywhere, so their name says nothing; the id `vendor/model`
    says something only where the vendor is a provider that we know.
    """
    return _infer(model[:_LONGEST])


@lru_cache(maxsize=4096)
def _infer(model: str) -> str:
    text = model.strip().lower()
    for pattern, slug in _rules():
        if pattern.match(text):
            return slug
    vendor, slash, _ = text.partition("/")
    return known_provider(vendor) if slash and vendor not in _OPEN_VENDORS else ""
