"""What customers and teams are charged for a month: one statement each, and what nobody is charged for.

Every call is in one statement, or in none: the cost of all statements and the cost that nobody is charged for are the
month's cost, to the cent. Cents are given by largest remainder: each part is cut to whole cents, and the cents that are
left go to the parts that lost most.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from tokometer.judgement.cards import card_for, dimensions_of
from tokometer.judgement.declared import Ask
from tokometer.measures import Query
from tokometer.settings import Settings
from tokometer.settings.charging import OwnCard

#: US dollars for one unit of a currency on a day; None where nobody knows.
RateOf = Callable[[str, date], Decimal | None]
_MEASURES: Final = ("cost", "requests", "prompt_tokens", "output_tokens", "total_tokens", "unpriced")
_COUNTS: Final = ("requests", "prompt_tokens", "output_tokens", "total_tokens", "unpriced")
_CENT: Final = Decimal("0.01")
_USD: Final = "USD"


@dataclass(slots=True)
class ChargeLine:
    """What is charged for a model by a card, or a fee."""

    #: `usage`, `fee` or `minimum`.
    what: str
    title: str
    card: str
    #: USD; None: of none of its calls the cost is known.
    cost: Decimal | None = None
    requests: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    #: Calls without a known price, which are in no cost.
    unpriced: int = 0
    #: In the statement's currency; None: it rests on what is not known. First exact, then in whole cents.
    charged: Decimal | None = None


@dataclass(slots=True)
class Charge:
    """What one payer is charged for a month."""

    by: str
    value: str
    currency: str
    purpose: str
    lines: list[ChargeLine] = field(default_factory=list)
    #: In its currency, whole cents.
    total: Decimal = Decimal(0)
    #: The same in US dollars; None where nobody knows a rate of exchange.
    total_usd: Decimal | None = None
    #: What its calls cost, exact and in whole cents of which all together are the month's.
    cost: Decimal = Decimal(0)
    cost_cents: Decimal = Decimal(0)
    #: What is not in it, in words.
    remarks: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Its calls."""
        return sum(line.requests for line in self.lines)

    @property
    def tokens(self) -> int:
        """Its tokens."""
        return sum(line.total_tokens for line in self.lines)

    @property
    def unpriced(self) -> int:
        """Its calls without a known price."""
        return sum(line.unpriced for line in self.lines)

    @property
    def margin(self) -> Decimal | None:
        """What is left of the charge after the cost, in US dollars."""
        return None if self.total_usd is None else self.total_usd - self.cost


@dataclass(frozen=True, slots=True)
class Month:
    """All charges of a month."""

    period: str
    charges: list[Charge]
    #: USD: all calls of the month, and those that nobody is charged for; exact, and in whole cents.
    cost: Decimal
    cost_cents: Decimal
    uncharged: Decimal
    uncharged_cents: Decimal
    uncharged_requests: int
    unpriced: int
    #: Whether it is over.
    over: bool


def charges_of(period: str, settings: Settings, ask: Ask, rate: RateOf, today: date) -> Month:
    """The charges of a month of UTC, `2026-10`.

    Raises:
        ValueError: It is no month.
        QueryError: It cannot be asked.
    """
    first, last = month_of(period)
    cards = [card for card in settings.own_cards if _overlaps(card, first, last)]
    by = dimensions_of(cards)
    # Which card holds is the same all month, unless one begins or ends in it.
    daily = any(first < bound <= last for card in cards for bound in (card.since, card.until) if bound)
    names = (*by, "model", *(("day",) if daily else ()))
    query = Query(
        measures=tuple(f"calls.{name}" for name in _MEASURES),
        by=tuple(f"calls.{name}" for name in names),
        since=first.isoformat(),
        until=last.isoformat(),
    )
    rows = ask(query).rows
    return _month(period, cards, by, rows, rate, today)


def month_of(period: str) -> tuple[date, date]:
    """The first and the last day of a month.

    Raises:
        ValueError: It is none.
    """
    year, _, month = period.partition("-")
    if not (year.isdigit() and month.isdigit() and len(period) == len("2026-10")):
        raise ValueError(f"{period!r} is no month; write 2026-10")
    first = date(int(year), int(month), 1)
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def in_cents(parts: Sequence[Decimal], total: Decimal | None = None) -> list[Decimal]:
    """Parts in whole cents that are together their sum (or `total`) in whole cents, by largest remainder."""
    whole = (sum(parts, Decimal(0)) if total is None else total).quantize(_CENT, ROUND_HALF_EVEN)
    cut = [part.quantize(_CENT, ROUND_FLOOR) for part in parts]
    left = int((whole - sum(cut, Decimal(0))) / _CENT)
    order = sorted(range(len(parts)), key=lambda at: (cut[at] - parts[at], at))
    for place in range(abs(left)):
        at = order[place % len(order)] if left > 0 else order[-1 - place % len(order)]
        cut[at] += _CENT if left > 0 else -_CENT
    return cut


def _month(
    period: str,
    cards: Sequence[OwnCard],
    by: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    rate: RateOf,
    today: date,
) -> Month:
    first, last = month_of(period)
    gathered: dict[tuple[str, str], dict[tuple[str, str], ChargeLine]] = {}
    held: dict[str, OwnCard] = {card.id: card for card in cards}
    cost = uncharged = Decimal(0)
    requests = unpriced = 0
    for row in rows:
        cost += row["cost"] or 0
        unpriced += row["unpriced"] or 0
        day = _day(row.get("day"), first)
        card = card_for(cards, {name: row[name] or "" for name in by}, day)
        if card is None:
            uncharged += row["cost"] or 0
            requests += row["requests"]
            continue
        lines = gathered.setdefault((card.by, row[card.by]), {})
        line = lines.setdefault((card.id, row["model"]), ChargeLine("usage", row["model"] or "unknown", card.id))
        _count(line, row)
    for card in cards:
        if card.value:
            # A fee is owed for a month without a call, too.
            gathered.setdefault((card.by, card.value), {})
    charges = [_charge(who, list(lines.values()), held, cards, (first, last), rate) for who, lines in gathered.items()]
    charges = [one for one in charges if one.lines]
    cents = in_cents([*(one.cost for one in charges), uncharged], cost)
    for one, share in zip(charges, cents, strict=False):
        one.cost_cents = share
    charges.sort(key=lambda one: (-one.cost, one.by, one.value))
    return Month(
        period,
        charges,
        cost,
        cost.quantize(_CENT, ROUND_HALF_EVEN),
        uncharged,
        cents[-1],
        requests,
        unpriced,
        today > last,
    )


def _count(line: ChargeLine, row: Mapping[str, Any]) -> None:
    if row["cost"] is not None:
        line.cost = (line.cost or Decimal(0)) + row["cost"]
    for name in _COUNTS:
        setattr(line, name, getattr(line, name) + (row[name] or 0))


def _charge(
    who: tuple[str, str],
    usage: list[ChargeLine],
    held: Mapping[str, OwnCard],
    cards: Sequence[OwnCard],
    days: tuple[date, date],
    rate: RateOf,
) -> Charge:
    first, last = days
    of = [card for card in cards if card.by == who[0] and (card.value == who[1] or (not card.value and usage))]
    chosen = {line.card for line in usage} or {card.id for card in of if card.value}
    ruling = max((held[id_] for id_ in chosen), key=lambda card: (card.since or date.min, card.id))
    charge = Charge(who[0], who[1], ruling.currency, ruling.purpose)
    usd = rate(ruling.currency, last)
    for line in sorted(usage, key=lambda one: -(one.cost or Decimal(0))):
        line.charged = _charged(line, held[line.card], usd)
        charge.lines.append(line)
    for card in sorted((held[id_] for id_ in chosen), key=lambda card: card.since or date.min):
        share = _share(card, cards, who, first, last)
        if card.monthly_fee and share:
            charge.lines.append(ChargeLine("fee", _fee_words(share), card.id, charged=card.monthly_fee * share))
    _at_least(charge, [held[id_] for id_ in chosen], cards, who, days)
    _sum_up(charge, usd)
    return charge


def _charged(line: ChargeLine, card: OwnCard, usd: Decimal | None) -> Decimal | None:
    cost = line.cost if card.currency == _USD or line.cost is None else line.cost / usd if usd else None
    return card.rates_for(line.title).charge(
        cost=cost,
        input_tokens=line.prompt_tokens,
        output_tokens=line.output_tokens,
        tokens=line.total_tokens,
        requests=line.requests,
    )


def _share(card: OwnCard, cards: Sequence[OwnCard], who: tuple[str, str], first: date, last: date) -> Decimal:
    """The share of a month's days on which it is this card that counts for the payer."""
    days = (last - first).days + 1
    counts = sum(
        card_for([one for one in cards if one.by == who[0]], {who[0]: who[1]}, first + timedelta(days=at)) == card
        for at in range(days)
    )
    return Decimal(counts) / days


def _fee_words(share: Decimal) -> str:
    return "Monthly fee" if share == 1 else f"Monthly fee, for {share:.0%} of the month"


def _at_least(
    charge: Charge, of: Sequence[OwnCard], cards: Sequence[OwnCard], who: tuple[str, str], days: tuple[date, date]
) -> None:
    least = sum(((card.minimum or 0) * _share(card, cards, who, *days) for card in of), Decimal(0))
    sofar = sum((line.charged for line in charge.lines if line.charged is not None), Decimal(0))
    if least > sofar:
        card = next(card for card in of if card.minimum)
        charge.lines.append(ChargeLine("minimum", f"Up to the minimum of {least:.2f}", card.id, charged=least - sofar))


def _sum_up(charge: Charge, usd: Decimal | None) -> None:
    """Whole cents, and what is not in them."""
    known = [line for line in charge.lines if line.charged is not None]
    for line, cents in zip(known, in_cents([line.charged or Decimal(0) for line in known]), strict=True):
        line.charged = cents
    charge.total = sum((line.charged or Decimal(0) for line in known), Decimal(0))
    charge.total_usd = None if usd is None else charge.total * usd
    charge.cost = sum((line.cost or Decimal(0) for line in charge.lines), Decimal(0))
    if charge.unpriced:
        charge.remarks.append(f"{charge.unpriced:,} calls have no known price: what they cost is in no amount")
    if len(known) < len(charge.lines) and usd is None:
        charge.remarks.append(f"Nobody knows a rate of exchange for {charge.currency}: enter one under exchange rates")


def _overlaps(card: OwnCard, first: date, last: date) -> bool:
    return (card.since is None or card.since <= last) and (card.until is None or card.until > first)


def _day(value: object, otherwise: date) -> date:
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    return date.fromisoformat(str(value)[:10]) if value else otherwise
