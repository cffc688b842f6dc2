"""How much of what there is to try is tried in `make test`; its long form, `make faults`, tries all of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import product
from typing import TypeVar

ENGINES = ("duckdb", "clickhouse")
A = TypeVar("A")
B = TypeVar("B")

LONG = os.environ.get("FAULTS") == "long"
#: A quarter of the examples finds what breaks a property at once.
_SHORT = 4


def examples(many: int) -> int:
    """How many examples a property that asks ledgers, files or servers is tried with: a quarter in `make test`."""
    return many if LONG else max(2, many // _SHORT)


def in_turn(ones: Sequence[A], ways: Sequence[B]) -> list[tuple[A, B]]:
    """Each of `ones` in each of `ways` in the long form; in `make test` in one of them, and the next in the next."""
    if LONG:
        return list(product(ones, ways))
    return [(one, ways[at % len(ways)]) for at, one in enumerate(ones)]


def share(things: Sequence[A], engine: str) -> Sequence[A]:
    """All of `things` in the long form; in `make test` every other one, and on the other engine the others."""
    return things if LONG else things[ENGINES.index(engine) :: 2]
