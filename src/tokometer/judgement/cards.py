"""All rate cards that hold: those of `tokometer.toml`, and those that people have made, in one view.

A call is charged by one card. A card of the page that holds on its day wins over every card of the file. Of several of
the page the one that names who pays wins over one for each of them, a customer's (or any other label's) over a team's,
and then the one that began last. The file's cards follow as they always did: team and model, team, model, all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

from msgspec.structs import replace

from tokometer.accounts.accounts import Accounts
from tokometer.accounts.charged import RateCard
from tokometer.settings import Settings
from tokometer.settings.charging import OwnCard, Prices, Purpose

#: The prices that a card may declare.
PRICES: Final = ("markup", "per_mtok", "input_per_mtok", "output_per_mtok", "per_request")
#: What it may declare for a month.
MONTHLY: Final = ("monthly_fee", "minimum")


def with_cards(settings: Settings, kept: Accounts, workspace: str) -> Settings:
    """The settings with the cards that people have made."""
    return replace(settings, own_cards=tuple(card_of(one) for one in kept.rate_cards.all(workspace)))


def card_of(card: RateCard) -> OwnCard:
    """A card that somebody made, as judgements know it; what it declares and cannot be believed is left out."""
    declared = card.declared
    by_model = declared.get("models") or {}
    rates = [_rates("", declared), *(_rates(str(model), of) for model, of in by_model.items() if isinstance(of, dict))]
    return OwnCard(
        id=card.id,
        title=card.title,
        by=card.by,
        value=card.value,
        rates=tuple(rates),
        monthly_fee=_amount(declared.get("monthly_fee")),
        minimum=_amount(declared.get("minimum")),
        currency=card.currency or "USD",
        since=card.since,
        until=card.until,
        purpose=cast("Purpose", card.purpose),
        revision=card.revision,
    )


def dimensions_of(cards: Iterable[OwnCard]) -> tuple[str, ...]:
    """What payers are told apart by, in the order in which that counts: labels before teams."""
    return tuple(sorted({card.by for card in cards}, key=lambda name: (name == "team", name)))


def by_day(cards: Iterable[OwnCard]) -> bool:
    """Whether it depends on the day which card holds."""
    return any(card.since or card.until for card in cards)


def card_for(cards: Iterable[OwnCard], who: Mapping[str, str], day: date) -> OwnCard | None:
    """The card of the page by which calls of these values are charged on a day; None where there is none."""
    found = [card for card in cards if card.holds(day) and who.get(card.by) and card.value in ("", who[card.by])]
    return max(found, key=_rank, default=None)


def _rank(card: OwnCard) -> tuple[bool, bool, date, str]:
    return bool(card.value), card.by != "team", card.since or date.min, card.id


def _rates(model: str, declared: Mapping[str, Any]) -> Prices:
    return Prices(model=model, **{name: _amount(declared.get(name)) for name in PRICES})


def _amount(given: object) -> Decimal | None:
    if given in (None, "") or isinstance(given, bool):
        return None
    try:
        found = Decimal(str(given))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
