"""Tests of tokometer.judgement.plans."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from generators.told_answers import NOW, judged


def _told(
    used: float | None, at: datetime, *, minutes: int = 300, resets: datetime | None = None, **more: Any
) -> dict[str, Any]:
    """What was told in an hour."""
    return {
        "source": "codex",
        "provider": "openai",
        "account": "",
        "machine": "m",
        "label.window": "primary",
        "label.window_minutes": str(minutes),
        "label.resets_at": "" if resets is None else str(int(resets.timestamp())),
        "label.limit": "",
        "label.plan": "pro",
        "time": at,
        "last": used,
    } | more


def _hours(hours: float) -> timedelta:
    return timedelta(hours=hours)


def test_pace() -> None:
    """Half of a window's limit used after a fifth of it: at that pace it is reached after another fifth."""
    [row] = judged("plan_windows", [_told(50.0, NOW - _hours(0.5), resets=NOW + _hours(4))])
    assert (row["plan_windows"], row["window"], row["plan"]) == (0.5, "5 hours", "pro")
    assert (row["passed"], row["pace"], row["projected"]) == tuple(pytest.approx(one) for one in (0.2, 2.5, 2.5))
    assert row["seconds_to_limit"] == pytest.approx(3600)
    assert (row["seconds_left"], row["standing"]) == (4 * 3600, "warning")


def test_it_lasts() -> None:
    """A limit that is not reached in its window has no time at which it is."""
    [row] = judged("plan_windows", [_told(30.0, NOW - _hours(1), minutes=10_080, resets=NOW + _hours(84))])
    assert (row["window"], row["seconds_to_limit"], row["standing"]) == ("Week", None, "good")
    assert row["projected"] == pytest.approx(0.6)


def test_the_newest_window_counts() -> None:
    """Readings of a window that is over are not those of the one that runs, however late they were told."""
    old = [_told(97.0, NOW - _hours(3), resets=NOW - _hours(2)), _told(None, NOW - _hours(1), resets=NOW + _hours(3))]
    [row] = judged("plan_windows", [*old, _told(10.0, NOW - _hours(2), resets=NOW + _hours(3))])
    assert row["plan_windows"] == 0.1
    [row] = judged("plan_windows", old)
    assert (row["plan_windows"], row["standing"]) == (None, "none")
    assert "begun anew" in row["note"]


def test_what_is_used_up_and_what_is_not_told() -> None:
    """All of it used is critical, whatever the pace; without the window's end there is no pace, and that is said."""
    [row] = judged("plan_windows", [_told(100.0, NOW - _hours(1), resets=NOW + _hours(1))])
    assert (row["standing"], row["seconds_to_limit"]) == ("critical", 0)
    [row] = judged("plan_windows", [_told(40.0, NOW - _hours(1))])
    assert (row["plan_windows"], row["pace"], row["note"]) == (0.4, None, "when it begins anew is not told")
    [row] = judged("plan_windows", [_told(1.0, NOW, resets=NOW + _hours(4.9), **{"label.resets_at": "x"})])
    assert row["pace"] is None


def test_each_limit_is_told() -> None:
    """Two windows of one plan, and two accounts, are rows of their own."""
    rows = [
        _told(10.0, NOW - _hours(1), resets=NOW + _hours(4)),
        _told(20.0, NOW - _hours(1), minutes=10_080, resets=NOW + _hours(40), **{"label.window": "secondary"}),
        _told(30.0, NOW - _hours(1), resets=NOW + _hours(4), account="b"),
    ]
    found = judged("plan_windows", rows)
    assert [(row["account"], row["window"]) for row in found] == [(None, "5 hours"), (None, "Week"), ("b", "5 hours")]
