"""Values that bodies and addresses say, understood: days, months, times, amounts, numbers, choices, switches, zones."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo

from tokometer.accounts import Invalid
from tokometer.dashboards import ScopeError
from tokometer.dashboards.reconciled import bounds
from tokometer.dashboards.scope import find_zone
from tokometer.records.time import EARLIEST, LATEST
from tokometer.server.people import text
from tokometer.settings.money import MOST_USD

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
#: Digits behind the point that an amount may have, as the ledger's money has.
_DIGITS: Final = 9
#: Zeros before or behind a number that is written out.
_FARTHEST: Final = 30
_TIME: Final = "2026-03-02T10:00:00Z"


def day(name: str, given: object) -> date:
    """A day, as ISO writes it."""
    try:
        found = date.fromisoformat(given.strip()) if isinstance(given, str) else None
    except ValueError:
        found = None
    if found is None or not EARLIEST.date() <= found <= LATEST.date():
        raise Invalid(name, f"has to be a day from {EARLIEST.year} to {LATEST.year}: 2026-11-27")
    return found


def day_or_none(name: str, given: object) -> date | None:
    """A day, or nothing."""
    return None if given is None or given == "" else day(name, given)


def month(name: str, given: str) -> tuple[date, date]:
    """A month, as its first day and the first one after it."""
    try:
        return bounds(given)
    except ValueError:
        raise Invalid(name, "has to be a month: 2026-10") from None


def moment(name: str, given: object, zone: tzinfo | None = None) -> datetime:
    """A time (UTC), as ISO writes it; one that says no zone is of `zone`, where there is one."""
    try:
        found = datetime.fromisoformat(given.strip()) if isinstance(given, str) else None
    except ValueError:
        found = None
    if found is None:
        raise Invalid(name, f"has to be a time: {_TIME}")
    return known_time(name, found, zone)


def known_time(name: str, found: datetime, zone: tzinfo | None = None) -> datetime:
    """A time that somebody says, in UTC: one that records may have."""
    if found.tzinfo is None:
        if zone is None:
            raise Invalid(name, f"has no zone: write {_TIME}")
        found = found.replace(tzinfo=zone)
    try:
        at = found.astimezone(UTC)
    except OverflowError:
        at = None
    if at is None or not EARLIEST <= at <= LATEST:
        raise Invalid(name, f"has to be between {EARLIEST.year} and {LATEST.year}")
    return at


def moment_or_none(name: str, given: object, zone: tzinfo | None = None) -> datetime | None:
    """A time, or nothing."""
    return None if given is None or given == "" else moment(name, given, zone)


def dollars(name: str, given: object, *, above: bool = False) -> Decimal:
    """US dollars, with `above` more than none."""
    found = amount(name, given, MOST_USD, what="US dollars")
    if above and not found:
        raise Invalid(name, f"has to be US dollars, above 0 and at most {MOST_USD:,}")
    return found


def amount(
    name: str, given: object, most: int | Decimal, *, least: Decimal = Decimal(0), what: str = "a number"
) -> Decimal:
    """A decimal number from `least` to `most`, with at most nine digits behind the point."""
    found = _decimal(given)
    if found is None or not least <= found <= most:
        raise Invalid(name, f"has to be {what} from {least:,f} to {Decimal(most):,f}")
    exponent = found.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_DIGITS:
        raise Invalid(name, f"has more than {_DIGITS} digits behind the point")
    return found


def decimal(name: str, given: object) -> Decimal:
    """Any decimal number that people write, exactly as it is said."""
    found = _decimal(given)
    if found is None or not -_FARTHEST <= found.adjusted() <= _FARTHEST:
        raise Invalid(name, "has to be a number")
    return found


def number(name: str, given: object, least: float, most: float) -> float:
    """Any number, also as text."""
    try:
        found = float(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not least <= found <= most:
        raise Invalid(name, f"has to be a number from {least:,g} to {Decimal(most):,f}")
    return found


def switch(name: str, given: object) -> bool:
    """Yes or no."""
    if not isinstance(given, bool):
        raise Invalid(name, "has to be true or false")
    return given


def zone(name: str, given: object) -> ZoneInfo:
    """A time zone, by its IANA name."""
    try:
        return find_zone(text(name, given))
    except ScopeError as error:
        raise Invalid(name, str(error)) from None


def whole(name: str, given: object, least: int, most: int) -> int:
    """A whole number."""
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise Invalid(name, f"has to be a whole number from {least:,} to {most:,}")
    return given


def choice(name: str, given: object, known: Sequence[str]) -> str:
    """One of some words."""
    found = text(name, given)
    if found not in known:
        raise Invalid(name, f"has to be {', '.join(known[:-1])} or {known[-1]}")
    return found


def currency(name: str, given: object) -> str:
    """A currency's three letters, as ISO 4217 has them."""
    found = text(name, given).upper()
    if not _CURRENCY.fullmatch(found):
        raise Invalid(name, "has to be a currency's three letters: EUR")
    return found


def _decimal(given: object) -> Decimal | None:
    """A number, as a body or a form says it; None where it is none."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    try:
        found = Decimal(str(given).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def plain(number: Decimal) -> str:
    """A number without zeros behind what was said."""
    return f"{number.normalize():f}"
