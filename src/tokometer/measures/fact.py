"""One thing that can be shown of a record itself, and the words for declaring it."""

# fmt: off
# ruff: noqa: E501 - a declaration is one line, so that adding one is, too

from __future__ import annotations

from dataclasses import dataclass

from tokometer.measures.result import ColumnType
from tokometer.records.units import MS, USD, Unit


@dataclass(frozen=True, slots=True)
class Fact:
    """One column of a feed. `sql` is over the record's columns; unknown text is empty, anything else unknown is NULL."""

    name: str
    title: str
    type: ColumnType
    sql: str
    description: str = ""
    unit: Unit | None = None
    #: The column of `error_details` that tells it of a call where the call itself does not.
    detail: str = ""


def text(name: str, title: str, description: str = "", *, sql: str = "", detail: str = "") -> Fact:
    """Text, empty where it is unknown."""
    return Fact(name, title, "text", sql or name, description, detail=detail)


def number(name: str, title: str, unit: Unit | None = None, description: str = "", *, sql: str = "", detail: str = "") -> Fact:
    """A whole number."""
    return Fact(name, title, "integer", sql or name, description, unit, detail)


def time(name: str, title: str, description: str = "", *, sql: str = "") -> Fact:
    """A moment."""
    return Fact(name, title, "time", sql or name, description)


def share(name: str, title: str, unit: Unit, description: str = "") -> Fact:
    """A number with a unit of its own."""
    return Fact(name, title, "number", name, description, unit)


def money(name: str, title: str, description: str = "", *, sql: str = "") -> Fact:
    """An amount in US dollars."""
    return Fact(name, title, "money", sql or name, description, USD)


def ms(name: str, title: str, column: str, description: str = "") -> Fact:
    """Milliseconds, of a column in microseconds."""
    # With an exponent, the number is a DOUBLE to every engine.
    return Fact(name, title, "number", f"{column} / 1e3", description, MS)
