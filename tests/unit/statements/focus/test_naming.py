"""What a bill's words mean: models, tokens, tiers, units."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tokometer.statements.focus.naming import (
    measured,
    model_of,
    provider_of,
    table_of,
    tier_of,
    token_type_of,
    unresolved,
)
from tokometer.statements.focus.reading import KEYS

_BEDROCK = "arn:aws:bedrock:us-east-1:2:"


def _keys(**told: str) -> dict[str, str]:
    return dict.fromkeys(KEYS, "") | told


@pytest.mark.parametrize(
    ("told", "model"),
    [
        ({"resource": f"{_BEDROCK}inference-profile/eu.amazon.nova-pro-v1:0"}, "amazon.nova-pro-v1:0"),
        ({"resource": f"{_BEDROCK}inference-profile/global.anthropic.claude-x-v1:0"}, "anthropic.claude-x-v1:0"),
        ({"resource": "arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-70b-v1:0"}, "meta.llama3-70b-v1:0"),
        ({"meter": "USE1-Claude4.5Sonnet-output-tokens"}, "claude-sonnet-4-5"),
        ({"meter": "EUC1-Claude3.5Sonnet-input-tokens-batch"}, "claude-3-5-sonnet"),
        ({"meter": "APN1-NovaLite-input-tokens"}, "nova-lite"),
        (
            {"meter": "USE1-MP:USE1_InputTokenCount-Units", "service": "Claude Opus 4.1 (Amazon Bedrock Edition)"},
            "claude-opus-4-1",
        ),
        ({"meter": "gpt 4.1 mini Inp glbl Tokens"}, "gpt-4.1-mini"),
        ({"meter": "gpt-4o-0806-Outp-glbl Tokens"}, "gpt-4o"),
        ({"meter": "GPT 5 cchd Inp Glbl 1M Tokens"}, "gpt-5"),
        ({"meter": "text embedding 3 small glbl Tokens"}, "text-embedding-3-small"),
        ({"described": "Gemini 2.5 Pro Text Input - Predictions"}, "gemini-2.5-pro"),
        ({"described": "Generate content output token count gemini 2.5 flash lite"}, "gemini-2.5-flash-lite"),
        ({"meter": "BoxUsage:t3.small"}, ""),
    ],
)
def test_models(told: dict[str, str], model: str) -> None:
    """A resource says it best, a meter in the words of its cloud, and nothing is guessed where neither does."""
    assert model_of(_keys(**told), {}) == model


def test_the_accounts_own_table() -> None:
    """Application inference profiles and deployments are told by a table; a profile that it lacks is named."""
    table = table_of("abc123 = claude-sonnet-4-5\nprod-* = gpt-5, x")
    profile = _keys(resource=f"{_BEDROCK}application-inference-profile/abc123")
    other = _keys(resource=f"{_BEDROCK}application-inference-profile/zzz")
    assert model_of(profile, table) == "claude-sonnet-4-5"
    assert model_of(_keys(resource_name="prod-chat"), table) == "gpt-5"
    assert (unresolved(profile, table), unresolved(other, table)) == ("", "zzz")


@pytest.mark.parametrize(
    ("meter", "unit", "token_type", "tier"),
    [
        ("USE1-Claude4.5Sonnet-cache-read-input-token-count", "1K tokens", "cache_read", ""),
        ("USE1-Claude4.5Sonnet-cache-write-input-token-count", "1K tokens", "cache_write", ""),
        ("USE1-NovaPro-output-tokens-batch", "1K tokens", "output", "batch"),
        ("gpt 5 cchd Inp glbl Tokens", "1K", "cache_read", ""),
        ("gpt 5 outp prty glbl Tokens", "1M", "output", "priority"),
        ("Claude PTU hours", "Hours", "", ""),
    ],
)
def test_tokens_and_tiers(meter: str, unit: str, token_type: str, tier: str) -> None:
    """A meter says of which tokens it is, and at which tier."""
    keys = _keys(meter=meter, unit=unit)
    assert (token_type_of(keys), tier_of(keys)) == (token_type, tier)


@pytest.mark.parametrize(
    ("told", "provider"),
    [
        ({"provider": "AWS", "service": "Amazon Bedrock"}, "bedrock"),
        ({"provider": "Amazon Web Services", "service": "Claude Sonnet 4 (Amazon Bedrock Edition)"}, "bedrock"),
        ({"provider": "AWS", "service": "Amazon Simple Storage Service"}, "aws-cloud"),
        ({"provider": "Microsoft", "service": "Azure OpenAI"}, "azure"),
        ({"provider": "Google Cloud", "service": "Vertex AI"}, "vertex"),
        ({"provider": "Google Cloud", "service": "Gemini API"}, "google"),
        ({"provider": "OpenAI", "service": "API"}, "openai"),
        ({"provider": "Example Cloud", "service": "GPT hosting"}, "example-cloud"),
    ],
)
def test_providers(told: dict[str, str], provider: str) -> None:
    """Providers are named as calls name them."""
    assert provider_of(_keys(**told)) == provider


@pytest.mark.parametrize(
    ("amount", "unit", "token_type", "about", "found"),
    [
        ("5", "1K tokens", "input", "", (5000.0, "tokens")),
        ("2.5", "1M Tokens", "input", "", (2_500_000.0, "tokens")),
        ("3", "1,000 Tokens", "", "", (3000.0, "tokens")),
        ("3", "10K", "output", "", (30_000.0, "tokens")),
        ("4", "Units", "input", "AWS Marketplace: Million Input Tokens", (4_000_000.0, "tokens")),
        ("7", "tokens", "", "", (7.0, "tokens")),
        ("7", "Hours", "", "", (7.0, "Hours")),
    ],
)
def test_units(amount: str, unit: str, token_type: str, about: str, found: tuple[float, str]) -> None:
    """Tokens are counted one by one, whatever they are priced by; other units stay."""
    assert measured(Decimal(amount), unit, token_type, about) == found
