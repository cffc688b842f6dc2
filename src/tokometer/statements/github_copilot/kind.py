"""GitHub Copilot as a kind of account."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tokometer.statements.github_copilot import activity, billing
from tokometer.statements.protocol import DAY, AccountKind, Key, Option, Report

KIND: Final = AccountKind(
    name="github_copilot",
    title="GitHub Copilot",
    about="Seats and whether they are used, what people do by day, AI credits and premium requests by model, and what "
    "GitHub bills for it, seats included.",
    provider="copilot",
    address="https://api.github.com",
    key=Key(
        title="Access token",
        example="github_pat_…",
        help="GitHub, Settings, Developer settings, Personal access tokens: for the organisation, with read access to "
        "Copilot business, Copilot metrics and Administration (for the bill); or a classic one with "
        "manage_billing:copilot and read:org.",
    ),
    headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2026-03-10"},
    options=(
        Option(name="organisation", title="Organisation", help="Its name in addresses: github.com/NAME.", needed=True),
        Option(
            name="enterprise",
            title="Enterprise",
            help="Where an enterprise pays for the organisation: its name in addresses. Bills are asked of it then.",
        ),
        Option(
            name="products",
            title="Products",
            help="Of GitHub's bill these are kept: parts of their names, divided by commas.",
            default=billing.PRODUCTS,
        ),
    ),
    reports=(
        Report(
            name="seats",
            title="Seats",
            first=timedelta(0),
            late=timedelta(0),
            portion=DAY,
            read=activity.seats,
        ),
        Report(
            name="people",
            title="What people do",
            first=timedelta(days=28),
            late=timedelta(days=3),
            portion=DAY,
            read=activity.people,
            optional=True,
        ),
        Report(
            name="ai_credits",
            title="AI credits by model",
            first=timedelta(days=60),
            late=timedelta(days=3),
            portion=DAY,
            read=billing.used("ai_credit", "ai_credits"),
            optional=True,
        ),
        Report(
            name="premium_requests",
            title="Premium requests by model",
            first=timedelta(days=60),
            late=timedelta(days=3),
            portion=DAY,
            read=billing.used("premium_request", "premium_requests"),
            optional=True,
        ),
        Report(
            name="bill",
            title="Cost by SKU",
            first=timedelta(days=60),
            late=timedelta(days=3),
            portion=DAY,
            read=billing.bill,
            optional=True,
        ),
    ),
    no_balance="GitHub bills in arrears: there is no balance. What is left of included credits only its pages tell.",
    check=activity.check,
)
