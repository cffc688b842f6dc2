"""A page of a list as its template writes it: heads that sort, cells for people, exact on hover, and links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from tokometer.dashboards import addresses
from tokometer.dashboards.names import source_titles
from tokometer.measures import Result
from tokometer.measures.questions import sortable
from tokometer.records import PROVIDERS
from tokometer.records.units import NOTHING, UNITS, exact, show
from tokometer.server.explored.words import standing
from tokometer.server.listed.asked import Asked

#: What is listed beside the columns, for links: facts and dimensions, where the cube has them.
LINKED: Final = ("id", "status", "trace_id", "session", "source")
_TEXT: Final = ("text", "time", "date")
_LONGEST: Final = 160
_ERRORS: Final = ("error", "timeout", "rate_limit", "invalid_request", "auth_error", "server_error", "failed", "fatal")
_STATES: Final = ("status", "error_type", "level")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column, and where it leads: to the list sorted by it, or the other way round."""

    name: str
    title: str
    number: bool
    sorted: str
    href: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One cell: words, the exact value, where it leads, and the state that they are."""

    text: str
    exact: str = ""
    href: str = ""
    state: str = ""
    number: bool = False


def heads(asked: Asked, result: Result) -> list[Head]:
    """The heads of the columns that are shown."""
    by, down = asked.sort.lstrip("-"), asked.sort.startswith("-")
    made = []
    for column in result.columns[: len(asked.shown)]:
        number = column.type not in _TEXT
        # Numbers from the largest at first, times from the newest, names from A.
        first = f"-{column.name}" if number or column.type == "time" else column.name
        other = column.name if first.startswith("-") else f"-{column.name}"
        turned = asked.address(sort=other if asked.sort == first else first)
        href = turned if sortable(asked.cube, column.name) else ""
        sorted_by = ("descending" if down else "ascending") if by == column.name else ""
        made.append(Head(column.name, column.title, number, sorted_by, href))
    return made


def rows(asked: Asked, result: Result) -> list[dict[str, Any]]:
    """The rows: id, where the record has its page, and the cells."""
    titles = source_titles()
    columns = result.columns[: len(asked.shown)]
    # A clock alone would do for today.
    days = {row["at"].date() for row in result.rows if isinstance(row.get("at"), datetime)} | {result.meta.until.date()}
    made = []
    for row in result.rows:
        failed = row.get("status") in _ERRORS
        href = (
            addresses.error(row["id"]) if failed and asked.cube == "calls" else addresses.record(asked.cube, row["id"])
        )
        cells = [_cell(asked, column, row, titles, day=len(days) > 1) for column in columns]
        made.append({"id": row["id"], "href": href, "failed": failed, "cells": cells})
    return made


def _cell(asked: Asked, column: Any, row: Mapping[str, Any], titles: Mapping[str, str], *, day: bool) -> Shown:  # noqa: ANN401 - a result's column
    value = row[column.name]
    if isinstance(value, datetime):
        clock = f"{value:%H:%M:%S}"
        text = f"{value.day} {value:%b %Y, }{clock}" if day else clock
        return Shown(text, f"{value:%a} {value.day} {value:%b %Y, %H:%M:%S.%f} {asked.tz}")
    if isinstance(value, date):
        return Shown(value.isoformat())
    if column.type in _TEXT:
        return _text(column.name, str(value or ""), row, titles)
    unit = UNITS.get(column.unit)
    if value is None:
        return Shown(NOTHING, "Not known", number=True)
    if unit is None:
        return Shown(f"{value}", number=True)
    return Shown(show(value, unit), exact(value, unit), number=True)


def _text(name: str, value: str, row: Mapping[str, Any], titles: Mapping[str, str]) -> Shown:
    href = state = ""
    text = value
    if name == "session" and value:
        href = addresses.session(value, row.get("source") or "")
    elif name == "trace_id" and value:
        href = addresses.trace(value, row.get("span_id") or "")
    elif name == "provider" and value in PROVIDERS:
        text = PROVIDERS[value].name
    elif name == "source":
        text = titles.get(value, value)
    elif name in _STATES and value:
        told = standing(value, failed=value in _ERRORS)
        text, state = told["word"], told["state"]
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    # Columns are as wide as the table lets them: what is cut off there is told whole on hover.
    return Shown(short, value, href, state)
