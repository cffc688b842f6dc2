"""Tables in a terminal: aligned, no wider than the window, plain where colours are not wanted."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final, Literal

import click

from tokometer.cli.shown import shown

_GAP: Final = 2
_STYLES: Final[dict[str, Callable[[str], str]]] = {
    "plain": str,
    "bold": partial(click.style, bold=True),
    "dim": partial(click.style, dim=True),
}
#: Wider than any table.
_NO_LIMIT: Final = 1_000_000
#: A column of text is not made narrower than this.
_LEAST: Final = 12


@dataclass(frozen=True, slots=True)
class Heading:
    """One column: its title, and on which side its values stand."""

    title: str
    align: Literal["left", "right"] = "right"
    #: Its values are names to be used elsewhere: shortened for eyes only, never for a pipe.
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row of cells; a cell with several lines makes the row as high."""

    cells: Sequence[str]
    style: Literal["plain", "bold", "dim"] = "plain"
    #: Draw a rule above.
    ruled: bool = False


@dataclass(slots=True)
class Table:
    """Headings and lines."""

    headings: Sequence[Heading]
    lines: list[Line] = field(default_factory=list)

    def render(self, width: int | None = None) -> str:
        """The table as text, with a newline at its end; `width` is the terminal's in characters, if it is for one."""
        width = width or table_width()
        widths = self._widths(width)
        rule = click.style("─" * (sum(widths) + _GAP * (len(widths) - 1)), dim=True)
        out = [*self._draw(Line([heading.title for heading in self.headings], "bold"), widths), rule]
        for line in self.lines:
            if line.ruled:
                out.append(rule)
            out.extend(self._draw(line, widths))
        return "\n".join(out) + "\n"

    def _widths(self, width: int) -> list[int]:
        """Each column as wide as its widest cell; text gives way where the whole does not fit."""
        rows = [[heading.title for heading in self.headings], *(line.cells for line in self.lines)]
        rows = [[shown(cell) for cell in row] for row in rows]
        widths = [max(max(map(_columns, row[i].split("\n"))) for row in rows) for i in range(len(self.headings))]
        over = sum(widths) + _GAP * (len(widths) - 1) - width
        piped = not sys.stdout.isatty()
        texts = [i for i, one in enumerate(self.headings) if one.align == "left" and not (one.whole and piped)]
        for _ in range(over):
            widest = max(texts, key=lambda i: widths[i], default=None)
            if widest is None or widths[widest] <= _LEAST:
                break
            widths[widest] -= 1
        return widths

    def _draw(self, line: Line, widths: Sequence[int]) -> Iterable[str]:
        cells = [shown(cell).split("\n") for cell in line.cells]
        for level in range(max(map(len, cells))):
            parts = []
            for heading, cell, width in zip(self.headings, cells, widths, strict=True):
                text = _shorten(cell[level] if level < len(cell) else "", width)
                space = " " * (width - _columns(text))
                parts.append(text + space if heading.align == "left" else space + text)
            text = (" " * _GAP).join(parts).rstrip()
            yield (
                text if line.style == "plain" else click.style(text, bold=line.style == "bold", dim=line.style == "dim")
            )


def terminal_width() -> int:
    """The terminal's width in characters ($COLUMNS wins); 120 where the output is no terminal."""
    return shutil.get_terminal_size((120, 24)).columns


def table_width() -> int:
    """How wide a table may be: as the terminal, or $COLUMNS; as it needs where whatever reads it is no terminal."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return _NO_LIMIT
    return terminal_width()


def number(value: float | None) -> str:
    """A count with thousands separated: `1,234,567`."""
    return "–" if value is None else f"{value:,}"


def dollars(value: Decimal | None) -> str:
    """US dollars to the cent, or to two significant digits where it is less than one."""
    if value is None:
        return "–"
    sign, size_ = "-" if value < 0 else "", abs(value)
    if not size_ or size_ >= Decimal("0.01"):
        return f"{sign}${size_:,.2f}"
    return f"{sign}${size_.quantize(Decimal(1).scaleb(size_.adjusted() - 1)):f}"


def size(octets: float) -> str:
    """Bytes for people: `1.2 GB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if octets < 1000:  # noqa: PLR2004
            return f"{octets:.0f} {unit}" if unit == "B" else f"{octets:.1f} {unit}"
        octets /= 1000
    return f"{octets:.1f} TB"


def _columns(text: str) -> int:
    """How many columns of the terminal a text takes: East Asian wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _shorten(text: str, width: int) -> str:
    if _columns(text) <= width:
        return text
    while text and _columns(text) > width - 1:
        text = text[:-1]
    return text + "…"
