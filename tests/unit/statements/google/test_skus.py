"""Descriptions of Google's SKUs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.statements.google.skus import Sku, sku_of


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        (
            "Generate content input token count gemini 2.5 flash short input text",
            Sku("gemini-2.5-flash", "input"),
        ),
        (
            "Generate content output token count gemini 2.5 flash lite short output text",
            Sku("gemini-2.5-flash-lite", "output"),
        ),
        (
            "Generate content cached input token count gemini 2.5 flash input image",
            Sku("gemini-2.5-flash", "cache_read"),
        ),
        (
            "Generate_content text input token count for gemini 3 pro short",
            Sku("gemini-3-pro", "input"),
        ),
        (
            "Generate_content image output token count for Gemini 3 Pro Image",
            Sku("gemini-3-pro-image", "output"),
        ),
        (
            "Generate content input token count gemini 3.7 flash image flex caching",
            Sku("gemini-3.7-flash", "cache_read", "flex"),
        ),
        ("Gemini 2.5 Pro Thinking Text Output - Predictions", Sku("gemini-2.5-pro", "output")),
        ("Gemini 2.5 Flash GA Text Input - Predictions", Sku("gemini-2.5-flash", "input")),
        ("Gemini 3.5 Flash Global Text Output - Predictions", Sku("gemini-3.5-flash", "output")),
        ("Gemini 3.1 Flash Image Text Input - Predictions", Sku("gemini-3.1-flash-image", "input")),
        ("Gemini 3.0 Pro Text Input Caching (Long)", Sku("gemini-3-pro", "cache_read")),
        ("Gemini 2.0 Flash Text Input Batch - Predictions", Sku("gemini-2.0-flash", "input", "batch")),
        ("Claude Sonnet 4.5 Cache Write Input Tokens", Sku("claude-sonnet-4-5", "cache_write")),
        ("Gemini 3 Flash Text Input Caching Storage", Sku()),
        ("Veo Fast Generation 720p with Audio", Sku()),
        ("Grounding with Google Search", Sku()),
        ("Imagen 4 fast Generation (output)", Sku()),
        ("", Sku()),
    ],
)
def test_a_description_says_its_model_and_tokens_or_nothing(description: str, expected: Sku) -> None:
    """A description says model, tokens and tier as Google writes them, and nothing where it is not certain."""
    assert sku_of(description) == expected


@given(st.text(max_size=400))
def test_no_description_is_too_odd(description: str) -> None:
    """Whatever a description is, it says all of it or nothing."""
    said = sku_of(description)
    assert bool(said.model) == bool(said.token_type)
