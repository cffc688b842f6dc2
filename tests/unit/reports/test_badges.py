"""Badges as pictures."""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.reports.badges import FIELDS, Figures, badge

TOLD = Figures(234, 1_200.0, Decimal("12.34"))
TEXT = "{http://www.w3.org/2000/svg}text"


def words(svg: str) -> list[str]:
    """What stands in a badge."""
    return [one.text or "" for one in ET.fromstring(svg).iter(TEXT)]


def test_a_badge_says_what_was_asked_for() -> None:
    """Conversations this month, average response and total cost, in this order."""
    svg = badge("Handbook", TOLD)
    assert words(svg) == ["Handbook", "234 conversations this month", "avg response 1.2 s", "$12.34 total cost"]
    assert words(badge("Handbook", TOLD, ("cost",))) == ["Handbook", "$12.34 total cost"]
    assert 'aria-label="Handbook: 234 conversations this month, avg response 1.2 s, $12.34 total cost"' in svg


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (Figures(1, None, None), ["1 conversation this month"]),
        (Figures(0, None, Decimal(0)), ["0 conversations this month", "$0 total cost"]),
    ],
)
def test_what_is_unknown_is_left_out(told: Figures, expected: list[str]) -> None:
    """Unknown is no zero."""
    assert words(badge("m", told))[1:] == expected


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=120))
def test_a_name_is_text_whatever_it_holds(name: str) -> None:
    """No name becomes markup, and no long one makes the picture long."""
    root = ET.fromstring(badge(name, TOLD, FIELDS[:1], "dark"))
    assert {one.tag.rpartition("}")[2] for one in root.iter()} <= {
        "svg",
        "title",
        "clipPath",
        "rect",
        "g",
        "text",
        "path",
    }
    assert int(root.attrib["width"]) < 800
