"""Panels and dashboards as files: `/api/panels/{id}.csv`, `/api/dashboards/{id}.pdf` and so on."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from tokometer.charts.theme import Theme
from tokometer.dashboards import DASHBOARDS, Context, Dashboard, Panel, Scope
from tokometer.dashboards.calendar import Window
from tokometer.records.redaction import redacted
from tokometer.reports import PAGE_FORMATS, PANEL_FORMATS, Format
from tokometer.reports.answered import Answered, answered, stem_of
from tokometer.reports.paper import Paper, Report
from tokometer.reports.pieces import piece_of
from tokometer.reports.press import Pages, Picture, PressError
from tokometer.reports.report import report_of
from tokometer.reports.rows import as_csv, as_json, as_parquet, page_csv, page_zip
from tokometer.reports.workbook import workbook
from tokometer.server.making import Gone, Left
from tokometer.server.rendering import context_of, every, panel_named
from tokometer.server.runtime import Runtime
from tokometer.server.scoped import parameters_of, scope_of, word_of

router: Final = APIRouter(tags=["exports"])

#: How long to wait at most until there is a moment to look at (seconds).
_PATIENCE: Final = 1.0
#: How long what belongs to no panel holds (seconds).
_EVERY: Final = 60.0

_OF_PANEL: Final[dict[str, Callable[[Answered, Scope], bytes]]] = {
    "csv": lambda answer, _: as_csv(answer.view.table),
    "json": as_json,
    "parquet": lambda answer, _: as_parquet(answer.view.table),
}
_OF_PAGE: Final[dict[str, Callable[[Dashboard, Sequence[Answered], Scope], bytes]]] = {
    "csv": page_csv,
    "zip": page_zip,
    "xlsx": workbook,
}


@contextmanager
def _asking(
    runtime: Runtime, scope_at: Callable[[datetime | None], Scope], word: str = ""
) -> Iterator[tuple[Context, Callable[[Panel], Answered], int | None]]:
    """Gives what asks panels as of one moment, where the ledger has such; what is looked at then; and its number.

    The moment is that of a `word`, where whoever asks has one.
    """
    future, turn = runtime.moments.claim(word or secrets.token_urlsafe(12), 0.0)
    if turn is not None:
        time.sleep(min(turn, _PATIENCE))
        runtime.moments.make(future)
    moment = future.result()
    scope = scope_at(moment.now if moment else None)

    def context(seconds: float) -> Context:
        if moment is None:
            return context_of(runtime, scope, lambda one: runtime.ask(one, seconds))
        return context_of(runtime, scope, lambda one: runtime.asked_of(moment, one, seconds).result())

    with runtime.moments.asking(moment):
        yield (
            context(_EVERY),
            lambda panel: answered(panel, context(every(runtime, panel))),
            moment.number if moment else None,
        )


def _days(runtime: Runtime, window: Window | None, scope: Scope) -> tuple[datetime, datetime]:
    """The first and the last moment that a file is about; of several windows, of all there is."""
    if window is None or window.asked[0] == "all":
        return runtime.first().astimezone(scope.zone), scope.now
    return window.since, min(window.until, scope.now) - timedelta(seconds=1)


@dataclass(slots=True)
class _About:
    """What a file turns out to be about: its days, and the moment that it is of."""

    days: tuple[datetime, datetime]
    moment: int | None


def _file(content: bytes, form: Format, stem: str, about: _About) -> Response:
    first, last = about.days
    headers = {
        "Content-Disposition": f'attachment; filename="{stem}_{first:%Y-%m-%d}_{last:%Y-%m-%d}.{form.ending}"',
        "Cache-Control": "private, no-store",
    }
    if about.moment is not None:
        headers["Moment"] = str(about.moment)
    if not form.media_type.startswith(("text/", "application/json", "image/svg")):
        # It is packed already.
        headers["Content-Encoding"] = "identity"
    return Response(content, headers=headers, media_type=form.media_type)


def _scope_at(request: Request, default: str) -> Callable[[datetime | None], Scope]:
    """Gives what the request's parameters ask for, as of a time."""
    parameters = parameters_of(request)
    # Told at once where it cannot be understood.
    scope_of(request, parameters, default)
    return lambda now: scope_of(request, parameters, default, now)


def _made(runtime: Runtime, task: Picture | Pages) -> bytes:
    try:
        return runtime.making.press.make(task)
    except PressError as error:
        raise HTTPException(503, f"this file could not be made: {error}") from error


async def panel_file(request: Request, panel_id: str, form: Format, look: Look | None = None) -> Response:
    """A panel as a file of a form."""
    runtime: Runtime = request.app.state.runtime
    named = panel_named(runtime, panel_id)
    if named is None:
        raise HTTPException(404, f"there is no panel {redacted(panel_id, 60)!r}; see /api/dashboards")
    panel, home = named
    about: list[_About] = []
    word = word_of(request)

    def work(gone: Gone) -> bytes:
        with _asking(runtime, scope_at, word) as (context, ask, number):
            answer = ask(panel)
        about.append(_About(_days(runtime, answer.view.window, context.scope), number))
        if gone():
            raise Left
        if look is None:
            return _OF_PANEL[form.ending](answer, context.scope)
        return _made(runtime, look.picture(answer, form))

    scope_at = _scope_at(request, home.range)
    content = await runtime.making.make(request, work)
    return _file(content, form, stem_of(panel), about[0])


async def page_file(request: Request, dashboard_id: str, form: Format, paper: Paper = "a4") -> Response:
    """A dashboard as a file of a form."""
    runtime: Runtime = request.app.state.runtime
    dashboard = DASHBOARDS.get(dashboard_id) or _own(runtime, dashboard_id)
    if dashboard is None:
        raise HTTPException(404, f"there is no dashboard {redacted(dashboard_id, 60)!r}; see /api/dashboards")
    about: list[_About] = []
    word = word_of(request)

    def work(gone: Gone) -> bytes:
        with _asking(runtime, scope_at, word) as (context, ask, number):

            def waited_for(panel: Panel) -> Answered:
                if gone():
                    raise Left
                return ask(panel)

            about.append(_About(_days(runtime, context.scope.window, context.scope), number))
            if form.ending != "pdf":
                return _OF_PAGE[form.ending](
                    dashboard, [waited_for(panel) for panel in dashboard.panels], context.scope
                )
            report = report_of(dashboard, context, waited_for, paper=paper, demo=runtime.demo)
        return _made(runtime, Pages(report))

    scope_at = _scope_at(request, dashboard.range)
    content = await runtime.making.make(request, work)
    return _file(content, form, stem_of(dashboard), about[0])


def report_at(runtime: Runtime, dashboard: Dashboard, scope_at: Callable[[datetime | None], Scope]) -> Report:
    """A dashboard as a report, for whoever is no request: what is sent by the server itself."""
    with _asking(runtime, scope_at) as (context, ask, _):
        return report_of(dashboard, context, ask, demo=runtime.demo)


def _own(runtime: Runtime, dashboard_id: str) -> Dashboard | None:
    """A dashboard that somebody has made."""
    board = runtime.boards.find(dashboard_id)
    return board.dashboard if board else None


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture looks like."""

    theme: Theme
    width: int
    scale: float

    def picture(self, answer: Answered, form: Format) -> Picture:
        """The task of making it."""
        return Picture(piece_of(answer), form.ending, self.theme, self.width, self.scale)  # type: ignore[arg-type]


_WIDTH: Final = Query(ge=0, le=2_400, description="Pixels; 0 for as wide as the panel is")
_SCALE: Final = Query(ge=0.5, le=4, description="Pixels of a PNG for one pixel of width")


def _words(form: Format) -> str:
    return (
        f"{form.about}. With the parameters of a page: `range`, `tz`, filters; of the same moment as panels that are "
        "asked for with the same word in a header `Moment`."
    )


def _serve_panel(form: Format) -> None:
    """Gives a form of panels its address."""

    async def rows(request: Request, panel_id: str) -> Response:
        return await panel_file(request, panel_id, form)

    async def picture(
        request: Request,
        panel_id: str,
        theme: Theme = "light",
        width: Annotated[int, _WIDTH] = 0,
        scale: Annotated[float, _SCALE] = 2.0,
    ) -> Response:
        return await panel_file(request, panel_id, form, Look(theme, width, scale))

    made = rows if form.ending in _OF_PANEL else picture
    made.__doc__ = _words(form)
    router.add_api_route(
        f"/api/panels/{{panel_id}}.{form.ending}", made, name=f"panel_{form.ending}", summary=f"A panel as {form.title}"
    )


def _serve_page(form: Format) -> None:
    """Gives a form of dashboards its address."""

    async def plain(request: Request, dashboard_id: str) -> Response:
        return await page_file(request, dashboard_id, form)

    async def report(request: Request, dashboard_id: str, paper: Paper = "a4") -> Response:
        return await page_file(request, dashboard_id, form, paper)

    made = report if form.ending == "pdf" else plain
    made.__doc__ = _words(form)
    router.add_api_route(
        f"/api/dashboards/{{dashboard_id}}.{form.ending}",
        made,
        name=f"dashboard_{form.ending}",
        summary=f"A dashboard as {form.title}",
    )


for _form in PANEL_FORMATS:
    _serve_panel(_form)
for _form in PAGE_FORMATS:
    _serve_page(_form)
