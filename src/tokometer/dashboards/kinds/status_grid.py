"""How every value of a dimension stands, a tile each: in a word, with an icon and a colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import STANDING, described, rows_of
from tokometer.dashboards.cells import Cell, cell
from tokometer.dashboards.context import Context
from tokometer.dashboards.kinds.stat import WORDS, Also
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.judgement.declared import Standing

#: Tiles that are shown; whoever stands worst is among them. All are in the CSV.
MOST: Final = 60
#: Standings, the worst first.
GRADES: Final[tuple[Standing, ...]] = ("critical", "warning", "good", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusGrid(Placed):
    """A judgement by the values of a dimension, in the order of their names, so that each keeps its place.

    Whoever is known without having traffic has a tile, too, and says "No data".
    """

    kind: ClassVar[str] = "grid"
    #: The judgement.
    of: str
    by: str = "provider"
    #: The large figure: a fact of the judgement or a measure, if not the judgement's value. A value in words has none.
    figure: str = ""
    #: The small line below: measures, or facts of the judgement, with words behind each.
    also: tuple[Also, ...] = ()
    #: The fact that says in a word how it stands; without one, the words of standings.
    word: str = ""
    width: int = 12

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(dict.fromkeys((self.of, self.figure or self.of, *(one.of for one in self.also))))

    def view(self, context: Context) -> View:
        """A tile each, and how many stand how."""
        window = context.window(self.window)
        # Only whom the judgement knows of has a tile.
        rows = [row for row in rows_of(context, self.measures, window=window, by=self.by) if self.of in row]
        names = Names(self.by, context.colours, [row[self.by] or "" for row in rows])
        rows.sort(key=lambda row: (names.label(row[self.by] or "").casefold(), row[self.by] or ""))
        kept = {row[self.by] for row in sorted(rows, key=self._grade)[:MOST]}
        tiles = [self._tile(row, names) for row in rows if row[self.by] in kept]
        words = self._words()
        keys = (self.by, *self.measures, *words)
        return View(
            {
                "tiles": tiles,
                "dimension": self.by,
                "sub": _counted([self._standing(row)[1] for row in sorted(rows, key=self._grade)]),
                "beyond": len(rows) - len(tiles),
            },
            Table(keys, [tuple(row.get(key) for key in keys) for row in rows]),
            window,
            empty=not rows,
        )

    def _words(self) -> tuple[str, ...]:
        return tuple(name for name in (self.word, self.of + STANDING) if name)

    def _grade(self, row: Mapping[str, Any]) -> int:
        return GRADES.index(row.get(self.of + STANDING) or "none")

    def _tile(self, row: Mapping[str, Any], names: Names) -> dict[str, Any]:
        name = row[self.by] or ""
        standing, word = self._standing(row)
        figure = cell(self.figure or self.of, row)
        has_word = isinstance(row.get(self.figure or self.of), str)
        return {
            "name": name,
            "label": names.label(name),
            "colour": names.colour(name),
            "standing": standing,
            "word": word,
            "figure": None if has_word else figure,
            "title": described(figure.name).title,
            "small": self._small(row) if standing != "none" else [],
        }

    def _small(self, row: Mapping[str, Any]) -> list[tuple[Cell, str]]:
        return [(cell(one.of, row), one.words) for one in self.also if row.get(one.of) is not None]

    def _standing(self, row: Mapping[str, Any]) -> tuple[str, str]:
        """How it stands, and what that is called."""
        standing = str(row.get(self.of + STANDING) or "none")
        value = row.get(self.of)
        word = row.get(self.word) if self.word else value if isinstance(value, str) else ""
        said = str(word or WORDS[standing]).replace("_", " ")
        return standing, said[:1].upper() + said[1:].lower()


def _counted(words: Iterable[str]) -> str:
    """How often each word is there, in the order in which they come: `1 critical · 14 healthy`."""
    return " · ".join(f"{count:,} {word.lower()}" for word, count in Counter(words).items())
