"""Kinds of panel that are tables: rankings, matrices, verdicts, feeds and what else is listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tokometer.dashboards.answers import JUDGED
from tokometer.records.plural import counted
from tokometer.reports.answered import Answered
from tokometer.reports.blocks import Bar, Block, Entry, Grid, Head, Lanes, Words
from tokometer.reports.pieces.parts import change_text, changed, entry, named, shortened, tone_of, totals

Shown = dict[str, Any]
#: Rows of a table on paper; how many more there are is said.
MOST: Final = 25
#: Letters of a sentence in a table.
_LONG: Final = 110
_SEVERITIES: Final = {"critical": "state-critical", "major": "state-warning", "minor": "other"}


def _nothing(shown: Shown, answer: Answered, otherwise: str = "Nothing was used in this window") -> Words:
    filters = " with these filters" if answer.filtered else ""
    return Words(shown.get("nothing") or f"{otherwise}{filters}.")


def _more(count: int, what: str = "") -> str:
    """What is said of rows that are left out."""
    return f"and {count:,} more{f' {what}' if what else ''}" if count > 0 else ""


def ranking(shown: Shown, answer: Answered) -> Iterator[Block]:
    """The largest, all others together, and what all of them come to."""
    rows = [row for row in shown["rows"] if not row["folded"]]
    if not rows:
        yield _nothing(shown, answer)
        return
    heads = shown["columns"]
    names = [answer.panel.of, *answer.panel.columns]  # type: ignore[attr-defined]
    titles = [Head(heads["name"], number=False), Head(heads["of"])]
    titles += [Head(heads["share"])] if heads["share"] and not heads["parts"] else []
    titles += [Head(title) for title in heads["parts"]]
    titles += [Head(title, number=not words) for title, words in heads["columns"]]
    titles += [Head("Change")] if heads["change"] else []
    made = [_ranked(row, heads) for row in rows]
    sums = totals(answer.view.table, names) if shown["show"] == "value" and len(answer.view.table.rows) > 1 else []
    total = bool(sums and sums[0])
    if total:
        share = [Entry("")] if heads["share"] and not heads["parts"] else []
        parts = [Entry(text, "strong") for text in totals(answer.view.table, answer.panel.parts)]  # type: ignore[attr-defined]
        last = [Entry("Total", "strong"), Entry(sums[0], "strong"), *share, *parts]
        last += [*(Entry(text, "strong") for text in sums[1:]), *([Entry("")] if heads["change"] else [])]
        made.append(last)
    yield Grid(titles, made, total=total)


def _ranked(row: Shown, heads: Shown) -> list[Entry]:
    note = ", ".join(chip.text for chip in row["unpriced"])
    name = Entry(f"Other ({row['more']} more)", "muted", "other", note) if row["more"] else named(row, note=note)
    first, *rest = row["cells"]
    made = [name, entry(first, row["mark"] if first.name == "calls.cost" else "")]
    made += [Entry(row["share_text"], "muted")] if heads["share"] and not heads["parts"] else []
    made += [entry(cell) for cell in row["parts"]]
    made += [entry(cell) for cell in rest]
    change = row["change"]
    made += [Entry(change_text(change), (changed(change.good) if change else "") or "muted")] if heads["change"] else []
    return made


def matrix(shown: Shown, answer: Answered) -> Iterator[Block]:
    """A row a name."""
    every = shown["rows"]
    if not every:
        yield _nothing(shown, answer)
        return
    rows = every[:MOST]
    titles = [Head(shown["name"], number=False), *(Head(title) for title, _ in shown["columns"])]
    made = [
        [
            named(row),
            *(
                _quiet(entry(cell, row["mark"] if cell.name == "calls.cost" else ""), cell.name)
                for cell, _ in row["cells"]
            ),
        ]
        for row in rows
    ]
    keys = [column.key for column in answer.panel.columns]  # type: ignore[attr-defined]
    sums = totals(answer.view.table, keys) if not shown["sub"].count("change against") and len(every) > 1 else []
    if any(sums):
        made.append([Entry("Total", "strong"), *(Entry(text, "strong") for text in sums)])
    left = len(answer.view.table.rows) - len(rows)
    yield Grid(titles, made, _more(left, "in the CSV and Excel files" if left else ""), total=any(sums))


def _quiet(made: Entry, name: str) -> Entry:
    """A measure that is well has no colour, as on the page: only what is worrying stands out."""
    return Entry(made.text) if made.tone == "good" and not name.startswith(JUDGED) else made


def cross(shown: Shown, answer: Answered) -> Iterator[Block]:
    """Each row's parts."""
    if not shown["rows"]:
        yield _nothing(shown, answer)
        return
    titles = [Head(shown["name"], number=False), Head(shown["of"])]
    titles += [Head(shortened(column["label"], 22)) for column in shown["columns"]]
    titles += [Head("Others")] if shown["others"] else []
    yield Grid(
        titles,
        [
            [Entry(shortened(row["name"])), entry(row["sum"]), *(entry(one["cell"]) for one in row["cells"])]
            for row in shown["rows"]
        ],
    )


def distribution(shown: Shown, answer: Answered) -> Iterator[Block]:
    """The quantiles of each."""
    if not shown["rows"]:
        yield _nothing(shown, answer, "No call of known duration in this window")
        return
    titles = [Head(shown["name"], number=False), *(Head(title) for title in shown["heads"]), Head("Calls")]
    rows = [[named(row), *map(entry, row["cells"]), Entry(row["requests"].text, "muted")] for row in shown["rows"]]
    yield Grid(titles, rows[:MOST], _more(len(rows) - MOST))


def verdicts(shown: Shown, answer: Answered) -> Iterator[Block]:
    """A row a verdict."""
    if not shown["rows"]:
        yield _nothing(shown, answer)
        return
    titles = [Head(shown["name"], number=False)] if shown["named"] else []
    titles += [Head(title, number=kind != "text") for title, kind in shown["heads"]]
    titles += [Head("State", number=False)] if shown["standing"] else []
    rows = []
    for row in shown["rows"]:
        made = [named(row)] if shown["named"] else []
        for at, (cell, good) in enumerate(row["cells"]):
            one = entry(cell, row["mark"] if at == shown["marked"] else "")
            made.append(Entry(one.text, changed({"better": True, "worse": False}.get(good))) if good else one)
        made += [Entry(row["word"], tone_of(row["standing"]))] if shown["standing"] else []
        rows.append(made)
    yield Grid(titles, rows, _more(shown["beyond"]))


def itemised(shown: Shown, answer: Answered) -> Iterator[Block]:
    """A row a thing of the judgement's own."""
    rows = shown["rows"]
    if not rows:
        yield _nothing(shown, answer)
        return
    titles = [Head(shown["name"], number=False, long=True), *([Head("Share")] if shown["share"] else [])]
    titles += [Head(shown["state"], number=False)] if shown["state"] else []
    titles += [Head(title, number=kind != "text") for title, kind in shown["heads"]]
    made = [
        [
            Entry(shortened(f"{row['label']} · {row['under']}" if row["under"] else str(row["label"]), _LONG)),
            *([Entry(row["share_text"], "muted")] if shown["share"] else []),
            *([Entry(row["word"], tone_of(row["standing"]))] if shown["state"] else []),
            *(Entry(plus + shortened(cell.text, 40), entry(cell).tone) for cell, plus in row["cells"]),
        ]
        for row in rows[:MOST]
    ]
    yield Grid(titles, made, _more(len(answer.view.table.rows) - len(made)))


def feed(shown: Shown, answer: Answered) -> Iterator[Block]:
    """The newest records, a line each."""
    if not shown["rows"]:
        yield _nothing(shown, answer, "Nothing was recorded in this window")
        return
    titles = [Head("Time", number=False)]
    titles += [Head(head["title"], number=head["class"] == "number") for head in shown["heads"]]
    titles.append(Head(shown["long"], number=False, long=True))
    rows = [
        [
            Entry(row["at"]["text"]),
            *(Entry(shortened(cell.text, 30), tone_of(cell.standing), cell.colour) for cell in row["cells"]),
            Entry(row["line"][:_LONG] + ("…" if len(row["line"]) > _LONG else "")),
        ]
        for row in shown["rows"][:MOST]
    ]
    yield Grid(titles, rows, _more(len(answer.view.table.rows) - len(rows), "in the CSV and Excel files"))


def alerts(shown: Shown, answer: Answered) -> Iterator[Block]:
    """The worst first."""
    if not shown["rows"]:
        yield Words("Nothing is wrong: no incident, no breaker open, no objective or budget in danger.", "good")
        return
    titles = [Head("Severity", number=False), Head("What", number=False, long=True), Head("Where", number=False)]
    titles.append(Head("Since"))
    rows = [
        [
            Entry(row["severity"], tone_of(row["standing"])),
            Entry(shortened(f"{row['headline']} {row['detail']}", _LONG)),
            named(row),
            Entry(row["since"]["text"] if row["since"] else "now"),
        ]
        for row in shown["rows"][:MOST]
    ]
    yield Grid(titles, rows, _more(len(answer.view.table.rows) - len(rows)))


def incidents(shown: Shown, answer: Answered) -> Iterator[Block]:
    """What happened when, and the list of it."""
    if not shown["rows"]:
        yield Words("No provider was down in this window.", "good")
        return
    lanes = [(shortened(lane["label"], 22), [_bar(bar) for bar in lane["bars"]]) for lane in shown["lanes"][:MOST]]
    yield Lanes(lanes, [(place, label) for place, label in shown["ticks"]])
    titles = [Head("Severity", number=False), Head("Provider", number=False), Head("Start", number=False)]
    titles += [Head("Duration"), Head("Calls failed")]
    rows = [
        [
            Entry(row["severity"], tone_of(row["standing"])),
            named(row),
            Entry(row["start"]["text"]),
            Entry(row["duration"], note="going on" if row["ongoing"] else ""),
            Entry(row["failed"]),
        ]
        for row in shown["rows"][:MOST]
    ]
    yield Grid(titles, rows, _more(len(answer.view.table.rows) - len(rows), "earlier"))


def _bar(bar: Shown) -> Bar:
    return Bar(bar["x"], bar["width"], bar["height"], _SEVERITIES[bar["severity"]])


def cards(shown: Shown, answer: Answered) -> Iterator[Block]:
    """A row a card."""
    every: Sequence[Shown] = shown["cards"]
    if not every:
        yield _nothing(shown, answer)
        return
    titles = [Head(shown["dimension"].capitalize(), number=False), Head("State", number=False)]
    titles += [Head(words) for words, *_ in every[0]["figures"]]
    titles.append(Head("Most used", number=False, long=True))
    rows = []
    for card in every[:MOST]:
        inner = ", ".join(f"{shortened(name, 24)} ({cell.text} {shown['words']})" for name, *_, cell in card["inner"])
        figures = [entry(cell, mark) for _, cell, mark, *_ in card["figures"]]
        rows.append(
            [named(card), Entry(card["state"].text, tone_of(card["standing"])), *figures, Entry(inner, "muted")]
        )
    yield Grid(titles, rows, _more(len(answer.view.table.rows) - len(rows)))


def grid(shown: Shown, answer: Answered) -> Iterator[Block]:
    """A row a tile."""
    tiles = shown["tiles"]
    if not tiles:
        yield _nothing(shown, answer, "Nothing was used in the last 30 days")
        return
    told = any(tile["figure"] and tile["standing"] != "none" for tile in tiles)
    titles = [Head(shown["dimension"].capitalize(), number=False), Head("State", number=False)]
    titles += [Head(next(tile["title"] for tile in tiles))] if told else []
    titles.append(Head("Details", number=False, long=True))
    rows = []
    for tile in tiles[:MOST]:
        known = tile["figure"] and tile["standing"] != "none"
        made = [named(tile), Entry(tile["word"], tone_of(tile["standing"]))]
        made += [Entry(tile["figure"].text if known else "–", "strong")] if told else []
        small = " · ".join(f"{cell.text} {words}".strip() for cell, words in tile["small"])
        rows.append([*made, Entry(small, "muted")])
    yield Grid(titles, rows, _more(len(tiles) - len(rows) + int(shown["beyond"] or 0)))


def advice(shown: Shown, answer: Answered) -> Iterator[Block]:
    """Each piece: what, what it would save, and what says so."""
    if not shown["pieces"]:
        yield Words("No advice: the calls of this window give no evidence that they could have been done for less.")
        return
    each = "month" if answer.panel.acting else "week"  # type: ignore[attr-defined]
    for piece in shown["pieces"]:
        saving = f" · saves {piece['saving'].text} a {each}" if piece["saving"] else ""
        yield Words(shortened(piece["title"], 90) + saving, "strong")
        yield Words(piece["detail"], "")
        yield Words(piece["evidence"])


def brief(shown: Shown, answer: Answered) -> Iterator[Block]:
    """The sentences."""
    for one in shown["sentences"]:
        yield Words(one.text, "")
    if not shown["sentences"]:
        yield _nothing(shown, answer)


def waste(shown: Shown, _answer: Answered) -> Iterator[Block]:
    """Each kind: what it costs a month, where, and how to mend it."""
    if not shown["kinds"]:
        yield Words("No waste was found in this window, or nothing is known of it.")
    for one in shown["kinds"]:
        yield Words(f"{one['title']} · {one['a_month'].text} a month", "strong")
        yield Words(f"{one['times']} times in {one['many']} sessions, {one['calls']} calls. {one['mend']}", "")
        yield Words(one["definition"])


def plain(shown: Shown, answer: Answered) -> Iterator[Block]:
    """The rows behind a panel of a kind that nobody has drawn for paper yet."""
    from tokometer.measures.result import csv_cell
    from tokometer.records.units import exact
    from tokometer.reports.columns import columns_of, units_of

    table = answer.view.table
    if not table.rows:
        yield _nothing(shown, answer)
        return
    columns, unit_of = columns_of(table), units_of(table)
    rows = []
    for row in table.rows[:MOST]:
        made = []
        for at, (column, value) in enumerate(zip(columns, row, strict=True)):
            unit = unit_of(at, row)
            number = isinstance(value, int | float) or column.type in ("money", "number", "integer")
            text = exact(value, unit) if unit and number and not isinstance(value, str | bool) else csv_cell(value)
            made.append(Entry(shortened(text) or "–"))
        rows.append(made)
    titles = [Head(one.title, number=one.type in ("money", "number", "integer")) for one in columns]
    yield Grid(titles, rows, _more(len(table.rows) - len(rows), f"of {counted(len(table.rows), 'row')}"))
