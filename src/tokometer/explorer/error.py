"""A call that failed: what is known of why, what was tried again, and where else the same happened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tokometer.explorer.lines import Line, lines
from tokometer.explorer.reading import Quarters, Reading, Stored
from tokometer.ledger.schema import RECORDS
from tokometer.records import ErrorDetail, ModelCall, quarter_of, to_us
from tokometer.records.wording import VARYING, pattern

#: Details come when the call is over, and senders' clocks differ: so many quarter hours before and after it.
_BEFORE, _AFTER = 4, 96
#: Tries of one thing are within so many microseconds of each other.
_TRYING_US: Final = 15 * 60 * 1_000_000
_MOST_TRIES: Final = 50
#: Different messages of one kind of error that are compared, the most frequent.
_MOST_MESSAGES: Final = 5_000


@dataclass(slots=True)
class Elsewhere:
    """The same error in other calls: same provider, same type, same message but for what varies."""

    #: The message with what varies left out.
    pattern: str
    #: A stretch of the message that all of them have, to search for; empty where none is long enough.
    fixed: str
    count: int = 0
    #: Microseconds since the epoch.
    first_at: int = 0
    last_at: int = 0
    #: Calls by model and by user, the most first.
    models: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    #: There are so many different messages that only the most frequent were compared: there may be more calls.
    partial: bool = False


@dataclass(slots=True)
class Failure:
    """A call and everything that tells why it failed."""

    stored: Stored
    call: ModelCall
    #: The details of its error, the most telling first.
    details: list[Stored]
    #: All tries of the same request, in the order of time, itself among them; empty where there is only one.
    tries: list[Line]
    #: None where it did not fail.
    elsewhere: Elsewhere | None

    @property
    def message(self) -> str:
        """What the error says: by the call, else by its details."""
        return self.call.error_message or next((one.message for one in self.told if one.message), "")

    @property
    def told(self) -> list[ErrorDetail]:
        """The details themselves."""
        return [one.record for one in self.details if isinstance(one.record, ErrorDetail)]


def failure(reading: Reading, call_id: str) -> Failure | None:
    """What is known of the error of a call, by the call's id in the ledger; None where there is no such call."""
    stored = reading.record("calls", call_id)
    if stored is None or not isinstance(stored.record, ModelCall):
        return None
    call = stored.record
    found = Failure(stored, call, _details(reading, call), _tries(reading, stored.id, call), None)
    if call.status not in ("ok", "cancelled"):
        found.elsewhere = _elsewhere(reading, call, found.message)
    return found


def _details(reading: Reading, call: ModelCall) -> list[Stored]:
    at = quarter_of(call.started_at)
    where, values = ["call_id = $call"], {"call": call.native_id}
    if call.request_id:
        where, values = [*where, "request_id = $request"], {**values, "request": call.request_id}
    if call.trace_id and call.span_id:
        where.append("trace_id = $trace AND span_id = $span")
        values |= {"trace": call.trace_id, "span": call.span_id}
    found = reading.records(
        RECORDS["error_details"], " OR ".join(f"({one})" for one in where), values, quarters=(at - _BEFORE, at + _AFTER)
    )
    return sorted((one for one in found if _is_about(one.record, call)), key=lambda one: -_telling(one.record))


def _is_about(detail: Any, call: ModelCall) -> bool:  # noqa: ANN401 - any record
    """A call's id at its source says which call it is only where the source is the same, or something else agrees."""
    if detail.request_id and detail.request_id == call.request_id:
        return True
    if detail.trace_id and detail.trace_id == call.trace_id:
        return True
    return bool(detail.call_id) and detail.source == call.source


def _telling(detail: Any) -> int:  # noqa: ANN401 - any record
    return 4 * bool(detail.stack_trace) + 2 * bool(detail.request or detail.response) + bool(detail.message)


def _tries(reading: Reading, record_id: str, call: ModelCall) -> list[Line]:
    """The calls that tried the same: by the name of the request, or one after another at the same place of a trace."""
    around: Quarters = (
        quarter_of(call.started_at - _TRYING_US),
        quarter_of(call.started_at + _TRYING_US),
    )
    then = f"ORDER BY started_at, attempt, source, native_id LIMIT {4 * _MOST_TRIES:d}"
    found: dict[str, Line] = {}
    if call.request_id:
        same = lines(
            reading, "calls", "request_id = $request", {"request": call.request_id}, quarters=around, then=then
        )
        found |= {line.id: line for line in same}
    place = _place(call)
    if place:
        where = " AND ".join(f'"{name}" = ${name}' for name in place)
        found |= {
            line.id: line for line in _row(lines(reading, "calls", where, place, quarters=around, then=then), record_id)
        }
    tries = sorted(found.values(), key=lambda line: (line.started_at, line.attempt, line.id))
    return tries[:_MOST_TRIES] if len(tries) > 1 else []


def _place(call: ModelCall) -> dict[str, str]:
    """What tries of one thing have in common, where no name of a request tells."""
    same = {"model": call.model, "provider": call.provider, "operation": call.operation}
    if call.trace_id:
        return {"trace_id": call.trace_id, "parent_id": call.parent_id, **same}
    return {"session_id": call.session_id, "subagent": call.subagent, **same} if call.session_id else {}


def _row(found: Sequence[Line], record_id: str) -> list[Line]:
    """Of calls at one place those that are tries of one thing: attempts that count up, from the first to the next."""
    rows: list[list[Line]] = []
    for line in found:
        if rows and line.attempt > rows[-1][-1].attempt:
            rows[-1].append(line)
        else:
            rows.append([line])
    return next((row for row in rows if any(line.id == record_id for line in row)), [])


def _elsewhere(reading: Reading, call: ModelCall, message: str) -> Elsewhere:
    wanted = pattern(message)
    where = "provider = $provider AND status = $status"
    values = {"provider": call.provider, "status": call.status}
    columns = ["error_message", "model", '"user"', "count(*) AS n", "min(started_at)", "max(started_at)"]
    then = (
        f'GROUP BY error_message, model, "user" ORDER BY n DESC, error_message, model, "user" LIMIT {_MOST_MESSAGES:d}'
    )
    found = Elsewhere(wanted, _fixed(message))
    rows = reading.rows(columns, "calls", where, values, then=then)
    found.partial = len(rows) == _MOST_MESSAGES
    for text, model, user, count, first, last in rows:
        # A call that says nothing itself, but has details that do, is like those that say nothing either.
        if pattern(text) != (wanted if call.error_message else ""):
            continue
        found.count += int(count)
        found.models[model] = found.models.get(model, 0) + int(count)
        found.users[user] = found.users.get(user, 0) + int(count)
        found.first_at = min(found.first_at or to_us(first), to_us(first))
        found.last_at = max(found.last_at, to_us(last))
    found.models, found.users = _ranked(found.models), _ranked(found.users)
    return found


def _ranked(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(((name, n) for name, n in counts.items() if name), key=lambda one: (-one[1], one[0])))


def _fixed(message: str) -> str:
    """The longest stretch of a message that does not vary."""
    pieces = [piece.strip() for piece in re.split(VARYING, message)]
    longest = max(pieces, key=len, default="")
    return longest if len(longest) >= 8 else ""  # noqa: PLR2004 - a shorter one is in too many
