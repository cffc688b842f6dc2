"""What one answer in a transcript used, and how it ended."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tokometer.records import Status, status_of
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import unsplit

#: Keys of `usage` that are read, or are known to be sums of what is.
_KNOWN: Final = frozenset(
    {"input", "output", "cacheRead", "cacheWrite", "cacheWrite1h", "reasoning", "totalTokens", "total", "cost"}
    | {"contextUsage"}
)
_HTTP_STATUS: Final = re.compile(r"\s*(?:Error: )?([45]\d\d)\b")
_REQUEST: Final = re.compile(r'"request_?[iI]d"\s*:\s*"([\w-]{8,80})"')
_STATUSES: Final[dict[str, Status]] = {"aborted": "cancelled"}


class Buckets(NamedTuple):
    """Tokens in buckets that do not overlap; None where nobody counted."""

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    output: int | None = None
    reasoning: int | None = None
    #: US nano-dollars; None where none are stated.
    cost: int | None = None
    #: All of them, where nobody says what they were.
    unsplit: int | None = None

    @property
    def shown(self) -> str:
        """The counts as a part of a name."""
        counts = (self.input, self.output, self.cache_read, self.cache_write, self.cache_write_1h)
        shown = ".".join("" if count is None else str(count) for count in counts)
        return shown if self.unsplit is None else f"{shown}={self.unsplit}"


UNKNOWN: Final = Buckets()


def buckets_of(message: Told, noticed: Noticed, offset: int) -> Buckets:
    """What a message says that it used.

    Cache reads and writes stand beside the input, reasoning inside the output. Zeros all over mean that the provider
    said nothing, or only how many tokens it were in all: no answer is made of nothing.

    Raises:
        RecordError: It cannot be believed.
    """
    usage = message.within("usage")
    for name in usage.beside(_KNOWN):
        noticed.add("usage", f"usage.{name}", offset)
    found = {name: usage.whole(name) for name in ("input", "output", "cacheRead", "cacheWrite")}
    if not any(found.values()):
        return UNKNOWN._replace(unsplit=unsplit(usage.whole("totalTokens", "total")))
    reasoning, long = usage.whole("reasoning"), usage.whole("cacheWrite1h")
    output, written = found["output"], found["cacheWrite"]
    if reasoning is not None and reasoning > (output or 0):
        # The wholes are what is billed; what is said of a part of them costs nobody an answer.
        noticed.add("usage", "usage.reasoning of more than the output", offset)
        reasoning = output
    if long and written is not None:
        # A part of what was written, of which the rest lives as long as nobody says.
        written = max(0, written - long)
    cost = usage.within("cost").money("total")
    return Buckets(found["input"], found["cacheRead"], written, long, output, reasoning, cost or None)


class Ending(NamedTuple):
    """How an answer ended."""

    status: Status = "ok"
    message: str = ""
    http_status: int | None = None
    request_id: str = ""


def ending_of(message: Told) -> Ending:
    """How an answer ended, by its stop reason and what went wrong."""
    reason, wrong = message.text("stopReason"), message.message("errorMessage")
    if reason in _STATUSES:
        return Ending(_STATUSES[reason], wrong)
    if reason != "error" and not (wrong and not reason):
        return Ending()
    found = _HTTP_STATUS.match(wrong)
    http_status = int(found[1]) if found else None
    request = _REQUEST.search(wrong)
    return Ending(status_of(http_status, wrong), wrong, http_status, request[1] if request else "")
