"""Notes as marks of a chart, and panels that filter by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tokometer.accounts import Note
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.drawing import Mark
from tokometer.dashboards.drawing.periods import Period
from tokometer.dashboards.marks import MOST_NOTES, note_marks

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = Window(AT, AT + 24 * HOUR, ("24h", ""), "24 h")


def test_a_mark_says_what_was_noted() -> None:
    """Text in one line and not longer than a tooltip has room for, with what it is about and who signed it."""
    long = Note(since=AT, text="a\n b " + "x" * 300, signed="Ada", filters={"provider": ["openai"], "team": ["a", "b"]})
    [mark] = note_marks([long], (), WINDOW)
    assert mark.text == "a b " + "x" * 196 + "… · openai, a, b (Ada)"
    assert (mark.time, mark.kind, mark.until) == (AT, "note", None)


def test_a_range_that_began_earlier_has_its_mark_at_the_edge() -> None:
    """It is told from the window's beginning on."""
    [mark] = note_marks([Note(since=AT - HOUR, until=AT + HOUR, text="x")], (), WINDOW)
    assert (mark.time, mark.until) == (AT, AT + HOUR)


def test_notes_follow_the_viewers_filters() -> None:
    """A note about others than what is looked at is left out; one about everything, or about a part of it, is not."""
    notes = [
        Note(since=AT, text=name, filters=filters)
        for name, filters in (
            ("all", {}),
            ("openai", {"provider": ["openai"]}),
            ("both", {"provider": ["openai", "anthropic"], "team": ["a"]}),
        )
    ]
    told = [
        [mark.text[:3] for mark in note_marks(notes, where, WINDOW)]
        for where in (
            (),
            (("provider", ("anthropic",)),),
            (("provider", ("openai",)), ("team", ("b",))),
        )
    ]
    assert told == [["all", "ope", "bot"], ["all", "bot"], ["all", "ope"]]


def test_there_is_an_end_to_marks() -> None:
    """Of too many the latest are kept."""
    notes = [Note(since=AT + number * timedelta(minutes=1), text=str(number)) for number in range(MOST_NOTES + 5)]
    marks = note_marks(notes, (), WINDOW)
    assert (len(marks), marks[0].text) == (MOST_NOTES, "5")


def test_into_which_periods_a_mark_falls() -> None:
    """A moment falls into its own; a range into each that it touches, half-open."""
    stretch = [Period(AT + at * HOUR, AT + (at + 1) * HOUR) for at in range(4)]
    moment, stay = Mark(AT + HOUR, "x"), Mark(AT + HOUR, "x", "note", AT + 3 * HOUR)
    assert [moment.falls_into(one) for one in stretch] == [False, True, False, False]
    assert [stay.falls_into(one) for one in stretch] == [False, True, True, False]
