"""Names under which the two sides meet: models as the price book normalises them, without dates, and tiers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tokometer.prices.normalise import normalise
from tokometer.records.tiers import is_usual

#: Names in statements that no rule turns into the name that calls have.
ALIASES: Final[dict[str, str]] = {
    "chatgpt-4o-latest": "gpt-4o",
    "claude-haiku-3": "claude-3-haiku",
    "claude-haiku-3-5": "claude-3-5-haiku",
    "claude-opus-3": "claude-3-opus",
    "claude-opus-4-0": "claude-opus-4",
    "claude-sonnet-3-5": "claude-3-5-sonnet",
    "claude-sonnet-3-7": "claude-3-7-sonnet",
    "claude-sonnet-4-0": "claude-sonnet-4",
    "deepseek-v3": "deepseek-chat",
    "deepseek-r1": "deepseek-reasoner",
}
#: Dates and words at the end that name a version of a model: `-2025-08-07`, `-20250929`, `-latest`.
_VERSION: Final = re.compile(r"(?:-(?:20\d{2}-\d{2}-\d{2}|20\d{6}|latest))+$")
_DOT: Final = re.compile(r"(?<=\d)\.(?=\d)")
_SPACE: Final = re.compile(r"[\s_]+")
#: Tiers that cost the same under several names.
_TIERS: Final = {"batches": "batch", "batched": "batch", "fast": "priority", "performance": "priority"}
#: Tiers whose spending is not in a provider's report of costs: Anthropic bills its priority tier by commitment.
LEFT_OUT: Final = frozenset({("anthropic", "priority")})


@lru_cache(maxsize=4096)
def meeting(model: str, provider: str) -> str:
    """The name under which a model meets itself: `gpt-5-2025-08-07` and `gpt-5` are one, as are vendors' spellings."""
    text = _SPACE.sub("-", normalise(model, provider)).rpartition("/")[2]
    text = _VERSION.sub("", text)
    plain = _DOT.sub("-", text) if "claude" in text else text
    return ALIASES.get(plain, plain)


@lru_cache(maxsize=256)
def tier_of(tier: str) -> str:
    """A service tier; '' for the usual one under any of its names."""
    return "" if is_usual(tier) else _TIERS.get(tier.lower(), tier.lower())
