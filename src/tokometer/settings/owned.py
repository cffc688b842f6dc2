"""Machines that people have bought and what their business counts, as judgements know them; made on the page Units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMachine:
    """A machine that was bought, and what running it costs."""

    id: str
    title: str
    #: The host whose samples are its.
    host: str
    #: USD, and when.
    price: Decimal
    bought: datetime
    amortisation_months: int
    #: USD a kWh; watts where no sample says them.
    power_price: Decimal
    watts: float | None
    #: What its models would be bought as: model (`*`: any other), and `provider/model`.
    compared: tuple[tuple[str, str], ...]
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSeries:
    """Something that the business counts by day. Another revision has other points."""

    id: str
    name: str
    title: str
    #: One of them: `order`.
    unit: str
    #: Whose calendar its days are of.
    tz: str
    #: Whether days add up; else they are a level.
    adds: bool
    revision: int
    points: tuple[tuple[date, float], ...] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    """An account with a provider, as it stands."""

    #: Whose statements it reads, as calls name it; '' where lines say it themselves.
    provider: str
    title: str
    #: In a word: `connected`, `failing`, `paused`, `not synced yet`.
    state: str
    error: str = ""
    synced: datetime | None = None
    #: What its provider says that is left, in which unit.
    balance: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRate:
    """What one unit of a currency is in US dollars, from a day on until the next day that is known of it."""

    currency: str
    day: date
    usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPerson:
    """Somebody who has a seat, and what calls of theirs are known by: values by dimension; any of them will do."""

    name: str
    match: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSubscription:
    """A plan that is paid by the month or year, whatever is used of it."""

    id: str
    title: str
    provider: str
    plan: str
    #: A seat's price for a period, in its currency.
    price: Decimal
    currency: str
    #: `month` or `year`.
    period: str
    seats: int
    people: tuple[OwnPerson, ...]
    #: The calls that it covers: values by dimension; all of them have to hold.
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    #: Its limits: window (`5h`, `7d`), what is limited (`tokens`, `requests`, `cost`), how much.
    limits: tuple[tuple[str, str, Decimal], ...]
    since: date
    #: The first day that is not paid any more.
    until: date | None
    revision: int = 1
