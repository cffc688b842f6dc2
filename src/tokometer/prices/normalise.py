"""Model ids as tools write them, turned into ids that a price list knows.

`us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `claude-sonnet-4-5@20250929`, `anthropic/claude-sonnet-4.5` and
`claude-sonnet-4-5[1m]` are one model. Normalised ids are for finding prices only; records keep the id as it came.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tokometer.records.families import family_of
from tokometer.records.providers import known_provider

#: Price lists hold no longer ids, and matching is by pattern.
MAX_MODEL: Final = 200

_BRACKETS: Final = r"\[[^\]]*\]$"
_PATH: Final = r"^(projects/[^/]+/locations/[^/]+/)?(publishers/[^/]+/)?models/"
_BEDROCK_PREFIX: Final = (
    r"^(?:[a-z]{2,6}(?:-gov)?\.)?(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|qwen|openai)\."
)
_BEDROCK_SUFFIX: Final = r"(?<!claude)-v\d+(:\d+)?(:\d+k)?$"
_VERTEX_DATE: Final = r"@(\d{8}|\d{3})$"
_VERTEX_ALIAS: Final = r"@[\w.-]+$"
_DOT: Final = r"(?<=\d)\.(?=\d)"
_EFFORT: Final = r"-(none|minimal|low|medium|high|xhigh)$"
_SPEED: Final = r"-(fast|priority|flex)$"
_ROUTING: Final = r":(online|nitro|floor|exacto|thinking)$"


@lru_cache(maxsize=4096)
def normalise(model: str, provider: str) -> str:
    """The plain id of `model` as its maker writes it; for OpenRouter `vendor/model`, which is how it writes ids."""
    text = _without_path(model[:MAX_MODEL].strip().lower())
    text = _without_providers(text, provider)
    if family_of(text) != "claude":
        return text
    vendor, slash, name = text.rpartition("/")
    if provider == "openrouter":
        return f"{vendor}{slash}{name}"
    name = re.sub(_BEDROCK_PREFIX, "", name)
    name = re.sub(_VERTEX_ALIAS, "", re.sub(_VERTEX_DATE, r"-\1", name))
    name = re.sub(_BEDROCK_SUFFIX, "", name)
    return re.sub(_DOT, "-", name.removesuffix("-fast"))


def candidates(model: str, provider: str) -> list[str]:
    """The ids under which a price list of `provider` may know `model`, the most literal first."""
    raw = model.strip().lower()
    bare = _without_path(raw)
    plain = normalise(model, provider)
    found = [raw, bare, plain, _without_providers(bare, ""), re.sub(_BEDROCK_PREFIX, "", plain)]
    if provider == "openrouter":
        found += _openrouter_ids(plain)
    found += [re.sub(_ROUTING, "", text) for text in found]
    found += [re.sub(_EFFORT, "", text) for text in found if family_of(text) == "gpt"]
    return list(dict.fromkeys(text for text in found if text))


def without_speed(model: str) -> tuple[str, str]:
    """`model` without a suffix that names a service tier, and that tier: `gpt-5.2-fast` → (`gpt-5.2`, `fast`)."""
    text = _without_path(model.strip().lower())
    found = re.search(_SPEED, text)
    return (text[: found.start()], found[1]) if found else (text, "")


#: How OpenRouter names the makers, by family.
_OPENROUTER_VENDORS: Final = {
    "claude": "anthropic",
    "gpt": "openai",
    "gpt-oss": "openai",
    "gemini": "google",
    "gemma": "google",
    "grok": "x-ai",
    "deepseek": "deepseek",
    "mistral": "mistralai",
    "llama": "meta-llama",
    "qwen": "qwen",
    "kimi": "moonshotai",
    "glm": "z-ai",
    "minimax": "minimax",
    "command": "cohere",
    "nova": "amazon",
    "sonar": "perplexity",
}


def _without_path(text: str) -> str:
    if text.startswith("arn:"):
        text = text.rpartition("/")[2]
    return re.sub(_PATH, "", re.sub(_BRACKETS, "", text))


def _without_providers(text: str, provider: str) -> str:
    """`text` without the names of providers that lead it, except where `provider` itself writes `vendor/model`."""
    while "/" in text:
        first, _, rest = text.partition("/")
        named = known_provider(first)
        if not named or (provider in _VENDOR_IDS and named != provider):
            return text
        text = rest
    return text


#: Providers whose own ids are `vendor/model`.
_VENDOR_IDS: Final = frozenset(
    {"openrouter", "groq", "together", "deepinfra", "huggingface", "novita", "nvidia", "cloudflare", "fireworks"}
)


def _openrouter_ids(text: str) -> list[str]:
    """Spellings with the vendor that OpenRouter would put before, and with dotted versions as it writes Claude's."""
    name = text.rpartition("/")[2]
    vendor = _OPENROUTER_VENDORS.get(family_of(name), "")
    if not vendor:
        return []
    dotted = re.sub(r"(?<=-\d)-(?=\d\b)", ".", re.sub(r"-\d{8}$", "", name))
    return [f"{vendor}/{name}", f"{vendor}/{dotted}"]
