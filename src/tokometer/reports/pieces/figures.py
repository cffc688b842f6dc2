"""Kinds of panel that are figures: stats, periods, gauges, tallies, the forecast of the month."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from tokometer.reports.answered import Answered
from tokometer.reports.blocks import Block, Chart, Dial, Dials, Entry, Figures, Grid, Head, Item, Words
from tokometer.reports.pieces.parts import ASSUMED, changed, item, shortened, tone_of

Shown = dict[str, Any]


def stat(shown: Shown, _answer: Answered) -> Iterator[Block]:
    """The figure, where it stands, and what stands beside it."""
    notes = [text for text in (shown["of_window"], shown["nothing"]) if text]
    notes += [f"{also['text']} {also['words']}" for also in shown["also"]]
    made = item(
        shown["figure"], label="", mark=shown["mark"], spark=shown["spark"], colour=shown["colour"], notes=notes
    )
    yield Figures([_standing(made, shown["standing"], shown["word"])])


def _standing(made: Item, standing: str, word: str) -> Item:
    return replace(made, standing=word if standing else "", standing_tone=tone_of(standing))


def figures(shown: Shown, _answer: Answered) -> Iterator[Block]:
    """All of them in a row."""
    made = [item(one["figure"], mark=one["mark"], spark=one["spark"], colour=one["colour"]) for one in shown["figures"]]
    yield Figures([replace(one, notes=[]) for one in made])
    # What is to be said of one of them has more room below all.
    for one in made:
        if one.notes:
            yield Words(f"{one.label}: {'; '.join(one.notes)}.")


def periods(shown: Shown, _answer: Answered) -> Iterator[Block]:
    """A table: a row a period."""
    heads = [Head("Period", number=False), Head("Dates", number=False)]
    for title in ("Cost", "Requests", "Tokens"):
        heads += [Head(title), Head("Change")]
    rows = []
    for card in shown["cards"]:
        note = ", ".join(chip.text for chip in card["unpriced"])
        row = [Entry(card["title"], "strong", note=note), Entry(card["dates"], "muted")]
        for name in ("cost", "requests", "tokens"):
            made = item(card[name], mark=card["mark"] if name == "cost" else "")
            row += [Entry(made.text), Entry(made.change, made.tone or "muted")]
        rows.append(row)
    yield Grid(heads, rows)


def gauge(shown: Shown, _answer: Answered) -> Iterator[Block]:
    """The dials; or what would have to come in."""
    dials = [
        Dial(
            dial["drawn"],
            dial["drawn"]["text"] if dial["value"] is not None else "–",
            shortened(str(dial["label"]), 24),
            str(dial["colour"] or ""),
            dial["word"],
            tone_of(dial["standing"]),
            " · ".join(f"{cell.text} {words}" for cell, words in dial["small"]),
        )
        for dial in shown["dials"]
    ]
    if dials:
        yield Dials(dials)
    if shown["nothing"] and (not dials or all(dial["value"] is None for dial in shown["dials"])):
        yield Words(shown["nothing"])


def tally(shown: Shown, _answer: Answered) -> Iterator[Block]:
    """The share, the counts of the parts, and what stands out."""
    if shown["figure"].value is None and not shown["facts"]:
        yield Words(shown["nothing"])
        return
    made = item(shown["figure"], label="")
    yield Figures([_standing(made, shown["standing"], shown["figure"].title)])
    rows = [
        [
            Entry(part["title"], tone_of(part["state"]) if part["state"] != "none" else ""),
            Entry(part["count"]),
            Entry(part["share_text"], "muted"),
        ]
        for part in shown["parts"]
    ]
    rows += [[Entry(fact["title"]), Entry(shortened(fact["cell"].text, 34)), Entry("")] for fact in shown["facts"]]
    yield Grid([Head("", number=False), Head(""), Head("")], rows)


def outlook(shown: Shown, answer: Answered) -> Iterator[Block]:
    """So far and expected, the course of the cost, and what the forecast rests on."""
    if shown["rows"]:
        heads = [Head(shown["month"], number=False), Head("So far"), Head("Expected"), Head("80 % interval")]
        rows = [
            [
                Entry(row["title"]),
                Entry(
                    (ASSUMED if shown["mark"] and row["so_far"].measure == "calls.cost" else "") + row["so_far"].text
                ),
                Entry(row["estimate"].text, "strong"),
                Entry(f"{row['low']} – {row['high']}" if row["low"] else "not yet", "muted"),
            ]
            for row in shown["rows"]
        ]
        yield Grid(heads, rows)
    if answer.view.chart:
        yield Chart(answer.view.chart, label=shown["alt"])
    yield Words(shown["basis"])


def bridge(shown: Shown, _answer: Answered) -> Iterator[Block]:
    """The change, and the parts of it between before and after."""
    if not shown["parts"]:
        yield Words("There is no period before to compare with.")
        return
    change = shown["change"]
    against = f"{shown['share']} {'against' if shown['share'] else 'more than'} {shown['versus']}".strip()
    good = {"better": True, "worse": False}
    made = Item(
        (ASSUMED if shown["mark"] else "") + change["text"],
        notes=[text for text in (against, shown["mark"]) if text],
    )
    yield Figures([made])
    rows = [[Entry("Before", "strong"), Entry(shown["before"]["text"], "strong")]]
    rows += [[Entry(part["title"]), Entry(part["text"], changed(good.get(part["good"])))] for part in shown["parts"]]
    rows.append([Entry("Now", "strong"), Entry(shown["after"]["text"], "strong")])
    yield Grid([Head("", number=False), Head("")], rows, total=True)
