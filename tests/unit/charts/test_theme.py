"""Tests of tokometer.charts.theme and of the tokens themselves."""

from __future__ import annotations

import pytest

from tokometer.charts.colours import MORE, OTHER, PALETTE, UNKNOWN
from tokometer.charts.theme import THEMES, Theme, theme, tokens
from tokometer.records.providers import PROVIDERS

_TEXT = [
    ("text", "ground"),
    ("text", "card"),
    ("text", "raised"),
    ("text", "sunken"),
    ("text-2", "ground"),
    ("text-2", "card"),
    ("text-2", "sunken"),
    ("text-3", "ground"),
    ("text-3", "card"),
    ("text-3", "raised"),
    ("accent", "card"),
    ("accent", "accent-ground"),
    ("on-accent", "accent"),
    ("good", "card"),
    ("good", "ground"),
    ("bad", "card"),
    ("bad", "ground"),
    ("bad", "bad-ground"),
    ("warn", "warn-ground"),
]
_MARKS = ("requests", "tokens", "cost", "other", "focus", "state-good", "state-warning", "state-critical")


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast of two opaque colours."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("ink", "ground"), _TEXT)
def test_text_contrast(name: Theme, ink: str, ground: str) -> None:
    """Every text colour reads on every ground that it stands on: 4.5 : 1 or more."""
    token = tokens(name)
    assert contrast(token[ink], token[ground]) >= 4.5


@pytest.mark.parametrize("name", THEMES)
def test_mark_contrast(name: Theme) -> None:
    """Every mark stands out from the card: 3 : 1 or more."""
    token = tokens(name)
    own = [token[ink] for ink in _MARKS]
    for colour in (*own, *PALETTE, *MORE, OTHER, UNKNOWN, *(provider.colour for provider in PROVIDERS.values())):
        assert contrast(colour, token["card"]) >= 2.99, colour


def test_both_themes_are_whole() -> None:
    """Dark redefines every colour that light defines."""
    light, dark = tokens("light"), tokens("dark")
    assert light.keys() == dark.keys()
    same = {name for name in light if light[name].startswith("#") and light[name] == dark[name]}
    assert same == set()


@pytest.mark.parametrize("name", THEMES)
def test_charts_wear_the_tokens(name: Theme) -> None:
    """Charts take their colours from the page's tokens."""
    token, config = tokens(name), theme(name)
    assert config["axis"]["gridColor"] == token["grid"]
    assert {"name": "ink_card", "value": token["card"]} in config["signals"]
