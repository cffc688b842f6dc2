"""A model's family is seen through prefixes, regions, dates and tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import FAMILIES, family_of


@pytest.mark.parametrize(
    ("family", "models"),
    [
        ("claude", "claude-opus-5 us.anthropic.claude-3-haiku-20240307-v1:0 anthropic/claude-sonnet-4.5 claude-v2:1"),
        ("gpt", "gpt-5.2 gpt-4o-mini o1 o3-mini o4-mini openai/gpt-5 chatgpt-4o-latest ft:gpt-4o:a::b codex-mini"),
        ("gpt-oss", "gpt-oss-120b openai/gpt-oss-20b gpt-oss:20b openai.gpt-oss-120b-1:0"),
        ("gemini", "gemini-2.5-pro models/gemini-2.5-flash google/gemini-3-pro-preview"),
        ("gemma", "gemma-3-27b-it gemma3:27b google/gemma-4-31b-it"),
        ("llama", "llama-3.3-70b llama3.1:8b meta-llama/Llama-4-Scout codellama us.meta.llama3-3-70b-instruct-v1:0"),
        ("qwen", "qwen3-max Qwen/Qwen3-32B qwq-32b qwen3-coder-plus"),
        ("deepseek", "deepseek-chat deepseek-ai/DeepSeek-V3.2 deepseek-r1-distill-llama-70b"),
        ("mistral", "mistral-large-latest codestral-2508 devstral-small mixtral-8x7b ministral-3b pixtral-12b"),
        ("grok", "grok-4 x-ai/grok-4-fast"),
        ("kimi", "kimi-k2 moonshotai/kimi-k2-instruct moonshot-v1-8k"),
        ("glm", "glm-4.6 GLM-5 z-ai/glm-4.5-air chatglm3"),
        ("minimax", "minimax-m2.5 MiniMax-M1"),
        ("command", "command-r-plus command-a c4ai-aya-expanse-8b"),
        ("nova", "amazon.nova-lite-v1:0 us.amazon.nova-pro-v1:0 amazon/nova-lite"),
        ("phi", "phi-4 phi4 microsoft/phi-3-mini"),
        ("nemotron", "nvidia/llama-3.1-nemotron-70b-instruct nemotron-3-super"),
        ("sonar", "sonar-pro perplexity/sonar llama-3.1-sonar-large-128k-online"),
        ("embedding", "text-embedding-3-small nomic-embed-text voyage-3 gemini-embedding-001 bge-m3 codestral-embed"),
        ("rerank", "rerank-v3.5 bge-reranker-base"),
        ("image", "gpt-image-1 dall-e-3 imagen-4"),
        ("speech", "whisper-1 tts-1 gpt-4o-mini-tts whisper-large-v3"),
        ("", "my-own-model x"),
    ],
)
def test_a_model_belongs_to_its_family(family: str, models: str) -> None:
    """Purpose before make: an embedding model of a maker is an embedding model."""
    assert {model: family_of(model) for model in models.split()} == dict.fromkeys(models.split(), family)


@given(st.text(max_size=400))
def test_every_text_has_a_declared_family_or_none(model: str) -> None:
    """Whatever the text."""
    assert family_of(model) in {"", *FAMILIES}


@given(
    model=st.sampled_from(["claude-opus-5", "gpt-5", "gemini-2.5-pro", "llama-3.3-70b", "qwen3-max"]),
    prefix=st.sampled_from(["", "anthropic/", "openrouter/x/", "models/", "accounts/fireworks/models/"]),
    suffix=st.sampled_from(["", "-20250929", "-v1:0", "@20250929", "[1m]", ":free", "-latest"]),
)
def test_decoration_does_not_change_the_family(model: str, prefix: str, suffix: str) -> None:
    """Any prefix and any suffix."""
    assert family_of((prefix + model + suffix).upper()) == family_of(model) != ""
