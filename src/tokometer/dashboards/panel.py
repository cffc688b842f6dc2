"""What a panel and a dashboard are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import wraps
from typing import Any, ClassVar, Final, Protocol

from tokometer.dashboards.answers import JUDGED, judgement_of
from tokometer.dashboards.calendar import RANGES, Window
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import window_text
from tokometer.dashboards.scope import DEFAULT_BY, DEFAULT_RANGE, Scope
from tokometer.measures import Filter, dimension_named

#: Stands in a title for the window that the panel is about: `Request Volume ({range})`.
RANGE: Final = "{range}"


@dataclass(frozen=True, slots=True)
class Table:
    """The rows behind a panel, for CSV and JSON: exact values, no formatting.

    Columns are named as what they hold: `model`, `time`, `calls.cost`, `calls.cost.previous`, `judgement.health_score`.
    """

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
    #: Conditions of all of its numbers that are no choice of the viewer.
    where: tuple[Filter, ...] = ()


class Panel(Protocol):
    """Something that a dashboard shows: a value of one of the kinds in :mod:`tokometer.dashboards.kinds`."""

    #: Which template shows it, and which skeleton waits for it.
    kind: ClassVar[str]

    @property
    def id(self) -> str:
        """Its name in URLs, unique over all dashboards: `usage.periods`."""

    @property
    def title(self) -> str:
        """What stands above it; `{range}` in it is the window."""

    @property
    def width(self) -> int:
        """Columns of twelve, on a wide screen."""

    @property
    def every(self) -> int:
        """Seconds that an answer holds if nothing new arrives."""

    @property
    def window(self) -> str:
        """The window that it is always about; empty where the viewer chooses."""

    @property
    def how(self) -> str:
        """What it is good for and how to read it, in a sentence or two, for the guide."""

    @property
    def leads(self) -> str:
        """The id of the dashboard that tells more; '' for none. Links pass window, zone, filters and names on."""

    @property
    def uses(self) -> tuple[str, ...]:
        """Which choices of the viewer it depends on, beside zone and filters; see :meth:`Scope.key`."""

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures and judgements that it is computed from, for "How is this computed?"."""

    def view(self, context: Context) -> View:
        """Ask, and answer."""


def narrowed(panel: Any, context: Context) -> Context:  # noqa: ANN401 - a panel of any kind
    """A context in which what a panel itself filters by is filtered by beside the viewer's choices."""
    where = context.scope.where
    own = tuple(one for one in getattr(panel, "filters", ()) if one not in where)
    return replace(context, scope=replace(context.scope, where=where + own)) if own else context


def _narrowing(view: Callable[[Any, Context], View]) -> Callable[[Any, Context], View]:
    """A kind's answer, given what the viewer and the panel itself filter by."""

    @wraps(view)
    def answer(panel: Any, context: Context) -> View:  # noqa: ANN401 - a panel of any kind
        return view(panel, narrowed(panel, context))

    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What panels of all kinds have in common."""

    kind: ClassVar[str] = ""
    #: How the kind works its numbers out, where that is more than its measures say.
    method: ClassVar[str] = ""

    id: str
    title: str
    width: int = 4
    every: int = 60
    window: str = ""
    how: str = ""
    #: The dashboard that tells more of what it shows; see :attr:`Panel.leads`.
    leads: str = ""
    #: What it is always about, beside the viewer's filters: dimensions by their short names, and their values.
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __init_subclass__(cls) -> None:
        """Have each kind answer within its own filters."""
        view = cls.__dict__.get("view")
        if view is not None and not hasattr(view, "__wrapped__"):
            cls.view = _narrowing(view)  # type: ignore[attr-defined]

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`Panel`."""
        return () if self.window else ("range", "compare", "complete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Placed):
    """A panel that is a table, which shows values, changes or changes in per cent, as the viewer chooses."""

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`Panel`."""
        return (*(() if self.window else ("range", "complete")), "compare", "show")


#: Stands in a title for the dimension that the viewer chooses.
BY: Final = "{by}"


def by_title(title: str, by: str) -> str:
    """A title with its dimension in it: `By team`, `By API key`."""
    if BY not in title:
        return title
    words = dimension_named(f"calls.{by}").title
    return title.replace(BY, words if words[:2].isupper() else words[:1].lower() + words[1:])


#: What the measures that the viewer switches between are called for short.
SHORT: Final = {"calls.cost": "Cost", "calls.total_tokens": "Tokens", "calls.requests": "Requests"}


def titled(panel: Panel, scope: Scope | None = None, default: str = DEFAULT_RANGE) -> str:
    """A panel's title with the window in it, as this viewer sees it; without one, as the dashboard opens."""
    if RANGE not in panel.title:
        title = by_title(panel.title, scope.by if scope else DEFAULT_BY)
        if scope is None or not getattr(panel, "switch", False):
            return title
        # The measure that the viewer has switched to stands in front.
        return f"{SHORT[f'calls.{scope.measure}']} {title[:1].lower()}{title[1:]}"
    name = panel.window or (scope.range if scope else default)
    if panel.title == RANGE:
        return scope.window.title if scope and not panel.window else RANGES[name]
    if name == "custom" and scope:
        return panel.title.replace(RANGE, window_text(scope.window))
    long = RANGES.get(name, name)
    return panel.title.replace(RANGE, name if name[0].isdigit() else long)


#: Windows of panels that are no ranges of the menu, in words.
_WINDOWS: Final = {"5m": "Last 5 min", "15m": "Last 15 min", "6h": "Last 6 hours", "72h": "Last 72 hours"}


def own_window(panel: Panel, title: str = "") -> str:
    """The window that a panel is about whatever the viewer chooses, in words; '' where there is none.

    That of its judgement counts as its own. Nothing is said of all time, and what the `title` says already.
    """
    judged = {judgement_of(name)[0].window for name in panel.measures if name.startswith(JUDGED)} - {""}
    name = panel.window or (judged.pop() if len(judged) == 1 else "")
    words = _WINDOWS.get(name) or RANGES.get(name, "")
    return "" if words.casefold() in title.casefold() or f"({name}" in title else words


@dataclass(frozen=True, slots=True)
class Section:
    """Panels that stand together under a heading, which `control` may let the viewer switch."""

    panels: tuple[Panel, ...]
    title: str = ""
    control: str = ""


class Group(StrEnum):
    """A heading of the sidebar; they stand in this order."""

    OBSERVE = "Observe"
    COMPARE = "Compare"
    MONEY = "Money"
    ACT = "Act"
    SET_UP = "Set up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A page of panels. `key` is the letter that leads there after `g`; `range` is what it opens with."""

    id: str
    title: str
    key: str
    sections: tuple[Section, ...] = field(default=())
    range: str = DEFAULT_RANGE
    #: Its name in the sidebar, where the title is too long.
    short: str = ""
    #: Whom it answers what, for the guide.
    about: str = ""
    #: The heading of the sidebar that it stands under; none for those that people make, which are in a list of theirs.
    group: Group | None = None

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All of its panels, in order."""
        return tuple(panel for section in self.sections for panel in section.panels)
