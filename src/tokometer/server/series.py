"""What the business counts, over HTTP: series and their points, posted as JSON or uploaded as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from tokometer.accounts import Invalid, Series
from tokometer.accounts.series import MOST_POINTS
from tokometer.records.redaction import redacted
from tokometer.server import given
from tokometer.server.people import answered, only, revision, text, text_of, told
from tokometer.server.runtime import WORKSPACES, Runtime

api: Final = APIRouter(prefix="/api/series", tags=["series"])
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = ("name", "title", "unit", "tz", "adds")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
#: Lines that are refused by name; of more the number is told.
_MOST_TOLD: Final = 50
_LARGEST: Final = 1e15
#: What the columns may be called in the head of a table.
_DAYS: Final = ("day", "date", "at", "time")
_VALUES: Final = ("value", "count", "amount", "number")

Body = Annotated[dict[str, Any], Depends(told)]


@api.get("", summary="What the business counts: series, and how many days each has")
def listing(request: Request) -> Response:
    """What one of each costs is `judgement.unit_costs`, and day by day `judgement.unit_course`."""
    runtime: Runtime = request.app.state.runtime
    return answered({"series": listed(runtime)})


@api.post("", status_code=201, summary="Add a series: orders, tickets, active users")
def add(request: Request, body: Body) -> Response:
    """`{"name": "orders", "title": "Orders", "unit": "order", "tz": "Europe/Vienna", "adds": true}`.

    `tz` is whose days they are; `adds` is false for a level, such as active users, of which the mean counts.
    """
    runtime: Runtime = request.app.state.runtime
    said = _checked(only(body, _FIELDS))
    if "name" not in said:
        raise Invalid("name", "is missing")
    series = runtime.accounts.get().series.add(Series(**said))
    runtime.broadcaster.publish({"series"})
    return answered(shown(series, 0), 201)


@api.patch("/{series}", summary="Change a series")
def change(request: Request, series: str, body: Body) -> Response:
    """Any of its fields; with `revision`, only if it is still that one (409 otherwise)."""
    runtime: Runtime = request.app.state.runtime
    kept = runtime.accounts.get().series
    seen = revision(body)
    said = _checked(only(body, _FIELDS))
    changed = kept.change(_WORKSPACE, _id(runtime, series), seen=seen, **said)
    runtime.broadcaster.publish({"series"})
    return answered(shown(changed, kept.counts().get(changed.id, 0)))


@api.delete("/{series}", status_code=204, summary="Remove a series with its points")
def remove(request: Request, series: str) -> Response:
    """For good; the record of changes keeps what it was called."""
    runtime: Runtime = request.app.state.runtime
    runtime.accounts.get().series.remove(_WORKSPACE, _id(runtime, series))
    runtime.broadcaster.publish({"series"})
    return Response(status_code=204)


@api.get("/{series}/points", summary="The points of a series, by day")
def points(request: Request, series: str) -> Response:
    """In the order of their days. The series is named by its name or its id."""
    runtime: Runtime = request.app.state.runtime
    found = runtime.accounts.get().series.points(_id(runtime, series))
    return answered({"points": [{"day": day.isoformat(), "value": value} for day, value in found.items()]})


@api.post("/{series}/points", summary="Send points: a day's value once more replaces it")
async def send(request: Request, series: str) -> Response:
    """`{"points": [{"day": "2026-11-27", "value": 412}]}`, or CSV (`text/csv`) with the columns day and value.

    What is there already stays as it is, another value replaces it. A line that cannot be believed is refused by its
    number, field and reason; the others are kept. At most 20,000 days, in a body of at most 256 KiB.
    """
    runtime: Runtime = request.app.state.runtime
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() in ("text/csv", "text/plain"):
        lines = _of_csv(await text_of(request))
    else:
        body = only(await told(request), ("points",))
        listed_ = body.get("points")
        if not isinstance(listed_, list) or len(listed_) > MOST_POINTS:
            raise Invalid("points", f"has to be a list of at most {MOST_POINTS:,} points")
        lines = [(number, one) for number, one in enumerate(listed_, start=1)]
    from fastapi.concurrency import run_in_threadpool

    return await run_in_threadpool(_put, runtime, series, lines)


def _put(runtime: Runtime, series: str, lines: Iterable[tuple[int, object]]) -> Response:
    kept = runtime.accounts.get().series
    id_ = _id(runtime, series)
    found: dict[date, float] = {}
    refused: list[dict[str, Any]] = []
    beyond = 0
    for number, one in lines:
        try:
            day, value = _point(one)
        except Invalid as error:
            beyond += len(refused) >= _MOST_TOLD
            if len(refused) < _MOST_TOLD:
                refused.append({"line": number, "field": error.field, "reason": error.reason})
            continue
        found[day] = value
    added, changed = kept.put(_WORKSPACE, id_, found)
    if added or changed:
        runtime.broadcaster.publish({"series"})
    told_of = {
        "added": added,
        "changed": changed,
        "unchanged": len(found) - added - changed,
        "refused": refused,
        "refused_lines": len(refused) + beyond,
    }
    return answered(told_of, 422 if refused and not found else 200)


def _point(one: object) -> tuple[date, float]:
    if not isinstance(one, Mapping):
        raise Invalid("point", 'has to be an object: {"day": "2026-11-27", "value": 412}')
    unknown = sorted(str(name) for name in one if name not in ("day", "value"))
    if unknown:
        raise Invalid(redacted(unknown[0], 60), "is not known; known are day, value")
    return given.day("day", one.get("day")), given.number("value", one.get("value"), 0, _LARGEST)


def _of_csv(body: str) -> list[tuple[int, object]]:
    """Lines of a table with a head, or of two columns without one."""
    reader = csv.reader(io.StringIO(body.removeprefix("\ufeff"), newline=""), delimiter=_delimiter(body))
    found: list[tuple[int, object]] = []
    places = (0, 1)
    try:
        for number, row in enumerate(reader, start=1):
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if number == 1 and (head := _head(cells)):
                places = head
                continue
            if len(found) >= MOST_POINTS:
                raise Invalid("points", f"at most {MOST_POINTS:,} lines")
            if len(cells) <= max(places):
                found.append((number, {"day": cells[places[0]] if len(cells) > places[0] else ""}))
            else:
                found.append((number, {"day": cells[places[0]], "value": cells[places[1]]}))
    except csv.Error as error:
        raise Invalid("points", f"is no CSV: {error}") from None
    return found


def _delimiter(body: str) -> str:
    first = body.partition("\n")[0]
    return max(",;\t", key=first.count)


def _head(cells: list[str]) -> tuple[int, int] | None:
    names = [cell.casefold() for cell in cells]
    day = next((at for at, name in enumerate(names) if name in _DAYS), None)
    value = next((at for at, name in enumerate(names) if name in _VALUES), None)
    if day is None and value is None:
        return None
    if day is None or value is None:
        raise Invalid("points", "needs the columns day and value in its head")
    return day, value


def listed(runtime: Runtime) -> list[dict[str, Any]]:
    """All of them as JSON."""
    if not runtime.accounts.is_there:
        return []
    kept = runtime.accounts.get().series
    counts = kept.counts()
    return [shown(one, counts.get(one.id, 0)) for one in kept.all(_WORKSPACE)]


def shown(one: Series, days: int) -> dict[str, Any]:
    """A series as JSON."""
    return {
        "id": one.id,
        "name": one.name,
        "title": one.title or one.name,
        "unit": one.unit,
        "tz": one.tz,
        "adds": one.adds,
        "days": days,
        "revision": one.revision,
    }


def _id(runtime: Runtime, series: str) -> str:
    """The id of a series that is named by its name or its id."""
    kept = runtime.accounts.get().series
    return next((one.id for one in kept.all(_WORKSPACE) if one.name == series), series)


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(said)
    for name in ("name", "title", "unit"):
        if name in found:
            found[name] = text(name, found[name])
    if "name" in found and not _NAME.fullmatch(found["name"]):
        raise Invalid("name", "has to be small letters, digits, - and _, up to 40: active-users")
    if "tz" in found:
        found["tz"] = given.zone("tz", found["tz"] or "UTC").key
    if "adds" in found:
        found["adds"] = given.switch("adds", found["adds"])
    return found
