"""What one step of a message used, and how a message ended."""

from __future__ import annotations

from typing import Final, NamedTuple

from tokometer.records import RecordError, Status, status_of
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import unsplit

_KNOWN: Final = frozenset({"input", "output", "reasoning", "total", "cache"})
_CACHE: Final = frozenset({"read", "write"})
#: Errors by the name that OpenCode gives them.
_STATUSES: Final[dict[str, Status]] = {
    "MessageAbortedError": "cancelled",
    "ProviderAuthError": "auth_error",
    "ContextOverflowError": "invalid_request",
    "MessageOutputLengthError": "invalid_request",
    "StructuredOutputError": "invalid_request",
}


class Buckets(NamedTuple):
    """Tokens in buckets that do not overlap; None where nobody counted."""

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None
    #: All of them, where nobody says what they were.
    unsplit: int | None = None

    @property
    def shown(self) -> str:
        """The counts as a part of a name."""
        shown = ".".join("" if count is None else str(count) for count in self[:-1])
        return shown if self.unsplit is None else f"{shown}={self.unsplit}"


UNKNOWN: Final = Buckets()


def buckets_of(tokens: Told, noticed: Noticed, position: int) -> Buckets:
    """What a step, or a message, says that it used.

    Input has no cache in it. Reasoning stands beside the output, which it is a part of elsewhere; releases before left
    it inside, which the total proves where there is one.

    Raises:
        RecordError: It cannot be believed.
    """
    cache = tokens.within("cache")
    for name in (*tokens.beside(_KNOWN), *(f"cache.{name}" for name in cache.beside(_CACHE))):
        noticed.add("usage", f"tokens.{name}", position)
    counts = (
        tokens.whole("input") or 0,
        cache.whole("read") or 0,
        cache.whole("write") or 0,
        tokens.whole("output") or 0,
        tokens.whole("reasoning") or 0,
    )
    if not any(counts):
        return UNKNOWN._replace(unsplit=unsplit(tokens.whole("total")))
    given, read, written, output, reasoning = counts
    total = tokens.whole("total")
    without = given + read + written + output
    inside = bool(total) and total == without and 0 < reasoning <= output
    if total and total not in (without, without + reasoning):
        noticed.add("usage", "a total that nothing explains", position)
    return Buckets(given, read, written, output if inside else output + reasoning, reasoning)


class Failure(NamedTuple):
    """What went wrong with a request."""

    status: Status
    message: str
    http_status: int | None = None


def failure_of(error: Told) -> Failure:
    """What an error says.

    Raises:
        RecordError: It is no error.
    """
    name, data = error.text("name"), error.within("data")
    words = data.message("message") or name
    http_status = data.whole("statusCode")
    if http_status is not None and http_status > 999:  # noqa: PLR2004 - no status has four digits
        raise RecordError("error.data.statusCode", "is no HTTP status")
    status = _STATUSES.get(name) or status_of(http_status, f"{name} {words}")
    return Failure("server_error" if status == "ok" else status, words, http_status)
