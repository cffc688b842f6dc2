"""Alerts as marks on time axes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tokometer.accounts import Alert
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.kinds.alerts import fired
from tokometer.dashboards.marks import MOST_ALERTS, alert_marks

HOUR = timedelta(hours=1)
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
WINDOW = Window(AT - 24 * HOUR, AT + 24 * HOUR, ("", ""), "")
ALERT = Alert(
    id="a",
    rule="r",
    value="ada",
    title="Over $50",
    severity="warning",
    state="resolved",
    since=AT,
    fired=AT,
    resolved=AT + 2 * HOUR,
    measured={"words": "Cost $60.00, above $50.00", "last": 60.0},
)


def test_a_mark_says_what_was_measured_and_how_long() -> None:
    """At the time at which it fired; critical ones look like incidents."""
    [mark] = alert_marks([(ALERT, {})], (), WINDOW)
    assert (mark.time, mark.kind) == (AT, "alert")
    assert mark.text == "Alert: Over $50: ada (Cost $60.00, above $50.00), for 2 h"
    [mark] = alert_marks([(replace(ALERT, severity="critical", resolved=None), {})], (), WINDOW)
    assert mark.kind == "incident"
    assert mark.text.endswith(", goes on")


def test_what_is_about_other_calls_is_left_out() -> None:
    """A viewer who looks at one team is not told of another's alert."""
    about = {"team": ("research",), "user": ("ada",)}
    assert alert_marks([(ALERT, about)], (("team", ("shop",)),), WINDOW) == []
    assert len(alert_marks([(ALERT, about)], (("team", ("research", "shop")),), WINDOW)) == 1
    assert alert_marks([(replace(ALERT, fired=AT - 48 * HOUR), {})], (), WINDOW) == []


def test_of_too_many_the_most_severe_are_kept() -> None:
    """In the order of their times."""
    many = [(replace(ALERT, id=str(n), severity="info", fired=AT + n * HOUR / 4), {}) for n in range(MOST_ALERTS + 5)]
    worst = (replace(ALERT, severity="critical", fired=AT + 20 * HOUR), {})
    marks = alert_marks([*many, worst], (), WINDOW)
    assert len(marks) == MOST_ALERTS
    assert [mark.time for mark in marks] == sorted(mark.time for mark in marks)
    assert "incident" in {mark.kind for mark in marks}


def test_the_list_of_what_is_wrong_has_what_rules_say() -> None:
    """Of one value of a dimension, or in words; what is for information only is left out."""
    [named] = fired([(ALERT, "user")])
    assert (named.severity, named.by, named.name, named.headline) == ("warning", "user", "ada", "Over $50")
    [told] = fired([(ALERT, "")])
    assert (told.by, told.headline) == ("", "Over $50: ada")
    assert fired([(replace(ALERT, severity="info"), "")]) == []
