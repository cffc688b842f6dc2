"""The rows of a judgement that lists things of its own, each with a link to the records behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tokometer.dashboards.answers import JUDGED, described, judgement_of
from tokometer.dashboards.cells import cell, evened
from tokometer.dashboards.context import Context
from tokometer.dashboards.drill import Condition, Drill
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.records.units import PERCENT, show

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Leads:
    """Where a row leads: the measure whose records stand behind it, what they have in common, and their period."""

    of: str
    at: Sequence[Condition] = ()
    #: As in :meth:`Drill.query`; '' for the panel's window.
    within: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Itemised(Placed):
    """A judgement's rows as a table: what each is called, a bar of its share, further facts, a link to its records."""

    kind: ClassVar[str] = "itemised"
    #: The judgement.
    of: str
    #: The fact that a row is called by, and what stands smaller below it.
    name: str
    under: Callable[[Row], str]
    #: What stands in the columns: facts, '' for the value itself.
    columns: tuple[str, ...]
    #: What stands above them, where their own titles are too long; '' for those.
    titles: tuple[str, ...] = ()
    #: The columns that are changes, and have their sign.
    changes: tuple[str, ...] = ()
    #: A fact that is a share of the whole, drawn as a bar.
    share: str = ""
    #: A fact that says in a word how a row stands, drawn with its standing.
    word: str = ""
    #: The rows that are shown, and where they lead.
    only: Callable[[Row], bool] | None = None
    to: Callable[[Row], Leads | None]
    most: int = 12
    width: int = 12
    nothing: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.of,)

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`tokometer.dashboards.panel.Panel`."""
        return () if self.window or judgement_of(self.of)[0].window else ("range", "complete")

    def view(self, context: Context) -> View:
        """One question, and an address a row."""
        window = context.window(self.window or judgement_of(self.of)[0].window)
        rows = [row for row in context.judge(self.of, window).rows if self.only is None or self.only(row)]
        leads = [self.to(row) for row in rows[: self.most]]
        drill = Drill.of(context, window, [self.of, *(one.of for one in leads if one)])
        made = [self._row(row, one, drill) for row, one in zip(rows, leads, strict=False)]
        for at, name in enumerate(self.columns):
            for one, even in zip(made, evened([one["cells"][at] for one in made], "value"), strict=True):
                plus = name in self.changes and even.sort > 0 and not even.text.startswith(("+", "–"))
                one["cells"][at] = (even, "+" if plus else "")
        facts = [fact.name for fact in judgement_of(self.of)[0].facts]
        short = self.of.removeprefix(JUDGED)
        return View(
            {
                "rows": made,
                "name": described(f"{self.of}.{self.name}").title,
                "heads": [self._head(at, name) for at, name in enumerate(self.columns)],
                "share": bool(self.share),
                "state": described(f"{self.of}.{self.word}").title if self.word else "",
                "beyond": max(0, len(rows) - self.most),
                "nothing": self.nothing,
                "sub": "",
            },
            Table(
                (self.of, *(f"{self.of}.{fact}" for fact in facts)),
                [(row[short], *(row[fact] for fact in facts)) for row in rows],
            ),
            window,
            empty=not rows,
        )

    def _name(self, fact: str) -> str:
        return f"{self.of}.{fact}" if fact else self.of

    def _head(self, at: int, fact: str) -> tuple[str, str]:
        what = described(self._name(fact))
        title = (self.titles[at] if self.titles else "") or what.title
        return title, "text" if what.type in ("text", "flag") else "number"

    def _row(self, row: Row, leads: Leads | None, drill: Drill) -> dict[str, Any]:
        share = float(row[self.share] or 0) if self.share else 0.0
        keys = [(self._name(fact), fact or self.of.removeprefix(JUDGED)) for fact in self.columns]
        return {
            "label": row[self.name] or "(no name)",
            "under": self.under(row),
            "share": max(0.0, min(share, 1.0)),
            "share_text": show(share, PERCENT) if self.share else "",
            "standing": row["standing"] if self.word else "",
            "word": str(row[self.word] or "").capitalize() if self.word else "",
            "cells": [cell(name, {name: row[key]}) for name, key in keys],
            "to": drill.address(leads.of, leads.at, leads.within) if leads else "",
        }
