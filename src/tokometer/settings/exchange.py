"""Other currencies in US dollars, by the rate of a day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from tokometer.settings.owned import OwnRate

USD: Final = "USD"
_ONE: Final = Decimal(1)


class Rates:
    """Rates of exchange by day. A rate holds from its day on until the next; before the first, nobody knows one."""

    def __init__(self, rates: Iterable[OwnRate] = ()) -> None:
        self._days: dict[str, list[date]] = {}
        self._rates: dict[str, list[Decimal]] = {}
        for one in sorted(rates, key=lambda rate: (rate.currency, rate.day)):
            self._days.setdefault(one.currency, []).append(one.day)
            self._rates.setdefault(one.currency, []).append(one.usd)

    def of(self, currency: str, day: date) -> Decimal | None:
        """US dollars for one unit of a currency on a day; None where that is not known."""
        if currency in ("", USD):
            return _ONE
        place = bisect_right(self._days.get(currency, []), day)
        return self._rates[currency][place - 1] if place else None
