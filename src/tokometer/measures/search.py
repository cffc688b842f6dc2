"""Full text: which texts of a record are looked through, and the conditions that a search is in SQL.

Messages and other prose are searched for a part, whatever the case; ids for the whole of them. What details of errors
say (:class:`tokometer.records.ErrorDetail`) is found for the calls that they are about, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tokometer.ledger import Readable, Statement
from tokometer.ledger.schema import RECORDS
from tokometer.measures.ask import Ask
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.scope import Scope
from tokometer.records.ids import record_id

#: Columns that are searched for a part of them.
TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "calls": ("error_message",),
    "tools": ("name", "error_message"),
    "steps": ("name", "error_message"),
    "runs": ("task", "error_message"),
    "jobs": ("name", "error_message"),
    "bills": ("line_item", "invoice"),
    "reported": ("model", "project"),
    "samples": ("metric", "device"),
    "logs": ("message", "error_type"),
    "scores": ("name", "text", "comment"),
    "models": ("model", "title"),
    "knowledge_bases": ("name", "description"),
    "documents": ("title", "path", "error_message"),
    "error_details": ("message", "error_type", "error_code", "stack_trace", "request", "response"),
}
#: Columns that are searched for all of them, where what is typed may be an id.
_IDS: Final = ("trace_id", "session_id", "request_id", "call_id")
#: Ids have digits; looking for words there would read four times as much as all messages.
_ID: Final = re.compile(r"(?=\D*\d)\S{8,}")
_DETAILS: Final = ("message", "error_type", "error_code", "stack_trace")
#: Details that are looked up for a search; those beyond are told of.
_MOST_DETAILS: Final = 5_000
#: Details come when the call is over: so many quarter hours after it began.
_LATER: Final = 96

#: Conditions on a table's rows.
Conditions = Callable[[Scope], list[str]]


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search is: the conditions, and what it may not find, in sentences."""

    conditions: Conditions
    missing: tuple[str, ...] = ()


def searched(ledger: Readable, ask: Ask, text: str) -> Searched:
    """The search for a text among the records that a question is about; without a text, no condition."""
    wanted = text.strip()
    if not wanted:
        return Searched(lambda _scope: [])
    cube = ask.query.cube.name
    calls: tuple[list[str], list[str]] = ([], [])
    missing: tuple[str, ...] = ()
    if cube == "calls":
        found = _details(ledger, ask, wanted)
        if len(found) > _MOST_DETAILS:
            missing = (f"search: only the newest {_MOST_DETAILS:,} details of errors that match were looked at",)
        calls = _calls(found[:_MOST_DETAILS])

    def conditions(scope: Scope) -> list[str]:
        parts = [_contains(scope, TEXTS[cube], wanted)]
        parts += _ids(scope, wanted)
        if any(calls):
            ids, requests = (_bind(scope, listed) for listed in calls)
            named = scope.dialect.among("CAST(id AS VARCHAR)", ids)
            asked = scope.dialect.among("request_id", requests)
            # Only of what failed are there details.
            parts.append(f"(status <> 'ok' AND ({named} OR request_id <> '' AND {asked}))")
        return [f"({' OR '.join(parts)})"]

    return Searched(conditions, missing)


def _contains(scope: Scope, columns: tuple[str, ...], wanted: str) -> str:
    text = scope.bind(wanted)
    # Most rows have no message: what is empty need not be looked through.
    holds = {name: scope.dialect.contains(f'"{name}"', text) for name in columns}
    return " OR ".join(f"(\"{name}\" <> '' AND {condition})" for name, condition in holds.items())


def _ids(scope: Scope, wanted: str) -> list[str]:
    if not _ID.fullmatch(wanted):
        return []
    text = scope.bind(wanted)
    has = set(RECORDS[scope.stored.table].names)
    parts = [f'"{name}" = {text}' for name in _IDS if name in has]
    with suppress(ValueError):
        parts.append(f"id = CAST({scope.bind(str(UUID(wanted)))} AS UUID)")
    return parts


def _bind(scope: Scope, listed: list[str]) -> str:
    name = f"p{len(scope.values)}"
    scope.values[name] = listed
    return f"${name}"


def _details(ledger: Readable, ask: Ask, wanted: str) -> list[tuple[Any, ...]]:
    """Workspace, source, call and request of the newest details that say it, one more than are looked at."""
    dialect = DIALECTS[ledger.engine]
    values: dict[str, Any] = {f"w{i}": workspace for i, workspace in enumerate(ask.workspaces)}
    workspaces = ", ".join(f"${name}" for name in values)
    values["wanted"] = wanted
    said = " OR ".join(dialect.contains(name, "$wanted") for name in _DETAILS)
    sql = (
        f"SELECT workspace, source, call_id, request_id FROM error_details WHERE workspace IN ({workspaces}) "
        f"AND quarter >= {ask.axis.first:d} AND quarter < {ask.axis.last + _LATER:d} AND ({said}) "
        f"ORDER BY started_at DESC, source, native_id LIMIT {_MOST_DETAILS + 1}"
    )
    return ledger.fetch(Statement(sql, values))


def _calls(found: list[tuple[Any, ...]]) -> tuple[list[str], list[str]]:
    """The ids in the ledger and the requests of the calls that details are about."""
    ids = {str(UUID(bytes=record_id(space, source, call))) for space, source, call, _ in found if call}
    requests = {request for *_, request in found if request}
    return sorted(ids), sorted(requests)
