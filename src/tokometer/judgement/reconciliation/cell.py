"""The gap of one cell, taken apart: a way from what was metered to what was billed, each step of which is a cause.

Metered tokens are valued at our own prices, set so that they make what was metered exactly. Tokens that both sides have
cancel. Of what is left, prompt tokens that only stand in another bucket are cache semantics, those in another tier are
tier, what only the provider has was not seen, what only we have was not billed. What then remains is a difference of
price, or no more than rounding. The last step is the rest, so that the parts add up to the gap whatever is valued how.
Swapping the sides turns every sign around.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from tokometer.judgement.reconciliation.causes import PARTS, UNEXPLAINED
from tokometer.judgement.reconciliation.names import LEFT_OUT
from tokometer.judgement.reconciliation.sides import BUCKETS, OUTPUT, Cell, Used, Vector, nothing

#: What a token of each bucket costs, in nano-dollars.
Price = Sequence[float]
#: Gives list prices: of a provider's model on a day, in a tier, in calls with so many prompt tokens; None: unknown.
Prices = Callable[[str, str, date, str, int], Price | None]
#: The steps to which bills are rounded, in nano-dollars: a cent and finer ones.
_STEPS: Final = (10**7, 10**6, 10**5, 10**4, 10**3, 10**2, 10, 1)
_PROMPT: Final = tuple(range(OUTPUT))
_SIDES: Final = (_PROMPT, (OUTPUT,))
Kind = Literal["price", "open", ""]


@dataclass(slots=True)
class Parted:
    """A cell with the parts of its gap."""

    cell: Cell
    parts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    #: What the statement's tokens are worth at our prices, and what was billed for them before discounts.
    value: float = 0.0
    listed: int = 0
    #: As much as rounding can make.
    bound: int = 0
    #: What the rest is: a difference of `price` of known tokens, or `open`, as nobody says of which tokens it is.
    kind: Kind = ""
    #: Tokens that only the provider has, and that only we have.
    more: int = 0
    fewer: int = 0

    @property
    def ratio(self) -> float:
        """What was billed for what is worth a dollar at our prices; 0 where nothing is."""
        return self.listed / self.value if self.value > 0 else 0.0

    def move(self, name: str, to: str) -> None:
        """Call a part something else."""
        amount, self.parts[name] = self.parts[name], 0
        self.parts[to] += amount

    def close(self, name: str) -> None:
        """Have a part take what the others leave of the gap."""
        self.parts[name] += self.cell.gap - sum(self.parts.values())


def part(cell: Cell, prices: Prices) -> Parted:
    """The parts of a cell's gap, as far as the cell alone tells."""
    made = Parted(cell, listed=cell.billed.listed)
    bill = cell.billed
    made.parts["credits"] = bill.credits
    made.parts["discount"] = bill.usage - bill.listed
    if not cell.model and not cell.metered and not cell.reported:
        made.close("beside")
        return made
    made.bound = _bound(bill.usage, bill.lines)
    stated = _stated(cell)
    own = {tier: _own(cell, tier, prices) for tier in {*cell.metered, *(stated or ())}}
    if stated is None:
        _unstated(made, own)
    elif all(price is None for price in own.values()):
        _unknown(made, stated)
    else:
        _compared(made, stated, {tier: price or _dearest(own) for tier, price in own.items()})
    return made


def _bound(usage: int, lines: int) -> int:
    """As much as rounding makes of so many lines: half of the coarsest step that their sum is a multiple of."""
    step = next(step for step in _STEPS if usage % step == 0)
    return lines * step // 2 + 1 if lines else 0


def _stated(cell: Cell) -> dict[str, Vector] | None:
    """The tokens that the provider says were used, by tier; None where it says nothing of any."""
    if any(used.requests or any(used.tokens) for used in cell.reported.values()):
        return {tier: list(used.tokens) for tier, used in cell.reported.items()}
    bill = cell.billed
    if bill.tokens:
        return {tier: _split_writes(tokens, cell.metered.get(tier)) for tier, tokens in bill.tokens.items()}
    ours = sum(sum(used.tokens) for used in cell.metered.values())
    if bill.unsplit and ours:
        share = bill.unsplit / ours
        if round(bill.unsplit) == ours:
            share = 1.0
        return {tier: [round(number * share) for number in used.tokens] for tier, used in cell.metered.items()}
    return None


def _split_writes(tokens: Vector, metered: Used | None) -> Vector:
    """Bills do not say for how long tokens were written: as long as the metered ones."""
    if metered is None or not metered.tokens[3]:
        return list(tokens)
    fives, hours = metered.tokens[2:4]
    longer = tokens[2] * hours // (fives + hours)
    return [tokens[0], tokens[1], tokens[2] - longer, tokens[3] + longer, tokens[4]]


def _own(cell: Cell, tier: str, prices: Prices) -> Price | None:
    """Our price of each bucket in a tier, such that the metered tokens make what was metered; None: unknown."""
    used = cell.metered.get(tier)
    requests = used.requests if used else 0
    prompt = sum(used.tokens[:OUTPUT]) // requests if used and requests else 0
    names = sorted(cell.called or cell.stated)
    base = next((found for name in names if (found := prices(cell.provider, name, cell.day, tier, prompt))), None)
    if used is None:
        return base
    tokens = sum(used.tokens)
    priced = tokens - min(used.unpriced, tokens)
    if not priced:
        return base
    worth = _worth(used.tokens, base) if base else 0.0
    if base is None or not worth:
        return [used.cost / priced] * len(BUCKETS)
    factor = used.cost / (worth * priced / tokens)
    return [price * factor for price in base]


def _dearest(own: Mapping[str, Price | None]) -> Price:
    """The price of a tier of which none is known: that of another."""
    return next(price for price in own.values() if price is not None)


def _worth(tokens: Sequence[float], price: Price) -> float:
    return sum(number * each for number, each in zip(tokens, price, strict=True))


def _unpriced(cell: Cell, own: Mapping[str, Price | None]) -> int:
    """What metered tokens without a price would have cost at the prices that are known by now, or of the others."""
    found = 0
    for tier, used in cell.metered.items():
        price = own.get(tier)
        if used.unpriced and price is not None:
            found += max(0, round(_worth(used.tokens, price)) - used.cost)
    return found


def _unstated(made: Parted, own: Mapping[str, Price | None]) -> None:
    """Nobody says of which tokens the bill is."""
    cell = made.cell
    if not any(used.requests or used.total for used in cell.metered.values()) and not cell.cost:
        made.close("unseen")
    elif not cell.billed.lines:
        made.fewer = sum(sum(used.tokens) for used in cell.metered.values())
        made.close("unbilled")
    elif not cell.cost and all(used.unpriced >= used.total for used in cell.metered.values()):
        made.close("unpriced")
    else:
        made.parts["unpriced"] = _unpriced(cell, own)
        made.value = float(cell.cost + made.parts["unpriced"])
        made.close(UNEXPLAINED)
        _name_rest(made, UNEXPLAINED, "open")


def _unknown(made: Parted, stated: Mapping[str, Vector]) -> None:
    """We know no price at all: what was billed for tokens that both have was without a price, the rest not seen."""
    cell = made.cell
    ours = sum(used.total for used in cell.metered.values())
    theirs = sum(sum(tokens) for tokens in stated.values())
    both = min(ours, theirs)
    made.more, made.fewer = theirs - both, ours - both
    if ours and theirs:
        made.parts["unpriced"] = round(made.listed * both / theirs) - cell.cost
        made.close("unseen" if made.more else "unpriced")
    else:
        made.close("unseen" if theirs else "unbilled")


def _compared(made: Parted, stated: Mapping[str, Vector], own: Mapping[str, Price]) -> None:
    """Both sides say which tokens: step by step from ours to theirs."""
    cell, parts = made.cell, made.parts
    ours = {tier: list(used.tokens) for tier, used in cell.metered.items()}
    theirs = {tier: list(tokens) for tier, tokens in stated.items()}
    parts["unpriced"] = _unpriced(cell, own)
    for tier in own:
        if (cell.provider, tier) in LEFT_OUT and tier not in cell.billed.tiers:
            # Its spending is no part of the bill: whatever was metered in it is missing there.
            parts["tier"] -= cell.metered[tier].cost if tier in cell.metered else 0
            ours.pop(tier, None)
            theirs.pop(tier, None)
    made.value = sum(_worth(tokens, own[tier]) for tier, tokens in theirs.items())
    rate = 1.0 if abs(made.listed - made.value) <= made.bound else made.ratio
    more, fewer = _apart(ours, theirs)
    parts["cache"] = round(sum(_moved(more[tier], fewer[tier], own[tier], own[tier], _PROMPT) for tier in more))
    parts["tier"] += round(_across(more, fewer, own))
    unseen = sum(_worth(tokens, own[tier]) for tier, tokens in more.items())
    unbilled = sum(_worth(tokens, own[tier]) for tier, tokens in fewer.items())
    made.more = round(sum(sum(tokens) for tokens in more.values()))
    made.fewer = round(sum(sum(tokens) for tokens in fewer.values()))
    alike = _requests(cell)
    parts["counting" if alike else "unseen"] += round(rate * unseen)
    parts["counting" if alike else "unbilled"] -= round(unbilled)
    if not cell.billed.lines:
        # Reported, and not on the bill at all.
        made.close("unbilled")
        return
    made.close("price")
    _name_rest(made, "price", "price")


def _name_rest(made: Parted, name: str, kind: Kind) -> None:
    """No more than rounding makes is rounding; what is more waits to be looked at beside other cells."""
    if abs(made.parts[name]) <= made.bound:
        made.move(name, "rounding")
    else:
        made.kind = kind


def _requests(cell: Cell) -> bool:
    """Whether both sides count as many requests, so that none of them was seen by one side only."""
    ours = sum(used.requests for used in cell.metered.values())
    theirs = sum(used.requests for used in cell.reported.values())
    return 0 < ours == theirs


def _apart(
    ours: Mapping[str, Vector], theirs: Mapping[str, Vector]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """What each side has beyond the other: theirs, ours; by tier."""
    more: dict[str, list[float]] = {}
    fewer: dict[str, list[float]] = {}
    for tier in sorted({*ours, *theirs}):
        mine, other = ours.get(tier) or nothing(), theirs.get(tier) or nothing()
        pairs = list(zip(mine, other, strict=True))
        more[tier] = [float(max(0, b - a)) for a, b in pairs]
        fewer[tier] = [float(max(0, a - b)) for a, b in pairs]
    return more, fewer


def _moved(more: list[float], fewer: list[float], to: Price, of: Price, buckets: Sequence[int]) -> float:
    """What it makes that tokens stand in other buckets of the other side; these are taken off both."""
    added, gone = sum(more[at] for at in buckets), sum(fewer[at] for at in buckets)
    moved = min(added, gone)
    if moved <= 0:
        return 0.0
    made = 0.0
    for at in buckets:
        come, left = more[at] * moved / added, fewer[at] * moved / gone
        made += come * to[at] - left * of[at]
        more[at] -= come
        fewer[at] -= left
    return made


def _across(more: dict[str, list[float]], fewer: dict[str, list[float]], own: Mapping[str, Price]) -> float:
    """What it makes that tokens stand in another tier: prompts and what came out, each for itself."""
    made = 0.0
    for to, added in more.items():
        for of, gone in fewer.items():
            if to != of:
                made += sum(_moved(added, gone, own[to], own[of], buckets) for buckets in _SIDES)
    return made
