"""Kinds of panel that are charts: their data as it is, with figures and legends beside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tokometer.reports.answered import Answered
from tokometer.reports.blocks import Block, Chart, Entry, Figures, Grid, Head, Item, Legend, Words
from tokometer.reports.pieces import tables
from tokometer.reports.pieces.parts import entry, in_full, item, named, shortened, totals

Shown = dict[str, Any]
#: The heights of charts (px), as in page.css.
_HEIGHTS: Final = {"": 200, "tall": 280, "taller": 420}


def _nothing(answer: Answered) -> Words:
    return Words(f"Nothing was used in this window{' with these filters' if answer.filtered else ''}.")


def _chart(shown: Shown, answer: Answered) -> Iterator[Block]:
    if answer.view.chart is None:
        yield _nothing(answer)
        return
    tall = shown.get("tall") or ""
    height = _HEIGHTS.get("tall" if tall is True else str(tall), _HEIGHTS[""])
    yield Chart(answer.view.chart, height, str(shown.get("alt") or answer.title))


def series(shown: Shown, answer: Answered) -> Iterator[Block]:
    """What the window comes to, what the lines stand for, and their course."""
    if shown["total"]:
        yield Figures([item(shown["total"], label="", mark=shown["mark"])], small=True)
    legend = [(shortened(one["label"], 30), one["colour"]) for one in shown["legend"] if not one["hidden"]]
    if legend and answer.view.chart:
        yield Legend(legend)
    yield from _chart(shown, answer)


def share(shown: Shown, answer: Answered) -> Iterator[Block]:
    """The ring, and the parts."""
    if not shown["rows"]:
        yield _nothing(answer)
        return
    yield from _chart(shown, answer)
    heads = shown["heads"]
    titles = [Head(heads["name"], number=False), Head("Share"), Head(heads["of"]), *map(Head, heads["columns"])]
    rows = [
        [
            named(row),
            Entry(row["share"], "muted"),
            *(entry(cell, row["mark"] if cell.name == "calls.cost" else "") for cell in row["cells"]),
        ]
        for row in shown["rows"]
    ]
    names = [answer.panel.of, *answer.panel.columns]  # type: ignore[attr-defined]
    sums = totals(answer.view.table, names) if not shown["sub"] and len(rows) > 1 else []
    if any(sums):
        rows.append([Entry("Total", "strong"), Entry(""), *(Entry(text, "strong") for text in sums)])
    yield Grid(titles, rows, total=any(sums))


def treemap(shown: Shown, answer: Answered) -> Iterator[Block]:
    """What all of it comes to, and its parts."""
    unpriced = shown["unpriced"]
    notes = [f"{unpriced} {shown['name']}{'s' if unpriced > 1 else ''} without a price"] if unpriced else []
    yield Figures([item(shown["total"], label="", mark=shown["mark"], notes=notes)], small=True)
    yield from _chart(shown, answer)


def bubble(shown: Shown, answer: Answered) -> Iterator[Block]:
    """The bubbles, and who has no place among them."""
    yield from _chart(shown, answer)
    unknown = shown["unknown"]
    if unknown and answer.view.chart:
        names = ", ".join(shortened(name, 26) for name in unknown[:4])
        more = f" and {len(unknown) - 4} more" if len(unknown) > 4 else ""  # noqa: PLR2004 - as on the page
        yield Words(f"Not drawn, as one of the figures is unknown or has no place on the axis: {names}{more}.")


def heatmap(shown: Shown, answer: Answered) -> Iterator[Block]:
    """The cells, and how to read them."""
    yield from _chart(shown, answer)
    key = shown["key"]
    yield Words(f"{key}; an outline: no data" if key else "The darker, the more; an outline: no data")


def histogram(shown: Shown, answer: Answered) -> Iterator[Block]:
    """The quantiles, and the columns."""
    if not shown["figures"]:
        yield Words("No call of this window says how long it took.")
        return
    items = [Item(figure.text, label, in_full(figure)) for label, figure in shown["figures"]]
    yield Figures([*items, Item(shown["count"], "Calls")], small=True)
    yield from _chart(shown, answer)


def distribution(shown: Shown, answer: Answered) -> Iterator[Block]:
    """Violins, or a table of quantiles."""
    yield from _chart({**shown, "tall": "tall"}, answer) if shown["violins"] else tables.distribution(shown, answer)
