"""Spans as a tree, whatever they say of each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tokometer.explorer.tree import Span, tree

_IDS = st.sampled_from(["", "a", "b", "c", "d", "e"])


@st.composite
def _spans(draw: st.DrawFn) -> list[Span]:
    count = draw(st.integers(0, 14))
    about = st.none() if not count else st.one_of(st.none(), st.integers(0, count - 1))
    made = st.builds(Span, _IDS, _IDS, owns=st.booleans(), about=about, again=st.booleans(), rank=st.integers(0, 3))
    return draw(st.lists(made, min_size=count, max_size=count))


@given(_spans())
def test_every_span_is_there_once_below_its_parent(spans: list[Span]) -> None:
    """Whatever parents, circles and doubles there are: each span stands once, after its parent, one level below it."""
    walked = tree(spans)
    assert sorted(one.number for one in walked) == list(range(len(spans)))
    place = {one.number: at for at, one in enumerate(walked)}
    by_number = {one.number: one for one in walked}
    for one in walked:
        if one.parent is None:
            assert one.level == 1
        else:
            assert place[one.parent] < place[one.number] <= place[one.parent] + by_number[one.parent].size
            assert one.level == by_number[one.parent].level + 1
            assert one.number in by_number[one.parent].children
    assert sum(1 + one.size for one in walked if one.parent is None) == len(spans)


def _by_number(spans: list[Span]) -> dict[int, tuple[int | None, str]]:
    return {one.number: (one.parent, one.broken) for one in tree(spans)}


def test_a_parent_that_is_not_here_is_said() -> None:
    """A span whose parent is not here stands at the top and is called an orphan; one without a parent is not."""
    assert _by_number([Span("a", ""), Span("b", "gone")]) == {0: (None, ""), 1: (None, "orphan")}


def test_a_circle_is_cut_above_the_first_of_it() -> None:
    """Of spans whose parents lead back to them the first stands at the top, and the others below it."""
    found = _by_number([Span("x", "z"), Span("y", "x"), Span("z", "y"), Span("w", "y")])
    assert found == {0: (None, "circle"), 1: (0, ""), 2: (1, ""), 3: (1, "")}
    assert _by_number([Span("x", "x")]) == {0: (None, "circle")}


def test_of_two_spans_with_one_id_one_has_the_children() -> None:
    """The one with the lower rank has them; the other keeps its own parent and is marked."""
    found = _by_number([Span("r", ""), Span("a", "r", rank=1), Span("a", "r", rank=0), Span("c", "a")])
    assert found == {0: (None, ""), 1: (0, "twin"), 2: (0, ""), 3: (2, "")}


def test_what_was_written_in_a_span_stands_below_it() -> None:
    """A line of a log names a span and is none; what names no span stands below what it is about."""
    spans = [Span("a", ""), Span("a", "", owns=False), Span("", "", owns=False, about=0)]
    assert _by_number(spans) == {0: (None, ""), 1: (0, ""), 2: (0, "")}


def test_a_deep_chain_is_no_matter() -> None:
    """A chain of 50,000 spans is walked without running out of stack."""
    spans = [Span(str(number), str(number - 1) if number else "") for number in range(50_000)]
    walked = tree(spans)
    assert walked[-1].level == 50_000
    assert walked[0].size == 49_999
