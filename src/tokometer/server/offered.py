"""What pages can filter by: the dimensions of calls, those that the settings make, and labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tokometer.dashboards.scope import NOT
from tokometer.measures import CUBES, Calls, QueryError, dimension_named
from tokometer.measures.labels import PREFIX, label_of
from tokometer.measures.made import made_of
from tokometer.server.runtime import Runtime

#: Of the dimensions that there always are; the parts of a time are chosen with the range.
DECLARED: Final = {
    name: dimension.title
    for name, dimension in CUBES["calls"].dimensions.items()
    if name != "session" and dimension.type == "text"
}
#: What is looked through for what somebody types.
_FINDABLE: Final = ("model", "provider", "source", "project", "team", "user", "agent", "environment", "status")


def offered(runtime: Runtime, parameters: Iterable[str] = ()) -> dict[str, str]:
    """Short names and titles; labels are those that take part in the rollups, and those that are asked for."""
    named = (name.removeprefix(NOT) for name in parameters)
    asked = [name for name in named if name.startswith(PREFIX) and _is_label(name)]
    return DECLARED | _made() | {name: dimension_named(f"calls.{name}").title for name in [*_rolled(runtime), *asked]}


def findable(runtime: Runtime) -> dict[str, str]:
    """Short names and titles of what values are looked for in."""
    titles = DECLARED | _made() | {name: dimension_named(f"calls.{name}").title for name in _rolled(runtime)}
    return {name: titles[name] for name in (*_FINDABLE, *_made(), *_rolled(runtime))}


def _made() -> dict[str, str]:
    return {made.short: made.title for made in made_of(Calls)}


def _rolled(runtime: Runtime) -> list[str]:
    return [label_of("calls", key).short for key in sorted(runtime.ledger.rolled)]


def _is_label(name: str) -> bool:
    try:
        return bool(dimension_named(f"calls.{name}"))
    except QueryError:
        return False
