"""Service tiers as calls name them, in the words of price lists and rules; see :mod:`tokometer.records.tiers`."""

from __future__ import annotations

from typing import Final, NamedTuple

from tokometer.prices.normalise import without_speed
from tokometer.records.families import family_of
from tokometer.records.tiers import TIERS, is_usual, unknown_tiers

#: Words that mean what another word does.
_SAME: Final[dict[str, str]] = {"batches": "batch", "batched": "batch", "ptu": "provisioned"}
_LONGEST: Final = 200

#: The tiers that can be priced apart from the standard one.
PRICED: Final = frozenset(_SAME.get(word, word) for word in TIERS if not is_usual(word))


class Tiers(NamedTuple):
    """What a call asked for beside the standard tier; empty for that."""

    #: Of :data:`PRICED`, sorted; several multiply.
    known: tuple[str, ...] = ()
    #: Words that nobody declared.
    unknown: tuple[str, ...] = ()


def tiers_of(service_tier: str, model: str) -> Tiers:
    """The service tiers of a call, none for the standard one.

    Claude's fast mode is written as a suffix of the model by some tools, as a tier by others. Elsewhere `-fast` may be
    a part of the name (`grok-4-fast`), so only Claude's is read here.
    """
    text = service_tier[:_LONGEST].lower()
    unknown = set(unknown_tiers(text))
    known = {_SAME.get(word, word) for word in TIERS if not is_usual(word) and _says(text, word)}
    if family_of(model) == "claude" and without_speed(model)[1] == "fast":
        known.add("fast")
    if family_of(model) == "gpt" and {"fast", "priority"} <= known:
        known.discard("fast")  # OpenAI's new name for its priority tier
    if text.strip() and not any(letter.isalnum() and letter.isascii() for letter in text):
        unknown.add(text.strip())
    return Tiers(tuple(sorted(known)), tuple(sorted(unknown)))


def _says(text: str, word: str) -> bool:
    return word in "".join(letter if letter.isalnum() else " " for letter in text).split()
