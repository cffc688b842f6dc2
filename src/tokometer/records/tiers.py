"""Words for service tiers that are understood, whoever says them. What each costs is the price book's matter."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tokometer.records.lengths import MAX_TEXT
from tokometer.records.redaction import redacted

#: Word → what it means, for people; the first of each row is the one that we use.
TIERS: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            *("standard", "default", "auto", "normal", "regular", "standardonly", "ondemand", "payg", "paygo"),
            *("none", "null", "unset", "unspecified"),
        ),
        "the usual one",
    ),
    **dict.fromkeys(("batch", "batches", "batched"), "cheaper, answered within a day"),
    "flex": "cheaper and slower",
    "priority": "dearer and faster",
    "fast": "dearer and faster",
    "performance": "dearer and faster",
    "scale": "paid for ahead",
    "reserved": "paid for ahead",
    **dict.fromkeys(("provisioned", "ptu"), "paid for ahead"),
}
#: Words around a tier that say nothing: `SERVICE_TIER_DEFAULT`.
_FILLERS: Final = frozenset({"service", "tier", "traffic", "type", "mode", "speed", "only", "throughput", "processing"})
_ON_DEMAND: Final = re.compile(r"on[^a-z0-9]+demand")
_WORD: Final = re.compile(r"[a-z0-9]+")
_USUAL: Final = frozenset({"", *(word for word, meaning in TIERS.items() if meaning == "the usual one")})


def is_usual(tier: str) -> bool:
    """Whether a tier is the usual one, under any of its names."""
    return all(word in _USUAL for word in _words(tier))


def unknown_tiers(tier: str) -> list[str]:
    """The words of a tier that say something and that nobody knows."""
    return [word for word in _words(tier) if word not in TIERS]


def _words(tier: str) -> list[str]:
    return _split(tier[:MAX_TEXT])


@lru_cache(4_096)
def _split(tier: str) -> list[str]:
    plain = _ON_DEMAND.sub("ondemand", redacted(tier, MAX_TEXT).lower())
    return [word for word in _WORD.findall(plain) if word not in _FILLERS]
