"""Bills in other currencies: in US dollars by the rate of their day, worked out in the query.

So a rate that is entered later, or mended, holds for the past, and nothing that a provider said is written over. A line
before the first rate of its currency has no amount, and is counted by `bills.unconverted`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from tokometer.measures.dialect import Dialect
from tokometer.settings.owned import OwnRate

_COLUMNS: Final = ("rate_of", "rate_from", "rate_said")
_SECOND: Final = 1_000_000
#: The rates of this process's data folder, by currency and time. Changed by :func:`use` alone.
_KNOWN: list[tuple[OwnRate, ...]] = [()]


#: How often the rates have changed.
_TIMES: Final = count()
_STAMP: list[int] = [next(_TIMES)]


def stamp() -> int:
    """Another number whenever the rates have changed, for whoever keeps answers."""
    return _STAMP[0]


def use(rates: Iterable[OwnRate]) -> None:
    """Have all queries of this process convert by these rates."""
    _KNOWN[0] = tuple(sorted(rates, key=lambda one: (one.currency, one.day)))
    _STAMP[0] = next(_TIMES)


def in_dollars(table: str, dialect: Dialect, bind: Callable[[Any], str]) -> str:
    """The table of bills with what each line is in US dollars, as it stands after FROM."""
    if not _KNOWN[0]:
        return table
    lists = (
        [one.currency for one in _KNOWN[0]],
        [int(datetime.combine(one.day, datetime.min.time(), UTC).timestamp()) * _SECOND for one in _KNOWN[0]],
        [f"{one.usd:f}" for one in _KNOWN[0]],
    )
    rates = dialect.zipped([bind(values) for values in lists], _COLUMNS)
    at = dialect.micros(f"{table}.started_at")
    amount = dialect.times("stated_amount", "rate_said")
    return (
        f"(SELECT {dialect.without('lines', ('amount', *_COLUMNS))}, "
        f"CASE WHEN amount IS NULL AND rate_said <> '' THEN {amount} ELSE amount END AS amount "
        f"FROM (SELECT {table}.*, {', '.join(f'rates.{name} AS {name}' for name in _COLUMNS)} "
        f"FROM {table} ASOF LEFT JOIN ({rates}) AS rates "
        f"ON rates.rate_of = {table}.currency AND {at} >= rates.rate_from) AS lines) AS {table}"
    )
