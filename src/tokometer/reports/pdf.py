"""A report as a PDF, set by Typst from a template of ours.

Whatever comes from elsewhere reaches the template as data (JSON), never as markup: no name can become a command.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.charts.text import text_width
from tokometer.charts.theme import tokens
from tokometer.reports import svg
from tokometer.reports.blocks import Block, Chart, Dials, Entry, Figures, Grid, Item, Lanes, Legend, Words
from tokometer.reports.card import DrawChart
from tokometer.reports.filled import ink
from tokometer.reports.fonts import FAMILY, font_folder
from tokometer.reports.paper import Placed, Report

#: Pixels of a chart for the whole width of a page: what is 11 px high on a screen is 7 pt on paper.
_PAGE: Final = 800
#: A page is light, whatever the screen is.
_THEME: Final = "light"
#: Sizes of a table's text (pt), by the columns up to which they hold.
_SIZES: Final = ((5, 8.0), (8, 7.2), (11, 6.5), (99, 5.8))
#: A chart is at least so high (px).
_LOW: Final = 200
_WIDEST, _LONG, _LEAST = 190.0, 330.0, 34.0


def pdf(report: Report, chart: DrawChart, cache_folder: Path, form: str = "pdf") -> bytes | list[bytes]:
    """The report as a tagged PDF; with `form="png"` its pages as pictures.

    Raises:
        RuntimeError: Typst cannot set it.
    """
    told = {
        "title": report.title,
        "facts": report.facts,
        "parts": [
            {"title": part.title, "rows": [[_piece(one, chart) for one in row] for row in part.rows]}
            for part in report.parts
        ],
        "notes": report.notes,
        "paper": {"a4": "a4", "letter": "us-letter"}[report.paper],
        "demo": report.demo,
        "contents": report.contents,
        "inks": {name: value for name, value in tokens(_THEME).items() if value.startswith("#")},
        "family": FAMILY,
    }
    data = msgspec.json.encode(_cleaned(told)).decode()
    zone = dt.timezone(dt.timedelta(minutes=report.offset))
    made = dt.datetime.fromtimestamp(report.made, zone)
    compiler = _compiler(cache_folder)
    return compiler.compile(  # type: ignore[no-any-return]
        input=_template(), sys_inputs={"data": data}, format=form, timestamp=made, ppi=110.0 if form == "png" else None
    )


@cache
def _template() -> bytes:
    return files("tokometer.reports").joinpath("report.typ").read_bytes()


@cache
def _compiler(cache_folder: Path) -> Any:  # noqa: ANN401 - Typst's compiler
    import typst

    folder = font_folder(cache_folder)
    # The system's fonts have what Latin ones lack.
    fonts = typst.Fonts(font_paths=[str(folder)] if folder else [])
    # Nothing is read from the disk: the root is a folder that has nothing to read.
    root = cache_folder / "empty"
    root.mkdir(parents=True, exist_ok=True)
    return typst.Compiler(root=str(root), font_paths=fonts)


def _cleaned(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same without what a file cannot hold; drawings are clean already."""
    if isinstance(value, str):
        return value if value.startswith("<svg ") else svg.clean(value)
    if isinstance(value, dict):
        return {name: _cleaned(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(one) for one in value]
    return value


def _piece(placed: Placed, chart: DrawChart) -> dict[str, Any]:
    width = int(_PAGE * placed.span / 12) - 24
    piece = placed.piece
    return {
        "span": placed.span,
        "title": piece.title,
        "sub": piece.sub,
        "blocks": [_block(block, width, chart) for block in piece.blocks],
        "remarks": list(piece.remarks),
    }


def _block(block: Block, width: int, chart: DrawChart) -> dict[str, Any]:
    makers: dict[type, Callable[[Any], dict[str, Any]]] = {
        Words: lambda one: {
            "kind": "words",
            "text": one.text,
            "tone": svg.TONES[one.tone],
            "strong": one.tone == "strong",
        },
        Figures: lambda one: {
            "kind": "figures",
            "small": one.small,
            "items": [_item(item) for item in one.items],
        },
        Legend: lambda one: {"kind": "legend", "items": [list(item) for item in one.items]},
        Grid: _grid,
        Dials: lambda one: {"kind": "dials", "items": [_dial(item) for item in one.items]},
        Lanes: lambda one: _lanes(one, width),
        Chart: lambda one: {"kind": "image", "svg": chart(_bounded(one, width), width), "label": one.label},
    }
    return makers[type(block)](block)


def _bounded(chart: Chart, width: int) -> Chart:
    """A chart that is not higher than it is wide, so that several find room on a page."""
    return Chart(chart.data, min(chart.height, max(_LOW, int(0.72 * width))), chart.label)


def _item(item: Item) -> dict[str, Any]:
    line = ""
    if item.spark:
        drawn = svg.spark(item.spark, 0, 1, 160, 22, ink(item.colour, _THEME))
        line = svg.whole(160, 24, [drawn], _THEME)
    return {
        "text": item.text,
        "label": item.label,
        "exact": item.exact,
        "change": item.change,
        "tone": svg.TONES[item.tone] if item.tone else "text-3",
        "versus": item.versus,
        "standing": item.standing,
        "standing_tone": svg.TONES[item.standing_tone],
        "notes": list(item.notes),
        "spark": line,
    }


def _dial(item: Any) -> dict[str, Any]:  # noqa: ANN401 - a Dial
    return {
        "svg": svg.whole(*svg.DIAL, [svg.dial(item, _THEME)], _THEME),
        "label": item.label,
        "standing": item.standing,
        "tone": svg.TONES[item.tone],
        "small": item.small,
    }


def _lanes(block: Lanes, width: int) -> dict[str, Any]:
    drawn, height = svg.lanes(block, width, _THEME)
    return {"kind": "image", "svg": svg.whole(width, height, [drawn], _THEME), "label": "When what happened"}


def _grid(block: Grid) -> dict[str, Any]:
    size = next(points for most, points in _SIZES if len(block.heads) <= most)
    return {
        "kind": "grid",
        "size": size,
        "widths": _widths(block),
        "heads": [{"title": head.title, "number": head.number} for head in block.heads],
        "headed": any(head.title for head in block.heads),
        "rows": [[_entry(entry) for entry in row] for row in block.rows],
        "more": block.more,
        "total": block.total,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "text": entry.text,
        "tone": svg.TONES[entry.tone],
        "strong": entry.tone == "strong",
        "colour": ink(entry.colour, _THEME) if entry.colour else "",
        "note": entry.note,
    }


def _widths(block: Grid) -> list[float]:
    """The columns' shares of the width: as wide as what stands in them."""
    widths = []
    for at, head in enumerate(block.heads):
        cells: Sequence[float] = [_width(row[at]) for row in block.rows]
        word = max(text_width(one) for one in head.title.split(" ")) if head.title else 0.0
        widths.append(min(_LONG if head.long else _WIDEST, max([word, _LEAST, *cells])) + 14)
    return widths


def _width(entry: Entry) -> float:
    text = f"{entry.text}  {entry.note}" if entry.note else entry.text
    return text_width(text, bold=entry.tone == "strong") + (14 if entry.colour else 0)
