"""A record as one line: what lists, trees and timelines show of it, the same for every kind.

Only some of a record's columns are read, so that thousands of lines take a moment.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Any, Final

from tokometer.explorer.reading import TELLINGS, Quarters, Reading
from tokometer.ledger.native_ids import lengthen
from tokometer.ledger.schema import ALL_TOKENS
from tokometer.measures.dialect import Dialect
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
#: Characters of a text that may be long.
_SHORT: Final = 300
_NANO: Final = Decimal(10**9)

#: What a line has of every record, as SQL over its columns, in the order of :class:`Line`; of what a kind of record has
#: not it has the blank. `MICROS(x)` is a moment in microseconds.
_BLANKS: Final[dict[str, str]] = {
    **{name: name for name in ("source", "native_id")},
    "started_at": "MICROS(started_at)",
    "ended_at": "NULL",
    **dict.fromkeys(("name", "detail", "status", "message"), "''"),
    **{name: name for name in ("trace_id", "span_id", "parent_id")},
    **dict.fromkeys(("session_id", "parent_session_id", "agent", "subagent", "user"), "''"),
    **dict.fromkeys(("call_id", "run_id", "request_id"), "''"),
    "attempt": "1",
    **dict.fromkeys(("ttft_us", "prompt", "cached", "output", "tokens", "cost"), "NULL"),
}
#: What the blanks are.
_LITERALS: Final[dict[str, Any]] = {"''": "", "NULL": None, "1": 1}


def _summed(names: Sequence[str]) -> str:
    """SQL for a sum of which some parts are unknown; unknown where all are."""
    known = " + ".join(f"coalesce({name}, 0)" for name in names)
    return f"CASE WHEN {' AND '.join(f'{name} IS NULL' for name in names)} THEN NULL ELSE {known} END"


def _as_they_are(*names: str) -> dict[str, str]:
    return {name: f'"{name}"' for name in names}


_ENDS: Final = "MICROS(started_at) + duration_us"
_OF: Final[dict[str, dict[str, str]]] = {
    "calls": {
        "ended_at": "MICROS(started_at) + latency_us",
        "name": "model",
        "detail": "provider",
        "message": "error_message",
        **_as_they_are("status", "session_id", "parent_session_id", "agent", "subagent", "user", "request_id"),
        **_as_they_are("attempt", "ttft_us"),
        "prompt": _summed(PROMPT),
        "cached": "cache_read_tokens",
        "output": "output_tokens",
        "tokens": _summed(ALL_TOKENS),
        "cost": "cost_usd",
    },
    "tools": {
        "ended_at": _ENDS,
        "name": "name",
        "detail": "server",
        "message": "error_message",
        **_as_they_are("status", "session_id", "agent", "subagent", "user", "call_id"),
    },
    "runs": {
        "ended_at": "MICROS(ended_at)",
        "name": "agent",
        "detail": "role",
        "message": "error_message",
        **_as_they_are("status", "session_id", "parent_session_id", "agent", "user"),
    },
    "steps": {
        "ended_at": _ENDS,
        "name": "name",
        "detail": "type",
        "message": "error_message",
        **_as_they_are("status", "session_id", "agent", "user"),
    },
    "jobs": {
        "ended_at": _ENDS,
        "name": "CASE WHEN name = '' THEN job_id ELSE name END",
        "detail": "schedule",
        "message": "error_message",
        **_as_they_are("status", "session_id", "agent"),
    },
    "logs": {
        "name": f"substring(message, 1, {_SHORT})",
        "detail": "logger",
        "status": "level",
        **_as_they_are("session_id", "agent", "user", "call_id", "request_id"),
    },
    "scores": {
        "name": "name",
        "detail": "text",
        "message": f"substring(comment, 1, {_SHORT})",
        **_as_they_are("session_id", "agent", "user", "call_id", "run_id"),
    },
    "error_details": {
        "name": "error_type",
        "detail": "error_code",
        "message": f"substring(message, 1, {_SHORT})",
        **_as_they_are("status", "session_id", "agent", "user", "call_id", "request_id"),
    },
    "documents": {
        "ended_at": _ENDS,
        "name": "title",
        "detail": "knowledge_base",
        "message": "error_message",
        **_as_they_are("status", "user"),
    },
}
#: The kinds of record that have lines.
LINED: Final = tuple(_OF)
#: What is asked beside it: what native ids leave out, and a score that is a number.
_BESIDE: Final[dict[str, str]] = {"calls": "response_id", "scores": "value"}


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
    table = TELLINGS[cube].name if told else cube
    rows = reading.rows(_columns(cube, reading.dialect), table, where, values, quarters=quarters, then=then)
    filled = _filled(cube)
    return [_line(cube, filled((*row, *_LITERALS.values())), told=told) for row in rows]


def _chosen(cube: str) -> list[str]:
    return ["CAST(id AS VARCHAR)", *{**_BLANKS, **_OF[cube]}.values(), _BESIDE.get(cube, "NULL")]


@cache
def _columns(cube: str, dialect: Dialect) -> tuple[str, ...]:
    # Under names of their own, so that conditions mean the table's columns. Blanks are not asked for: a third of all
    # that is read, for each of thousands of rows.
    asked = [sql for sql in _chosen(cube) if sql not in _LITERALS]
    return tuple(f"{dialect.spelt(sql)} AS c{number}" for number, sql in enumerate(asked))


@cache
def _filled(cube: str) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Puts what was asked for, and the values of all literals behind it, in the order of a line."""
    asked = itertools.count()
    blanks = {sql: number for number, sql in enumerate(_LITERALS, sum(sql not in _LITERALS for sql in _chosen(cube)))}
    return itemgetter(*(blanks[sql] if sql in blanks else next(asked) for sql in _chosen(cube)))


def _line(cube: str, row: Sequence[Any], *, told: bool) -> Line:
    # Positions rather than names: thousands of rows are made into lines while somebody waits.
    values = (*row[:-2], None if row[-2] is None else int(row[-2] * _NANO), told)
    line = Line(cube, *values)
    line.id = str(line.id)
    if not line.native_id.isprintable():
        line.native_id = _whole(line, row[-1])
    if cube == "scores" and row[-1] is not None:
        line.detail = f"{row[-1]:g}"
    return line


def _whole(line: Line, beside: Any) -> str:  # noqa: ANN401 - the column of _BESIDE
    """A native id with all that other columns say."""
    return lengthen(
        line.native_id,
        {
            **{name: getattr(line, name) for name in ("trace_id", "span_id", "request_id", "session_id", "started_at")},
            **({"response_id": beside} if line.cube == "calls" else {}),
        },
    )
