"""Keys that no table has, read by their words: `gen_ai.usage.details.textCandidatesTokens` → `output_text`.

Instrumentations spell the same few facts in dots, underscores and capitals, in any order. A key is understood only
where each of its words is known and all of them together say one thing; `gen_ai.usage.cache_hit_rate` is not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tokometer.sources.otlp.tokens import NOTHING

#: A key that is understood, and of which nothing is kept; see :data:`tokometer.sources.otlp.tokens.NOTHING`.
KNOWN: Final = "known"

_SPLIT: Final = re.compile(r"\d+[a-z]+(?![a-z])|\d+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_BARE: Final = re.compile(r"[._\-\[\] ]")
#: What each word says; the words of the last row say nothing.
_WORDS: Final = {
    word: meaning
    for meaning, words in {
        "input": "input prompt request in",
        "output": "output completion candidates candidate generated generation response answer out",
        "cache": "cache cached caching ephemeral",
        "read": "read reads hit hits",
        "write": "write writes written creation create created",
        "miss": "miss misses uncached nocache noncached",
        "no": "no non not",
        "5m": "5m 5min",
        "1h": "1h 1hr 60m",
        "text": "text document",
        "audio": "audio speech voice",
        "image": "image img",
        "video": "video",
        "reasoning": "reasoning thoughts thought thinking",
        "tool": "tool",
        "use": "use",
        "total": "total",
        "": "tokens token count counts details detail usage used num number modality content experimental billed units",
    }.items()
    for word in words.split()
}
_MODALITIES: Final = frozenset({"text", "audio", "image", "video"})
_CACHED: Final = frozenset({"cache", "read", "write", "5m", "1h"})
#: Words around the name of something counted, which say nothing about it.
_AROUND_COUNTS: Final = frozenset(
    {"num", "number", "count", "total", "server", "tool", "use", "requests", "request", "calls", "usage", "details"}
)
#: Words that name something counted, each with the words that may stand beside it.
_QUANTITIES: Final[tuple[tuple[str, tuple[set[str], ...], set[str]], ...]] = (
    ("web_searches", ({"web", "search"}, {"web", "searches"}, {"search", "queries"}), {"web", "queries"}),
    ("file_searches", ({"file", "search"}, {"file", "searches"}), set()),
    ("images", ({"images"}, {"image", "count"}, {"image", "generated"}), {"generated", "output"}),
    ("seconds", ({"seconds"},), {"duration", "audio", "video", "speech", "input", "output", "prompt"}),
    ("pages", ({"pages"}, {"page", "count"}), {"processed"}),
    ("characters", ({"characters"}, {"chars"}, {"character", "count"}), {"input", "output", "prompt", "billed"}),
)
_AROUND_NOTHING: Final = frozenset(
    {"tokens", "token", "count", "num", "experimental", "completion", "details", "output", "input", "prompt"}
)


@lru_cache(4096)
def slot_of(key: str) -> str:
    """The slot that a key's words mean, without the place where it stands (`gen_ai.usage.`).

    `KNOWN` where it is nothing to us, the empty string where it is not understood.
    """
    words = [word.lower() for word in _SPLIT.findall(key)]
    unique = set(words)
    if "".join(words) != _BARE.sub("", key.lower()):
        return ""  # letters of another script
    if not unique & {"tokens", "token"}:
        slot = _quantity(unique)
        if slot:
            return slot
    if any(" ".join(sorted(unique - around)) in NOTHING for around in (_AROUND_NOTHING, _AROUND_COUNTS)):
        return KNOWN
    meanings = {_WORDS.get(word) for word in unique}
    return "" if None in meanings else _slot({meaning for meaning in meanings if meaning})


def _quantity(words: set[str]) -> str:
    for slot, names, beside in _QUANTITIES:
        for name in names:
            if name <= words and words - name - beside <= _AROUND_COUNTS:
                return slot
    return ""


def _slot(said: set[str]) -> str:  # noqa: PLR0911 - one line a kind
    if said == {"total"}:
        return "total"
    said.discard("total")
    if {"tool", "use"} <= said:
        rest = said - {"tool", "use", "input"}
        # By modality it is a part of what is counted already, and priced like it.
        return KNOWN if rest and rest <= _MODALITIES else "" if rest else "tool_input"
    if "miss" in said or {"no", "cache"} <= said:
        return "input_uncached" if said <= {"miss", "no", "cache", "input"} else ""
    if "reasoning" in said:
        return "reasoning" if said <= {"reasoning", "output"} else ""
    modality = said & _MODALITIES
    if len(modality) > 1:
        return ""
    if said & _CACHED:
        return _cached(said - {"input"} - modality, "".join(modality))
    side = said - modality
    if side not in ({"input"}, {"output"}):
        return ""
    return "_".join([*side, *modality])


def _cached(said: set[str], modality: str) -> str:
    lifetimes = said & {"5m", "1h"}
    if "write" in said or lifetimes:
        if "cache" not in said or not said <= _CACHED - {"read"} or len(lifetimes) > 1:
            return ""
        # Writes have one price for all modalities.
        return KNOWN if modality else "_".join(["cache_write", *lifetimes])
    if "cache" not in said or not said <= {"cache", "read"}:
        return ""
    return f"cache_read_{modality}" if modality else "cache_read"
