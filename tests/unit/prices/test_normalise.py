"""Model ids of every spelling become the one that price lists know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.prices.normalise import candidates, normalise


@pytest.mark.parametrize(
    ("model", "provider", "plain"),
    [
        ("claude-opus-5[1m]", "anthropic", "claude-opus-5"),
        ("claude-opus-4-6-fast", "anthropic", "claude-opus-4-6"),
        ("anthropic/claude-sonnet-4.5", "anthropic", "claude-sonnet-4-5"),
        ("anthropic/claude-sonnet-4.5", "", "claude-sonnet-4-5"),
        ("anthropic/claude-sonnet-4.5", "openrouter", "anthropic/claude-sonnet-4.5"),
        ("openrouter/anthropic/claude-sonnet-4.5", "openrouter", "anthropic/claude-sonnet-4.5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock", "claude-sonnet-4-5-20250929"),
        ("global.anthropic.claude-opus-5-v1", "bedrock", "claude-opus-5"),
        ("us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0:200k", "bedrock", "claude-3-5-sonnet-20240620"),
        ("bedrock/anthropic.claude-v2:1", "bedrock", "claude-v2:1"),
        ("claude-sonnet-4-5@20250929", "vertex", "claude-sonnet-4-5-20250929"),
        ("claude-3-5-sonnet-v2@20241022", "vertex", "claude-3-5-sonnet-v2-20241022"),
        ("claude-opus-5@default", "vertex", "claude-opus-5"),
        ("vertex_ai/claude-opus-5", "vertex", "claude-opus-5"),
        ("models/gemini-2.5-pro", "google", "gemini-2.5-pro"),
        ("publishers/google/models/gemini-2.5-pro", "vertex", "gemini-2.5-pro"),
        (
            "projects/p/locations/global/publishers/anthropic/models/claude-opus-5",
            "vertex",
            "claude-opus-5",
        ),
        ("openai/gpt-5.2", "openai", "gpt-5.2"),
        ("azure/gpt-5.2", "azure", "gpt-5.2"),
        ("  GPT-5.2 ", "openai", "gpt-5.2"),
        ("grok-4-fast", "xai", "grok-4-fast"),
        ("llama3.1:8b", "ollama", "llama3.1:8b"),
        ("meta-llama/Llama-3.3-70B-Instruct", "together", "meta-llama/llama-3.3-70b-instruct"),
        ("openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
        ("groq/openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
        ("", "", ""),
    ],
)
def test_an_id_loses_what_its_maker_did_not_write(model: str, provider: str, plain: str) -> None:
    """Brackets, paths, regions, vendor prefixes, versions and Vertex dates go; names keep all that tells them apart."""
    assert normalise(model, provider) == plain


@given(model=st.text(max_size=300), provider=st.sampled_from(["", "anthropic", "openrouter", "bedrock", "x"]))
def test_normalising_never_fails_and_settles(model: str, provider: str) -> None:
    """Whatever the text, there is an answer of bounded length, and the plain id is among the candidates."""
    plain = normalise(model, provider)
    assert len(plain) <= 600
    assert not plain or plain in candidates(model[:200], provider)


@given(
    stem=st.sampled_from(["claude-opus-5", "claude-sonnet-4-5-20250929", "claude-3-5-haiku-20241022"]),
    prefix=st.sampled_from(
        ["", "anthropic/", "us.anthropic.", "bedrock/eu.anthropic.", "models/", "litellm/anthropic/"]
    ),
    suffix=st.sampled_from(["", "[1m]", "-v1:0", "-fast"]),
)
def test_every_decoration_of_claude_comes_off(stem: str, prefix: str, suffix: str) -> None:
    """Any prefix with any suffix leaves the model."""
    assert normalise(prefix + stem + suffix, "anthropic") == stem
