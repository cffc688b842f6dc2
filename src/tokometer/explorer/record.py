"""One record: what is known of it, how it came to its cost, and what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from tokometer.explorer.facts import Group, groups
from tokometer.explorer.lines import Line, lines
from tokometer.explorer.pricing import Priced, priced
from tokometer.explorer.reading import TELLINGS, Quarters, Reading, Stored
from tokometer.ledger.schema import ALL_TOKENS
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, ToolCall, quarter_of, record_id
from tokometer.records.ways import Also, read

#: How many calls before and after it are shown of its session.
NEIGHBOURS: Final = 5
#: A session's neighbours are looked for in so many quarter hours around it, and then further off.
_NEAR, _FAR = 4, 96
_RELATED: Final = 50
_THOUSAND: Final = Decimal(1_000)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket of a call's tokens. The buckets do not overlap."""

    name: str
    #: None where the source does not say.
    tokens: int | None


@dataclass(frozen=True, slots=True)
class Related:
    """Records that belong to one, in the order of time."""

    title: str
    lines: list[Line]
    #: How many there are, where more than are listed.
    more: bool = False


@dataclass(slots=True)
class Found:
    """One record and what belongs to it."""

    stored: Stored
    groups: tuple[Group, ...]
    labels: dict[str, str]
    #: Of a call: its tokens, what is billed beside them, and how it was priced.
    buckets: tuple[Bucket, ...] = ()
    quantities: dict[str, Decimal] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    priced: Priced | None = None
    #: By which other ways it was told, and what each of them knew better.
    also: list[Also] = field(default_factory=list)
    #: What each telling of it stated by itself.
    tellings: list[Stored] = field(default_factory=list)
    #: Calls of its session before and after it, itself among them.
    around: list[Line] = field(default_factory=list)
    related: list[Related] = field(default_factory=list)


def found(reading: Reading, cube: str, id_: str, book: PriceBook) -> Found | None:
    """The record of an id, as it is known now; None where there is none."""
    stored = reading.record(cube, id_)
    if stored is None:
        return None
    record = stored.record
    made = Found(stored, groups(record), record.labels or {})
    if isinstance(record, ModelCall | ToolCall):
        made.also = read(record.also_told)
        at = quarter_of(record.started_at)
        if not stored.told:
            where = "id = CAST($id AS UUID)"
            made.tellings = reading.records(TELLINGS[cube], where, {"id": stored.id}, quarters=(at, at))
    if isinstance(record, ModelCall):
        made.buckets = tuple(Bucket(name, getattr(record, name)) for name in ALL_TOKENS)
        made.quantities = {name: Decimal(count) / _THOUSAND for name, count in (record.quantities or {}).items()}
        made.parts = dict(record.parts or {})
        made.priced = priced(record, book)
        made.around = _around(reading, stored.id, record)
    made.related = [one for one in _related(reading, stored) if one.lines]
    return made


def _around(reading: Reading, own_id: str, call: ModelCall) -> list[Line]:
    """The calls before and after a call in its session."""
    if not call.session_id:
        return []
    at = quarter_of(call.started_at)
    where, values = "session_id = $session AND source = $source", {"session": call.session_id, "source": call.source}
    known: list[Line] = []
    place = 0
    for reach in (_NEAR, _FAR):
        span = (at - reach, at + reach)
        known = lines(reading, "calls", where, values, quarters=span)
        place = next((number for number, line in enumerate(known) if line.id == own_id), -1)
        if place < 0:
            return []
        if place >= NEIGHBOURS and len(known) - place > NEIGHBOURS:
            break
    return known[max(0, place - NEIGHBOURS) : place + NEIGHBOURS + 1]


def _related(reading: Reading, stored: Stored) -> list[Related]:
    record = stored.record
    at = quarter_of(record.started_at)
    near: Quarters = (at - _FAR, at + _FAR)
    made = _OF.get(record.kind, _about)
    return made(reading, record, near)


def _some(reading: Reading, title: str, cube: str, where: str, values: dict[str, Any], quarters: Quarters) -> Related:
    then = f"ORDER BY started_at, source, native_id LIMIT {_RELATED + 1:d}"
    listed = lines(reading, cube, where, values, quarters=quarters, then=then)
    return Related(title, listed[:_RELATED], more=len(listed) > _RELATED)


def _of_call(reading: Reading, call: Any, near: Quarters) -> list[Related]:  # noqa: ANN401 - any record
    """What names a call: tools that it asked for, what was logged and scored of it, details of its error."""
    source = {"call": call.native_id, "source": call.source, "trace": call.trace_id or "-"}
    where = "call_id = $call AND (source = $source OR trace_id = $trace)"
    return [
        _some(reading, "Tools that it asked for", "tools", where, source, near),
        _some(reading, "Scores", "scores", where, source, near),
        _some(reading, "Log lines", "logs", where, source, near),
        _some(reading, "Details of its error", "error_details", where, source, near),
        *_below(reading, call, near, ("runs", "steps")),
    ]


def _of_job(reading: Reading, job: Any, near: Quarters) -> list[Related]:  # noqa: ANN401 - any record
    """Other runs of a job, and what was used in its session."""
    at = quarter_of(job.started_at)
    values = {"job": job.job_id, "source": job.source}
    month: Quarters = (at - 30 * 96, at + 30 * 96)
    then = f"ORDER BY started_at DESC, native_id LIMIT {_RELATED + 1:d}"
    other = lines(reading, "jobs", "job_id = $job AND source = $source", values, quarters=month, then=then)
    return [
        *_in_session(reading, job, near),
        *_in_trace(reading, job, near),
        Related("Runs of this job", other[:_RELATED][::-1], more=len(other) > _RELATED),
    ]


def _of_run(reading: Reading, run: Any, near: Quarters) -> list[Related]:  # noqa: ANN401 - any record
    """What an agent did in a run: what stands below it in its trace, else what was used in its session meanwhile."""
    below = _below(reading, run, near, ("calls", "tools", "runs", "steps"))
    scores = _some(reading, "Scores", "scores", "run_id = $run", {"run": run.native_id}, near)
    return [*(below if any(one.lines for one in below) else _in_session(reading, run, near)), scores]


def _about(reading: Reading, record: Any, near: Quarters) -> list[Related]:  # noqa: ANN401 - any record
    """The call and the run that a record is about."""
    made = []
    if getattr(record, "call_id", "") or getattr(record, "request_id", ""):
        made.append(Related("The call", _named_call(reading, record, near)))
    if getattr(record, "run_id", ""):
        made.append(_some(reading, "The run", "runs", "native_id = $run", {"run": record.run_id}, near))
    if record.span_id:
        made += _below(reading, record, near, ("calls", "tools", "runs", "steps"))
    return made


def _named_call(reading: Reading, record: Any, near: Quarters) -> list[Line]:  # noqa: ANN401 - any record
    """The call that a record names: by the id of its request, by its id at the same source, or within its trace."""
    request = getattr(record, "request_id", "")
    if request:
        return lines(reading, "calls", "request_id = $request", {"request": request}, quarters=near)
    id_ = str(UUID(bytes=record_id(record.workspace, record.source, record.call_id)))
    named = lines(reading, "calls", "id = CAST($id AS UUID)", {"id": id_}, quarters=near)
    if named or not record.trace_id:
        return named
    of_trace = lines(reading, "calls", "trace_id = $trace", {"trace": record.trace_id}, quarters=near)
    return [line for line in of_trace if line.native_id == record.call_id]


_BELOW: Final = {
    "calls": "Calls below it",
    "tools": "Tools below it",
    "runs": "Runs below it",
    "steps": "Steps below it",
}


def _below(reading: Reading, record: Any, near: Quarters, cubes: Sequence[str]) -> list[Related]:  # noqa: ANN401
    """What names a record's span as its parent."""
    if not (record.trace_id and record.span_id):
        return []
    where, values = "trace_id = $trace AND parent_id = $span", {"trace": record.trace_id, "span": record.span_id}
    return [_some(reading, _BELOW[cube], cube, where, values, near) for cube in cubes]


def _in_session(reading: Reading, record: Any, near: Quarters) -> list[Related]:  # noqa: ANN401 - any record
    if not record.session_id:
        return []
    values = {"session": record.session_id}
    named = {"calls": "Calls of its session", "tools": "Tools of its session"}
    return [_some(reading, title, cube, "session_id = $session", values, near) for cube, title in named.items()]


def _in_trace(reading: Reading, record: Any, near: Quarters) -> list[Related]:  # noqa: ANN401 - any record
    if not record.trace_id:
        return []
    values = {"trace": record.trace_id}
    named = {"calls": "Calls of its trace", "tools": "Tools of its trace", "logs": "Log lines of its trace"}
    return [_some(reading, title, cube, "trace_id = $trace", values, near) for cube, title in named.items()]


_OF: Final[dict[str, Callable[[Reading, Any, Quarters], list[Related]]]] = {
    "calls": _of_call,
    "jobs": _of_job,
    "runs": _of_run,
}
