"""Counts of a call by what they mean → disjoint buckets: what is inside what, told by the total or by the dialect.

The conventions changed what `input_tokens` holds: since 1.37 it includes what was read from and written to the cache;
instrumentations of Anthropic and Bedrock before that often pass on the provider's number, which does not. Thoughts of
Gemini are in the output in some dialects and beside it in others, and so are audio and images. Where a total is stated,
what is inside what is read so that the parts add up to it. Where none is, the dialect is read as it is known to be
(see :mod:`tokometer.sources.otlp.tokens`), unless a part would be larger than the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, Final, NamedTuple


class Usage(NamedTuple):
    """Disjoint buckets, in the order of :class:`tokometer.records.ModelCall`'s fields; None is unknown."""

    input: int | None = None
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    cache_write_unknown: int | None = None
    output: int | None = None
    reasoning: int | None = None
    unsplit: int | None = None
    #: Tokens that are not text, by part (:data:`tokometer.records.PARTS`); contained in the buckets.
    parts: dict[str, int] | None = None

    @property
    def total(self) -> int | None:
        """All tokens, None where none are known."""
        known = [count for count in (*self[:6], self.unsplit) if count is not None]
        return sum(known) if known else None


NO_USAGE: Final = Usage()
_MODALITIES: Final = ("audio", "image", "video")
_INPUT_PARTS: Final = ("input_text", "input_audio", "input_image", "input_video")
_OUTPUT_PARTS: Final = ("output_text", "output_audio", "output_image", "output_video")
_CACHE_PARTS: Final = ("cache_read_text", "cache_read_audio", "cache_read_image", "cache_read_video")
#: What may be inside or beside something, and how unlikely it is that a dialect differs there from what is known of it.
_GROUPS: Final = {
    "cache_read": 3,
    "cache_write": 3,
    "reasoning": 4,
    "tool_input": 5,
    "input_parts": 6,
    "output_parts": 6,
    "lifetimes": 8,
}
#: Of thoughts over Google's models, which are beside the answer as often as not.
_GOOGLE_REASONING: Final = 1
_CACHE: Final = frozenset({"cache_read", "cache_write"})


def buckets(
    counts: Mapping[str, Any],
    beside: Iterable[str] = (),
    *,
    sure: frozenset[str] = frozenset(),
    google: bool = False,
) -> tuple[Usage, bool]:
    """Counts by slot as disjoint buckets, and whether a stated total is at odds with them.

    `beside` are the groups (`cache_read`, `reasoning`, …) that stand beside what they may be a part of where no total
    tells, `sure` those that no total changes. `google`: thoughts beside the output are likely.
    """
    found = _Counted(counts, google=google)
    outside = found.fitted({group for group in beside if found.amounts.get(group)})
    total: int = counts.get("total") or 0
    if not found.stated:
        return (Usage(unsplit=total) if total else NO_USAGE), False
    rest = False
    if not total:
        outside = found.by_sums(outside)
    elif found.sum(outside) != total:
        reading = found.reading_for(total, outside, sure)
        rest = reading is None
        outside = outside if reading is None else reading
    usage, at_odds = found.usage(outside), False
    if rest:
        usage, at_odds = _with_rest(usage, total)
    return usage, at_odds or found.at_odds


def _with_rest(usage: Usage, total: int) -> tuple[Usage, bool]:
    """Buckets of which no reading adds up to the total.

    Where one side is not told at all, it is the rest. Else the rest are tokens that somebody counted and nobody told
    where: thoughts that an instrumentation leaves out, a cache that it does not know of.
    """
    known = usage.total or 0
    rest = total - known
    if not known:
        return usage._replace(unsplit=total), False
    if rest < 0:
        cached = (usage.cache_read or 0) + sum(w or 0 for w in usage[2:5])
        # Totals of input and output as they came, which leave the cache beside them out.
        return usage, -rest != cached
    if usage.output is None and usage.input:
        return usage._replace(output=rest), False
    if usage.input is None and usage.output:
        return usage._replace(input=rest), False
    return usage._replace(unsplit=rest), True


class _Counted:
    """The counts of a call before it is known what is inside what."""

    def __init__(self, counts: Mapping[str, Any], *, google: bool) -> None:
        get = counts.get
        self.get = get
        self.google = google
        self.input: int | None = get("input")
        self.output: int | None = get("output")
        self.uncached: int | None = get("input_uncached")
        self.cache_read: int | None = get("cache_read")
        self.reasoning: int | None = get("reasoning")
        self.write: int | None = get("cache_write")
        self.short, self.long = get("cache_write_5m"), get("cache_write_1h")
        self.lifetimes = (self.short or 0) + (self.long or 0)
        if not counts.keys().isdisjoint(_CACHE_PARTS):
            self.cache_read = max(self.cache_read or 0, sum(get(part, 0) for part in _CACHE_PARTS))
        amounts: dict[str, int] = {
            "cache_read": self.cache_read or 0,
            "cache_write": max(self.write or 0, self.lifetimes),
            "reasoning": self.reasoning or 0,
            "tool_input": get("tool_input", 0),
            "input_parts": sum(get(part, 0) for part in _INPUT_PARTS),
            "output_parts": sum(get(part, 0) for part in _OUTPUT_PARTS),
            "lifetimes": self.lifetimes if self.write else 0,
        }
        #: Group → tokens, of those that have any.
        self.amounts = {group: amount for group, amount in amounts.items() if amount}
        #: Whether any count but a total is known.
        self.stated = any(value is not None for value in (*self._told(), *(amounts[g] or None for g in amounts)))
        self._forced = self._force()
        #: Whether parts were told that fit nowhere.
        self.at_odds = False

    def _told(self) -> tuple[int | None, ...]:
        return self.input, self.output, self.uncached, self.cache_read, self.reasoning, self.write

    def _force(self) -> dict[str, bool]:
        """Groups of which the counts themselves say that they are outside (True) or inside (False)."""
        cached = sum(self.amounts.get(group, 0) for group in _CACHE)
        if self.uncached is not None and cached:
            if self.input in (None, self.uncached):
                return dict.fromkeys(_CACHE, True)
            if self.input == self.uncached + cached:
                return dict.fromkeys(_CACHE, False)
        return {}

    def fitted(self, outside: set[str]) -> frozenset[str]:
        """`outside` with what cannot be inside, being larger than what it would be a part of."""
        amount = self.amounts.get
        fitted = {group for group in outside if self._forced.get(group) is not False}
        fitted.update(group for group, out in self._forced.items() if out and amount(group))
        if amount("lifetimes", 0) > (self.write or 0):
            fitted.add("lifetimes")
        prompt = (self.uncached if self.input is None else self.input) or 0
        if amount("input_parts", 0) > prompt:
            fitted.add("input_parts")
        if sum(self._amount(group, fitted) for group in _CACHE - fitted) > prompt:
            fitted.update(group for group in _CACHE if amount(group))
        if amount("tool_input", 0) > prompt:
            fitted.add("tool_input")
        answer = self.output or 0
        if amount("output_parts", 0) > answer:
            fitted.add("output_parts")
        if amount("reasoning", 0) > answer + (amount("output_parts", 0) if "output_parts" in fitted else 0):
            fitted.add("reasoning")
        return frozenset(fitted)

    def by_sums(self, outside: frozenset[str]) -> frozenset[str]:
        """Without a total, a sum tells: a whole that is the sum of its text and other parts has them inside."""
        get, amount = self.get, self.amounts.get
        changed = set(outside)
        if self.lifetimes == self.write:
            changed.discard("lifetimes")
        parts = amount("input_parts", 0)
        if get("input_text") and self.input:
            cached = sum(amount(group, 0) for group in _CACHE)
            if self.input == parts:
                changed.discard("input_parts")
            elif self.input == parts + cached:
                changed -= {"input_parts", *_CACHE}
        parts, thoughts = amount("output_parts", 0), amount("reasoning", 0)
        if get("output_text") and self.output:
            if self.output == parts + thoughts:
                changed -= {"output_parts", "reasoning"}
            elif self.output == parts:
                changed.discard("output_parts")
                changed |= {"reasoning"} if thoughts else set()
        return self.fitted(changed)

    def reading_for(self, total: int, usual: frozenset[str], sure: frozenset[str]) -> frozenset[str] | None:
        """The reading nearest to the usual one whose parts add up to the total; None where there is none."""
        free = [group for group in self.amounts if group not in sure and group not in self._forced]
        best: tuple[int, frozenset[str]] | None = None
        for choice in product((False, True), repeat=len(free)):
            wanted = (usual - set(free)) | {group for group, out in zip(free, choice, strict=True) if out}
            outside = self.fitted(set(wanted))
            if outside != wanted or self.sum(outside) != total:
                continue
            distance = self._distance(usual ^ outside)
            if best is None or distance < best[0]:
                best = distance, outside
        return best[1] if best else None

    def _distance(self, changed: frozenset[str]) -> int:
        distance = sum(_GROUPS[group] for group in changed)
        if self.google and "reasoning" in changed:
            distance += _GOOGLE_REASONING - _GROUPS["reasoning"]
        # Reads and writes of one cache stand in one place.
        return distance - (_GROUPS["cache_write"] if changed >= _CACHE else 0)

    def _amount(self, group: str, outside: Iterable[str]) -> int:
        if group == "cache_write" and "lifetimes" in outside:
            return (self.write or 0) + self.lifetimes
        return self.amounts.get(group, 0)

    def sum(self, outside: frozenset[str]) -> int:
        """All tokens, where these groups are beside what they may be a part of."""
        prompt: int = (self.uncached if self.input is None else self.input) or 0
        return prompt + (self.output or 0) + sum(self._amount(g, outside) for g in outside if g != "lifetimes")

    def usage(self, outside: frozenset[str]) -> Usage:
        """The buckets, where these groups are beside what they may be a part of."""
        prompt = self.uncached if self.input is None else self.input
        inside = sum(self._amount(group, outside) for group in _CACHE - outside)
        added = sum(self.amounts.get(group, 0) for group in ("tool_input", "input_parts") if group in outside)
        if prompt is not None or added:
            prompt = max(0, (prompt or 0) - inside + added)
        output = self.output
        added = sum(self.amounts.get(group, 0) for group in ("reasoning", "output_parts") if group in outside)
        if output is not None or added:
            output = (output or 0) + added
        short, long, rest = self.short, self.long, self.write
        if self.short is not None or self.long is not None:
            short, long = short or 0, long or 0
            rest = rest or 0 if "lifetimes" in outside else max(0, (rest or 0) - self.lifetimes)
        parts = self._parts(outside, prompt or 0)
        return Usage(prompt, self.cache_read, short, long, rest, output, self.reasoning, None, parts or None)

    def _parts(self, outside: frozenset[str], prompt: int) -> dict[str, int]:
        get = self.get
        parts = {
            f"{bucket}_{kind}": get(f"{bucket}_{kind}", 0)
            for bucket in ("input", "cache_read", "output")
            for kind in _MODALITIES
            if get(f"{bucket}_{kind}")
        }
        parts.pop("cache_read_video", None)
        if "input_parts" not in outside:
            if "cache_read" not in outside:
                # Audio of a prompt that contains its cache is audio of the cache as well.
                for kind in _MODALITIES:
                    cached = get(f"cache_read_{kind}", 0)
                    if cached and f"input_{kind}" in parts:
                        parts[f"input_{kind}"] = max(0, parts[f"input_{kind}"] - cached)
            self._spill(parts, prompt, outside)
        return {part: amount for part, amount in parts.items() if amount}

    def _spill(self, parts: dict[str, int], prompt: int, outside: frozenset[str]) -> None:
        """What is more than fits into the uncached input was read from the cache, or written to it.

        Of what is written parts are not kept: it has one price. What fits nowhere is at odds.
        """
        excess = sum(parts.get(f"input_{kind}", 0) for kind in _MODALITIES) - prompt
        read = 0 if "cache_read" in outside else self.cache_read or 0
        read -= sum(parts.get(f"cache_read_{kind}", 0) for kind in _MODALITIES)
        written = 0 if "cache_write" in outside else self._amount("cache_write", outside)
        for kind in _MODALITIES:
            moved = min(excess, parts.get(f"input_{kind}", 0))
            if moved <= 0:
                continue
            parts[f"input_{kind}"] -= moved
            excess -= moved
            into_read = min(moved, max(0, read))
            into_written = min(moved - into_read, written)
            read, written = read - into_read, written - into_written
            self.at_odds = self.at_odds or into_read + into_written < moved
            if kind != "video":
                parts[f"cache_read_{kind}"] = parts.get(f"cache_read_{kind}", 0) + into_read
