"""`tokometer report --pdf FILE`: a dashboard as a file, made by the server that holds the folder, or here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from tokometer.cli.problems import Mistake, Problem

if TYPE_CHECKING:
    from tokometer.cli.doors import Door, LocalDoor

#: What each file is called that can be asked for.
FORMS: Final = ("pdf", "xlsx")


def save_page(
    door: Door,
    path: Path,
    form: str,
    dashboard: str,
    *,
    since: str | None,
    until: str | None,
    tz: str,
    where: Sequence[str],
    paper: str,
) -> int:
    """Write a dashboard to a file and say how large it is; a file that is there is replaced only by a whole one."""
    from tokometer.cli.remote import RemoteDoor
    from tokometer.dashboards import DASHBOARDS

    if dashboard not in DASHBOARDS:
        raise Mistake(f"there is no dashboard {dashboard!r}; there are {', '.join(DASHBOARDS)}")
    asked = [*_window(since, until, tz), ("tz", tz), *_filters(where)]
    if isinstance(door, RemoteDoor):
        more = [("paper", paper)] if form == "pdf" else []
        content = door.file(f"/api/dashboards/{dashboard}.{form}?{urlencode([*asked, *more])}")
    else:
        content = _made(door, dashboard, form, asked, paper)  # type: ignore[arg-type]
    _write(path, content)
    return len(content)


def _window(since: str | None, until: str | None, tz: str) -> list[tuple[str, str]]:
    """The parameters of a page for a window; none for the one that a dashboard opens with."""
    from zoneinfo import ZoneInfo

    from tokometer.dashboards import RANGES
    from tokometer.measures.errors import QueryError
    from tokometer.measures.windows import resolve
    from tokometer.records import now_us, to_datetime

    if not since and not until:
        return []
    if since in RANGES and since != "custom" and not until:
        return [("range", since)]
    try:
        zone = ZoneInfo(tz)
        found = resolve(since or "all", until or "", zone, now_us(), lambda: None)
    except QueryError as error:
        raise Mistake(str(error)) from error
    except (ValueError, KeyError, OSError):
        raise Mistake(f"there is no time zone {tz!r}") from None
    ends = (to_datetime(end).astimezone(zone).isoformat() for end in (found.since, found.until))
    return [("range", "custom"), *zip(("since", "until"), ends, strict=True)]


def _filters(where: Sequence[str]) -> list[tuple[str, str]]:
    """The parameters of a page for filters, which can only choose values."""
    from tokometer.measures import QueryError, dimension_named
    from tokometer.measures.query import Filter

    found = []
    for text in where:
        try:
            given = Filter.parse(text)
            dimension_named(given.dimension)
        except QueryError as error:
            raise Mistake(str(error)) from error
        cube, _, short = given.dimension.partition(".")
        if cube != "calls" or given.op not in ("=", "in"):
            raise Mistake(f"--where {text!r}: a report is filtered by values of calls, as in calls.model=gpt-5")
        found += [(short, value) for value in given.values]
    return found


def _made(door: LocalDoor, dashboard: str, form: str, asked: Sequence[tuple[str, str]], paper: str) -> bytes:
    from tokometer.charts import Colours
    from tokometer.cli.deciding import settled
    from tokometer.dashboards import DASHBOARDS, ScopeError
    from tokometer.ledger.opening import cache_folder
    from tokometer.measures import Query, Question, Result, answer, rules
    from tokometer.measures.narrowing import MOST_LOOKED_AT
    from tokometer.reports.local import Ground, page_of
    from tokometer.reports.press import Here, PressError
    from tokometer.settings import FILE_NAME

    settings = settled(door.data)
    rules.use(settings.dimensions, door.data / FILE_NAME)
    now = datetime.now(UTC)
    kept: dict[Question, Result] = {}

    def ask(question: Question) -> Result:
        # All of a report is of one moment, and asks much several times.
        if question not in kept:
            kept[question] = answer(door.ledger, question, now=now, most=MOST_LOOKED_AT)
        return kept[question]

    parameters: dict[str, list[str]] = {}
    for name, value in asked:
        parameters.setdefault(name, []).append(value)
    ground = Ground(
        ask,
        settings,
        door.book,
        Colours(door.data / "colours.json"),
        Here(cache_folder(door.data, Path.home(), os.environ)),
        lambda: ask(Query(measures=("calls.requests",), since="all")).meta.since,
    )
    try:
        chosen: Any = paper
        return page_of(DASHBOARDS[dashboard], parameters, form, ground, chosen)
    except ScopeError as error:
        raise Mistake(str(error)) from error
    except PressError as error:
        raise Problem(str(error)) from error


def _write(path: Path, content: bytes) -> None:
    """Write all of it, or nothing."""
    from tokometer.host.private import write_private

    try:
        write_private(path.absolute(), content)
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror or error}") from error
