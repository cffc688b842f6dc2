"""Service tiers as calls name them, in the words of :data:`tokometer.prices.rules.TIERS`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tokometer.prices.normalise import without_speed
from tokometer.prices.rules import TIERS
from tokometer.records.families import family_of

#: Words that say nothing: `SERVICE_TIER_DEFAULT`, `traffic_type: ON_DEMAND_FLEX`.
_FILLERS: Final = frozenset({"service", "tier", "traffic", "type", "mode", "speed", "only", "throughput", "processing"})
_PHRASES: Final = ((r"\bon[^a-z0-9]*demand", "ondemand"), (r"\bpay[^a-z0-9]*as[^a-z0-9]*you[^a-z0-9]*go", "payg"))
_LONGEST: Final = 200


class Tiers(NamedTuple):
    """What a call asked for beside the standard tier; empty for that."""

    #: Words of `TIERS`, sorted; several multiply.
    known: tuple[str, ...] = ()
    #: Words that nobody declared.
    unknown: tuple[str, ...] = ()


def tiers_of(service_tier: str, model: str) -> Tiers:
    """The service tiers of a call, none for the standard one.

    Claude's fast mode is written as a suffix of the model by some tools, as a tier by others. Elsewhere `-fast` may be
    a part of the name (`grok-4-fast`), so only Claude's is read here.
    """
    text = service_tier[:_LONGEST].lower()
    for pattern, phrase in _PHRASES:
        text = re.sub(pattern, phrase, text)
    words = [word for word in re.split(r"[^a-z0-9]+", text) if word and word not in _FILLERS]
    if family_of(model) == "claude" and without_speed(model)[1] == "fast":
        words.append("fast")
    known = {TIERS[word] for word in words if TIERS.get(word)}
    if family_of(model) == "gpt" and {"fast", "priority"} <= known:
        known.discard("fast")  # OpenAI's new name for its priority tier
    unknown = tuple(sorted({word for word in words if word not in TIERS}))
    if not words and text.strip() and not re.search(r"[a-z0-9]", text):
        unknown = (text.strip(),)
    return Tiers(tuple(sorted(known)), unknown)
