"""What changed since the period before: the largest movers, and how much of a changed cost came from what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from tokometer.judgement.certainty import CERTAINTY, certainty_facts, certainty_of
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.records.units import REQUESTS, TOKENS, USD
from tokometer.settings import Settings

#: More digits than any product of money and tokens has.
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_UP)
_NANO: Final = Decimal("0.000000001")
_CENT: Final = Decimal("0.01")
_ZERO: Final = Decimal(0)
EFFECTS: Final = ("volume", "mix", "price")


def _movers(matter: Matter, _: Settings) -> Inquiry:
    [result] = yield (matter.query("cost", "requests", *CERTAINTY, compare="previous"),)
    rows = [_mover(matter.by, row) for row in result.rows]
    known = [row for row in rows if row["movers"] is not None]
    return sorted(known, key=lambda row: (-abs(row["movers"]), str(row[matter.by]))) + [
        row for row in rows if row["movers"] is None
    ]


def _mover(by: str, row: Mapping[str, Any]) -> Row:
    cost, previous = row["cost"], row["cost.previous"]
    change = None if cost is None or previous is None else cost - previous
    return {
        by: row[by],
        "movers": change,
        "cost": cost,
        "previous": previous,
        "change": None if change is None or not previous else float(change / previous),
        "requests": row["requests"],
        "previous_requests": row["requests.previous"],
        **certainty_of(row, both=True),
        "note": _note(row["requests"], row["requests.previous"]),
    }


def _note(now: int, before: int | None) -> str:
    if now and before == 0:
        return "new"
    return "gone" if not now and before else ""


def _no_standing(_row: Row, _: Settings) -> Standing:
    return "none"


MOVERS: Final = Judgement(
    name="movers",
    title="Change of cost",
    unit=USD,
    type="money",
    better="lower",
    description=(
        "Whose cost changed most since the period before, the largest changes first, with what is new and what is gone."
    ),
    formula="cost of the window − cost of the period before it, to the same point in it",
    by=("model", "provider", "team", "project", "agent"),
    facts=(
        Fact("cost", USD, "money", meaning="cost of the window"),
        Fact("previous", USD, "money", title="Cost before", meaning="cost of the period before"),
        share("change", "change / cost before; unknown where there was none"),
        Fact("requests", REQUESTS, "integer", meaning="calls of the window"),
        Fact("previous_requests", REQUESTS, "integer", title="Requests before", meaning="calls of the period before"),
        *certainty_facts("calls of both periods"),
        text("note", "`new` where the period before had no call of it, `gone` where the window has none"),
    ),
    thresholds="none: whether a change is good is for the reader to say",
    inquire=_movers,
    standing=_no_standing,
)

# -- volume, mix and price ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """What a model cost and used, in the window and in the period before it."""

    cost: Decimal
    tokens: int
    cost_before: Decimal
    tokens_before: int

    @property
    def change(self) -> Decimal:
        """How much more it costs now."""
        return self.cost - self.cost_before


def split(uses: Mapping[str, Use]) -> dict[str, dict[str, Decimal]]:
    """The change of each model's cost, as what volume, mix and price add to it; they add up to it exactly.

    With T all tokens, t a model's, c its cost and r = c / t its price, and 0 for the period before:

    * volume = c₀ × (T / T₀ − 1): what it would cost more if all that changed was how much is used
    * price = t × (r − r₀): what the same tokens cost more at today's price; 0 for a model without a price before
    * mix = the rest: that more or less of the tokens are of this model; for a new model, all of its cost
    """
    total, before = sum(use.tokens for use in uses.values()), sum(use.tokens_before for use in uses.values())
    return {name: _effects(use, total, before) for name, use in uses.items()}


def _effects(use: Use, total: int, before: int) -> dict[str, Decimal]:
    if not before:
        # Nothing was used: all of it is use.
        return {"volume": use.change, "mix": _ZERO, "price": _ZERO}
    volume = _part(_WIDE.divide(_WIDE.multiply(use.cost_before, Decimal(total - before)), Decimal(before)))
    price = _ZERO
    if use.tokens and use.tokens_before:
        at_old_price = _WIDE.divide(_WIDE.multiply(use.cost_before, Decimal(use.tokens)), Decimal(use.tokens_before))
        price = _part(_WIDE.subtract(use.cost, at_old_price))
    return {"volume": volume, "mix": use.change - volume - price, "price": price}


def _part(exact: Decimal) -> Decimal:
    return exact.quantize(_NANO, context=_WIDE)


def to_the_cent(parts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The parts with whole cents, except for the largest, which takes what is left, so that the sum stays exact.

    So what is shown, rounded to cents, adds up as well. Where no part is as much as a dollar, cents would hide them,
    and nothing is rounded. Of parts of the same size the first one is the largest.
    """
    largest = max(parts, key=lambda name: abs(parts[name]))
    if abs(parts[largest]) < 1:
        return dict(parts)
    total = sum(parts.values(), _ZERO)
    rounded = {name: part.quantize(_CENT, ROUND_HALF_UP) for name, part in parts.items() if name != largest}
    return {name: rounded.get(name, total - sum(rounded.values(), _ZERO)) for name in parts}


def _split(matter: Matter, _: Settings) -> Inquiry:
    [result] = yield (matter.query("cost", "priced_tokens", *CERTAINTY, by=("model",), compare="previous"),)
    if result.meta.previous_since is None:
        return []
    uses = {row["model"]: _use(row) for row in result.rows}
    parts = split(uses)
    if matter.by:
        sure = {row["model"]: certainty_of(row, both=True) for row in result.rows}
        rows = [{"model": name, **_split_row([uses[name]], part), **sure[name]} for name, part in parts.items()]
        return sorted(rows, key=lambda row: (-abs(row["cost_split"]), str(row["model"])))
    whole = {effect: sum((part[effect] for part in parts.values()), _ZERO) for effect in EFFECTS}
    return [_split_row(list(uses.values()), to_the_cent(whole)) | _together(result.rows)] if uses else []


def _together(rows: Sequence[Mapping[str, Any]]) -> Row:
    """How sure the cost of all models is, in both periods."""
    each = [certainty_of(row, both=True) for row in rows]
    return {name: sum((row[name] for row in each[1:]), each[0][name]) for name in CERTAINTY}


def _use(row: Mapping[str, Any]) -> Use:
    """What nobody knows the price of has no tokens here, and no cost."""
    return Use(
        row["cost"] or _ZERO,
        row["priced_tokens"],
        row["cost.previous"] or _ZERO,
        row["priced_tokens.previous"] or 0,
    )


def _split_row(uses: Sequence[Use], parts: Mapping[str, Decimal]) -> Row:
    return {
        "cost_split": sum((use.change for use in uses), _ZERO),
        **parts,
        "cost": sum((use.cost for use in uses), _ZERO),
        "previous": sum((use.cost_before for use in uses), _ZERO),
        "tokens": sum(use.tokens for use in uses),
        "previous_tokens": sum(use.tokens_before for use in uses),
    }


COST_SPLIT: Final = Judgement(
    name="cost_split",
    title="Change of cost",
    unit=USD,
    type="money",
    better="lower",
    description=(
        "How much of a changed cost came from use (volume), from using other models (mix), and from other prices. The "
        "parts add up to the change: exactly, and as they are shown, to the cent."
    ),
    formula=(
        "by model, with T all tokens, t the model's, c its cost, and 0 for the period before: volume = c₀ × (T / T₀ − "
        "1); price = c − t × c₀ / t₀, 0 for a model that is new or gone; mix = the rest of its change. Tokens and cost "
        "are those of calls with a price. For all models together, the two smaller parts are rounded to cents and the "
        "largest takes what is left; not where all are below a dollar"
    ),
    by=("", "model"),
    facts=(
        Fact("volume", USD, "money", meaning="because more or fewer tokens were used"),
        Fact("mix", USD, "money", meaning="because more or fewer of them were of dear models; new and gone ones, too"),
        Fact(
            "price",
            USD,
            "money",
            meaning="because a token of the same model costs more or less: prices, caching, tiers",
        ),
        Fact("cost", USD, "money", meaning="cost of the window"),
        Fact("previous", USD, "money", title="Cost before", meaning="cost of the period before"),
        Fact("tokens", TOKENS, "integer", meaning="tokens of the window, of calls with a price"),
        Fact("previous_tokens", TOKENS, "integer", title="Tokens before", meaning="those of the period before"),
        *certainty_facts("calls of both periods"),
    ),
    thresholds="none: whether a change is good is for the reader to say",
    inquire=_split,
    standing=_no_standing,
)
