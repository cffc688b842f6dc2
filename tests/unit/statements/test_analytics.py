"""ChatGPT Enterprise and Claude Enterprise as kinds of account."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from providers.analytics import ChatGPT, ClaudeEnterprise
from providers.reading import read
from providers.serving import serving


def _row(day: int, user: str, **totals: Any) -> dict[str, Any]:
    start = int(datetime(2026, 11, day, tzinfo=UTC).timestamp())
    row = {"object": "workspace.usage.result", "start_time": start, "end_time": start + 86_400}
    return {**row, "user_id": user, "actor": {"email": f"{user}@example.com"}, "totals": totals, "clients": []}


def test_tokens_of_a_workspace_are_those_of_its_people() -> None:
    """Each person's day is a line; a total that nobody splits is kept as such, and nothing is made up."""
    chat = ChatGPT()
    chat.usage = [
        _row(
            *(18, f"u{at}"),
            uncached_text_input_tokens=110,
            cached_text_input_tokens="220",
            text_output_tokens=55,
            text_total_tokens=385,
        )
        for at in range(5)
    ]
    chat.usage.append(_row(3, "u1", text_total_tokens=1_000, images=3))
    with serving(chat) as url:
        found = read("chatgpt_enterprise", url, chat.key, {"workspace": "ws-1"})
    assert (found.sum("input_tokens"), found.sum("cache_read_tokens"), found.sum("output_tokens")) == (550, 1_100, 275)
    assert found.sum("unsplit_tokens") == 1_000
    assert {(one.topic, one.name) for one in found.notices} == {("usage", "totals.images")}
    assert not found.bills


def test_codex_counts_threads_turns_and_credits() -> None:
    """With the other scope Codex is asked, and nothing else."""
    chat = ChatGPT()
    chat.codex = [_row(day, "u1", threads=2, turns=10, credits=1.25) for day in range(1, 8)]
    with serving(chat) as url:
        found = read("chatgpt_enterprise", url, chat.key, {"workspace": "ws-1", "scope": "codex"})
    assert found.sum("quantity", quantity_unit="codex_credits") == 8.75
    assert found.sum("quantity", quantity_unit="turns") == 70
    assert all("/codex/" in asked.path for asked in chat.heard)


def test_claude_enterprise_has_seats_people_tokens_and_cost() -> None:
    """Cents as text are exact over all pages of buckets, empty ones included; seats are gauges."""
    claude = ClaudeEnterprise()
    claude.cost = {
        "2026-11-10": [{"amount": "41280.000000", "currency": "USD", "model": "claude-opus-5", "product": "chat"}],
        "2026-11-11": [],
        "2026-11-12": [{"amount": "1720.5", "currency": "usd", "product": "claude_code"}],
        "2026-11-13": [{"amount": "5", "currency": "EUR", "product": "chat", "odd": 1}],
    }
    tokens = {"uncached_input_tokens": 10, "cache_read_input_tokens": "20", "output_tokens": 3}
    claude.usage = {
        f"2026-11-{day}": [{**tokens, "model": "claude-opus-5", "cache_creation": {"ephemeral_5m_input_tokens": 4}}]
        for day in range(10, 15)
    }
    lines = {"core_metrics": {"lines_of_code": {"added_count": 40}, "commit_count": 1}}
    claude.people = {
        "2026-11-12": [
            {"user": {"email_address": f"p{at}@example.com"}, "claude_code_metrics": lines} for at in range(3)
        ]
    }
    claude.summaries = [{"assigned_seat_count": 1}, {"assigned_seat_count": "25", "monthly_active_user_count": 19}]
    with serving(claude) as url:
        found = read("claude_enterprise", url, claude.key)
    assert found.cost == Decimal("430.005")
    [foreign] = [one for one in found.bills if one.currency != "USD"]
    assert (foreign.amount, foreign.stated_amount, foreign.currency) == (None, 50_000_000, "EUR")
    assert (found.sum("input_tokens"), found.sum("cache_read_tokens"), found.sum("cache_write_5m_tokens")) == (
        50,
        100,
        20,
    )
    assert found.sum("quantity", quantity_unit="lines_added") == 120
    assert found.samples["claude.seats.assigned"] == 25
    assert found.facts == {"seats": 25, "active": 19}
    assert {one.name for one in found.notices} == {"odd"}
