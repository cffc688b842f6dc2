"""The causes of a gap between what was metered and what was billed, in the order in which they are taken off it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Cause(NamedTuple):
    """One cause: its name, its title, what it means, and in a few words within a sentence."""

    name: str
    title: str
    meaning: str
    words: str


#: In the order of the sequence (decision 040): what is stated first, what is inferred last.
CAUSES: Final[dict[str, Cause]] = {
    cause.name: cause
    for cause in (
        Cause(
            "credits",
            "Credits and adjustments",
            "lines of the bill that are credits, refunds or corrections",
            "credits and adjustments",
        ),
        Cause(
            "discount",
            "Discounts",
            "what a contract takes off the list price: as the bill states it, or one ratio for all models",
            "discounts",
        ),
        Cause(
            "beside",
            "Beside calls",
            "lines of the bill that name no model: fees, storage, seats, taxes",
            "billed beside calls",
        ),
        Cause(
            "late",
            "Not stated yet",
            "days of which the provider's statement is not there or may still change",
            "not stated yet",
        ),
        Cause(
            "shift",
            "Another day",
            "what the provider has on the day before or after: the gaps of the two days cancel",
            "on another day",
        ),
        Cause(
            "unpriced",
            "No price known",
            "calls that were metered, but of which the price book knows no price, at what was billed for them",
            "calls without a known price",
        ),
        Cause(
            "cache",
            "Cache semantics",
            "the same prompt tokens, split otherwise between read, written and uncached, at our prices",
            "other split of cached tokens",
        ),
        Cause(
            "tier",
            "Service tier",
            "the same tokens in another tier (batch, flex, priority), or in one that the bill leaves out",
            "other service tier",
        ),
        Cause(
            "unseen",
            "Calls not seen",
            "requests and tokens that the provider has beyond the metered ones, at the billed rate",
            "calls not seen",
        ),
        Cause(
            "unbilled",
            "Seen, not billed",
            "metered calls that the provider does not have: failed, free, or metered twice, at our price",
            "calls seen that are not billed",
        ),
        Cause(
            "counting",
            "Counted otherwise",
            "as many requests, but other numbers of tokens",
            "tokens counted otherwise",
        ),
        Cause(
            "rounding",
            "Rounding",
            "less than the bill's own rounding of its lines can make",
            "rounding",
        ),
        Cause(
            "currency",
            "Currency conversion",
            "lines in another currency, whose conversion differs from list price by some per cent",
            "currency conversion",
        ),
        Cause(
            "price",
            "Price difference",
            "the same tokens at another rate than our price book has",
            "price difference",
        ),
    )
}
#: What is left: no cause, and never hidden.
UNEXPLAINED: Final = "unexplained"
#: The names of all parts of a gap, in order; they add up to it exactly.
PARTS: Final = (*CAUSES, UNEXPLAINED)


def title_of(name: str) -> str:
    """What a part of a gap is called."""
    return CAUSES[name].title if name in CAUSES else "Unexplained"


def words_of(name: str) -> str:
    """The same within a sentence."""
    return CAUSES[name].words if name in CAUSES else "unexplained"
