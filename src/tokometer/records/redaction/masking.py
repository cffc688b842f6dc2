"""Texts without secrets: one by one, or all those of a batch at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from tokometer.records.redaction.keys import KEYS
from tokometer.records.redaction.named import NAMED
from tokometer.records.redaction.rule import Rule

#: Every rule, in the order in which they are used: what a key looks like before what is said to be one.
RULES: Final[tuple[Rule, ...]] = (*KEYS, *NAMED)
_EVERYWHERE: Final = tuple(rule for rule in RULES if not rule.prose)
#: The needles of all rules: as they are, for names and for prose, and those of rules to which any case will do.
_NEEDLES: Final = tuple(
    tuple(dict.fromkeys(needle for rule in rules if not rule.any_case for needle in rule.needles))
    for rules in (_EVERYWHERE, RULES)
)
_LOWER_NEEDLES: Final = tuple(dict.fromkeys(needle for rule in RULES if rule.any_case for needle in rule.needles))
#: What is masked can uncover the beginning of the next secret, where two stand in one word.
_MOST_TIMES: Final = 5
#: So far beyond where a text is cut secrets are looked for: one that is cut in two is seen whole.
BEYOND: Final = 4_096


def masked(text: str, *, prose: bool = False) -> str:
    """A text without secrets. In `prose` also the stumps go that error messages quote of keys.

    The same text gives the same wherever and whenever it is masked, and masking twice changes nothing.
    """
    rules = RULES if prose else _EVERYWHERE
    for _ in range(_MOST_TIMES):
        before, lower = text, text.lower()
        for rule in rules:
            if rule.within(text, lower):
                text = rule.mask(text)
        if text == before:
            break
    return text


def redacted(text: str, most: int) -> str:
    """The first `most` characters of a free text, without anything that looks like a secret or is not Unicode."""
    start = text[: most + BEYOND].encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return masked(start, prose=True)[:most]


def holding_secrets(texts: Collection[str], *, prose: bool = False) -> set[str]:
    """Those of many texts that may hold secrets. In the speed of C where that is none."""
    joined = "\n".join(texts)
    lower = joined.lower()
    suspects: set[str] = set()
    for needle in [needle for needle in _NEEDLES[prose] if needle in joined]:
        suspects.update(text for text in texts if needle in text)
    for needle in [needle for needle in _LOWER_NEEDLES if needle in lower]:
        suspects.update(text for text in texts if needle in text.lower())
    return suspects
