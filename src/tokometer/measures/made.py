"""Dimensions made by rules: what they are, and which there are. See :mod:`tokometer.measures.rules`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from tokometer.measures.cube import Cube
from tokometer.measures.kinds import Dimension

if TYPE_CHECKING:
    from tokometer.measures.ask import Condition


class Case(NamedTuple):
    """The value where all conditions hold."""

    value: str
    where: tuple[Condition, ...]


@dataclass(eq=False)
class Made(Dimension):
    """The value of the first case that holds, else `default`."""

    cases: tuple[Case, ...] = field(default=(), kw_only=True)
    default: str = field(default="", kw_only=True)


#: The made dimensions of this process's data folder, by name. Changed by :func:`tokometer.measures.rules.use` alone.
MADE: Final[dict[str, Made]] = {}


def made_of(cube: type[Cube]) -> list[Made]:
    """The made dimensions of a cube."""
    return [made for made in MADE.values() if made.name.partition(".")[0] == cube.name]


def bases(dimension: Dimension) -> Iterator[Dimension]:
    """What a dimension is worked out from: itself, or all that the rules of a made one look at."""
    if not isinstance(dimension, Made):
        yield dimension
        return
    for case in dimension.cases:
        for condition in case.where:
            yield from bases(condition.dimension)
