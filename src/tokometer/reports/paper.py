"""A report as plain data: what the press is given. Knows nothing of where it comes from: the press starts at once."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tokometer.reports.blocks import Piece

Paper = Literal["a4", "letter"]


class Placed(Struct, frozen=True):
    """A piece and the twelfths of a row that it takes."""

    piece: Piece
    span: int


class Part(Struct, frozen=True):
    """Pieces under a heading, in rows."""

    title: str
    rows: list[list[Placed]]


class Report(Struct, frozen=True):
    """A report, as plain data."""

    title: str
    facts: list[tuple[str, str]]
    parts: list[Part]
    notes: list[str]
    paper: Paper = "a4"
    demo: bool = False
    contents: bool = False
    #: When it was made, in seconds since the epoch, and how many minutes that clock is before UTC.
    made: int = 0
    offset: int = 0
