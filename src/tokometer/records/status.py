"""How a call ended: the closed list of statuses, and how other people's words map onto it."""

from __future__ import annotations

from typing import Final, Literal, get_args

Status = Literal[
    "ok",
    "timeout",
    "rate_limit",
    "invalid_request",
    "auth_error",
    "server_error",
    "cancelled",
]

STATUSES: Final[tuple[Status, ...]] = get_args(Status)

#: Statuses that count as an error. ``cancelled`` does not: the caller walked away, the provider did nothing wrong.
ERRORS: Final[tuple[Status, ...]] = (
    "timeout",
    "rate_limit",
    "invalid_request",
    "auth_error",
    "server_error",
)

_BY_WORD: Final[tuple[tuple[str, Status], ...]] = (
    ("ratelimit", "rate_limit"),
    ("toomanyrequests", "rate_limit"),
    ("quota", "rate_limit"),
    ("usagelimit", "rate_limit"),
    ("overloaded", "server_error"),
    ("timeout", "timeout"),
    ("timedout", "timeout"),
    ("deadline", "timeout"),
    ("unauthorized", "auth_error"),
    ("unauthenticated", "auth_error"),
    ("auth", "auth_error"),
    ("apikey", "auth_error"),
    ("permission", "auth_error"),
    ("forbidden", "auth_error"),
    ("billing", "auth_error"),
    ("cancel", "cancelled"),
    ("abort", "cancelled"),
    ("interrupt", "cancelled"),
    ("invalid", "invalid_request"),
    ("badrequest", "invalid_request"),
    ("notfound", "invalid_request"),
    ("context", "invalid_request"),
    ("contentpolicy", "invalid_request"),
    ("unprocessable", "invalid_request"),
)


def status_of(http_status: int | None = None, words: str = "") -> Status:
    """The status of a call that failed, from its HTTP status where known, else from an error class or message.

    An HTTP status below 400 says ``ok``. Nothing that can be recognised is a ``server_error``: the call failed, and
    nobody said that the caller was at fault.
    """
    if http_status is not None and http_status >= 100:
        if http_status < 400:
            return "ok"
        if http_status in (401, 402, 403, 407):
            return "auth_error"
        if http_status in (408, 504, 524):
            return "timeout"
        if http_status == 429:
            return "rate_limit"
        if http_status == 499:
            return "cancelled"
        return "invalid_request" if http_status < 500 else "server_error"
    text = "".join(character for character in words.lower() if character.isalnum())
    for word, status in _BY_WORD:
        if word in text:
            return status
    return "server_error"
