"""A card for each value of a dimension: its state, a few figures, and what it holds most of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import STANDING, Row, adds_up, described, rows_of
from tokometer.dashboards.cells import Cell, cell
from tokometer.dashboards.certainty import CERTAINTY_NAMES, mark_in
from tokometer.dashboards.context import Context
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Listed, Table, View
from tokometer.measures import Filter

_COST: Final = "calls.cost"
#: Of the inner dimension, as many as are named on a card.
_INNER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards(Listed):
    """The values of a dimension as cards.

    Each has a judged `state` in words, `figures` as (name, words, window), and the largest values of another dimension
    (`inner`) by a measure (`of`).
    """

    kind: ClassVar[str] = "cards"
    by: str
    state: str
    figures: tuple[tuple[str, str, str], ...]
    inner: str
    of: str
    #: What `of` counts, in words.
    words: str
    width: int = 12
    most: int = 24
    #: Cards before those that are opened by a click.
    top: int = 8

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(dict.fromkeys((self.state, *(name for name, *_ in self.figures), self.of)))

    def view(self, context: Context) -> View:
        """Those that are used, the most used first, then those that were once."""
        window = context.window(self.window)
        states = {row[self.by]: row for row in rows_of(context, [self.state, self.of], window=window, by=self.by)}
        changes = context.scope.told != "value"
        figures = [
            {
                row[self.by]: row
                for row in rows_of(context, _asked(name), window=context.window(own), by=self.by, compare=changes)
            }
            for name, _, own in self.figures
        ]
        inner = self._inner(context)
        names = sorted(states, key=lambda name: (-float(states[name].get(self.of) or 0), name))
        named = Names(self.by, context.colours, names)
        cards = [
            {
                "name": name,
                "label": named.label(name),
                "colour": named.colour(name),
                "state": cell(self.state, states[name]),
                "standing": str(states[name].get(self.state + STANDING) or "none"),
                "figures": [
                    (
                        words,
                        cell(key, rows.get(name) or _none_of(key), context.scope.told),
                        mark_in(rows.get(name) or {}),
                        own,
                    )
                    for (key, words, own), rows in zip(self.figures, figures, strict=True)
                ],
                "inner": inner.get(name, []),
            }
            for name in names[: self.most]
        ]
        told = [(key, own) for name, _, own in self.figures for key in _asked(name)]
        keys = (self.by, self.state, self.of, *(f"{key} ({own})" for key, own in told))
        table = [
            (
                name,
                states[name].get(self.state),
                states[name].get(self.of),
                *(
                    (rows.get(name) or _none_of(key)).get(key)
                    for (figure, *_), rows in zip(self.figures, figures, strict=True)
                    for key in _asked(figure)
                ),
            )
            for name in names
        ]
        shown = {
            "cards": cards,
            "dimension": self.by,
            "words": self.words,
            "top": self.top,
            "more": max(0, len(cards) - self.top),
            "sub": " · ".join(
                filter(None, (f"{len(cards)} of {len(names)}" if len(names) > len(cards) else "", _against(context)))
            ),
        }
        return View(shown, Table(keys, table), window, empty=not cards)

    def _inner(self, context: Context) -> Mapping[str, Sequence[tuple[str, str, Cell]]]:
        """The largest of each: what it is called, its name, how much."""
        short = self.of.partition(".")[2]
        told = context.scope.told
        found: dict[str, list[tuple[str, str, Cell]]] = {}
        for row in sorted(self._pairs(context), key=lambda row: (-float(row[short] or 0), row[self.inner] or "")):
            held = found.setdefault(row[self.by], [])
            if len(held) < _INNER and row[short]:
                values = {f"{self.of}{key.removeprefix(short)}": row[key] for key in row if key.startswith(short)}
                held.append((row[self.inner] or "unknown", row[self.inner] or "", cell(self.of, values, told)))
        return found

    def _pairs(self, context: Context) -> Iterator[Mapping[str, Any]]:
        """The measure by both dimensions.

        What only one card holds is that card's, so that conversations come from their own rows; of what several hold,
        the calls tell.
        """
        window = context.window(self.window)
        holders: dict[str, list[str]] = {}
        for row in context.query(window, "requests", by=(self.by, self.inner)).rows:
            if row["requests"]:
                holders.setdefault(row[self.inner], []).append(row[self.by])
        compare = context.scope.told != "value"
        for row in context.query(window, self.of, by=(self.inner,), rank=self.of, compare=compare).rows:
            held = holders.get(row[self.inner], ())
            if len(held) == 1:
                yield {**row, self.by: held[0]}
        several = tuple(sorted(name for name, held in holders.items() if len(held) > 1))
        if several:
            only = Filter(f"calls.{self.inner}", "in", several)
            pairs = (self.by, self.inner)
            yield from context.query(window, self.of, by=pairs, rank=self.of, where=(only,), compare=compare).rows


def _asked(name: str) -> list[str]:
    """A measure, and with a cost what says how sure it is."""
    return [name, *(CERTAINTY_NAMES if name == _COST else ())]


def _none_of(name: str) -> Row:
    """What is known of a measure where nothing was used: a sum is zero, all else is unknown."""
    return {name: Decimal(0) if described(name).unit.style == "money" else 0} if adds_up(name) else {}


def _against(context: Context) -> str:
    """What changes are against: each figure has a window of its own."""
    return "" if context.scope.told == "value" else "change against the period before"
