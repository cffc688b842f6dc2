"""LiteLLM's proxy, asked for its spend logs with an admin's key: `/spend/logs/v2`, a page after the other.

A proxy that is too old to have that is asked for `/spend/logs`, which gives whole days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from tokometer.records import Refusal, mistake
from tokometer.records.redaction import redacted
from tokometer.sources.litellm.exports import of_row
from tokometer.sources.litellm.payload import SOURCE
from tokometer.sources.noticed import Noticed
from tokometer.sources.polling import fetch_json, json_of
from tokometer.sources.protocol import Fetch, PollError, Reading, Target
from tokometer.sources.remembered import decoded, encoded

PATH: Final = "/spend/logs/v2"
OLD_PATH: Final = "/spend/logs"
_ABSENT: Final = 404
#: The most that it gives at a time, and what is taken in one reading.
_PAGE: Final = 100
_PAGES: Final = 50
#: Rows are written when a call has ended, some seconds late, and asked for by when it began.
_OVERLAP_US: Final = 3_600_000_000
#: How far back the first reading goes, unless the target's option `days` says otherwise.
_DAYS: Final = 30
_DAY_US: Final = 86_400_000_000


class _Memory(Struct):
    """Up to when calls were asked for, and where in the time after that the next reading goes on."""

    since: int = 0
    until: int = 0
    page: int = 1
    #: Whether the proxy is too old for pages.
    old: bool = False


class SpendLogsPoll:
    """See `sources.protocol.Poll`."""

    every = 60.0

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:  # noqa: ARG002 - it wants a key
        """See `Poll.local`."""
        return []

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:
        """See `Poll.read`."""
        memory = decoded(state, _Memory)
        if not memory.until:
            # Not after now: our clock may have been ahead, and what is written until then would be passed over.
            memory.since = min(memory.since or now - _days(target) * _DAY_US, now - _OVERLAP_US)
            memory.until, memory.page = now, 1
        noticed = Noticed(SOURCE, target.name)
        reading = Reading()
        for number in range(_PAGES):
            try:
                rows, more = _page(fetch, memory)
            except PollError:
                if not number:
                    raise
                # What was read so far is kept; the next reading goes on from here.
                break
            for at, row in enumerate(rows, (memory.page - 1) * _PAGE):
                try:
                    reading.records.extend(of_row(row, noticed, at))
                except Exception as error:  # noqa: BLE001 - whatever it is, it is of this row, and the others count
                    wrong = mistake(error)
                    reading.refusals.append(Refusal(SOURCE, target.name, at, wrong.field, wrong.reason, now))
            memory.page += 1
            if not more:
                memory = _Memory(max(memory.since, memory.until - _OVERLAP_US), old=memory.old)
                break
        reading.state = encoded(memory)
        reading.notices = noticed.all()
        return reading


def _page(fetch: Fetch, memory: _Memory) -> tuple[list[dict[str, Any]], bool]:
    """The rows of a page, and whether there are others behind it."""
    if memory.old:
        return _days_of(fetch, memory), False
    query = {
        "start_date": _written(memory.since),
        # Whole seconds: what began within the last one is met again.
        "end_date": _written(memory.until + 1_000_000),
        "page": str(memory.page),
        "page_size": str(_PAGE),
        "sort_by": "startTime",
        "sort_order": "asc",
    }
    told = fetch(PATH, query, headers={"Accept": "application/json"})
    if told.status == _ABSENT:
        memory.old = True
        return _days_of(fetch, memory), False
    answer = json_of(told, PATH)
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise PollError(f"{PATH} answers without `data`: {redacted(type(answer).__name__, 20)}")
    pages = answer.get("total_pages")
    more = memory.page < pages if isinstance(pages, int) else len(rows) >= _PAGE
    return [row if isinstance(row, dict) else {} for row in rows], more


def _days_of(fetch: Fetch, memory: _Memory) -> list[dict[str, Any]]:
    """The rows of all days from one time to another."""
    query = {
        "start_date": _written(memory.since)[:10],
        # The day itself is not among them.
        "end_date": _written(memory.until + _DAY_US)[:10],
        "summarize": "false",
    }
    rows = fetch_json(fetch, OLD_PATH, query)
    if not isinstance(rows, list):
        raise PollError(f"{OLD_PATH} answers something that is not a list")
    return [row if isinstance(row, dict) else {} for row in rows]


def _written(at: int) -> str:
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _days(target: Target) -> int:
    given = target.options.get("days", "")
    return int(given) if given.isascii() and given.isdigit() and given != "0" else _DAYS
