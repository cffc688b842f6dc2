"""What is left in accounts with providers, and what was spent: as providers say it, or worked out, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tokometer.measures import Filter, Query
from tokometer.statements import KINDS

if TYPE_CHECKING:
    from tokometer.accounts import AccountState, ProviderAccount, TopUp
    from tokometer.server.runtime import Runtime

_USD: Final = "USD"
_NO_API: Final = "This provider has no API that tells what is left: enter what you put in as top-ups."
#: Answers are shared for so long (seconds), until the next commit.
_EVERY: Final = 30.0


@dataclass(frozen=True, slots=True)
class Spend:
    """What an account cost in some time: US dollars, and by whose word."""

    amount: Decimal | None
    #: `billed`, `metered`, or '' where nobody knows.
    by: str


@dataclass(frozen=True, slots=True)
class Left:
    """What is left in an account."""

    #: None where nobody knows.
    amount: Decimal | None
    unit: str
    at: datetime | None
    #: `told` by the provider, `worked out` from top-ups, or '' where it is not known.
    by: str
    #: In words: how it was worked out, or why it is not known.
    how: str


def month_of(now: datetime) -> datetime:
    """The beginning of a month, UTC, as bills have months."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def spends(runtime: Runtime, accounts: Sequence[ProviderAccount], since: datetime) -> dict[str, Spend]:
    """What each account cost since a time, by its id: billed where it has bills of that time, else metered."""
    if not accounts:
        return {}
    begin = since.isoformat().replace("+00:00", "Z")
    titles = tuple(dict.fromkeys(one.title for one in accounts))
    where = (Filter("bills.source", "=", ("statements",)), Filter("bills.account", "in", titles))
    billed = runtime.ask(
        Query(measures=("bills.amount", "bills.lines"), by=("bills.account",), where=where, since=begin), _EVERY
    )
    metered = runtime.ask(Query(measures=("calls.cost",), by=("calls.provider",), since=begin), _EVERY)
    bills: Mapping[str, Any] = {row["account"]: row["amount"] for row in billed.rows if row["lines"]}
    calls: Mapping[str, Any] = {row["provider"]: row["cost"] for row in metered.rows}
    return {one.id: _spend(one, bills, calls) for one in accounts}


def _spend(one: ProviderAccount, bills: Mapping[str, Any], calls: Mapping[str, Any]) -> Spend:
    if bills.get(one.title) is not None:
        return Spend(bills[one.title], "billed")
    provider = KINDS[one.type].provider if one.type in KINDS else ""
    if provider and calls.get(provider) is not None:
        return Spend(calls[provider], "metered")
    return Spend(None, "")


def left(
    runtime: Runtime, account: ProviderAccount, state: AccountState | None, top_ups: Sequence[TopUp], now: datetime
) -> Left:
    """What is left in an account: as its provider told it last, else from what was put in and spent since.

    `top_ups` are the account's own, in the order of their times.
    """
    if state is not None and state.balance is not None:
        return Left(state.balance, state.balance_unit or _USD, state.balance_at, "told", "as the provider says")
    kind = KINDS.get(account.type)
    if not top_ups:
        if kind is not None and kind.balance is not None:
            return Left(None, "", None, "", "not told yet")
        return Left(None, "", None, "", (kind.no_balance if kind is not None else "") or _NO_API)
    return _worked_out(runtime, account, top_ups, now)


def _worked_out(runtime: Runtime, account: ProviderAccount, top_ups: Sequence[TopUp], now: datetime) -> Left:
    """The last count, and what was put in since, less what was spent since."""
    at = max((index for index, one in enumerate(top_ups) if one.counted), default=0)
    first, since = top_ups[at], top_ups[at:]
    units = sorted({one.unit for one in since})
    if units != [_USD]:
        why = f"spending is known in US dollars alone, and cannot be taken off {', '.join(units)}"
        return Left(None, units[0], None, "", why)
    into = sum((one.amount for one in since), Decimal(0))
    begin = first.at.astimezone(UTC)
    spent = spends(runtime, [account], begin)[account.id]
    what = f"counted on {begin:%-d %b %Y}" if first.counted else f"put in from {begin:%-d %b %Y} on"
    put = into - first.amount
    parts = [f"{first.amount:,.2f} USD {what}", *([f"+ {put:,.2f} put in since"] if len(since) > 1 else [])]
    if spent.amount is None:
        parts.append("nothing is known to be spent since")
    else:
        parts.append(f"− {spent.amount:,.2f} {spent.by} since")
    return Left(into - (spent.amount or Decimal(0)), _USD, now, "worked out", ", ".join(parts))
