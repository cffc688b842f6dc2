"""What a call states of its use, as numbers that can be compared, added and taken from each other.

Used where one call, or a sum of several, is stated more than once: see :mod:`tokometer.records.tellings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from tokometer.records.kinds import PARTS, ModelCall

#: The buckets of a prompt, in the order in which they give way where another bucket was told more exactly elsewhere: an
#: input that leaves the cache unsaid holds it.
PROMPT: Final = (
    "input_tokens",
    "cache_write_unknown_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)
_LIFETIMES: Final = ("cache_write_5m_tokens", "cache_write_1h_tokens")


@dataclass(slots=True)
class Stated:
    """Tokens by bucket; a bucket that is unknown is missing, None, or not among the keys."""

    prompt: dict[str, int] = field(default_factory=dict)
    output: int | None = None
    reasoning: int | None = None
    unsplit: int | None = None
    parts: dict[str, int] = field(default_factory=dict)
    quantities: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, call: ModelCall) -> Self:
        """What a call states."""
        return cls(
            {name: count for name in PROMPT if (count := getattr(call, name)) is not None},
            call.output_tokens,
            call.reasoning_tokens,
            call.unsplit_tokens,
            dict(call.parts or {}),
            dict(call.quantities or {}),
        )

    def fields(self) -> dict[str, Any]:
        """The fields of a call that states this."""
        return {
            **{name: self.prompt.get(name) for name in PROMPT},
            "output_tokens": self.output,
            "reasoning_tokens": self.reasoning,
            "unsplit_tokens": self.unsplit,
            "parts": self.parts or None,
            "quantities": self.quantities or None,
        }

    @property
    def prompt_total(self) -> int:
        """All tokens that are known to have gone in."""
        return sum(self.prompt.values())

    @property
    def output_total(self) -> int:
        """All tokens that are known to have come out."""
        return self.output or 0

    @property
    def total(self) -> int:
        """All tokens; 0 where nothing is stated, and where somebody writes zeros for what he does not know."""
        return self.prompt_total + self.output_total + (self.unsplit or 0)

    @property
    def knowledge(self) -> tuple[int, int]:
        """How much it knows: buckets that hold something, and buckets."""
        counts = [*self.prompt.values(), self.output, self.reasoning]
        known = [count for count in counts if count is not None]
        return sum(map(bool, known)) + sum(map(bool, self.parts.values())), len(known) + len(self.parts)

    def add(self, more: Self) -> None:
        """Count more beside it."""
        for name, count in more.prompt.items():
            self.prompt[name] = self.prompt.get(name, 0) + count
        for name in ("output", "reasoning", "unsplit"):
            count = getattr(more, name)
            if count is not None:
                setattr(self, name, (getattr(self, name) or 0) + count)
        _add(self.parts, more.parts)
        _add(self.quantities, more.quantities)


def rest_of(whole: Stated, explained: Iterable[Stated]) -> Stated:
    """What a sum states beyond what others explain of it: of prompt and output each what is left, never below zero.

    Where the parts are split into buckets otherwise than the whole, what one bucket lacks is taken from the others.
    """
    below = Stated()
    for one in explained:
        below.add(one)
    prompt = max(0, whole.prompt_total - below.prompt_total)
    output = max(0, whole.output_total - below.output_total)
    unsplit = below.unsplit or 0
    rest = Stated()
    if whole.unsplit:
        beyond = max(0, below.prompt_total - whole.prompt_total) + max(0, below.output_total - whole.output_total)
        rest.unsplit = max(0, whole.unsplit - beyond - unsplit)
    else:
        taken = min(prompt, unsplit)
        prompt -= taken
        output -= min(output, unsplit - taken)
    rest.prompt = _split(prompt, whole.prompt, below.prompt)
    if whole.output is not None:
        rest.output = output
    if whole.reasoning is not None:
        rest.reasoning = min(output, max(0, whole.reasoning - (below.reasoning or 0)))
    for name, count in whole.parts.items():
        room = rest.fields().get(PARTS.get(name, "")) or 0
        left = min(room, max(0, count - below.parts.get(name, 0)))
        if left:
            rest.parts[name] = left
    rest.quantities = more_of(whole.quantities, below.quantities)
    return rest


def _split(total: int, whole: Mapping[str, int], below: Mapping[str, int]) -> dict[str, int]:
    """`total` over the buckets of `whole`, as its differences to `below` say."""
    left = {name: max(0, whole[name] - below.get(name, 0)) for name in PROMPT if name in whole}
    excess = sum(left.values()) - total
    # Writes of a known lifetime stand in a whole that knows no lifetimes among those of an unknown one.
    known = sum(max(0, below.get(name, 0) - whole.get(name, 0)) for name in _LIFETIMES)
    excess -= _take(left, "cache_write_unknown_tokens", min(known, excess))
    for name in PROMPT:
        excess -= _take(left, name, excess)
    return left


def _take(left: dict[str, int], name: str, count: int) -> int:
    taken = max(0, min(left.get(name, 0), count))
    if taken:
        left[name] -= taken
    return taken


def more_of(some: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    """What `some` has beyond `others`, by name."""
    return {name: count - others.get(name, 0) for name, count in some.items() if count > others.get(name, 0)}


def extends(more: Stated, less: Stated) -> bool:
    """Whether `more` says of an answer what `less` says, and buckets of the prompt that `less` leaves out."""
    return (
        bool(less.prompt)
        and more.output_total == less.output_total
        and all(more.prompt.get(name) == count for name, count in less.prompt.items())
    )


def agree(one: Stated, other: Stated, *, on_prompts: bool) -> bool:
    """Whether two statements can be of one answer. `on_prompts`: it is enough that their prompts are the same."""
    if not one.total or not other.total:
        return True
    if one.unsplit or other.unsplit:
        return one.total == other.total
    if one.prompt_total == other.prompt_total and (on_prompts or one.output_total == other.output_total):
        return True
    return extends(one, other) or extends(other, one)


def together(kept: Stated, other: Stated) -> Stated:
    """The richer word of two on one and the same answer, the first where they know equally much."""
    prompt = kept.prompt
    if (
        (not kept.prompt_total and other.prompt)
        or (kept.prompt_total == other.prompt_total and other.prompt and _knows(other.prompt) > _knows(kept.prompt))
        or extends(other, kept)
    ):
        prompt = other.prompt
    outputs = [output for output in (kept.output, other.output) if output is not None]
    reasoning = [count for count in (kept.reasoning, other.reasoning) if count is not None]
    known = bool(prompt or outputs)
    quantities = {
        name: max(kept.quantities.get(name, 0), other.quantities.get(name, 0))
        for name in sorted({*kept.quantities, *other.quantities})
    }
    return Stated(
        dict(prompt),
        max(outputs) if outputs else None,
        max(reasoning) if reasoning else None,
        None if known else kept.unsplit or other.unsplit,
        {**other.parts, **kept.parts},
        quantities,
    )


def _knows(prompt: Mapping[str, int]) -> tuple[int, int]:
    return sum(map(bool, prompt.values())), len(prompt)


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count
