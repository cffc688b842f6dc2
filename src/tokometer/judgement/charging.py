"""What calls are charged, by the card that holds for them: the page's, else the file's."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.cards import card_for
from tokometer.judgement.declared import Matter
from tokometer.measures import Meta
from tokometer.settings import RateCard, Settings
from tokometer.settings.charging import OwnCard
from tokometer.settings.exchange import Rates

#: A card that holds without bounds holds on any day.
_ANY_DAY: Final = date(2000, 1, 1)
_MICROSECOND: Final = timedelta(microseconds=1)


class Charging:
    """All cards, and what they charge in US dollars. Rows are groups of calls with the dimensions of cards."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rates = Rates(settings.own_rates)

    def has_card(self, row: Mapping[str, Any]) -> bool:
        """Whether any card holds for calls."""
        return self._own(row) is not None or self._of_file(row) is not None

    def charge(self, about: Mapping[str, Any], row: Mapping[str, Any]) -> Decimal | None:
        """What is charged for the calls of `row`, which are among those that `about` tells of; None for nothing known.

        A price of all tokens is one of those of unknown direction, too.
        """
        if not row or not row["requests"]:
            return None
        output, tokens = row["output_tokens"], row["total_tokens"]
        own = self._own(about)
        if own is not None:
            usd = self._rates.of(own.currency, _day(about))
            if usd is None:
                return None
            charged = own.rates_for(about.get("model", "")).charge(
                cost=None if row["cost"] is None else row["cost"] / usd,
                input_tokens=row["prompt_tokens"],
                output_tokens=output,
                tokens=tokens,
                requests=row["requests"],
            )
            return None if charged is None else charged * usd
        card = self._of_file(about)
        if card is None:
            return None
        taken = tokens - output if card.per_mtok is not None else row["prompt_tokens"]
        return card.revenue(cost=row["cost"], input_tokens=taken, output_tokens=output, requests=row["requests"])

    def fees(self, matter: Matter, meta: Meta, rows: Iterable[Mapping[str, Any]]) -> dict[Any, Decimal]:
        """Monthly fees of a window by the matter's dimension, each day its share; nothing where they belong to no name.

        A minimum is no fee: what it adds is known once the month is over, and stands in the month's statement.
        """
        found: dict[Any, Decimal] = {}
        payers = list(self._payers(rows)) if any(card.monthly_fee for card in self._settings.own_cards) else []
        for by, value in dict.fromkeys(payers):
            if matter.where or matter.by not in ("", "day", by):
                continue
            of = [card for card in self._settings.own_cards if card.by == by]
            for day in _days(meta):
                card = card_for(of, {by: value}, day)
                usd = self._rates.of(card.currency, day) if card else None
                if card is not None and card.monthly_fee and usd is not None:
                    name = "" if not matter.by else day if matter.by == "day" else value
                    share = card.monthly_fee * usd / monthrange(day.year, day.month)[1]
                    found[name] = found.get(name, Decimal(0)) + share
        return found

    def _payers(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
        """Who pays: whoever a card names, and who of the others has calls."""
        cards: Sequence[OwnCard] = self._settings.own_cards
        yield from ((card.by, card.value) for card in cards if card.value)
        every = {card.by for card in cards if not card.value}
        for row in rows:
            yield from ((by, row[by]) for by in every if row.get(by))

    def _own(self, row: Mapping[str, Any]) -> OwnCard | None:
        cards = self._settings.own_cards
        if not cards:
            return None
        return card_for(cards, {card.by: row.get(card.by) or "" for card in cards}, _day(row))

    def _of_file(self, row: Mapping[str, Any]) -> RateCard | None:
        return self._settings.rate_card_for(team=row.get("team", ""), model=row.get("model", ""))


def _day(row: Mapping[str, Any]) -> date:
    found = row.get("day")
    if isinstance(found, datetime):
        return found.date()
    return found if isinstance(found, date) else date.fromisoformat(str(found)[:10]) if found else _ANY_DAY


def _days(meta: Meta) -> Iterator[date]:
    """The days of a window; one that has begun counts."""
    day, last = meta.since.date(), (meta.until - _MICROSECOND).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
