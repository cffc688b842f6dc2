"""Claude Enterprise as a kind of account."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tokometer.statements.claude_enterprise import reading
from tokometer.statements.protocol import DAY, AccountKind, Key, Report

KIND: Final = AccountKind(
    name="claude_enterprise",
    title="Claude Enterprise",
    about="Seats and who uses them, what people do by day, tokens and cost by product and model.",
    provider="anthropic",
    address="https://api.anthropic.com",
    key=Key(
        title="Analytics API key",
        example="sk-ant-…",
        help="claude.ai, Analytics, API keys: the primary owner of the organisation makes it, with read:analytics.",
        auth="header:x-api-key",
    ),
    headers={"anthropic-version": "2023-06-01"},
    reports=(
        Report(
            name="seats",
            title="Seats",
            first=timedelta(0),
            late=timedelta(0),
            portion=DAY,
            read=reading.seats,
        ),
        Report(
            name="people",
            title="What people do",
            first=timedelta(days=60),
            late=timedelta(days=4),
            portion=DAY,
            read=reading.people,
            optional=True,
        ),
        Report(
            name="usage",
            title="Tokens by product and model",
            first=timedelta(days=90),
            late=timedelta(days=4),
            portion=timedelta(days=7),
            read=reading.usage,
        ),
        Report(
            name="bill",
            title="Cost by product and model",
            first=timedelta(days=90),
            late=timedelta(days=4),
            portion=timedelta(days=7),
            read=reading.bill,
        ),
    ),
    no_balance="Claude Enterprise bills in arrears: there is no balance.",
    check=reading.check,
)
