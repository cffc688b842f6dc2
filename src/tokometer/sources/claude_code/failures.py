"""Requests that failed: what Claude Code writes instead of an answer."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from tokometer.records import ModelCall, RecordError, status_of
from tokometer.records.values import MOST_ATTEMPTS, message
from tokometer.sources.claude_code.lines import Failure, Line

_HTTP_STATUS: Final = re.compile(r"API Error[^0-9]{0,20}([1-5][0-9]{2})\b")
#: How local messages about a failed request begin, for versions that do not mark them.
_OPENINGS: Final = ("API Error", "Claude AI usage limit reached", "Credit balance is too low", "Invalid API key")
_MOST_STATUS: Final = 999


def text_of(line: Line) -> str:
    """The first text of a local message."""
    message = line.message
    if message is None or message.content is None:
        return ""
    if isinstance(message.content, str):
        return message.content
    for block in message.content:
        if block.type == "text" and bytes(block.text):
            try:
                return msgspec.json.decode(block.text, type=str)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return ""
    return ""


def is_failure(line: Line, text: str) -> bool:
    """Whether a local message tells of a failed request; others (`No response requested.`) stand for no request."""
    return bool(line.isApiErrorMessage) or text.startswith(_OPENINGS)


def retried(line: Line) -> int:
    """Which attempt it was that failed, 0 where the line does not say.

    Raises:
        RecordError: A number in it can be no attempt, or no HTTP status.
    """
    failure = line.error
    if isinstance(failure, Failure) and failure.status is not None and not 0 <= failure.status <= _MOST_STATUS:
        raise RecordError("error.status", "is not an HTTP status")
    attempt = line.retryAttempt or 0
    if attempt > MOST_ATTEMPTS:
        raise RecordError("retryAttempt", f"is more than {MOST_ATTEMPTS:,}")
    return max(0, attempt)


def describe(call: ModelCall, line: Line, text: str) -> None:
    """Give a failed call its status and message. Nothing was billed for it."""
    failure = line.error
    words = failure if isinstance(failure, str) else ""
    if isinstance(failure, Failure):
        call.http_status = failure.status
        text = failure.message or text
    found = _HTTP_STATUS.search(text)
    if call.http_status is None and found:
        call.http_status = int(found.group(1))
    http_status = call.http_status
    if http_status is not None and http_status >= 400:  # noqa: PLR2004 - HTTP's own line between success and failure
        call.status = status_of(http_status)
    else:
        call.http_status = None
        call.status = status_of(None, words if words not in ("", "unknown") else text)
    call.error_message = message(text.strip())
    call.cost_reported = 0


def request_of(line: Line) -> str:
    """The id of the request that failed, where the line states it."""
    if line.requestId:
        return line.requestId
    return (line.error.requestID or "") if isinstance(line.error, Failure) else ""
