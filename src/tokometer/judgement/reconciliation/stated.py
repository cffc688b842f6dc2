"""How far a provider's statements reach, and which of their days may still change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

#: How long what is stated of a day may still change, where no account says so; as reports have it.
LATE: Final = timedelta(days=3)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stated:
    """What an account tells of its provider's statements."""

    provider: str
    #: The first day that is not stated, and the first that may still change; None: as the ledger's lines say.
    until: date | None = None
    final: date | None = None
    #: The account, and when it was last asked well.
    account: str = ""
    synced: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """The days of a window of which a provider says something."""

    first: date
    #: The first day that is not stated, and the first that may still change.
    until: date
    final: date

    def holds(self, day: date) -> bool:
        """Whether its statements can have something of a day, or will have."""
        return day >= self.first


def reaches(
    days: Mapping[str, tuple[date, date]],
    months: Mapping[str, tuple[date, date]],
    told: Mapping[str, Stated],
    today: date,
    end: date,
) -> dict[str, Reach]:
    """How far each provider's statements reach.

    Args:
        days: The first and the last day of the window with a line, by provider.
        months: The first and the last month with a line, whatever the window.
        told: What accounts say.
        today: The running day of UTC.
        end: The first day after the window.
    """
    found = {}
    for provider in {*days, *months}:
        seen = days.get(provider)
        known = told.get(provider)
        first, latest = months.get(provider) or seen or (today, today)
        if seen and first.replace(day=1) == seen[0].replace(day=1):
            # The month in which its statements begin: before their first day nothing was stated.
            first = seen[0]
        last = seen[1] + _DAY if seen else first
        if latest.replace(day=1) >= end:
            # Something is stated of later days: those of the window are stated.
            last = end
        until = max(known.until, last) if known and known.until else last
        until = min(until, today + _DAY)
        final = known.final if known and known.final else until - LATE
        # What was over so long ago does not change any more, whoever asked when.
        final = max(min(final, until), min(until, today - LATE))
        found[provider] = Reach(first, until, final)
    return found


def told_by(accounts: Mapping[str, Any]) -> dict[str, Stated]:
    """Several accounts of one provider as one: it is known as far as the least known of them."""
    found: dict[str, Stated] = {}
    for one in accounts.values():
        other = found.get(one.provider)
        if other is None or (one.until or date.min) < (other.until or date.min):
            found[one.provider] = one
    return found
