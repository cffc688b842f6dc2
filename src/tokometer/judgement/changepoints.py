"""When caching changed for good: for how long is written, how much is read, what a token of a prompt costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import Any, Final

from tokometer.judgement.context import rates_for
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.judgement.shifts import Shift, shifts
from tokometer.measures.questions import DEFAULT_RATE, Rate
from tokometer.records.units import PERCENT, USD
from tokometer.settings import Settings

WINDOW: Final = "90d"
#: A day with less of something than this part of the median day tells nothing of it: weekends, holidays.
_LEAST_PART: Final = 0.05
#: The least change of a share that is told, and of a price, as a part of what it was.
_LEAST_SHARE: Final = 0.15
_LEAST_PRICE: Final = 0.1
#: A change of price so few days from one of caching is what that one costs.
_SAME_DAYS: Final = 4
_PICO: Final = Decimal("0.000000000001")
_NANO: Final = Decimal("0.000000001")
_A_MONTH: Final = 30
_BUCKETS: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)
_HALF: Final = 0.5


@dataclass(slots=True)
class Day:
    """What the prompts of a day had, by bucket; and what they cost at list prices, in pico-dollars."""

    tokens: dict[str, int]
    pico: int = 0

    @property
    def prompt(self) -> int:
        """All of them."""
        return sum(self.tokens.values())

    @property
    def written(self) -> int:
        """Those written to the cache."""
        return self.tokens["cache_write_5m_tokens"] + self.tokens["cache_write_1h_tokens"]


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    rates = yield from rates_for(matter)
    [result] = yield (matter.query(*_BUCKETS, by=("provider", "model"), grain="day"),)
    days = days_of(result.rows, rates)
    told = [*_changes(days, "writes"), *_changes(days, "hits")]
    near = [row["day"] for row in told]
    told += [
        row for row in _changes(days, "price") if all(abs((row["day"] - other).days) > _SAME_DAYS for other in near)
    ]
    return sorted(told, key=lambda row: row["day"], reverse=True)


def days_of(rows: Sequence[Mapping[str, Any]], rates: Sequence[Rate]) -> dict[date, Day]:
    """The days in order, from rows of tokens by day, provider and model."""
    prices = {(provider, model): each for provider, model, *each in rates}
    days: dict[date, Day] = {}
    for row in rows:
        at: datetime = row["time"]
        day = days.setdefault(at.date(), Day(dict.fromkeys(_BUCKETS, 0)))
        for name, price in zip(_BUCKETS, prices.get((row["provider"], row["model"]), DEFAULT_RATE), strict=False):
            day.tokens[name] += row[name] or 0
            day.pico += (row[name] or 0) * price
    return dict(sorted(days.items()))


def _changes(days: Mapping[date, Day], what: str) -> list[Row]:
    """The changes of one series."""
    amounts = {at: day.written if what == "writes" else day.prompt for at, day in days.items()}
    least = max(1, int(median(sorted(filter(None, amounts.values())) or [1]) * _LEAST_PART))
    kept = [(at, day) for at, day in days.items() if amounts[at] >= least]
    if what == "writes":
        values = [day.tokens["cache_write_1h_tokens"] / day.written for _, day in kept]
    elif what == "hits":
        values = [day.tokens["cache_read_tokens"] / day.prompt for _, day in kept]
    else:
        values = [day.pico / day.prompt for _, day in kept]
    matters = _price_matters if what == "price" else _share_matters
    return [_row(what, shift, kept) for shift in shifts(values, matters)]


def _share_matters(before: float, after: float) -> bool:
    return abs(after - before) >= _LEAST_SHARE


def _price_matters(before: float, after: float) -> bool:
    return before > 0 and abs(after / before - 1) >= _LEAST_PRICE


def _row(what: str, shift: Shift, kept: Sequence[tuple[date, Day]]) -> Row:
    old, new = ([day for _, day in part] for part in (kept[shift.first : shift.at], kept[shift.at : shift.last]))
    was, now = (sum(day.pico for day in part) / sum(day.prompt for day in part) for part in (old, new))
    first, last = kept[shift.at][0], kept[shift.last - 1][0]
    a_day = sum(day.prompt for day in new) / max((last - first).days + 1, 1)
    return {
        "day": first,
        "cache_changes": now / was - 1 if was else None,
        "since": first.isoformat(),
        "what": _words(what, shift),
        "of": what,
        "before": None if what == "price" else shift.before,
        "after": None if what == "price" else shift.after,
        "price_before": (Decimal(was) * 1_000_000 * _PICO).quantize(_NANO),
        "price_after": (Decimal(now) * 1_000_000 * _PICO).quantize(_NANO),
        "a_month": (Decimal((now - was) * a_day * _A_MONTH) * _PICO).quantize(_NANO),
        "likely": shift.likely,
    }


def _words(what: str, shift: Shift) -> str:
    up = shift.after > shift.before
    if what == "writes":
        crossed = (shift.after >= _HALF) != (shift.before >= _HALF)
        kind = "one-hour" if up else "five-minute"
        return f"Writes are {kind} writes" if crossed else f"More writes are {kind} writes"
    if what == "hits":
        return f"{'More' if up else 'Less'} of the prompt is read from the cache"
    return f"A token of a prompt costs {'more' if up else 'less'}"


def _no_standing(_row: Row, _: Settings) -> Standing:
    return "none"


CACHE_CHANGES: Final = Judgement(
    name="cache_changes",
    title="Change of the price of a prompt token",
    unit=PERCENT,
    better="lower",
    description=(
        "Days since which caching is another: how much is written for an hour rather than five minutes, how much of "
        "the prompt is read from the cache, what a token of a prompt costs at list prices. The value is how much more "
        "such a token costs since."
    ),
    formula=(
        "the day on which the ranks of days before and after differ most (Pettitt's test), at least seven days on "
        "either side; told where shuffled days differ as much in at most 1 % of 499 tries, and medians differ by at "
        "least 15 points of a share or 10 % of a price; days with less than a twentieth of the median day's tokens are "
        "left out; value = price of a prompt token after / before − 1"
    ),
    by=("",),
    facts=(
        text("since", "the first day of the new level"),
        text("what", "what has changed", title="What changed"),
        text("of", "`writes`, `hits` or `price`", title="Series"),
        share("before", "the share on the median day before"),
        share("after", "the share on the median day since"),
        Fact("price_before", USD, "money", title="Price before", meaning="a million prompt tokens before"),
        Fact("price_after", USD, "money", title="Price since", meaning="a million prompt tokens since"),
        Fact("a_month", USD, "money", title="A month", meaning="what 30 days cost more since, at today's use"),
        share("likely", "how often chance alone gives as much"),
    ),
    window=WINDOW,
    movable=True,
    thresholds="none: whether a change is good is for the reader to say",
    inquire=_inquire,
    standing=_no_standing,
)
