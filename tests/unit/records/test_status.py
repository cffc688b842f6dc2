"""Other people's error codes and words become one of our statuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import ERRORS, STATUSES, status_of


@pytest.mark.parametrize(
    ("http_status", "status"),
    [
        (200, "ok"),
        (302, "ok"),
        (400, "invalid_request"),
        (401, "auth_error"),
        (402, "auth_error"),
        (403, "auth_error"),
        (404, "invalid_request"),
        (408, "timeout"),
        (413, "invalid_request"),
        (422, "invalid_request"),
        (429, "rate_limit"),
        (499, "cancelled"),
        (500, "server_error"),
        (503, "server_error"),
        (504, "timeout"),
        (529, "server_error"),
    ],
)
def test_an_http_status_says_how_a_call_ended(http_status: int, status: str) -> None:
    """And goes before any words."""
    assert status_of(http_status) == status_of(http_status, "timeout invalid rate limit") == status


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("RateLimitError", "rate_limit"),
        ("rate_limit_error", "rate_limit"),
        ("Too Many Requests", "rate_limit"),
        ("insufficient_quota", "rate_limit"),
        ("usage limit reached", "rate_limit"),
        ("overloaded_error", "server_error"),
        ("ReadTimeout", "timeout"),
        ("Request timed out.", "timeout"),
        ("DEADLINE_EXCEEDED", "timeout"),
        ("authentication_error", "auth_error"),
        ("invalid x-api-key", "auth_error"),
        ("PERMISSION_DENIED", "auth_error"),
        ("APIUserAbortError", "cancelled"),
        ("CancelledError", "cancelled"),
        ("Request interrupted by user", "cancelled"),
        ("invalid_request_error", "invalid_request"),
        ("BadRequestError", "invalid_request"),
        ("context_length_exceeded", "invalid_request"),
        ("InternalServerError", "server_error"),
        ("", "server_error"),
        ("ENOTFOUND?", "invalid_request"),
        ("something else", "server_error"),
    ],
)
def test_words_say_how_a_call_ended(words: str, status: str) -> None:
    """Error classes and messages of the common SDKs; what is not recognised is the server's."""
    assert status_of(None, words) == status


def test_a_cancelled_call_is_no_error() -> None:
    """The caller walked away."""
    assert set(STATUSES) - set(ERRORS) == {"ok", "cancelled"}


@given(st.one_of(st.none(), st.integers()), st.text())
def test_there_is_always_a_status(http_status: int | None, words: str) -> None:
    """Whatever a source sends."""
    assert status_of(http_status, words) in STATUSES
