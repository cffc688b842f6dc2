"""What a panel and a dashboard are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tokometer.charts.colours import Colours
from tokometer.dashboards.scope import Scope, Window
from tokometer.measures import Filter, Query, Result

#: Puts a question to the ledger.
Ask = Callable[[Query], Result]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows behind a panel, for CSV and JSON: exact values, no formatting."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class View:
    """A panel's answer: what its template shows, what its chart draws, and the rows behind both."""

    shown: dict[str, Any]
    table: Table
    #: The window that the answer is about.
    window: Window | None
    #: See charts.specs and dashboards.drawing.
    chart: dict[str, Any] | None = None
    #: There is nothing to show, with these filters or at all.
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a panel may use to answer."""

    scope: Scope
    ask: Ask
    colours: Colours

    def query(
        self,
        window: Window | None,
        *measures: str,
        by: Sequence[str] = (),
        grain: str = "",
        compare: bool = False,
        top: int = 0,
        rank: str = "",
    ) -> Result:
        """Ask about the calls in a window (None: all there are), with the viewer's filters.

        `top` keeps the largest so many, by the measure `rank`; the others become *Other*.
        """
        since, until = window.asked if window else ("all", "")
        return self.ask(
            Query(
                measures=tuple(f"calls.{name}" for name in measures),
                by=tuple(f"calls.{name}" for name in by),
                where=tuple(Filter(f"calls.{name}", "in", values) for name, values in self.scope.where),
                since=since,
                until=until,
                tz=self.scope.zone.key,
                grain=grain,
                top=top,
                order=(f"-calls.{rank}",) if rank else (),
                compare="previous" if compare and self.scope.compare and window else "",
            )
        )


class Panel(Protocol):
    """Something that a dashboard shows."""

    @property
    def id(self) -> str:
        """Its name in URLs, unique over all dashboards: `usage.periods`."""

    @property
    def title(self) -> str:
        """What stands above it."""

    @property
    def kind(self) -> str:
        """Which template shows it, and which skeleton waits for it."""

    @property
    def width(self) -> int:
        """Columns of twelve, on a wide screen."""

    @property
    def every(self) -> int:
        """Seconds that an answer holds if nothing new arrives."""

    @property
    def uses(self) -> tuple[str, ...]:
        """Which choices of the viewer it depends on, beside zone and filters: range, compare, trend, measure."""

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from, for "How is this computed?"."""

    def view(self, context: Context) -> View:
        """Ask, and answer."""


@dataclass(frozen=True, slots=True)
class Section:
    """Panels that stand together under a heading, which `control` may let the viewer switch."""

    panels: tuple[Panel, ...]
    title: str = ""
    control: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of panels."""

    id: str
    title: str
    sections: tuple[Section, ...] = field(default=())

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All of its panels, in order."""
        return tuple(panel for section in self.sections for panel in section.panels)
