"""How sure a call's price is, in words that the ledger keeps: `ModelCall.price_basis`.

Empty: exact, or as the source reported it. Otherwise one of the two words below, a colon, and what is the matter:
`assumed:tier` (several with commas between, in alphabetical order), `unpriced:no-price`.
"""

from __future__ import annotations

from typing import Final

EXACT: Final = ""
#: What the basis of an assumed price begins with.
ASSUMED: Final = "assumed:"
#: What can be assumed about a price, and what that means.
ASSUMPTIONS: Final[dict[str, str]] = {
    "tier": "No price of its service tier is listed for its time; the tier's known ratio to the standard one is used.",
    "provider": "Its provider has no price list; the list price of the model's maker is used.",
    "part": "Some of its tokens are not text: they have no price of their own and count as text, or nobody said which "
    "they are, and what the model makes (pictures, sound) is priced as such.",
    "unknown-tier": "Nothing is known of the price of its service tier; the standard price is used.",
    "region": "What being served in its region adds is not known; nothing is added.",
    "refusal": "It was refused without output; whether that is billed there is not known, so it counts as billed.",
    "split": "Only some of its tokens are known by bucket.",
    "quantity": "It used something billed beside tokens that has no price; that is left out.",
}
#: Why a call has no price.
REASONS: Final[dict[str, str]] = {
    "no-price": "No price is known for its model; add a [[price]] to prices.toml.",
    "no-usage": "Its source reported no tokens: it timed out, was broken off, or does not say.",
    "no-split": "Only the total of its tokens is known, not what went in and what came out.",
    "no-model": "Nobody said which model it was.",
    "too-much": "No call costs a billion dollars: its tokens cannot be right.",
}
#: What would mend an assumption, or the lack of a price.
PRICE_MENDS: Final[dict[str, str]] = {
    "tier": "Add a [[price]] with this service_tier to prices.toml.",
    "provider": "Add a [[price]] with this provider to prices.toml.",
    "part": "Add a [[price]] with input_audio, output_image, … to prices.toml.",
    "unknown-tier": "Add a [[price]] with this service_tier to prices.toml.",
    "region": "Add a [[price]] for this region to prices.toml.",
    "refusal": "Let its sender report the cost, where it was not billed.",
    "split": "Let its sender say the tokens of every bucket.",
    "quantity": "Add a [[price]] with what it costs beside tokens (per) to prices.toml.",
    "no-price": "Add a [[price]] for the model to prices.toml; its calls are priced by themselves.",
    "no-usage": "Nothing, where it failed; else let its sender report the tokens.",
    "no-split": "Let its sender say what went in and what came out.",
    "no-model": "Let its sender name the model.",
    "too-much": "Let its sender correct the tokens.",
}
#: The reasons that no price list can mend: nobody said what the call used.
USAGE_UNKNOWN: Final = ("no-usage", "no-split")


#: What the basis of a call without a price begins with.
UNPRICED_PREFIX: Final = "unpriced:"


def assumed(*words: str) -> str:
    """The basis of a price that rests on assumptions (keys of :data:`ASSUMPTIONS`); exact where there are none."""
    return f"{ASSUMED}{','.join(sorted(set(words)))}" if words else EXACT


def unpriced(reason: str) -> str:
    """The basis of a call without a price, for a key of :data:`REASONS`."""
    return f"{UNPRICED_PREFIX}{reason}"


#: Every reason as :func:`unpriced` writes it, for conditions in queries.
UNPRICED: Final = tuple(unpriced(reason) for reason in REASONS)
