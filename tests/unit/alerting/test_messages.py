"""What is said of an alert: our words or somebody's own, and templates that cannot be filled in are refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.alerting.messages import WORDS, check_template, duration, filled, kind_of, subject_and_body
from unit.alerting.office import START, alert

LINK = "http://127.0.0.1:7420/usage?team=research"


def test_says_what_was_measured_and_where_to_look() -> None:
    """Ours says the words of the rule, since when, and the link to the filtered page."""
    subject, body = subject_and_body(alert(note="A late record has changed it."), "fired", LINK)
    assert subject == "⚠️ Cost of a day: ada"
    assert body.splitlines() == [
        "$52.00 is above $50.00",
        "Warning, since 3 Mar 2026, 11:55 UTC.",
        "A late record has changed it.",
        LINK,
    ]


def test_says_that_it_is_over_and_for_how_long_it_was() -> None:
    """What is resolved says how long it lasted; what is acknowledged, by whom."""
    over = alert(resolved=START + timedelta(hours=3, minutes=15), state="resolved")
    assert "Resolved after 3 h 20 min." in subject_and_body(over, "resolved", LINK)[1]
    seen = alert(acknowledged=START, acknowledged_by="Ada")
    assert "Acknowledged by Ada" in subject_and_body(seen, "acknowledged", LINK)[1]


def test_takes_a_template_of_somebodys_own() -> None:
    """Words in braces are filled in; braces of its own are doubled; a subject is one line."""
    subject, body = subject_and_body(
        alert(value="a\nb"), "fired", LINK, "{severity} {title}\n{value}", '{{"x": {measured}}} {link}'
    )
    assert subject == "warning Cost of a day a b"
    assert body == f'{{"x": 52}} {LINK}'


@pytest.mark.parametrize("template", ["{nothing}", "{title", "title}", "{}", "{title.__class__}", "{0}", "{title!r}"])
def test_refuses_what_it_cannot_fill_in(template: str) -> None:
    """A template names our words and nothing else, so it reaches nothing of the program."""
    with pytest.raises(ValueError, match="has"):
        check_template(template)


@given(st.dictionaries(st.sampled_from(sorted(WORDS)), st.text(max_size=20)), st.text(max_size=60))
def test_what_is_filled_in_is_not_filled_in_again(words: dict[str, str], template: str) -> None:
    """A value with braces stays as it is, and any template that is taken can be filled in."""
    try:
        check_template(template)
    except ValueError:
        return
    assert isinstance(filled(template, words), str)
    assert filled("{value}", {"value": "{title}", "title": "x"}) == "{title}"


def test_marks_what_kind_of_message_it_is() -> None:
    """Services that have colours get that of what happened."""
    assert [kind_of(one) for one in ("✅ a", "🔴 a", "⚠️ a", "ℹ️ a", "a")] == [
        "success",
        "failure",
        "warning",
        "info",
        "info",
    ]


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=10), "less than a minute"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=1, hours=3, minutes=4), "1 d 3 h"),
        (timedelta(seconds=-5), "less than a minute"),
    ],
)
def test_says_how_long(length: timedelta, words: str) -> None:
    """A length of time in two words at most."""
    assert duration(length) == words
