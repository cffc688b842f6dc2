"""A dashboard as a file without a server: from a ledger, by whoever has it open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tokometer.charts import Colours
from tokometer.dashboards import Ask, Context, Dashboard
from tokometer.dashboards.marks import marks_of
from tokometer.dashboards.scope import parse_scope
from tokometer.prices import PriceBook
from tokometer.reports.answered import answered
from tokometer.reports.paper import Paper
from tokometer.reports.press import Pages, Press
from tokometer.reports.report import report_of
from tokometer.reports.workbook import workbook
from tokometer.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Ground:
    """What answers are made of, where no server has it."""

    ask: Ask
    settings: Settings
    book: PriceBook
    colours: Colours
    press: Press
    #: When the first record was.
    first: Callable[[], datetime | None]


def page_of(
    dashboard: Dashboard, parameters: Mapping[str, list[str]], form: str, ground: Ground, paper: Paper = "a4"
) -> bytes:
    """A dashboard as `pdf` or `xlsx`, looked at as a page's `parameters` ask; what is filtered by is taken from them.

    Raises:
        ScopeError: A parameter cannot be understood.
        PressError: It could not be made.
        LedgerError: The ledger cannot be read.
    """
    choices = ("range", "since", "until", "tz")
    dimensions = [name for name in parameters if name not in choices]
    scope = parse_scope(parameters, dimensions, datetime.now(UTC), dashboard.range, ground.first)
    context = Context(scope, ground.ask, ground.colours, ground.settings, ground.book)
    context = replace(context, marks=lambda window: marks_of(context, window, ground.book))
    if form == "xlsx":
        return workbook(dashboard, [answered(panel, context) for panel in dashboard.panels], scope)
    report = report_of(dashboard, context, lambda panel: answered(panel, context), paper=paper)
    return ground.press.make(Pages(report))
