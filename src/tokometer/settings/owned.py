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
