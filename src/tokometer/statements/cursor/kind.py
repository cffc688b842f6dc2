"""Cursor as a kind of account."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tokometer.statements.cursor import reading
from tokometer.statements.protocol import DAY, AccountKind, Key, Report

KIND: Final = AccountKind(
    name="cursor",
    title="Cursor",
    about="Members and what they do by day, tokens and requests by model, and what is charged beyond the plan. What "
    "the plan's seats cost is not told.",
    provider="cursor",
    address="https://api.cursor.com",
    key=Key(
        title="Admin API key",
        example="key_…",
        help="cursor.com, Dashboard, Settings, Cursor Admin API keys: an admin of a team makes it.",
        auth="basic",
    ),
    reports=(
        Report(
            name="seats",
            title="Members and their spend",
            first=timedelta(0),
            late=timedelta(0),
            portion=DAY,
            read=reading.seats,
        ),
        Report(
            name="people",
            title="What members do",
            first=timedelta(days=90),
            late=timedelta(days=2),
            portion=timedelta(days=7),
            read=reading.people,
        ),
        Report(
            name="events",
            title="Tokens, requests and cost by model",
            first=timedelta(days=30),
            late=timedelta(days=2),
            portion=DAY,
            read=reading.events,
        ),
    ),
    no_balance="Cursor has no balance: what members may still spend is kept with their limits.",
    check=reading.check,
    # 20 questions a minute and team.
    pace=3.0,
)
