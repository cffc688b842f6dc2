"""A panel's reply as it is sent: rows, chart and HTML fragment, with what all panels say beside their numbers."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import HTTPException

from tokometer.dashboards import DASHBOARDS, Ask, Context, Dashboard, Panel, Scope, View, titled
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.drawing import Mark
from tokometer.dashboards.drill import Drill
from tokometer.dashboards.marks import marks_of
from tokometer.dashboards.panel import narrowed, own_window
from tokometer.dashboards.unheard import unheard, unknown
from tokometer.measures import Query, QueryError, Question, Result, dimension_named
from tokometer.measures.latest import latest
from tokometer.server.alert_marks import alerts_firing, alerts_within
from tokometer.server.answered import answers_of
from tokometer.server.moments import Moment
from tokometer.server.notes import marks_within
from tokometer.server.offered import findable
from tokometer.server.plain import json_bytes
from tokometer.server.runtime import Rendered, Runtime
from tokometer.server.stated import statements_of
from tokometer.server.templates import render

#: Bytes from which on a reply is worth packing.
_PACKED: Final = 1_000
#: Pages that are no dashboards, and take the same range and filters.
_BESIDE: Final = {
    name: {"id": name, "title": title, "short": title} for name, title in (("units", "Units"), ("what-if", "What-if"))
}
#: What a panel raises that asks for what there is not, or shows as a number what is none.
_UNFIT: Final = (QueryError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError)


@cache
def panels() -> dict[str, Panel]:
    """Every panel by id."""
    return {panel.id: panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels}


@cache
def home_of(panel_id: str) -> Dashboard:
    """The dashboard that a panel stands on."""
    return next(one for one in DASHBOARDS.values() if any(panel.id == panel_id for panel in one.panels))


def panel_named(runtime: Runtime, panel_id: str) -> tuple[Panel, Dashboard] | None:
    """A panel with the dashboard that it stands on: one of ours, or one that somebody has made; None where none is."""
    found = panels().get(panel_id)
    if found is not None:
        return found, home_of(panel_id)
    board = runtime.boards.find(panel_id.partition(".")[0])
    own = next((one for one in board.dashboard.panels if one.id == panel_id), None) if board else None
    return (own, board.dashboard) if board and own else None


def held(seconds: float) -> float:
    """How long what a live page shows may lack the latest commits, of a panel that is renewed every so many seconds.

    A little less than after how long a page asks again; see `tick` in dashboard.js.
    """
    return 0.7 * min(10.0, max(1.0, seconds / 30))


def every(runtime: Runtime, panel: Panel) -> float:
    """Seconds that a panel's answer holds: its own, or what the settings say."""
    return runtime.settings.every(panel.id.partition(".")[0], panel.id, panel.every)


def context_of(runtime: Runtime, scope: Scope, ask: Ask) -> Context:
    """What panels may use to answer."""
    context = Context(scope, ask, runtime.colours, runtime.settings, runtime.book)
    context = replace(
        context,
        notes=lambda window: _marked(runtime, scope, window),
        answered=lambda: answers_of(runtime),
        statements=lambda: statements_of(runtime),
        firing=lambda: alerts_firing(runtime, scope),
    )
    return replace(context, marks=lambda window: marks_of(context, window, runtime.book))


def _marked(runtime: Runtime, scope: Scope, window: Window) -> Sequence[Mark]:
    """What every time axis bears: notes, and alerts."""
    marks = [*marks_within(runtime, scope, window), *alerts_within(runtime, scope, window)]
    return sorted(marks, key=lambda mark: mark.time)


@contextmanager
def fitting(panel: Panel) -> Iterator[None]:
    """Say so where what somebody has put together does not go together; of our own panels it is our mistake."""
    try:
        yield
    except _UNFIT as error:
        if panel.id in panels():
            raise
        why = f": {error.reason}" if isinstance(error, QueryError) else ""
        raise HTTPException(422, f"what this panel is made of does not go together{why}") from error


def made(
    runtime: Runtime, panel: Panel, scope: Scope, moment: Moment | None, *, with_rows: bool, live: bool
) -> Rendered:
    """Make the reply, as of a moment, or of what is committed while it is made."""
    with fitting(panel):
        return _made(runtime, panel, scope, moment, with_rows=with_rows, live=live)


def _made(
    runtime: Runtime, panel: Panel, scope: Scope, moment: Moment | None, *, with_rows: bool, live: bool
) -> Rendered:
    seconds = every(runtime, panel)
    hold = held(seconds) if live else 0.0
    versions = [runtime.broadcaster.version]
    #: What the answers lack, each once.
    missing: dict[str, None] = {}

    def ask(question: Question) -> Result:
        kept = runtime.asked_of(moment, question, seconds) if moment else runtime.asked(question, seconds, hold)
        versions.append(kept.version)
        result = kept.result()
        missing.update(dict.fromkeys(result.meta.missing))
        return result

    context = narrowed(panel, context_of(runtime, scope, ask))
    scope = context.scope
    view = panel.view(context)
    filtered = bool(scope.filtered)
    title = titled(panel, scope)
    frame: dict[str, Any] = {"title": title, "unheard": unheard(panel, scope), "unknown": unknown(panel, scope)}
    frame["window"] = own_window(panel, title)
    frame["missing"] = list(missing)
    frame["leads"] = DASHBOARDS.get(panel.leads) or _BESIDE.get(panel.leads)
    if "by" in panel.uses:
        titles = findable(runtime)
        if scope.by not in titles:
            titles[scope.by] = dimension_named(f"calls.{scope.by}").title
        frame["dimensions"] = list(titles.items())
    reply = {
        "id": panel.id,
        "title": title,
        "columns": view.table.columns,
        "rows": [[_json(value) for value in row] for row in view.table.rows] if with_rows else [],
        "chart": view.chart,
        "drill": Drill.of(context, view.window, panel.measures, view.where).told(),
        "missing": list(missing),
        "html": render(f"panels/{panel.kind}.html", panel=panel, frame=frame, shown=view.shown, filtered=filtered),
        "empty": view.empty,
        "nothing": (view.empty or _says_nothing(view)) and not filtered and _has_nothing(ask),
        "range": scope.window.title,
        "earlier": scope.moved(-1),
        "later": scope.moved(1),
    }
    if "range" in panel.uses:
        quiet = view.empty or _says_nothing(view)
        reply["last"] = _last(context_of(runtime, scope, ask)) if quiet and not reply["nothing"] else None
    body = json_bytes(reply)
    packed = gzip.compress(body, 5, mtime=0) if len(body) >= _PACKED else b""
    return Rendered(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"', packed, min(versions))


def _last(context: Context) -> dict[str, Any] | None:
    """When something was used last, and a window of it; None where something was in this one, or never was."""
    window = context.scope.window
    found = context.query(window, "requests").rows
    if found and found[0]["requests"]:
        return None
    last = latest(context.ask, context.where(), context.scope.zone.key)
    if last is None:
        return None
    day = last.date()
    length = max(window.until.date() - window.since.date(), timedelta(days=1))
    asked = {"range": "custom", "since": day - length + timedelta(days=1), "until": day}
    return {"day": f"{day.day} {day:%b %Y}", "to": urlencode(asked), "filtered": bool(context.scope.filtered)}


def _says_nothing(view: View) -> bool:
    """True where no row has a number but zero: sums of nothing are known, and none of them is of interest."""
    return not any(isinstance(value, int | float | Decimal) and value for row in view.table.rows for value in row)


def _has_nothing(ask: Ask) -> bool:
    """True where no call has ever come in: then a page says how to send some."""
    found = ask(Query(measures=("calls.requests",), since="all")).rows
    return not (found and found[0]["requests"])


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:.9f}" if value.is_finite() else None
    return value.isoformat() if isinstance(value, datetime) else value
