"""Rate cards that people have made: what a customer, a team or any other payer is charged for the use of models."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Literal

from msgspec import Struct

_MILLION = 1_000_000
Purpose = Literal["show_back", "charge_back"]


class Prices(Struct, frozen=True, kw_only=True):
    """Prices of some models. What is given adds up; where nothing is, the cost itself is charged."""

    #: Of which models; a pattern with `*`. Empty: of all that no other names.
    model: str = ""
    #: A share of the cost on top of it: 0.3 charges 1.30 for what costs 1.
    markup: Decimal | None = None
    #: Per million tokens, in the card's currency: of any kind, of input with all that caches served, of output.
    per_mtok: Decimal | None = None
    input_per_mtok: Decimal | None = None
    output_per_mtok: Decimal | None = None
    per_request: Decimal | None = None

    @property
    def by_cost(self) -> bool:
        """Whether what calls cost is a part of what is charged."""
        prices = (self.per_mtok, self.input_per_mtok, self.output_per_mtok, self.per_request)
        return self.markup is not None or all(price is None for price in prices)

    def charge(
        self, *, cost: Decimal | None, input_tokens: int, output_tokens: int, tokens: int, requests: int
    ) -> Decimal | None:
        """What is charged, the cost being in the same currency; None where it rests on a cost that is not known."""
        charged = Decimal(0)
        if self.by_cost:
            if cost is None:
                return None
            charged += cost * (1 + (self.markup or 0))
        for price, many in (
            (self.per_mtok, tokens),
            (self.input_per_mtok, input_tokens),
            (self.output_per_mtok, output_tokens),
        ):
            charged += (price or 0) * Decimal(many) / _MILLION
        return charged + (self.per_request or 0) * requests


class OwnCard(Struct, frozen=True, kw_only=True):
    """One rate card."""

    id: str
    title: str
    #: A dimension of calls (`team`, `label.customer`) and who of it pays; an empty value: each of them.
    by: str = "team"
    value: str = ""
    #: By model, and those of all others, which name none.
    rates: tuple[Prices, ...] = (Prices(),)
    #: A month, and at least so much for it, in the card's currency.
    monthly_fee: Decimal | None = None
    minimum: Decimal | None = None
    currency: str = "USD"
    #: The first day that it holds, and the first that it does not.
    since: date | None = None
    until: date | None = None
    purpose: Purpose = "show_back"
    revision: int = 1

    def holds(self, day: date) -> bool:
        """Whether it holds on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)

    def rates_for(self, model: str) -> Prices:
        """The prices of a model: those that name it, else those by a pattern, else those of all."""
        exact = [one for one in self.rates if one.model == model and model]
        some = [one for one in self.rates if "*" in one.model and fnmatchcase(model, one.model)]
        rest = [one for one in self.rates if not one.model]
        return next(iter((*exact, *sorted(some, key=lambda one: -len(one.model)), *rest)), Prices())
