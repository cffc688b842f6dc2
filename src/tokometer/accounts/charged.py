"""What is charged and paid, as values: own prices, rate cards, subscriptions, rates of exchange, closed months.

Money is Decimal USD unless a currency stands beside it, times are aware, days are ISO dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from tokometer.accounts.values import Made


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOverride(Made):
    """A price of one's own: of a contract, or of a model that no catalogue knows."""

    kind: ClassVar[str] = "price"
    texts: ClassVar[Mapping[str, int]] = {"provider": 200, "model": 200, "note": 2_000}
    most: ClassVar[int] = 5_000

    #: Whose; empty: any. A model may be a pattern with `*`.
    provider: str = ""
    model: str = ""
    #: Prices per million tokens and factors, in the words of `prices.toml`; or `discount`, a share off the list price.
    declared: Mapping[str, Any] = field(default_factory=dict)
    #: Calls from then on, and before then, are priced by it; None: from ever, for ever.
    since: datetime | None = None
    until: datetime | None = None
    note: str = ""
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Recosting:
    """One time that history was priced anew; kept by the program."""

    id: str
    workspace: str = "default"
    at: datetime
    who: str
    #: Which calls: a window (None: no bound) and filters, values by dimension.
    since: datetime | None = None
    until: datetime | None = None
    filters: Mapping[str, list[str]] = field(default_factory=dict)
    #: `staging`, `staged` (shown, not applied), `applying`, `applied`, `undone`, `cancelled` or `failed`.
    state: str = "staging"
    #: Calls that were looked at, and that change.
    calls: int = 0
    changed: int = 0
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    #: The same by model, the largest difference first.
    models: list[Mapping[str, Any]] = field(default_factory=list)
    applied_at: datetime | None = None
    undone_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard(Made):
    """What somebody is charged for the use of models: a customer, a team, a product."""

    kind: ClassVar[str] = "rate_card"
    texts: ClassVar[Mapping[str, int]] = {"title": 80, "by": 80, "value": 200, "currency": 10, "note": 2_000}
    needed: ClassVar[tuple[str, ...]] = ("title",)
    most: ClassVar[int] = 5_000

    title: str
    #: Who is charged: a dimension of calls (`team`, `label.customer`) and its value; an empty value: each of them.
    by: str = "team"
    value: str = ""
    #: `markup` (share of cost on top), `input_per_mtok`, `output_per_mtok`, `per_mtok`, `per_request`, `monthly_fee`,
    #: `minimum`, by model where `models` says so; decimal strings.
    declared: Mapping[str, Any] = field(default_factory=dict)
    #: In which currency statements are written.
    currency: str = "USD"
    #: First day that it holds, and the first that it does not; None: no bound.
    since: date | None = None
    until: date | None = None
    #: `show_back` (told what it cost) or `charge_back` (to be paid).
    purpose: str = "show_back"
    note: str = ""
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(Made):
    """A statement that was frozen: a month of a provider held against its bill, or what a customer is charged."""

    kind: ClassVar[str] = "closing"
    texts: ClassVar[Mapping[str, int]] = {"what": 20, "of": 200, "period": 10, "title": 200, "note": 2_000}
    needed: ClassVar[tuple[str, ...]] = ("what", "period")
    most: ClassVar[int] = 20_000

    #: `reconciliation` or `statement`.
    what: str
    #: Of which provider, or of whom.
    of: str = ""
    #: `2026-10`.
    period: str
    title: str = ""
    #: All that it says, as it was then, and its SHA-256.
    body: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    note: str = ""
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Made):
    """A plan that is paid by the month or year, whatever is used of it."""

    kind: ClassVar[str] = "subscription"
    texts: ClassVar[Mapping[str, int]] = {"title": 80, "provider": 200, "plan": 80, "currency": 10, "note": 2_000}
    needed: ClassVar[tuple[str, ...]] = ("title", "provider")
    most: ClassVar[int] = 2_000

    title: str
    provider: str
    #: `Max 20x`, `Team`, `Business`.
    plan: str = ""
    #: A seat's price for a period (`month` or `year`), in its currency.
    price: Decimal
    currency: str = "USD"
    period: str = "month"
    seats: int = 1
    #: Who has a seat: each with the logins, accounts, users or API keys of calls that are theirs,
    #: `{"name": "Ada", "match": {"account": ["ada@…"], "user": [], "machine": []}}`.
    people: list[Mapping[str, Any]] = field(default_factory=list)
    #: Calls that it covers, values by dimension: `{"source": ["claude_code"]}`.
    filters: Mapping[str, list[str]] = field(default_factory=dict)
    #: Limits by window, as the plan states them: `{"five_hours": {"tokens": …}}`.
    limits: Mapping[str, Any] = field(default_factory=dict)
    since: date
    until: date | None = None
    note: str = ""
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate(Made):
    """What one unit of a currency is in US dollars, from a day on until the next that is known."""

    kind: ClassVar[str] = "exchange_rate"
    texts: ClassVar[Mapping[str, int]] = {"currency": 10, "origin": 200}
    needed: ClassVar[tuple[str, ...]] = ("currency",)
    most: ClassVar[int] = 200_000

    currency: str
    day: date
    #: US dollars for one unit.
    rate: Decimal
    #: Who says so: `typed`, a file's name.
    origin: str = ""
    revision: int = 1
