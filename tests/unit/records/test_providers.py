"""Providers are known by every name that tools give them, and told apart by colour."""

from __future__ import annotations

import math
import re
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import PROVIDERS, Provider, infer_provider, provider_of
from tokometer.records.providers import known_provider

LIGHT, DARK = "#ffffff", "#16181d"

#: Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
RED_BLIND = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
GREEN_BLIND = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))

everyone = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))


def linear(colour: str) -> list[float]:
    """Linear RGB from 0 to 1 of `#rrggbb` (sRGB)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio, from 1 to 21."""
    dim, bright = sorted(
        sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(x), strict=True)) for x in (one, other)
    )
    return (bright + 0.05) / (dim + 0.05)


def seen(colour: str, eye: tuple[tuple[float, ...], ...] | None) -> tuple[float, ...]:
    """OKLab coordinates of a colour as an eye sees it; distances of 0.02 are just noticeable."""
    r, g, b = linear(colour)
    if eye:
        r, g, b = (min(1.0, max(0.0, x * r + y * g + z * b)) for x, y, z in eye)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    middle = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


@everyone
def test_a_colour_holds_in_light_and_dark(provider: Provider) -> None:
    """At least 3 : 1 against the card of either theme, as WCAG asks of graphics."""
    assert re.fullmatch(r"#[0-9a-f]{6}", provider.colour)
    assert contrast(provider.colour, LIGHT) >= 3
    assert contrast(provider.colour, DARK) >= 3


def test_contrast_is_computed_as_wcag_does() -> None:
    """Black on white is 21 : 1."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_colours_differ_for_every_eye() -> None:
    """No two providers look the same, and the ten best known differ clearly, also to red- and green-blind readers."""
    for one, other in combinations(PROVIDERS.values(), 2):
        assert math.dist(seen(one.colour, None), seen(other.colour, None)) > 0.04
    known = ("anthropic", "openai", "google", "bedrock", "azure", "openrouter", "groq", "xai", "mistral", "deepseek")
    for one, other in combinations((PROVIDERS[slug].colour for slug in known), 2):
        for eye in (None, RED_BLIND, GREEN_BLIND):
            assert math.dist(seen(one, eye), seen(other, eye)) > 0.05


@everyone
def test_a_provider_is_declared_in_full(provider: Provider) -> None:
    """Slug, name and three addresses; local is what runs on the user's machine."""
    assert re.fullmatch(r"[a-z0-9]+", provider.slug)
    assert provider.name
    for address in (provider.website, provider.docs, provider.contact):
        assert re.fullmatch(r"https://[\w.-]+(/[\w./-]*)?", address)
    assert provider.local == (provider.type == "local")


@everyone
def test_a_provider_is_known_by_slug_name_and_aliases(provider: Provider) -> None:
    """In any case and with any punctuation."""
    for alias in (provider.slug, provider.name, *provider.aliases):
        for spelling in (alias, alias.upper(), alias.replace("_", "-"), alias.replace("_", " "), f" {alias}\n"):
            assert provider_of(spelling) == provider.slug


def test_no_spelling_means_two_providers() -> None:
    """Each alias leads to one provider only."""
    spellings = [
        {re.sub(r"[\W_]", "", alias.lower()) for alias in (provider.slug, provider.name, *provider.aliases)}
        for provider in PROVIDERS.values()
    ]
    assert sum(map(len, spellings)) == len(set().union(*spellings))


@pytest.mark.parametrize(
    ("alias", "slug"),
    [
        ("openai", "openai"),
        ("anthropic", "anthropic"),
        ("aws.bedrock", "bedrock"),
        ("azure.ai.openai", "azure"),
        ("az.ai.openai", "azure"),
        ("azure.ai.inference", "azure"),
        ("gcp.gemini", "google"),
        ("gcp.gen_ai", "google"),
        ("google", "google"),
        ("vertex_ai", "vertex"),
        ("gcp.vertex_ai", "vertex"),
        ("groq", "groq"),
        ("mistral_ai", "mistral"),
        ("moonshot_ai", "moonshot"),
        ("deepseek", "deepseek"),
        ("cohere", "cohere"),
        ("perplexity", "perplexity"),
        ("x_ai", "xai"),
        ("ibm.watsonx.ai", "watsonx"),
        ("My Gateway!", "my-gateway"),
        ("Ünïcode", "ünïcode"),
        ("", ""),
        ("???", ""),
    ],
)
def test_the_values_of_opentelemetry_are_known(alias: str, slug: str) -> None:
    """Every provider value of the GenAI conventions has its slug; what nobody knows becomes one."""
    assert provider_of(alias) == slug


@pytest.mark.parametrize(
    ("alias", "slug"),
    [
        ("openai.embedding", "openai"),
        ("azure-openai.chat", "azure"),
        ("groq.chat", "groq"),
        ("xai.responses", "xai"),
        ("cohere.textEmbedding", "cohere"),
        ("togetherai.chat", "together"),
        ("google.vertex.chat", "vertex"),
        ("google.vertex.anthropic.messages", "vertex"),
        ("google.generative-ai.embedding", "google"),
        ("amazon-bedrock.embedding", "bedrock"),
        ("my.chat", "my-chat"),
        ("groq.chatty", "groq-chatty"),
    ],
)
def test_an_api_behind_a_provider_is_no_provider_of_its_own(alias: str, slug: str) -> None:
    """The Vercel AI SDK names the API with the provider, of all that it speaks to."""
    assert provider_of(alias) == slug


@given(st.text(max_size=400))
def test_any_text_has_a_slug_that_stays(alias: str) -> None:
    """A slug is short, and is its own slug."""
    slug = provider_of(alias)
    assert len(slug) <= 64
    assert provider_of(slug) == slug or known_provider(slug)


def test_there_are_the_providers_of_a_large_gateway() -> None:
    """At least seventeen clouds, besides gateways and local servers."""
    assert sum(provider.type == "cloud" for provider in PROVIDERS.values()) >= 17
    assert {provider.type for provider in PROVIDERS.values()} == {"cloud", "gateway", "local"}


@pytest.mark.parametrize(
    ("model", "slug"),
    [
        ("claude-opus-5", "anthropic"),
        ("claude-opus-5[1m]", "anthropic"),
        ("anthropic/claude-sonnet-4.5", "anthropic"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock"),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/x", "bedrock"),
        ("amazon.nova-lite-v1:0", "bedrock"),
        ("claude-sonnet-4-5@20250929", "vertex"),
        ("publishers/google/models/gemini-2.5-pro", "vertex"),
        ("gpt-5.2-codex", "openai"),
        ("o3", "openai"),
        ("o4-mini", "openai"),
        ("text-embedding-3-small", "openai"),
        ("ft:gpt-4o:org::id", "openai"),
        ("gpt-4o:extended", "openai"),
        ("gemini-2.5-pro", "google"),
        ("models/gemini-2.5-flash", "google"),
        ("grok-4", "xai"),
        ("mistral-large-latest", "mistral"),
        ("codestral-2508", "mistral"),
        ("deepseek-chat", "deepseek"),
        ("kimi-k2-turbo-preview", "moonshot"),
        ("glm-4.6", "zai"),
        ("command-r-plus", "cohere"),
        ("sonar-pro", "perplexity"),
        ("qwen3-max", "alibaba"),
        ("voyage-3", "voyage"),
        ("accounts/fireworks/models/x", "fireworks"),
        ("@cf/meta/llama-3", "cloudflare"),
        ("meta-llama/llama-3.3-70b:free", "openrouter"),
        ("llama3.1:8b", "ollama"),
        ("deepseek-r1:14b", "ollama"),
        ("qwen3:latest", "ollama"),
        ("groq/llama-3.3-70b-versatile", "groq"),
        ("gpt-oss-120b", ""),
        ("openai/gpt-oss-120b", ""),
        ("llama-3.3-70b", ""),
        ("meta-llama/Llama-3.3-70B-Instruct", ""),
        ("Qwen/Qwen3-32B", ""),
        ("deepseek-ai/DeepSeek-V3", ""),
        ("my-own-model", ""),
        ("", ""),
    ],
)
def test_a_model_id_may_tell_its_provider(model: str, slug: str) -> None:
    """By how it is written or by a maker that serves it alone; open weights tell nothing."""
    assert infer_provider(model) == slug


@given(st.text(max_size=400))
def test_inferring_never_fails(model: str) -> None:
    """Whatever the text, the answer is a known slug or none."""
    assert infer_provider(model) in {"", *PROVIDERS}


@everyone
def test_a_provider_is_documented(provider: Provider) -> None:
    """Its row in the reference says what the code says."""
    page = Path(__file__).parents[3] / "docs" / "reference" / "providers.md"
    row = next(line for line in page.read_text().splitlines() if line.startswith(f"| `{provider.slug}` |"))
    for said in (provider.name, provider.website, provider.docs, provider.type, provider.status, provider.colour):
        assert said in row
    assert re.findall(r"`([^`]+)`", row.split("|")[-2]) == list(provider.aliases)
