"""Answers that would have more groups than anyone looks at: the largest stand apart, the others together.

Whoever sends records decides how many different models, users or sessions there are; a page must not become slow, or
large, because of it. Sums stay exact: what does not stand apart is in *Other*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from msgspec.structs import replace as with_fields

from tokometer.measures.ask import Ask
from tokometer.measures.cube import Cube
from tokometer.measures.kinds import Count, Dimension

#: Rows of an answer that pages and endpoints work with; one that has more is narrowed.
MOST_LOOKED_AT: Final = 30_000
#: The same where none of them is one of a series.
MOST_GROUPS: Final = 5_000
#: Values of each dimension that stand apart then: as many as do not make too many rows again.
APART: Final = (500, 100, 20)


def dimensions_of(ask: Ask) -> Iterator[Dimension]:
    """The dimensions that can be narrowed: those that are not time, and of which not just the largest are asked for."""
    grouped = ask.query.grouped[1:] if ask.kept is not None else ask.query.grouped
    return (dimension for dimension in grouped if not dimension.is_time)


def counting(ask: Ask, dimension: Dimension) -> Ask:
    """The question for the values of a dimension with most records."""
    query = ask.query
    counted = with_fields(
        query,
        measures=(_count_of(query.cube) or query.measures[0],),
        by=(dimension.name,),
        order=(),
        limit=0,
        compare="",
        top=APART[0],
        grain="",
    )
    return replace(ask, query=counted, grain=None, kept=None)


def narrowed(ask: Ask, largest: Mapping[str, tuple[str, ...]]) -> Iterator[Ask]:
    """The same question with fewer and fewer values apart, all others together; `largest` are those of each dimension.

    A dimension of few values is left as it is.
    """
    many = {name: values for name, values in largest.items() if len(values) >= APART[0]}
    for most in APART:
        if many:
            yield replace(ask, narrowed={name: values[:most] for name, values in many.items()})


def _count_of(cube: type[Cube]) -> str:
    """The measure that counts all records of a cube."""
    return next((m.name for m in cube.measures.values() if isinstance(m, Count) and not m.where), "")
