"""What the text of a Google SKU says: which model, which tokens of it, at which tier.

Google has no table of its SKUs' meanings; they are told by their descriptions. Two families are read, as invoices of
2026 have them: `Generate content input token count gemini 2.5 flash short input text` (Gemini API) and `Gemini 2.5 Pro
Thinking Text Output - Predictions` (Vertex AI). What does not certainly say a model and a direction says nothing: its
line is kept under its own name.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

#: The first word of a model's name.
_FAMILIES: Final = frozenset({"gemini", "gemma", "claude", "llama", "mistral", "codestral", "deepseek", "qwen", "grok"})
#: Words that go on with it.
_VARIANTS: Final = frozenset(
    {
        *("pro", "flash", "lite", "nano", "ultra", "preview", "live", "tts", "embedding", "opus", "sonnet", "haiku"),
        *("fable", "mini", "small", "medium", "large", "scout", "maverick", "coder", "next", "fast", "reasoning"),
    }
)
#: Words within a name that say where or since when it is served.
_BESIDE: Final = frozenset({"ga", "global", "regional"})
_MODALITIES: Final = frozenset({"text", "image", "audio", "video"})
_TIERS: Final = frozenset({"batch", "flex", "priority"})
_VERSION: Final = re.compile(r"\d{1,3}(?:\.\d{1,2})?")
_WORD: Final = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
#: From this version on Google leaves out a `.0`.
_WHOLE_SINCE: Final = 3
_LONGEST: Final = 300


class Sku(NamedTuple):
    """What a SKU says; all of it is empty where that is not certain."""

    model: str = ""
    #: `input`, `cache_read`, `cache_write` or `output`.
    token_type: str = ""
    service_tier: str = ""


def sku_of(description: str) -> Sku:
    """What the description of a SKU says."""
    words = _WORD.findall(description[:_LONGEST].lower())
    direction = next((word for word in words if word in ("input", "output")), "")
    model = _model(words)
    if not direction or not model or "storage" in words:
        return Sku()
    tier = next((word for word in words if word in _TIERS), "")
    return Sku(model, _token_type(words, direction), tier)


def _token_type(words: list[str], direction: str) -> str:
    if direction == "output" or not {"cache", "cached", "caching"} & {*words}:
        return direction
    return "cache_write" if {"write", "writes", "creation"} & {*words} else "cache_read"


def _model(words: list[str]) -> str:
    """The model that is named, as its id has it: `gemini-2.5-flash-lite`."""
    start = next((at for at, word in enumerate(words) if word in _FAMILIES), None)
    if start is None:
        return ""
    name, version = [words[start]], ""
    for at, word in enumerate(words[start + 1 :], start + 1):
        if word in _VARIANTS or (word == "image" and _is_of_the_name(words, at)):
            name.append(word)
        elif _VERSION.fullmatch(word) and not version:
            version = word
            name.append(_written(words[start], word))
        elif word not in _BESIDE:
            break
    return "-".join(name) if version or len(name) > 1 else ""


def _is_of_the_name(words: list[str], at: int) -> bool:
    """Whether `image` is part of the model's name, and not the kind of its tokens: another such word says that."""
    if "for" in words[:at]:
        return True
    return at + 1 < len(words) and words[at + 1] in _MODALITIES


def _written(family: str, version: str) -> str:
    if family == "claude":
        return version.replace(".", "-")
    whole, dot, rest = version.partition(".")
    return whole if family == "gemini" and dot and not rest.strip("0") and int(whole) >= _WHOLE_SINCE else version
