"""Values that bodies say of what people make, understood: days, amounts, whole numbers, choices, currencies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from tokometer.accounts import Invalid
from tokometer.records.time import EARLIEST, LATEST
from tokometer.server.people import text

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
#: Digits behind the point that an amount may have, as the ledger's money has.
_DIGITS: Final = 9


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


def amount(name: str, given: object, most: int, *, least: Decimal = Decimal(0)) -> Decimal:
    """A decimal number from `least` to `most`, with at most nine digits behind the point."""
    try:
        found = Decimal(str(given)) if isinstance(given, str | int | float) and not isinstance(given, bool) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not least <= found <= most:
        raise Invalid(name, f"has to be a number from {least:f} to {most:,}")
    exponent = found.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_DIGITS:
        raise Invalid(name, f"has more than {_DIGITS} digits behind the point")
    return found


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


def plain(number: Decimal) -> str:
    """A number without zeros behind what was said."""
    return f"{number.normalize():f}"
