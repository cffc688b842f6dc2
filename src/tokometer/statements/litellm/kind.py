"""LiteLLM's proxy as a kind of account.

Format: docs.litellm.ai and litellm's own code (`/global/spend`, `/key/list`, `/team/list`), read in November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from tokometer.sources.polling import fetch_json
from tokometer.sources.told import Told
from tokometer.statements.lines import Lines, amount_of, object_of
from tokometer.statements.litellm.daily import daily, teams_of
from tokometer.statements.protocol import DAY, AccountKind, Asked, Key, Portion, Report, Stated

_KEYS, _TEAMS, _SPEND = "/key/list", "/team/list", "/global/spend"
_PAGE: Final = 100


def budgets(asked: Asked, _: Portion) -> Iterator[Stated]:
    """What each key and team has spent, and may spend."""
    lines = Lines(asked, "budgets")
    page = 1
    while True:
        query = {"page": str(page), "size": str(_PAGE), "return_full_object": "true"}
        told = object_of(fetch_json(asked.ask, _KEYS, query), _KEYS)
        for one in told.objects("keys"):
            _budget(lines, "key", one.text("key_alias", "key_name", "token"), one)
        if page >= (told.whole("total_pages") or 1):
            break
        page += 1
    teams = Told({"teams": fetch_json(asked.ask, _TEAMS)})
    for one in teams.objects("teams"):
        _budget(lines, "team", one.text("team_alias", "team_id"), one)
    yield lines.stated()


def check(asked: Asked) -> Mapping[str, Any]:
    """What the proxy has spent in all, which only an admin's key may ask."""
    told = object_of(fetch_json(asked.ask, _SPEND), _SPEND)
    facts = {"spent in all": told.raw("spend"), "budget": told.raw("max_budget") or None, "teams": len(teams_of(asked))}
    return {name: value for name, value in facts.items() if value is not None}


def _budget(lines: Lines, what: str, name: str, told: Told) -> None:
    for field, metric in (("spend", "spend"), ("max_budget", "budget")):
        value = amount_of(told, field)
        lines.sample(f"litellm.{what}.{metric}", None if value is None else float(value), "USD", **{what: name})


KIND: Final = AccountKind(
    name="litellm",
    title="LiteLLM proxy",
    about="What the proxy has spent and used on each day by model, key, team and user, and the budgets of keys and "
    "teams.",
    provider="litellm",
    address="http://127.0.0.1:4000",
    key=Key(
        title="Admin key",
        example="sk-…",
        help="The proxy's master key, or a key of a user with the role proxy_admin or proxy_admin_viewer.",
    ),
    reports=(
        Report(
            name="daily",
            title="Spend and usage by model and key",
            first=timedelta(days=90),
            late=timedelta(days=2),
            portion=timedelta(days=7),
            read=daily,
        ),
        Report(
            name="budgets",
            title="Budgets of keys and teams",
            first=timedelta(0),
            late=timedelta(0),
            portion=DAY,
            read=budgets,
            optional=True,
        ),
    ),
    no_balance="A proxy has no balance: what keys and teams may still spend is kept with their budgets.",
    check=check,
)
