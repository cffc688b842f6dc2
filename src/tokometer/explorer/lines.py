"""A record as one line: what lists, trees and timelines show of it, the same for every kind.

Only some of a record's columns are read, so that thousands of lines take a moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tokometer.explorer.reading import TELLINGS, Quarters, Reading, native_id, neutral
from tokometer.ledger.schema import ALL_TOKENS
from tokometer.records import ERRORS
from tokometer.records.stated import PROMPT


@dataclass(slots=True)
class Line:
    """One record. Unknown text is empty, anything else unknown is None; times are microseconds, money nano-dollars."""

    cube: str
    id: str
    source: str
    native_id: str
    started_at: int
    #: None where it is not known when it ended, or it has not.
    ended_at: int | None
    #: What it was: the model, the tool, the agent, the message.
    name: str
    #: What that is of: the provider, the tool's server, the run's role.
    detail: str
    status: str
    message: str
    trace_id: str
    span_id: str
    parent_id: str
    session_id: str
    parent_session_id: str
    agent: str
    subagent: str
    user: str
    #: What it names of what it is about.
    call_id: str
    run_id: str
    request_id: str
    attempt: int
    ttft_us: int | None
    #: Tokens of the whole prompt, those of it that a cache served, and tokens of every bucket.
    prompt: int | None
    cached: int | None
    output: int | None
    tokens: int | None
    cost: int | None
    #: It tells again what another record counts as, and is in no sum.
    told: bool

    @property
    def failed(self) -> bool:
        """Whether it went wrong."""
        return self.status in FAILING

    @property
    def counts(self) -> bool:
        """Whether it is a call that sums hold."""
        return self.cube == "calls" and not self.told


#: Statuses of things that went wrong, of any kind of record; levels of log lines among them.
FAILING: Final = frozenset({*ERRORS, "error", "fatal"})
_SHORT: Final = 300

_COMMON: Final = {
    "id": "CAST(id AS VARCHAR)",
    "source": "source",
    "native_id": "native_id",
    "started_at": "started_at",
    "trace_id": "trace_id",
    "span_id": "span_id",
    "parent_id": "parent_id",
}
_TOOK: Final = {"took": "duration_us"}
#: What a line has of each kind of record, as SQL over its columns; what a kind has not, its lines lack.
_OF: Final[dict[str, dict[str, str]]] = {
    "calls": {
        "name": "model",
        "detail": "provider",
        "status": "status",
        "message": "error_message",
        "took": "latency_us",
        "ttft_us": "ttft_us",
        "cost": "cost_usd",
        "attempt": "attempt",
        **{name: name for name in ("session_id", "parent_session_id", "agent", "subagent", "user")},
        **{name: name for name in ("request_id", "response_id")},
        **{name: name for name in ALL_TOKENS},
    },
    "tools": {
        "name": "name",
        "detail": "server",
        "status": "status",
        "message": "error_message",
        **{name: name for name in ("session_id", "agent", "subagent", "user", "call_id")},
        **_TOOK,
    },
    "runs": {
        "name": "agent",
        "detail": "role",
        "status": "status",
        "message": "error_message",
        "agent": "agent",
        **{name: name for name in ("session_id", "parent_session_id", "user", "ended_at")},
    },
    "steps": {
        "name": "name",
        "detail": "type",
        "status": "status",
        "message": "error_message",
        **{name: name for name in ("session_id", "agent", "user")},
        **_TOOK,
    },
    "jobs": {
        "name": "CASE WHEN name = '' THEN job_id ELSE name END",
        "detail": "schedule",
        "status": "status",
        "message": "error_message",
        "session_id": "session_id",
        "agent": "agent",
        **_TOOK,
    },
    "logs": {
        "name": f"substring(message, 1, {_SHORT})",
        "detail": "logger",
        "status": "level",
        **{name: name for name in ("session_id", "agent", "user", "call_id", "request_id")},
    },
    "scores": {
        "name": "name",
        "message": f"substring(comment, 1, {_SHORT})",
        "value": "value",
        "word": "text",
        **{name: name for name in ("session_id", "agent", "user", "call_id", "run_id")},
    },
    "error_details": {
        "name": "error_type",
        "detail": "error_code",
        "status": "status",
        "message": f"substring(message, 1, {_SHORT})",
        **{name: name for name in ("session_id", "agent", "user", "call_id", "request_id")},
    },
    "documents": {
        "name": "title",
        "detail": "knowledge_base",
        "status": "status",
        "message": "error_message",
        "user": "user",
        **_TOOK,
    },
}
#: The kinds of record that have lines.
LINED: Final = tuple(_OF)
_MONEY: Final = ("cost",)
_TEXTS: Final = (
    *("name", "detail", "status", "message", "session_id", "parent_session_id", "agent", "subagent", "user"),
    *("call_id", "run_id", "request_id"),
)


def lines(
    reading: Reading,
    cube: str,
    where: str,
    values: Mapping[str, Any],
    *,
    quarters: Quarters = None,
    then: str = "ORDER BY started_at, source, native_id",
    told: bool = False,
) -> list[Line]:
    """The lines of the records of a kind that fulfil a condition; of those that tell something again, with `told`."""
    columns = {**_COMMON, **_OF[cube]}
    table = TELLINGS[cube].name if told else cube
    selected = [f"{_quoted(sql)} AS c{number}" for number, sql in enumerate(columns.values())]
    rows = reading.rows(selected, table, where, values, quarters=quarters, then=then)
    return list(_lines(cube, list(columns), rows, told=told))


def _quoted(column: str) -> str:
    """A column's name so that no engine takes it for a word of its own; an expression as it is."""
    return f'"{column}"' if column.isidentifier() else column


def _lines(cube: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]], *, told: bool) -> Iterator[Line]:
    for row in rows:
        read = {name: neutral(value, "money" if name in _MONEY else "") for name, value in zip(names, row, strict=True)}
        yield _line(cube, read, told=told)


def _line(cube: str, read: dict[str, Any], *, told: bool) -> Line:
    start = read["started_at"]
    ended = read.get("ended_at")
    if ended is None and read.get("took") is not None:
        ended = start + read["took"]
    buckets = {name: read.get(name) for name in ALL_TOKENS}
    texts = {name: read.get(name) or "" for name in _TEXTS}
    if cube == "scores":
        texts["detail"] = read["word"] or ("" if read["value"] is None else f"{read['value']:g}")
    return Line(
        cube=cube,
        id=str(read["id"]),
        source=read["source"],
        native_id=native_id(read),
        started_at=start,
        ended_at=ended,
        trace_id=read["trace_id"],
        span_id=read["span_id"],
        parent_id=read["parent_id"],
        attempt=read.get("attempt") or 1,
        ttft_us=read.get("ttft_us"),
        prompt=_sum(buckets[name] for name in PROMPT),
        cached=buckets["cache_read_tokens"],
        output=buckets["output_tokens"],
        tokens=_sum(buckets.values()),
        cost=read.get("cost"),
        told=told,
        **texts,
    )


def _sum(numbers: Any) -> int | None:  # noqa: ANN401 - whole numbers, some of them unknown
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
