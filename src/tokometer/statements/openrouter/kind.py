"""OpenRouter as a kind of account.

Format: openrouter.ai/docs/api-reference (`/activity`, `/credits`, `/key`, `/keys`), read in November 2026. Activity is
of the last 30 days of UTC that are over, in one answer; it, credits and the list of keys want a management key, what a
key says of itself any key. A day of a model is the very line that the source `openrouter` reads, under its name and id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tokometer.sources.openrouter.rows import ACTIVITY, activity
from tokometer.sources.polling import fetch_json
from tokometer.sources.protocol import PollError
from tokometer.sources.told import Told
from tokometer.statements.lines import Lines, amount_of, day_of, dollars, object_of, sensible
from tokometer.statements.protocol import DAY, AccountKind, Asked, Balance, Key, Portion, Report, Stated

_ACTIVITY, _CREDITS, _KEY, _KEYS = "/activity", "/credits", "/key", "/keys"
_KNOWN: Final = ACTIVITY | {"cached_tokens", "cache_write_tokens", "user_id"}
#: Of what is known of a key.
_KEY_FIELDS: Final = frozenset(
    {
        *("hash", "name", "label", "disabled", "limit", "limit_remaining", "limit_reset", "usage", "usage_daily"),
        *("usage_weekly", "usage_monthly", "byok_usage", "byok_usage_daily", "byok_usage_weekly", "byok_usage_monthly"),
        *("include_byok_in_limit", "created_at", "updated_at", "expires_at", "workspace_id", "creator_user_id"),
    }
)


def daily(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What each model cost and used on each day."""
    rows = asked.remembered.get("activity")
    if rows is None:
        rows = asked.remembered["activity"] = object_of(fetch_json(asked.ask, _ACTIVITY), _ACTIVITY).raw("data")
    lines = Lines(asked, "activity")
    bills = []

    def take(told: Told) -> None:
        day = day_of(told, "date")
        if not portion.since <= day < portion.until:
            return
        bill = activity(told, lines.noticed)
        bill.account, bill.workspace, bill.report = asked.title, asked.workspace, "activity"
        _use(lines, day, told)
        bills.append(bill)

    lines.read(rows, take, _KNOWN)
    stated = lines.stated()
    stated.records += bills
    yield stated


def keys(asked: Asked, _: Portion) -> Iterator[Stated]:
    """What each key has used, and what is left of its limit."""
    lines = Lines(asked, "keys")
    offset = 0
    while True:
        page = object_of(fetch_json(asked.ask, _KEYS, {"offset": str(offset)}), _KEYS)
        count = lines.read(page.raw("data"), lambda told: _key(lines, told), _KEY_FIELDS)
        if not count:
            break
        offset += count
    yield lines.stated()


def balance(asked: Asked) -> Balance | None:
    """What is left: of the credits, or of the key's own limit where it may not ask for those."""
    try:
        data = object_of(fetch_json(asked.ask, _CREDITS), _CREDITS).within("data")
    except PollError as error:
        if not error.secret:
            raise
        data = Told({})
    with sensible(_CREDITS):
        bought, used = dollars(data, "total_credits"), dollars(data, "total_usage")
        if bought is not None:
            return Balance(bought - (used or 0), facts={"bought": str(bought), "used": str(used or 0)})
        told = object_of(fetch_json(asked.ask, _KEY), _KEY).within("data")
        left = dollars(told, "limit_remaining")
    return None if left is None else Balance(left, facts={"balance is": "what is left of this key's limit"})


def check(asked: Asked) -> Mapping[str, Any]:
    """What the key says of itself."""
    told = object_of(fetch_json(asked.ask, _KEY), _KEY).within("data")
    management = told.yes("is_management_key", "is_provisioning_key")
    facts = {
        "key": told.word("label"),
        "kind": "management key" if management else "key for inference: no activity, no credits",
        "free tier": "yes" if told.yes("is_free_tier") else "",
        "limit": told.raw("limit"),
    }
    return {name: value for name, value in facts.items() if value not in ("", None)}


def _use(lines: Lines, day: datetime, told: Told) -> None:
    prompt, cached = told.whole("prompt_tokens"), told.whole("cached_tokens")
    # What came of a cache is part of the prompt, where it is told.
    fresh = prompt if prompt is None or cached is None or cached > prompt else prompt - cached
    about = {
        "model": told.text("model", "model_permaslug"),
        "project": told.text("workspace_id"),
        "operation": told.text("provider_name"),
    }
    lines.usage(
        day,
        about,
        requests=told.whole("requests"),
        input_tokens=fresh,
        cache_read_tokens=cached,
        output_tokens=told.whole("completion_tokens"),
        reasoning_tokens=told.whole("reasoning_tokens"),
        estimated_cost=dollars(told, "usage"),
    )


def _key(lines: Lines, told: Told) -> None:
    name = told.text("name", "label", "hash")
    for field in ("usage", "limit", "limit_remaining", "byok_usage"):
        value = amount_of(told, field)
        lines.sample(f"openrouter.key.{field}", None if value is None else float(value), "USD", key=name)


#: Activity is told for so long.
_HISTORY: Final = timedelta(days=30)
KIND: Final = AccountKind(
    name="openrouter",
    title="OpenRouter",
    about="What each model cost and used on each day, what is left of the credits, and the limits of keys.",
    provider="openrouter",
    address="https://openrouter.ai/api/v1",
    key=Key(
        title="Management key",
        example="sk-or-v1-…",
        help="openrouter.ai, Settings, Management keys. A key for inference tells only its own limit.",
    ),
    reports=(
        Report(
            name="activity",
            title="Cost and usage by model",
            first=_HISTORY,
            late=timedelta(days=3),
            portion=DAY,
            read=daily,
            optional=True,
        ),
        Report(
            name="keys",
            title="Limits of keys",
            first=timedelta(0),
            late=timedelta(0),
            portion=DAY,
            read=keys,
            optional=True,
        ),
    ),
    balance=balance,
    no_balance="This key has no limit, and may not ask for credits: a management key may.",
    check=check,
)
