"""Tests of tokometer.charts.text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tokometer.charts.text import fit, middle, text_width


@given(st.text(max_size=60), st.floats(0, 300))
def test_what_fits_fits(text: str, room: float) -> None:
    """What is left of a text is never wider than its room, keeps both ends, and is whole if the whole fits."""
    short = fit(text, room)
    assert text_width(short) <= room or not short
    if text_width(text) <= room:
        assert short == text
    elif short:
        begin, _, end = short.partition("…")
        assert text.startswith(begin)
        assert text.endswith(end)
        assert len(short) < len(text)


@given(st.text(max_size=60), st.integers(3, 60))
def test_middle(text: str, most: int) -> None:
    """A text that is cut has as many letters as it may."""
    assert len(middle(text, most)) == min(len(text), most)


def test_long_names_stay_apart() -> None:
    """Two versions of a model differ at their ends, so their short names differ, too."""
    assert fit("claude-sonnet-4-5-20250929", 90) != fit("claude-sonnet-4-5-20251101", 90)
    assert fit("claude-sonnet-4-5", 5) == ""
