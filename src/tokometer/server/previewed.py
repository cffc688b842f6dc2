"""What a request would come to, shown without anything being kept."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tokometer.collect.bodies import Decoded
from tokometer.records import MENDS, Record, to_datetime

#: Records, refusals and notices that are spelled out.
_MOST: Final = 50
_MONEY: Final = {"cost_reported": "cost_usd", "revenue": "revenue_usd", "amount": "amount_usd"}
_TIMES: Final = ("started_at", "ended_at", "next_run_at", "released_at")
#: What is the same for all, or our own bookkeeping.
_NOT_SHOWN: Final = ("workspace", "revision", "origin", "pinned", "group", "shadow", "echo")


def shown(decoded: Decoded, *, settled: bool) -> bytes:
    """A body as it would be taken, as JSON. `settled`: settings say what it means."""
    content = {
        "settled": settled,
        "items": decoded.count,
        "would_take": [record(one) for one in decoded.records[:_MOST]],
        "records": len(decoded.records),
        "would_refuse": [
            {"index": one.position, "field": one.field, "reason": one.reason} for one in decoded.refusals[:_MOST]
        ],
        "refused": len(decoded.refusals),
        "not_understood": [
            {"what": one.topic, "name": one.name, "count": one.count, "mend": MENDS.get(one.topic, "")}
            for one in decoded.notices[:_MOST]
        ],
    }
    return msgspec.json.encode(content)


def record(given: Record) -> dict[str, Any]:
    """A record's fields that say something, in the units that people read: ms, US dollars, RFC 3339."""
    found: dict[str, Any] = {"kind": given.kind}
    for field in msgspec.structs.fields(given):
        value = getattr(given, field.name)
        if field.name in _NOT_SHOWN or value in (None, "", {}) or value == field.default:
            continue
        if field.name.endswith("_us"):
            found[f"{field.name.removesuffix('_us')}_ms"] = value / 1_000
        elif field.name in _MONEY:
            found[_MONEY[field.name]] = f"{value / 10**9:.9f}"
        elif field.name in _TIMES:
            found[field.name] = to_datetime(value).isoformat()
        elif field.name == "quantities":
            found[field.name] = {name: amount / 1_000 for name, amount in value.items()}
        else:
            found[field.name] = value
    return found
