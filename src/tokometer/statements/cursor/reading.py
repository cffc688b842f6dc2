"""What Cursor's Admin API says of a team.

Format: cursor.com/docs/account/teams/admin-api, read in November 2026: POST with JSON; times are milliseconds since
1970, of events as text; tokens of an event are disjoint (what was written to and read from caches is beside its input);
money is cents with a fraction. `chargedCents`, which newer answers have, is what is charged; before it that was
`tokenUsage.totalCents` and `cursorTokenFee`. What an event is billed as is its `kind`, in words (`Usage-based`,
`Included in Business`) or as `USAGE_EVENT_KIND_…`: only what is usage-based is a line of the bill, all else has its
cost as an estimate. The largest page is not documented: the pages that come are followed, however large.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from tokometer.records import to_us
from tokometer.sources.polling import fetch_json
from tokometer.sources.told import Told
from tokometer.statements.lines import Lines, amount_of, cents, day_of, object_of
from tokometer.statements.protocol import Asked, Portion, Stated

_MEMBERS, _DAILY, _SPEND, _EVENTS = (
    *("/teams/members", "/teams/daily-usage-data"),
    *("/teams/spend", "/teams/filtered-usage-events"),
)
_PAGE: Final = 200
_USAGE_BASED: Final = re.compile(r"usage.?based|on.?demand", re.IGNORECASE)
#: Number of a day → unit, and what it was done with.
_DAY_UNITS: Final = {
    "totalLinesAdded": ("lines_added", ""),
    "acceptedLinesAdded": ("lines_accepted", ""),
    "totalTabsShown": ("suggestions", "tab"),
    "totalTabsAccepted": ("acceptances", "tab"),
    "totalAccepts": ("acceptances", "agent"),
    "totalRejects": ("rejections", "agent"),
    "composerRequests": ("interactions", "composer"),
    "chatRequests": ("interactions", "chat"),
    "agentRequests": ("interactions", "agent"),
    "cmdkUsages": ("interactions", "cmdk"),
    "bugbotUsages": ("interactions", "bugbot"),
}
_DAY: Final = frozenset(
    {
        *(*_DAY_UNITS, "date", "day", "userId", "email", "isActive", "totalLinesDeleted", "acceptedLinesDeleted"),
        *("totalApplies", "subscriptionIncludedReqs", "apiKeyReqs", "usageBasedReqs", "mostUsedModel"),
        *("applyMostUsedExtension", "tabMostUsedExtension", "clientVersion", "name"),
    }
)
_EVENT: Final = frozenset(
    {
        *("timestamp", "model", "kind", "maxMode", "requestsCosts", "isTokenBasedCall", "tokenUsage", "userEmail"),
        *("cursorTokenFee", "isFreeBugbot", "chargedCents", "isChargeable", "isHeadless", "userId", "serviceAccountId"),
    }
)
_MEMBER: Final = frozenset({"id", "name", "email", "role", "isRemoved"})
_SPENT: Final = frozenset(
    {
        *("userId", "name", "email", "role", "spendCents", "overallSpendCents", "includedSpendCents"),
        *("fastPremiumRequests", "hardLimitOverrideDollars", "monthlyLimitDollars", "effectivePerUserLimitDollars"),
        *("profilePictureUrl", "apiPercentUsed", "autoPercentUsed", "totalPercentUsed"),
    }
)


def seats(asked: Asked, _: Portion) -> Iterator[Stated]:
    """How many members there are, and what each has spent in this cycle."""
    lines = Lines(asked, "seats")
    roles: dict[str, int] = {}

    def member(told: Told) -> None:
        if not told.yes("isRemoved"):
            role = told.text("role") or "member"
            roles[role] = roles.get(role, 0) + 1

    lines.read(object_of(fetch_json(asked.ask, _MEMBERS), _MEMBERS).raw("teamMembers"), member, _MEMBER)
    for role, count in roles.items():
        lines.sample("cursor.seats", float(count), "seats", role=role)
    page = 1
    while True:
        told = object_of(fetch_json(asked.ask, _SPEND, body={"page": page, "pageSize": _PAGE}), _SPEND)
        lines.read(told.raw("teamMemberSpend"), lambda one: _spent(lines, one), _SPENT)
        if page >= (told.whole("totalPages") or 1):
            break
        page += 1
    yield lines.stated()


def people(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What each member did on each day."""
    lines = Lines(asked, "people")
    for told in _pages(asked, _DAILY, portion):
        lines.read(told.raw("data"), lambda one: _did(lines, one), _DAY)
    yield lines.stated()


def events(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What was used and cost on each day, by member, model and kind of billing."""
    lines = Lines(asked, "events")
    for told in _pages(asked, _EVENTS, portion):
        lines.read(told.raw("usageEvents", "usageEventsDisplay"), lambda one: _event(lines, one), _EVENT)
    yield lines.stated()


def check(asked: Asked) -> Mapping[str, Any]:
    """How many members the team has."""
    told = object_of(fetch_json(asked.ask, _MEMBERS), _MEMBERS)
    return {"members": sum(not one.yes("isRemoved") for one in told.objects("teamMembers"))}


def _pages(asked: Asked, path: str, portion: Portion) -> Iterator[Told]:
    until = min(portion.until, asked.now)
    body = {
        "startDate": to_us(portion.since) // 1_000,
        # The last millisecond: what begins with the next portion is not in this one.
        "endDate": to_us(until) // 1_000 - 1,
        "pageSize": _PAGE,
    }
    page = 1
    while True:
        told = object_of(fetch_json(asked.ask, path, body={**body, "page": page}), path)
        yield told
        paging = told.within("pagination")
        last = paging.whole("numPages", "totalPages") or 1
        if not paging.yes("hasNextPage") and page >= last:
            return
        page += 1


def _did(lines: Lines, told: Told) -> None:
    day, user = day_of(told, "date", "day"), told.text("email", "userId")
    counts = [(unit, way, amount_of(told, name)) for name, (unit, way) in _DAY_UNITS.items()]
    for unit, way, count in counts:
        if count:
            lines.usage(day, {"user": user, "operation": way, "quantity_unit": unit}, quantity=count)


def _event(lines: Lines, told: Told) -> None:
    at = told.needed(told.moment("timestamp"), "timestamp")
    day = datetime.fromtimestamp(at // 1_000_000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    tokens, kind = told.within("tokenUsage"), told.text("kind")
    about = {"user": told.text("userEmail", "userId"), "model": told.text("model")}
    cost = _cost(told, tokens)
    billed = bool(_USAGE_BASED.search(kind))
    lines.usage(
        day,
        {**about, "operation": kind, "quantity_unit": "request_units"},
        requests=1,
        input_tokens=tokens.whole("inputTokens"),
        cache_write_unknown_tokens=tokens.whole("cacheWriteTokens"),
        cache_read_tokens=tokens.whole("cacheReadTokens"),
        output_tokens=tokens.whole("outputTokens"),
        quantity=amount_of(told, "requestsCosts"),
        estimated_cost=cost,
    )
    if billed and cost is not None:
        lines.bill(day, {**about, "line_item": kind}, amount=cost)


def _cost(told: Told, tokens: Told) -> Decimal | None:
    charged = cents(told, "chargedCents")
    if charged is not None:
        return charged
    parts = [part for part in (cents(tokens, "totalCents"), cents(told, "cursorTokenFee")) if part is not None]
    return sum(parts, Decimal(0)) if parts else None


def _spent(lines: Lines, told: Told) -> None:
    user = told.text("email", "userId")
    for name, metric in (("spendCents", "on_demand"), ("overallSpendCents", "in_all")):
        spent = cents(told, name)
        lines.sample(f"cursor.spend.{metric}", None if spent is None else float(spent), "USD", user=user)
    limit = amount_of(told, "effectivePerUserLimitDollars", "hardLimitOverrideDollars", "monthlyLimitDollars")
    # 0 means that no limit is set for this member.
    lines.sample("cursor.spend.limit", float(limit) if limit else None, "USD", user=user)
