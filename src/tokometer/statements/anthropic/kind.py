"""Anthropic's account: which reports there are, and what a key must be able to answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tokometer.statements.anthropic.claude_code import claude_code
from tokometer.statements.anthropic.costs import costs
from tokometer.statements.anthropic.usage import messages
from tokometer.statements.buckets import exact_json
from tokometer.statements.protocol import AccountKind, Asked, Key, Option, Report

#: Days of one question, at most: as many buckets as a page may have.
_PORTION: Final = timedelta(days=28)


def check(asked: Asked) -> Mapping[str, Any]:
    """Ask whose key it is, which every admin key may."""
    found = exact_json(asked, "/organizations/me")
    name = found.get("name")
    return {"organization": name} if isinstance(name, str) and name else {}


KIND: Final = AccountKind(
    name="anthropic",
    title="Anthropic",
    about="Usage and costs of an organisation, by day, model, workspace and key, and who used Claude Code for what.",
    provider="anthropic",
    address="https://api.anthropic.com/v1",
    key=Key(
        title="Admin key",
        example="sk-ant-admin01-…",
        help="Made by an admin of the organisation in Console > Settings > Admin keys; individual accounts have none.",
        auth="header:x-api-key",
    ),
    options=(
        Option(
            name="names",
            title="Names",
            help="Whether workspaces and keys are asked for their names, beside their ids.",
            choices=("yes", "no"),
            default="yes",
        ),
    ),
    headers={"anthropic-version": "2023-06-01"},
    reports=(
        Report(name="costs", title="Costs", portion=_PORTION, late=timedelta(days=7), read=costs),
        Report(name="usage/messages", title="Usage: messages", portion=_PORTION, read=messages),
        Report(
            name="usage/claude_code",
            title="Claude Code analytics",
            portion=timedelta(days=7),
            read=claude_code,
            optional=True,
        ),
    ),
    no_balance="Anthropic has no API that tells what is left of prepaid credits: enter what you put in as top-ups.",
    check=check,
)
