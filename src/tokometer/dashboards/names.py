"""What a value of a dimension is called, and its colour: the same wherever it appears."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from itertools import islice
from typing import Final

from tokometer.charts.colours import OTHER, UNKNOWN, Colours
from tokometer.collect.kept import WAYS
from tokometer.measures.run import OTHER_LABEL
from tokometer.records.providers import PROVIDERS
from tokometer.sources.registry import SOURCES

#: Names beyond these have no colour: nobody tells so many apart.
_MOST_COLOURED: Final = 1_000

#: What has no value of a dimension, where that is known to be none rather than unknown.
_NOTHING: Final = dict.fromkeys(("change", "change_state", "ticket", "repository"), "Unattributed")


@cache
def source_titles() -> dict[str, str]:
    """What people call each source, by its name."""
    # Sources are imported when they are asked for, which a start does not wait for.
    return {**WAYS, **{name: source.title for name, source in SOURCES.items()}}


class Names:
    """The values of one dimension, largest first."""

    def __init__(self, dimension: str, colours: Colours, values: Sequence[str]) -> None:
        self._dimension = dimension
        self._values = values
        known = [PROVIDERS[value].colour for value in values if dimension == "provider" and value in PROVIDERS]
        self._colours = colours.of(islice(self._own(values), _MOST_COLOURED), known)

    def _own(self, values: Iterable[str]) -> Iterator[str]:
        """Values that have no colour by themselves. Models share theirs with nothing else."""
        for value in values:
            if value and value != OTHER_LABEL and not (self._dimension == "provider" and value in PROVIDERS):
                yield value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def label(self, value: str) -> str:
        """What people call it."""
        if self._dimension == "provider" and value in PROVIDERS:
            return PROVIDERS[value].name
        if self._dimension == "day" and value:
            return f"{date.fromisoformat(value):%-d %b}"
        if self._dimension == "source":
            return source_titles().get(value, value) or "unknown"
        if self._dimension == "change_state" and value:
            return value.capitalize()
        return value or _NOTHING.get(self._dimension, "unknown")

    def colour(self, value: str) -> str:
        """Its colour, as `#rrggbb`; '' of days, of which nothing tells one from the other."""
        if self._dimension == "day":
            return ""
        if self._dimension == "provider" and value in PROVIDERS:
            return PROVIDERS[value].colour
        return self._colours.get(value, OTHER) if value else UNKNOWN
