"""Cursor as a kind of account."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from providers.cursor import Cursor
from providers.reading import read
from providers.serving import serving


def _at(day: int, hour: int = 12) -> int:
    return int(datetime(2026, 11, day, hour, tzinfo=UTC).timestamp() * 1_000)


def _event(day: int, kind: str, total: float | str, *, charged: float | None = None, **more: Any) -> dict[str, Any]:
    tokens = {"inputTokens": 10, "outputTokens": "5", "cacheWriteTokens": 100, "cacheReadTokens": 1_000}
    event = {
        "timestamp": str(_at(day)),
        "model": "claude-4.5-sonnet",
        "kind": kind,
        "requestsCosts": 1.4,
        "tokenUsage": {**tokens, "totalCents": total},
        "cursorTokenFee": 1.18,
        "userEmail": "ada@example.com",
        **more,
    }
    return event if charged is None else event | {"chargedCents": charged}


def test_what_members_do_use_and_cost_is_read_over_all_pages() -> None:
    """Tokens are disjoint; only what is usage-based is charged, what the plan includes has an estimate."""
    cursor = Cursor()
    cursor.members = [
        {"email": "ada@example.com", "role": "owner"},
        {"email": "bob@example.com", "role": "member"},
        {"email": "old@example.com", "role": "member", "isRemoved": True},
    ]
    cursor.spend = [{"email": f"m{at}@example.com", "spendCents": 150.5, "monthlyLimitDollars": 20} for at in range(5)]
    cursor.days = [
        {
            "date": _at(day, 0),
            "email": "ada@example.com",
            "acceptedLinesAdded": 7,
            "chatRequests": "3",
            "agentRequests": 2,
        }
        for day in range(1, 8)
    ]
    cursor.events = [
        _event(5, "Usage-based", 20.18232),
        _event(5, "USAGE_EVENT_KIND_USAGE_BASED", "40.16699999999999", charged=39.5),
        _event(5, "Included in Business", 12.5, isFresh=True),
        _event(6, "Errored, No Charge", 0),
        {"model": "gpt-5", "timestamp": str(_at(7)), "kind": "Included", "tokenUsage": {"inputTokens": -1}},
    ]
    with serving(cursor) as url:
        found = read("cursor", url, cursor.key)
    assert found.cost == Decimal("0.6086232")
    assert (found.sum("requests"), found.sum("input_tokens"), found.sum("output_tokens")) == (4, 40, 20)
    assert (found.sum("cache_write_unknown_tokens"), found.sum("cache_read_tokens")) == (400, 4_000)
    assert round(found.sum("quantity", quantity_unit="request_units"), 9) == 5.6
    assert found.sum("quantity", quantity_unit="lines_accepted") == 49
    assert found.sum("quantity", quantity_unit="interactions", operation="chat") == 21
    assert (found.samples["cursor.seats"], found.samples["cursor.spend.limit"]) == (2, 100)
    assert round(found.samples["cursor.spend.on_demand"], 9) == 7.525
    assert {one.name for one in found.notices} == {"isFresh"}
    assert [one.reason for one in found.refusals] == ["is negative"]
