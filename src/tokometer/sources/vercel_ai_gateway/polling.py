"""Vercel's AI Gateway, asked for its spend by day and model, and for the credits that are left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from tokometer.records import Bill, Record, RecordError, Refusal, mistake
from tokometer.sources.noticed import Noticed
from tokometer.sources.polling import DENIED, fetch_json
from tokometer.sources.protocol import Fetch, PollError, Reading, Target
from tokometer.sources.remembered import decoded, encoded
from tokometer.sources.told import Told
from tokometer.sources.vercel_ai_gateway.rows import PROVIDER, SOURCE, report

ADDRESS: Final = "https://ai-gateway.vercel.sh/v1"
_CREDITS, _REPORT = "/credits", "/report"
#: Days that are asked for at first, and again each time: the last ones go on.
_FIRST, _AGAIN = 30, 2


class _Memory(Struct):
    balance: int | None = None
    #: Whether a report was had, so that only the last days are asked for.
    reported: bool = False
    #: Whether it was told that this account has none: reports are a matter of the plan.
    denied: bool = False


class Account:
    """See `sources.protocol.Poll`."""

    every = 900.0

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:  # noqa: ARG002 - it wants a key
        """See `Poll.local`."""
        return []

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:
        """See `Poll.read`."""
        memory = decoded(state, _Memory)
        reading = Reading()
        noticed = Noticed(SOURCE, target.name)
        reading.records.extend(_credits(fetch_json(fetch, _CREDITS), memory, now))
        place = f"{target.name}: {_REPORT}"
        try:
            answer = fetch_json(fetch, _REPORT, _span(memory, now))
        except PollError as error:
            if not memory.denied or error.status not in DENIED:
                # It is one refusal however often, and what is wrong with the target for as long as it is.
                reading.refusals.append(Refusal(SOURCE, place, 0, "", f"cannot be read: {error}", now))
            memory.denied = True
        else:
            reading.healed = [place] if memory.denied else []
            memory.reported, memory.denied = True, False
            _take(answer, reading, noticed, target, now)
        reading.notices = noticed.all()
        reading.state = encoded(memory)
        return reading


def _span(memory: _Memory, now: int) -> dict[str, str]:
    today = datetime.fromtimestamp(now // 1_000_000, UTC).date()
    first = today - timedelta(days=_AGAIN if memory.reported else _FIRST)
    return {"start_date": str(first), "end_date": str(today), "date_part": "day", "group_by": "model"}


def _credits(answer: Any, memory: _Memory, now: int) -> Iterable[Record]:  # noqa: ANN401 - any JSON
    told = Told(answer if isinstance(answer, dict) else {})
    try:
        left = told.needed(told.money("balance", signed=True), "balance")
    except RecordError as error:
        raise PollError(f"{_CREDITS} answers without a balance: {error.reason}") from None
    if left == memory.balance:
        return []
    memory.balance = left
    return [
        Bill(
            source=SOURCE,
            native_id=f"credits@{now}",
            started_at=now,
            ended_at=now,
            provider=PROVIDER,
            amount=left,
            type="balance",
            line_item="credits",
        )
    ]


def _take(answer: Any, reading: Reading, noticed: Noticed, target: Target, now: int) -> None:  # noqa: ANN401 - any JSON
    rows = answer.get("results") if isinstance(answer, dict) else None
    for at, row in enumerate(rows if isinstance(rows, list) else []):
        try:
            reading.records.append(report(Told({"day": "", **row} if isinstance(row, dict) else {}), noticed, at))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this row, and the others count
            wrong = mistake(error)
            place = f"{target.name}: {_REPORT}"
            reading.refusals.append(Refusal(SOURCE, place, at, wrong.field, wrong.reason, now))
