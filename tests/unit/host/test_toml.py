"""TOML that somebody wrote is what it says, or is refused in a few words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tokometer.host.toml import NotToml, brief, parse


def test_numbers_are_exact() -> None:
    """Ten cents are ten cents."""
    assert parse('a = 0.10\nb = 7\nc = [1e-9, {d = "x"}]') == {
        "a": Decimal("0.10"),
        "b": 7,
        "c": [Decimal("1e-9"), {"d": "x"}],
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = ", "Invalid value"),
        ("a = 1e99999999999999999999", "exponent"),
        ("a = 1e999999", "too many digits"),
        ("a = 1e-999999", "too many digits"),
        ("a = 0." + "9" * 5000, "too many digits"),
        ("a = " + "9" * 5000, "digits"),
        ("a = 0x" + "f" * 5000, "too many digits"),
        ("a = " + "[" * 3000 + "]" * 3000, "nested too deeply"),
        ("k" * 100_000 + " = [", "Invalid value"),
    ],
)
def test_what_nobody_can_mean_is_refused_in_a_few_words(text: str, reason: str) -> None:
    """A number without end, a thousand brackets, a line of any length."""
    with pytest.raises(NotToml, match=reason) as refused:
        parse(text)
    assert len(str(refused.value)) < 400


def test_brief() -> None:
    """Of what is long the beginning and the end are said."""
    assert brief("a" * 300) == "a" * 300
    assert brief("a" * 9 + "b" * 9, 10) == "aaaaa … bbbbb"
