"""Which family a model belongs to: what people mean by "Claude" or "Llama", whoever serves it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

#: Family slug and its display name, in the order in which they are offered.
FAMILIES: Final[dict[str, str]] = {
    "claude": "Claude",
    "gpt": "GPT",
    "gpt-oss": "gpt-oss",
    "gemini": "Gemini",
    "gemma": "Gemma",
    "llama": "Llama",
    "qwen": "Qwen",
    "deepseek": "DeepSeek",
    "mistral": "Mistral",
    "grok": "Grok",
    "kimi": "Kimi",
    "glm": "GLM",
    "minimax": "MiniMax",
    "command": "Command",
    "nova": "Nova",
    "phi": "Phi",
    "nemotron": "Nemotron",
    "granite": "Granite",
    "jamba": "Jamba",
    "sonar": "Sonar",
    "embedding": "Embeddings",
    "rerank": "Rerankers",
    "image": "Images",
    "speech": "Speech",
}

# Purpose before make (an embedding model of OpenAI is no GPT), and the base of a distillate or derivative last.
_PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (r"rerank", "rerank"),
    (r"embed|(^|/)(bge|gte|e5|voyage|nomic|ada-002)\b|text-similarity|minilm", "embedding"),
    (r"dall-e|gpt-image|imagen|flux|stable-?diffusion|(^|/)sora|(^|/)veo-|nano-banana", "image"),
    (r"whisper|(^|[/-])tts\b|voxtral|transcribe|eleven_|orpheus|lyria", "speech"),
    (r"claude", "claude"),
    (r"gpt-?oss", "gpt-oss"),
    (r"gemini|learnlm", "gemini"),
    (r"gemma", "gemma"),
    (r"deepseek|(^|/)r1-1776", "deepseek"),
    (r"nemotron", "nemotron"),
    (r"qwen|qwq|qvq|tongyi", "qwen"),
    (r"grok", "grok"),
    (r"kimi|moonshot", "kimi"),
    (r"(^|[/.-])(chat)?glm", "glm"),
    (r"minimax|(^|/)abab\d", "minimax"),
    (r"command|c4ai|(^|/)aya", "command"),
    (r"sonar", "sonar"),
    (r"(^|[/.])nova-|titan-text", "nova"),
    (r"mi[sx]tral|magistral|devstral|codestral|ministral|pixtral|mathstral", "mistral"),
    (r"granite", "granite"),
    (r"jamba", "jamba"),
    (r"(^|/)phi-?\d|mai-ds", "phi"),
    (r"llama|vicuna|hermes", "llama"),
    # OpenAI's reasoning models (o1, o3, o4-mini) and its oldest names are sold beside GPT and counted with it.
    (r"(^|[/:])(gpt|chatgpt|codex|o[1-9](-|$)|text-davinci|davinci|babbage|curie)|computer-use", "gpt"),
)


#: Of a longer name the rest says nothing.
_LONGEST: Final = 256


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), family) for pattern, family in _PATTERNS)


def family_of(model: str) -> str:
    """The family of a model id in any spelling, vendor prefixes, regions, dates and tags included; "" for unknown."""
    return _family(model[:_LONGEST])


@lru_cache(maxsize=4096)
def _family(model: str) -> str:
    text = model.strip().lower()
    for pattern, family in _rules():
        if pattern.search(text):
            return family
    return ""
