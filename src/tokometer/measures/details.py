"""Details of errors beside the calls that they are about (:class:`tokometer.records.ErrorDetail`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tokometer.ledger import Ledger, Statement
from tokometer.ledger.native_ids import lengthen
from tokometer.measures.ask import Ask
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
)
_TOLD: Final = ("message", "error_type", "error_code", "stack_trace", "http_status")
#: So many calls are named in one statement.
_AT_ONCE: Final = 1_000
#: Details come when the call is over: so many quarter hours after it began.
_LATER: Final = 96


class Details:
    """The details of one question's calls: by the call's own id, else by the request that both name."""

    def __init__(self, ledger: Ledger, ask: Ask) -> None:
        self._ledger = ledger
        self._workspaces = ask.workspaces

    def of(self, calls: Sequence[Sequence[Any]]) -> list[Mapping[str, Any]]:
        """For each call, given by its :data:`KEYS`, what the details say; nothing where there are none."""
        starts = range(0, len(calls), _AT_ONCE)
        return [said for start in starts for said in self._of(calls[start : start + _AT_ONCE])]

    def _of(self, calls: Sequence[Sequence[Any]]) -> list[Mapping[str, Any]]:
        named = [_named(dict(zip(KEYS, call, strict=True))) for call in calls]
        found: dict[tuple[str, ...], Mapping[str, Any]] = {}
        for workspace, source, call_id, request_id, *told in self._ledger.fetch(self._statement(named)):
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

    def _statement(self, calls: Sequence[Mapping[str, Any]]) -> Statement:
        values: dict[str, Any] = {}

        def bound(given: Iterable[Any]) -> str:
            names = []
            for value in given:
                name = f"p{len(values)}"
                values[name] = value
                names.append(f"${name}")
            return ", ".join(names)

        quarters = [quarter_of(call["started_at"]) for call in calls]
        conditions = [
            f"workspace IN ({bound(self._workspaces)})",
            f"quarter >= {min(quarters):d} AND quarter <= {max(quarters) + _LATER:d}",
        ]
        requests = sorted({call["request_id"] for call in calls} - {""})
        either = [f"call_id IN ({bound(sorted({call['native_id'] for call in calls}))})"]
        if requests:
            either.append(f"request_id IN ({bound(requests)})")
        conditions.append(f"({' OR '.join(either)})")
        columns = ", ".join(("workspace", "source", "call_id", "request_id", *_TOLD))
        # Of several details of one call, the same one on every engine: the latest.
        order = "started_at DESC, source, native_id"
        return Statement(
            f"SELECT {columns} FROM error_details WHERE {' AND '.join(conditions)} ORDER BY {order}", values
        )


def _named(call: dict[str, Any]) -> Mapping[str, Any]:
    """A call's keys, with its time in microseconds and its own id in full."""
    call["started_at"] = to_us(call["started_at"])
    return {**call, "native_id": lengthen(call["native_id"], call)}
