"""What a panel may use to answer: the viewer's choices, the ledger's answers, settings and colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tokometer.charts.axes import Grain
from tokometer.charts.colours import Colours
from tokometer.dashboards.calendar import Window, later
from tokometer.dashboards.scope import Scope, grain_of
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import PREFIX, Matter, judge
from tokometer.measures import CUBES, Filter, Query, Question, Result
from tokometer.measures.query import Op
from tokometer.prices import PriceBook
from tokometer.settings import Settings

#: Puts a question to the ledger.
Ask = Callable[[Question], Result]
CALLS = "calls"


def _unmarked(_window: Window) -> Sequence[Any]:
    return ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a panel may use to answer."""

    scope: Scope
    ask: Ask
    colours: Colours
    settings: Settings = field(default_factory=Settings)
    book: PriceBook | None = None
    #: What is marked on a time axis over a window: price changes and incidents; see drawing.Mark.
    marks: Callable[[Window], Sequence[Any]] = _unmarked
    #: Alerts of rules that fire now and are about what the viewer looks at, each with the dimension of its value.
    firing: Callable[[], Sequence[Any]] = tuple
    #: What people noted of times in a window, which every time axis bears; part of the marks as well.
    notes: Callable[[Window], Sequence[Any]] = _unmarked
    #: What people answered to advice: values of :class:`tokometer.accounts.Answer`.
    answered: Callable[[], Sequence[Any]] = tuple
    #: What accounts tell of providers' statements: values of `judgement.reconciliation.Stated` by provider.
    statements: Callable[[], Mapping[str, Any]] = dict

    def window(self, name: str) -> Window:
        """The window of a panel: its own (`today`, `24h`, `30d`, `15m`, `month`), or for '' the viewer's."""
        if not name:
            return self.scope.window
        calendar = self.scope.calendar
        if name == "all":
            return Window(datetime.fromtimestamp(0, calendar.zone), calendar.day(1), ("all", ""), "All time")
        if name.endswith("m"):
            now = calendar.now
            return Window(later(now, -timedelta(minutes=int(name[:-1]))), now, (name, ""), f"{name[:-1]} min")
        return calendar.named(name)

    def grain(self, window: Window) -> Grain:
        """The period of a chart over a window."""
        return self.scope.grain if window is self.scope.window else grain_of(window)

    def where(self, cube: str = CALLS) -> tuple[Filter, ...]:
        """The viewer's filters, as far as a cube has their dimensions; see :meth:`unheard`."""
        given: tuple[tuple[Op, tuple[tuple[str, tuple[str, ...]], ...]], ...]
        given = (("in", self.scope.where), ("not in", self.scope.without))
        return tuple(
            Filter(f"{cube}.{name}", op, values)
            for op, pairs in given
            for name, values in pairs
            if cube == CALLS or name in CUBES[cube].dimensions
        )

    def unheard(self, cube: str) -> tuple[str, ...]:
        """The viewer's filters that a cube cannot follow, as it has no such dimension."""
        return tuple(name for name in self.scope.filtered if cube != CALLS and name not in CUBES[cube].dimensions)

    def query(
        self,
        window: Window | None,
        *measures: str,
        by: Sequence[str] = (),
        grain: str = "",
        compare: bool = False,
        top: int = 0,
        rank: str = "",
        where: Sequence[Filter] = (),
        other: bool = True,
    ) -> Result:
        """Ask in a window (None: all there is), with the viewer's filters and others.

        Names without a cube are those of calls; all of them are of one cube. `top` keeps the largest so many, by the
        measure `rank`; the others become *Other*, unless `other` is false.
        """
        cube = _cube(measures[0])
        since, until = window.asked if window else ("all", "")
        return self.ask(
            Query(
                measures=tuple(_full(name, cube) for name in measures),
                by=tuple(_full(name, cube) for name in by),
                where=(*self.where(cube), *where),
                since=since,
                until=until,
                tz=self.scope.zone.key,
                grain=grain,
                top=top,
                other=other or not top,
                order=(f"-{_full(rank, cube)}",) if rank else (),
                compare="previous" if compare and self.scope.compare and window else "",
            )
        )

    def judge(self, name: str, window: Window, by: str = "") -> Result:
        """Ask a judgement by its name, with or without `judgement.` in front, about the viewer's calls."""
        matter = self.matter(window, by)
        return judge(JUDGEMENTS[name.removeprefix(PREFIX)], matter, self.settings, self.ask)

    def matter(self, window: Window, by: str = "") -> Matter:
        """What is judged: the viewer's calls in a window."""
        since, until = window.asked
        return Matter(
            by=by,
            where=self.where(),
            since=since,
            until=until,
            tz=self.scope.zone.key,
            now=self.scope.now,
            book=self.book,
            stated=self.statements(),
        )


def _cube(name: str) -> str:
    return name.partition(".")[0] if "." in name else CALLS


def _full(name: str, cube: str) -> str:
    return name if name.startswith(f"{cube}.") else f"{cube}.{name}"
