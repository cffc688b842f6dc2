"""Details of errors beside the calls that they are about (:class:`tokometer.records.ErrorDetail`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tokometer.ledger import Readable, Statement
from tokometer.ledger.native_ids import lengthen
from tokometer.measures.ask import Ask
from tokometer.measures.dialect import DIALECTS
from tokometer.records.time import quarter_of, to_us

#: What of a call's row says which details are its own.
KEYS: Final = (
    "workspace",
    "source",
    "native_id",
    "trace_id",
    "span_id",
    "request_id",
    "session_id",
    "started_at",
    "status",
)
_TOLD: Final = ("message", "error_type", "error_code", "stack_trace", "http_status")
#: So many calls are named in one statement.
_AT_ONCE: Final = 1_000
#: Details come when the call is over: so many quarter hours after it began.
_LATER: Final = 96


class Details:
    """The details of one question's calls: by the call's own id, else by the request that both name."""

    def __init__(self, ledger: Readable, ask: Ask) -> None:
        self._ledger = ledger
        self._workspaces = ask.workspaces

    def of(self, calls: Sequence[Sequence[Any]]) -> list[Mapping[str, Any]]:
        """For each call, given by its :data:`KEYS`, what the details say; nothing where there are none."""
        named = [_named(dict(zip(KEYS, call, strict=True))) for call in calls]
        # Only of what failed are there any.
        failed = [call for call in named if call["status"] != "ok"]
        found: dict[tuple[str, ...], Mapping[str, Any]] = {}
        for start in range(0, len(failed), _AT_ONCE):
            for workspace, source, call_id, request_id, *told in self._told(failed[start : start + _AT_ONCE]):
                said = dict(zip(_TOLD, told, strict=True))
                if call_id:
                    found.setdefault((workspace, source, call_id), said)
                if request_id:
                    found.setdefault((workspace, request_id), said)
        return [
            found.get((call["workspace"], call["source"], call["native_id"]))
            or found.get((call["workspace"], call["request_id"]))
            or {}
            for call in named
        ]

    def _told(self, calls: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        dialect = DIALECTS[self._ledger.engine]
        values: dict[str, Any] = {f"w{i}": workspace for i, workspace in enumerate(self._workspaces)}
        workspaces = ", ".join(f"${name}" for name in values)
        values["calls"] = sorted({call["native_id"] for call in calls})
        values["requests"] = sorted({call["request_id"] for call in calls} - {""})
        quarters = [quarter_of(call["started_at"]) for call in calls]
        columns = ", ".join(("workspace", "source", "call_id", "request_id", *_TOLD))
        # Of several details of one call, the same one on every engine: the latest.
        sql = (
            f"SELECT {columns} FROM error_details WHERE workspace IN ({workspaces}) "
            f"AND quarter >= {min(quarters):d} AND quarter <= {max(quarters) + _LATER:d} "
            f"AND ({dialect.among('call_id', '$calls')} OR {dialect.among('request_id', '$requests')}) "
            "ORDER BY started_at DESC, source, native_id"
        )
        return self._ledger.fetch(Statement(sql, values))


def _named(call: dict[str, Any]) -> Mapping[str, Any]:
    """A call's keys, with its time in microseconds and its own id in full."""
    call["started_at"] = to_us(call["started_at"])
    return {**call, "native_id": lengthen(call["native_id"], call)}
