"""The machines that ship what they have to this server: which there are, when each was last seen, what it runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from fastapi import APIRouter, Request

from tokometer.measures import Query
from tokometer.measures.latest import latest_by
from tokometer.records import to_datetime
from tokometer.sources.shipment.source import Seen
from tokometer.sources.shipment.wire import NAME

if TYPE_CHECKING:
    from tokometer.server.runtime import Runtime

router: Final = APIRouter(tags=["sources"])
_decode: Final = msgspec.msgpack.Decoder(Seen).decode


@router.get("/api/machines", summary="Machines that ship what they have to this server")
def machines(request: Request) -> dict[str, Any]:
    """Each machine that has shipped, the one that was seen last first: when, with which version, and its calls."""
    return {
        "machines": [
            {**one, "last_seen": _text(one["last_seen"]), "last_call": _text(one["last_call"])}
            for one in seen(request.app.state.runtime)
        ]
    }


def seen(runtime: Runtime) -> list[dict[str, Any]]:
    """The same, with times as datetimes."""
    shipped = {machine: one for machine, state in runtime.ledger.cursors(NAME).items() if (one := _seen(state))}
    if not shipped:
        return []
    rows = runtime.ask(Query(measures=("calls.requests",), by=("calls.machine",), since="all")).rows
    calls = {row["machine"]: row["requests"] for row in rows}
    last = latest_by(runtime.ask, "calls.machine")
    return [
        {
            "machine": machine,
            "program": one.program,
            "last_seen": to_datetime(one.at),
            "calls": int(calls.get(machine) or 0),
            "last_call": last.get(machine),
        }
        for machine, one in sorted(shipped.items(), key=lambda item: -item[1].at)
    ]


def _seen(state: bytes) -> Seen | None:
    """What is known of a machine; None where the state is that of a bundle, which stands under its path beside them."""
    try:
        return _decode(state)
    except msgspec.DecodeError:
        return None


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
