"""What headers say of when to ask again is understood in each form that providers use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tokometer.collect.syncing.limits import retry_after, until_more

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        (format_datetime(SOON, usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("", 0.0),
        ("soon", 0.0),
        ("-3", 0.0),
        ("999999999", 7 * 86_400.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(told: str, seconds: float) -> None:
    """Both forms of RFC 9110; what is neither says nothing, and nobody waits for years."""
    assert retry_after({"retry-after": told}, NOW) == seconds


def test_milliseconds_say_more() -> None:
    """OpenAI's clients read them first."""
    assert retry_after({"retry-after": "1", "retry-after-ms": "250"}, NOW) == 0.25


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "6m0s"}, 0.0),
        ({"x-ratelimit-remaining-requests": "0"}, 0.0),
        (
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-11-27T12:01:30Z",
            },
            90.0,
        ),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(SOON.timestamp()))}, 90.0),
        ({}, 0.0),
    ],
)
def test_where_no_question_is_left_there_is_a_time_for_the_next(headers: dict[str, str], seconds: float) -> None:
    """As a span, as a time since 1970, or as RFC 3339."""
    assert until_more(headers, NOW) == pytest.approx(seconds)
