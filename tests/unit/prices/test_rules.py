"""The tables of rules are whole: sources, dates, words that exist."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from tokometer.prices import rules
from tokometer.prices.tiers import PRICED
from tokometer.records import PROVIDERS
from tokometer.records.basis import ASSUMPTIONS, REASONS, assumed, unpriced
from tokometer.records.families import FAMILIES
from tokometer.records.kinds import PARTS

TABLES = (
    *rules.TIER_RULES,
    *rules.REGION_RULES,
    *rules.REFUSAL_RULES,
    *rules.QUANTITY_RULES,
    *rules.PART_RULES,
)


@pytest.mark.parametrize("rule", TABLES, ids=lambda rule: f"{type(rule).__name__}-{rule.provider}")
def test_every_rule_names_its_source(rule: rules.TierRule) -> None:
    """A provider that we know, a page, and the day on which somebody looked."""
    assert rule.provider in PROVIDERS
    assert rule.source.url.startswith("https://")
    assert date.fromisoformat(rule.source.checked) <= date(2026, 12, 31)
    assert set(rule.families) <= set(FAMILIES)


def test_rules_speak_of_what_exists() -> None:
    """Tiers that words lead to, parts of buckets, patterns that compile."""
    assert {rule.tier for rule in rules.TIER_RULES} <= PRICED
    assert {rule.part for rule in rules.PART_RULES} <= set(PARTS)
    for rule in (*rules.TIER_RULES, *rules.PART_RULES, *rules.QUANTITY_RULES):
        re.compile(rule.models)


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("claude-opus-4-8", (4, 8)),
        ("claude-opus-4.8", (4, 8)),
        ("claude-sonnet-4-5-20250929", (4, 5)),
        ("claude-sonnet-4-20250514", (4, 0)),
        ("claude-3-5-sonnet-20241022", (3, 5)),
        ("claude-3-haiku-20240307", (3, 0)),
        ("claude-fable-5", (5, 0)),
        ("claude-opus-10-1", (10, 1)),
        ("claude-v1", (0, 0)),
        ("gpt-4.1", (0, 0)),
    ],
)
def test_the_version_of_a_claude_is_read_off_its_id(model: str, version: tuple[int, int]) -> None:
    """With or without a minor version, a date is none."""
    assert rules.claude_version(model) == version


def test_the_first_rule_that_fits_holds() -> None:
    """A special case stands before the general one; where no rule fits there is none."""
    first = rules.part_rules("openai", "gpt-4o-audio-preview-2024-10-01")[0]
    assert first.price == 100
    assert rules.tier_rule("google", "batch", "claude-opus-5") is None
    assert rules.tier_rule("google", "batch", "gemini-9") is not None
    assert rules.region_rule("anthropic", "us", "claude-opus-4-5").factor == Fraction(1)
    assert rules.region_rule("mistral", "eu", "mistral-large-2512") is None
    assert rules.refusal_rule("openai", "gpt-5") is None


def test_every_word_of_a_basis_is_in_the_guide() -> None:
    """Who meets `assumed:part` finds what it means and what mends it."""
    guide = (Path(__file__).parents[3] / "docs" / "how-to" / "prices.md").read_text("utf-8")
    for basis in (*map(assumed, ASSUMPTIONS), *map(unpriced, REASONS)):
        assert f"| `{basis}` |" in guide
