"""ChatGPT Enterprise, with Codex, as a kind of account."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tokometer.statements.chatgpt_enterprise import reading
from tokometer.statements.protocol import DAY, AccountKind, Key, Option, Report

KIND: Final = AccountKind(
    name="chatgpt_enterprise",
    title="ChatGPT Enterprise and Codex",
    about="Tokens of ChatGPT, Work and Codex by person and day; threads, turns and credits of Codex. Neither seats "
    "nor money are told by an API.",
    provider="openai",
    address="https://api.chatgpt.com",
    key=Key(
        title="Admin key",
        example="sk-…",
        help="A workspace's Admin key with enterprise.analytics.usage.read (ChatGPT, Admin console, Keys); for Codex "
        "alone a key with codex.enterprise.analytics.read, which OpenAI's support grants.",
    ),
    options=(
        Option(
            name="workspace",
            title="Workspace id",
            help="ChatGPT, Admin console, Workspace details.",
            needed=True,
        ),
        Option(
            name="scope",
            title="What the key may ask",
            help="Each scope has a key of its own.",
            choices=("usage", "codex"),
            default="usage",
        ),
    ),
    reports=(
        Report(
            name="usage",
            title="Tokens by person",
            first=timedelta(days=90),
            late=timedelta(days=3),
            portion=DAY,
            read=reading.report("", "usage"),
            applies=lambda options: options.get("scope") != "codex",
        ),
        Report(
            name="codex",
            title="Threads, turns and credits of Codex",
            first=timedelta(days=90),
            late=timedelta(days=3),
            portion=DAY,
            read=reading.report("codex/", "codex"),
            applies=lambda options: options.get("scope") == "codex",
        ),
    ),
    no_balance="OpenAI has no API for what is left of a workspace's credits.",
    check=reading.check,
)
