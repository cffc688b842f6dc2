"""The rows of a judgement as a table: budgets, burn rates, movers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import JUDGED, described, judgement_of
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.cells import Cell, cell, evened
from tokometer.dashboards.certainty import mark_of
from tokometer.dashboards.context import Context
from tokometer.dashboards.kinds.stat import WORDS
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.dashboards.scope import Show
from tokometer.measures import dimension_named
from tokometer.measures.run import PREVIOUS
from tokometer.records.units import PERCENT, show

_GRADES: Final = ("critical", "warning", "good", "none")


@dataclass(frozen=True, slots=True)
class Progress:
    """A bar of how much of a `whole` is used, with a mark at what is `expected`: facts of the judgement."""

    used: str
    whole: str
    expected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts(Placed):
    """A judgement's rows, asked by one or several dimensions one after the other; a click on a name filters by it."""

    kind: ClassVar[str] = "verdicts"
    #: The judgement.
    of: str
    #: The dimensions that it is asked by; '' for all calls together.
    by: tuple[str, ...]
    #: What stands in the columns: facts, '' for the value itself. Those in words hold words of ours.
    columns: tuple[str, ...]
    #: What stands above them, where their own titles are too long; '' for those.
    titles: tuple[str, ...] = ()
    #: Which of them are changes: with their sign, and unless they are not `coloured`, as good or bad.
    changes: tuple[str, ...] = ()
    coloured: bool = True
    progress: Progress | None = None
    #: How it stands is a column, in the words of a fact, or those of standings.
    standing: bool = True
    word: str = ""
    #: Which rows are shown; all of them by default.
    only: Callable[[Mapping[str, Any]], bool] | None = None
    #: The worst first, instead of the judgement's own order.
    worst_first: bool = False
    #: The viewer may see how numbers have changed since the period before instead, which is then judged as well.
    compared: bool = False
    most: int = 12
    width: int = 6
    #: What is said where no row is left: what is not configured.
    nothing: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.of,)

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`tokometer.dashboards.panel.Panel`."""
        chosen = not self.window and not judgement_of(self.of)[0].window
        return (*(("range", "compare", "complete") if chosen else ()), *(("show",) if self.compared else ()))

    def view(self, context: Context) -> View:
        """A question a dimension."""
        window = context.window(self.window or judgement_of(self.of)[0].window)
        rows = [
            (by, row)
            for by in self.by
            for row in context.judge(self.of, window, by).rows
            if self.only is None or self.only(row)
        ]
        if self.worst_first:
            rows.sort(key=lambda found: _GRADES.index(found[1]["standing"]))
        if before := self._before(context, window):
            rows = [(by, {**row, **before(by, row)}) for by, row in rows]
        names = {
            by: Names(by, context.colours, [named(row[by]) for of, row in rows if of == by]) for by in self.by if by
        }
        made = [self._row(by, row, names, context.scope.told) for by, row in rows[: self.most]]
        self._even_out(made, context.scope.told)
        shown = {
            "rows": made,
            "beyond": max(0, len(rows) - self.most),
            "name": dimension_named(f"calls.{self.by[0]}").title if len(self.by) == 1 and self.by[0] else "Of",
            "named": self.by != ("",),
            "heads": [self._head(at, name) for at, name in enumerate(self.columns)],
            "standing": self.standing,
            "marked": self._marked,
            "progress": self.progress is not None,
            "sub": (window.title if self.window and "{range}" not in self.title else "")
            or (context.scope.against if self.compared else ""),
            "nothing": self.nothing,
        }
        facts = [fact.name for fact in judgement_of(self.of)[0].facts]
        short = self.of.removeprefix(JUDGED)
        columns = ("by", "name", self.of, *(f"{self.of}.{fact}" for fact in facts), f"{self.of}.standing")
        table = [
            (by, named(row[by]) if by else "", row[short], *(row[fact] for fact in facts), row["standing"])
            for by, row in rows
        ]
        return View(shown, Table(columns, table), window, empty=not rows)

    def _before(self, context: Context, window: Window) -> Callable[[str, Mapping[str, Any]], dict[str, Any]] | None:
        """Gives what each row was in the period before, under `….previous`; None where values are shown."""
        if not self.compared or context.scope.told == "value":
            return None
        meta = context.query(window, "requests", compare=True).meta
        found: dict[tuple[str, Any], Mapping[str, Any]] = {}
        if meta.previous_since and meta.previous_until:
            earlier = replace(window, asked=(meta.previous_since.isoformat(), meta.previous_until.isoformat()))
            rows = [(by, row) for by in self.by for row in context.judge(self.of, earlier, by).rows]
            found = {(by, row[by] if by else ""): row for by, row in rows}
        facts = [fact or self.of.removeprefix(JUDGED) for fact in self.columns]

        def before(by: str, row: Mapping[str, Any]) -> dict[str, Any]:
            former = found.get((by, row[by] if by else ""), {})
            return {fact + PREVIOUS: former.get(fact) for fact in facts}

        return before

    def _even_out(self, rows: Sequence[dict[str, Any]], how: Show) -> None:
        """Give the numbers of each column as many decimals."""
        if not self.compared:
            how = "value"
        columns = []
        for at, fact in enumerate(self.columns):
            column = evened([row["cells"][at][0] for row in rows], how)
            if how == "value" and fact in self.changes:
                column = [
                    replace(one, text=f"+{one.text}") if one.sort > 0 and not one.words else one for one in column
                ]
            columns.append(column)
        for at, row in enumerate(rows):
            row["cells"] = [(made[at], good) for made, (_, good) in zip(columns, row["cells"], strict=True)]

    @property
    def _marked(self) -> int:
        """Which column tells of how sure the cost is: the judgement's own amount, else what was spent; -1 is none."""
        own = "" if described(self.of).unit.style == "money" else None
        places = [at for name in (own, "cost", "spent") for at, fact in enumerate(self.columns) if fact == name]
        return places[0] if places else -1

    def _name(self, fact: str) -> str:
        return f"{self.of}.{fact}" if fact else self.of

    def _head(self, at: int, fact: str) -> tuple[str, str]:
        what = described(self._name(fact))
        title = (self.titles[at] if self.titles else "") or what.title
        return title, "text" if what.type in ("text", "flag") else "number"

    def _row(self, by: str, row: Mapping[str, Any], names: Mapping[str, Names], how: Show) -> dict[str, Any]:
        name = named(row[by]) if by else ""
        return {
            "by": by,
            "name": name,
            "label": names[by].label(name) if by else "Everything",
            "colour": names[by].colour(name) if by else "",
            "standing": row["standing"],
            "word": str(row[self.word]).replace("_", " ").capitalize() if self.word else WORDS[row["standing"]],
            "cells": [self._cell(fact, row, how) for fact in self.columns],
            "mark": mark_of(row),
            "bar": _bar(self.progress, row) if self.progress else None,
        }

    def _cell(self, fact: str, row: Mapping[str, Any], how: Show) -> tuple[Cell, str]:
        """The cell, and how a change is to be coloured."""
        name, key = self._name(fact), fact or self.of.removeprefix(JUDGED)
        value = row[key]
        if key + PREVIOUS in row and not isinstance(value, str):
            made = cell(name, {name: value, name + PREVIOUS: row[key + PREVIOUS]}, how)
            return made, "" if made.good is None else "better" if made.good else "worse"
        made = cell(name, {name: value})
        if made.words:
            return replace(made, text=made.text.replace("_", " ") if value not in ("", None) else ""), ""
        if fact not in self.changes or not value:
            return made, ""
        better = judgement_of(self.of)[0].better if self.coloured else ""
        signed = Cell(name, f"+{made.text}" if value > 0 else made.text, made.exact, made.sort)
        if not better:
            return signed, ""
        return signed, "better" if (value > 0) == (better == "higher") else "worse"


def named(value: object) -> str:
    """What a row is about, as text: days are ISO dates."""
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _bar(progress: Progress, row: Mapping[str, Any]) -> dict[str, Any]:
    """The bar's length and its mark, in per cent of a track that holds the larger of the whole and what is expected."""
    whole, used = float(row[progress.whole] or 0), float(row[progress.used] or 0)
    expected = float(row[progress.expected] or 0) if progress.expected else 0.0
    track = max(whole, used, expected)
    if not whole:
        return {"used": 0, "whole": 0, "expected": 0, "title": ""}
    return {
        "used": round(100 * used / track, 2),
        "whole": round(100 * whole / track, 2),
        "expected": round(100 * expected / track, 2),
        "title": f"{show(used / whole, PERCENT)} used"
        + (f", {show(expected / whole, PERCENT)} expected" if expected else ""),
    }


@dataclass(frozen=True, slots=True)
class HasAny:
    """True for rows in which a fact is known and not zero."""

    fact: str

    def __call__(self, row: Mapping[str, Any]) -> bool:
        """Of a row."""
        return bool(row[self.fact])
