"""What headers of an answer say of when to ask again: `Retry-After`, and what is left of a provider's limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

#: Headers that tell how many questions are left, and the one beside each that tells when there are more.
_LIMITS: Final = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
)
_NUMBER: Final = re.compile(r"\d{1,12}(?:\.\d{1,9})?")
#: OpenAI's durations: `1s`, `6m0s`, `20ms`.
_SPAN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
#: A number above this is a time (seconds since 1970), not a duration.
_EPOCH: Final = 10**9
#: Nobody means longer than this (seconds).
_MOST: Final = 7 * 86_400.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds until the other side wants to be asked again; 0 where it does not say. In seconds, or as an HTTP date."""
    exact = headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(exact):
        return min(float(exact) / 1_000, _MOST)
    return _wait(headers.get("retry-after", ""), now)


def until_more(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds until a question may be asked again, where an answer says that none is left; else 0."""
    return max(
        (_wait(headers.get(reset, ""), now) for left, reset in _LIMITS if _is_none(headers.get(left, ""))), default=0.0
    )


def _is_none(told: str) -> bool:
    return bool(_NUMBER.fullmatch(told.strip())) and float(told) < 1.0


def _wait(told: str, now: datetime) -> float:
    text = told.strip()
    if _NUMBER.fullmatch(text):
        number = float(text)
        seconds = number - now.timestamp() if number > _EPOCH else number
    elif text and (parts := _SPAN.findall(text)) and "".join(map("".join, parts)) == text:
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    else:
        at = _moment(text)
        seconds = 0.0 if at is None else (at - now).total_seconds()
    return min(max(0.0, seconds), _MOST)


def _moment(text: str) -> datetime | None:
    """A time as RFC 3339 or as HTTP has it."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
        except (ValueError, TypeError, IndexError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
