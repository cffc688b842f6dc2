"""The tail of what was recorded: errors, log lines, runs, the newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from tokometer.dashboards import addresses
from tokometer.dashboards.context import Context
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.measures import Column, Filter
from tokometer.measures import Feed as Question
from tokometer.records.evened import even
from tokometer.records.providers import value_name
from tokometer.records.units import UNITS, exact, show

#: How words of a record stand: what a level or a status means.
STANDINGS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("ok", "indexed", "available", "ready", "merged"), "good"),
    **dict.fromkeys(("warning", "rate_limit", "invalid_request", "pending", "deprecated", "closed"), "warning"),
    **dict.fromkeys(("error", "fatal", "failed", "timeout", "auth_error", "server_error"), "critical"),
}
#: The columns whose words are states.
_STATES: Final = ("status", "level", "error_type", "state")
#: The columns with a colour of their own, whose cells a click filters by.
_COLOURED: Final = ("model", "provider")
#: Calls that failed have a page of their own kind.
_FAILED: Final = "calls.errors"
#: Text that stands in a row whole where it is not longer.
_SHORT: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed(Placed):
    """Records themselves, the newest first; a row opens to show the whole of what it tells.

    A refresh leaves rows that are open open, and whoever has scrolled where they are.
    """

    kind: ClassVar[str] = "feed"
    #: The measure that counts such records: it says of which cube they are.
    of: str
    #: Short names of dimensions and facts of the cube. `at` stands first by itself; one of them may be long.
    columns: tuple[str, ...]
    #: The one that is long: it takes the room that is left, and is cut.
    long: str
    #: What a row shows only when it is open.
    more: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    limit: int = 100
    width: int = 12
    #: What is said where nothing is recorded.
    nothing: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.of,)

    @property
    def cube(self) -> str:
        """What kind of records they are."""
        return self.of.partition(".")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, in order."""
        return tuple(dict.fromkeys(("at", *self.columns, self.long, *self.more)))

    def view(self, context: Context) -> View:
        """One question."""
        window = context.window(self.window)
        since, until = window.asked
        found = context.ask(
            Question(
                cube=self.cube,
                columns=(*self.names, "id"),
                where=(*context.where(self.cube), *self.where),
                since=since,
                until=until,
                tz=context.scope.zone.key,
                limit=self.limit,
            )
        )
        columns = {column.name: column for column in found.columns}
        colours: dict[str, Names] = {
            name: Names(name, context.colours, list(dict.fromkeys(str(row[name] or "") for row in found.rows)))
            for name in _COLOURED
            if name in self.columns
        }
        now = context.scope.now
        return View(
            {
                "sub": f"the newest {len(found.rows):,}" if len(found.rows) == self.limit else "",
                "zone": context.scope.zone.key,
                "heads": [self._head(columns[name]) for name in self.columns],
                "long": columns[self.long].title,
                "rows": self._evened(
                    [self._row(row, columns, colours, now) for row in found.rows], found.rows, columns
                ),
                "nothing": self.nothing,
            },
            Table(self.names, [tuple(row[name] for name in self.names) for row in found.rows]),
            window,
            empty=not found.rows,
            where=self.where,
        )

    def _head(self, column: Column) -> dict[str, str]:
        return {"title": column.title, "class": "number" if column.unit else "text"}

    def _evened(
        self, shown: list[dict[str, Any]], rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Column]
    ) -> list[dict[str, Any]]:
        """The rows, with as many decimals in each column of numbers."""
        for at, name in enumerate(self.columns):
            if columns[name].unit:
                texts = even([row[name] for row in rows], UNITS[columns[name].unit])
                for row, text in zip(shown, texts, strict=True):
                    row["cells"][at] = replace(row["cells"][at], text=text)
        return shown

    def _row(
        self, row: Mapping[str, Any], columns: Mapping[str, Column], colours: Mapping[str, Names], now: datetime
    ) -> dict[str, Any]:
        text = str(row[self.long] or "")
        told = [(columns[name].title, value_name(name, _told(row[name], columns[name]))) for name in self.more]
        return {
            "id": row["id"],
            "to": addresses.error(row["id"]) if self.of == _FAILED else addresses.record(self.cube, row["id"]),
            "at": _moment(row["at"], now),
            "cells": [_cell(name, row[name], columns[name], colours.get(name)) for name in self.columns],
            "text": text,
            "line": " ".join(text.split())[: 2 * _SHORT],
            "long": len(text) > _SHORT or "\n" in text,
            "more": [(title, value) for title, value in told if value],
        }


def _moment(at: datetime, now: datetime) -> dict[str, str]:
    """When it was: the clock's time, with the date where it is not today's; on hover, all of it."""
    local = at.astimezone(now.tzinfo)
    day = "" if local.date() == now.date() else f"{local.day} {local:%b} "
    offset = local.strftime("%z")
    milliseconds = f"{local.microsecond // 1000:03d}"
    return {
        "text": f"{day}{local:%H:%M:%S}",
        "exact": f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S}.{milliseconds}, UTC{offset[:3]}:{offset[3:]}",
        "iso": local.astimezone(UTC).isoformat(),
    }


@dataclass(frozen=True, slots=True)
class _Cell:
    """What stands in a cell: a state with its word, a name with its colour, a number, or text."""

    text: str
    exact: str = ""
    standing: str = ""
    colour: str = ""
    name: str = ""
    filter: str = ""
    number: bool = False


def _cell(name: str, value: Any, column: Column, names: Names | None) -> _Cell:  # noqa: ANN401 - of any type
    text = "" if value is None else str(value)
    if name in _STATES:
        return _Cell(spoken(text), standing=STANDINGS.get(text, "none") if text else "")
    if names is not None:
        return _Cell(names.label(text), colour=names.colour(text), name=text, filter=name)
    if column.unit:
        return _Cell(show(value, UNITS[column.unit]), exact(value, UNITS[column.unit]), number=True)
    return _Cell(text)


def _told(value: Any, column: Column) -> str:  # noqa: ANN401 - of any type
    """A value as an open row tells it; '' where there is none."""
    if value is None or value == "":
        return ""
    if column.unit:
        return exact(value, UNITS[column.unit])
    return value.isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else str(value)


def spoken(word: str) -> str:
    """A word of the records as people say it: `rate_limit` is Rate limit."""
    return word.replace("_", " ").capitalize()
