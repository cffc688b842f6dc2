"""Spans as a tree, whatever they say of each other: parents that are not there, that go in circles, that are two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

#: Why a span does not stand where it says: its parent is not here, it went in a circle, another has its span's id.
Broken = Literal["", "orphan", "circle", "twin"]


class Span(NamedTuple):
    """What places one record in its trace."""

    #: Empty where it has none.
    span_id: str
    parent_id: str
    #: Whether what names its span as parent stands below it; a line of a log only says in which span it was written.
    owns: bool = True
    #: Where in the list what it is about stands, for what names no span; None where that is not known.
    about: int | None = None
    #: It tells again what its span's owner counts as.
    again: bool = False
    #: Of several with one id the one with the lowest rank has it, and of those the first.
    rank: int = 0


@dataclass(slots=True)
class Placed:
    """Where one record stands in the tree."""

    #: Its number in the list that was given.
    number: int
    parent: int | None = None
    broken: Broken = ""
    #: 1 for those at the top.
    level: int = 1
    #: How many stand below it, at any depth.
    size: int = 0
    children: list[int] = field(default_factory=list)


#: How often a path is followed before it is known to be a circle is bounded by marking what was seen.
_UNSEEN, _ON_PATH, _DONE = 0, 1, 2


def tree(spans: Sequence[Span]) -> list[Placed]:
    """Every span once, in the order of a tree that is walked from its top; those of one parent in the order given.

    Of several with one id one is taken to be the one whose children name it (:attr:`Span.rank`). A circle is cut above
    the one of it that was given first, which then stands at the top.
    """
    placed = [Placed(number) for number in range(len(spans))]
    owners: dict[str, int] = {}
    for number in sorted(range(len(spans)), key=lambda number: spans[number].rank):
        if spans[number].owns and spans[number].span_id:
            owners.setdefault(spans[number].span_id, number)
    for one, span in zip(placed, spans, strict=True):
        one.parent, one.broken = _parent(one.number, span, owners)
    _cut_circles(placed)
    for one in placed:
        if one.parent is not None:
            placed[one.parent].children.append(one.number)
    return _walked(placed)


def _parent(number: int, span: Span, owners: dict[str, int]) -> tuple[int | None, Broken]:
    owner = owners.get(span.span_id) if span.span_id else None
    is_other = owner is not None and owner != number
    if is_other and (span.again or not span.owns):
        return owner, ""
    broken: Broken = "twin" if is_other else ""
    if span.parent_id:
        found = owners.get(span.parent_id)
        if found == number:
            return None, "circle"
        if found is not None:
            return found, broken
    if span.about is not None and span.about != number:
        return span.about, broken
    return None, broken or ("orphan" if span.parent_id else "")


def _cut_circles(placed: list[Placed]) -> None:
    state = [_UNSEEN] * len(placed)
    for start in range(len(placed)):
        path: list[int] = []
        at: int | None = start
        while at is not None and state[at] == _UNSEEN:
            state[at] = _ON_PATH
            path.append(at)
            at = placed[at].parent
        if at is not None and state[at] == _ON_PATH:
            first = min(path[path.index(at) :])
            placed[first].parent, placed[first].broken = None, "circle"
        for number in path:
            state[number] = _DONE


def _walked(placed: list[Placed]) -> list[Placed]:
    walked: list[Placed] = []
    waiting = [one for one in reversed(placed) if one.parent is None]
    while waiting:
        one = waiting.pop()
        walked.append(one)
        for number in reversed(one.children):
            placed[number].level = one.level + 1
            waiting.append(placed[number])
    for one in reversed(walked):
        if one.parent is not None:
            placed[one.parent].size += 1 + one.size
    return walked
