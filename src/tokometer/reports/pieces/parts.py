"""Parts that pieces of several kinds have in common: cells, totals, what stands beside a figure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tokometer.dashboards.answers import adds_up, described
from tokometer.dashboards.figure import Delta, Figure
from tokometer.dashboards.panel import Table
from tokometer.measures import CUBES
from tokometer.records.units import show
from tokometer.reports.blocks import Entry, Item, Tone

#: What stands before an amount that rests on assumed prices; see dashboards.certainty.
ASSUMED: Final = "≈ "
#: Letters of a name in a table.
_NAME: Final = 44
_STANDINGS: Final[Mapping[str, Tone]] = {"good": "good", "warning": "warning", "critical": "bad", "none": "muted"}
#: What stands behind a number that is written in thousands and more.
_SCALED: Final = (" k", " M", " B", " T")
_AMOUNT: Final = re.compile(r"\$([0-9][0-9,]*\.[0-9]{3,})")
_CENT: Final = Decimal("0.01")
_ARROWS: Final = {"up": "▲", "down": "▼", "same": "="}


def tone_of(standing: str) -> Tone:
    """The tone of how something stands."""
    return _STANDINGS.get(standing, "")


def changed(good: bool | None) -> Tone:
    """The tone of a change: better, worse, or neither."""
    return "" if good is None else "good" if good else "bad"


def change_text(delta: Delta | None) -> str:
    """A change with its arrow: `▲ 12 %`."""
    return f"{_ARROWS[delta.direction]} {delta.text}" if delta else ""


def shortened(text: str, most: int = _NAME) -> str:
    """A text in one line, cut in the middle: what tells long names apart stands at both ends."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most // 2]}…{line[-(most // 2 - 1) :]}"


def entry(cell: Any, mark: str = "") -> Entry:  # noqa: ANN401 - a cell of a table or a feed
    """The entry of a cell: its text, and whether it is good or bad."""
    if cell is None:
        return Entry("–", "muted")
    standing = getattr(cell, "standing", "")
    tone = tone_of(standing) if standing else changed(getattr(cell, "good", None))
    return Entry((ASSUMED if mark else "") + shortened(cell.text, 60), tone)


def named(row: Mapping[str, Any], *, note: str = "") -> Entry:
    """The entry of a row's name, with its colour."""
    return Entry(shortened(str(row["label"])), "", str(row.get("colour") or ""), note)


def item(
    figure: Figure,
    *,
    label: str | None = None,
    mark: str = "",
    spark: Mapping[str, Any] | None = None,
    colour: str = "other",
    notes: Sequence[str] = (),
) -> Item:
    """A figure with its change."""
    delta = figure.delta
    countable = isinstance(figure.value, int | Decimal)
    return Item(
        (ASSUMED if mark.startswith("≈") else "") + figure.text,
        figure.title if label is None else label,
        in_full(figure),
        change_text(delta),
        changed(delta.good) if delta else "",
        cents(delta.previous) if delta and countable else "",
        notes=[note for note in (mark, figure.note, *notes) if note],
        spark=str((spark or {}).get("points") or ""),
        colour=colour,
    )


def in_full(figure: Figure) -> str:
    """An amount to the cent, or a count to the last one, where the figure's text is shorter than that."""
    if not isinstance(figure.value, int | Decimal) or not figure.text.endswith(_SCALED):
        return ""
    return cents(figure.exact)


def cents(text: str) -> str:
    """A text with its amounts of a dollar or more to the cent."""

    def rounded(found: re.Match[str]) -> str:
        amount = Decimal(found[1].replace(",", ""))
        return f"${amount.quantize(_CENT, ROUND_HALF_UP):,.2f}" if amount >= 1 else found[0]

    return _AMOUNT.sub(rounded, text)


def totals(table: Table, names: Sequence[str]) -> list[str]:
    """What each measure comes to over all rows of a table, as the page writes it; '' where rows do not add up."""
    return [_total(table, name) for name in names]


def _total(table: Table, name: str) -> str:
    if name not in table.columns or not _adds_up(name):
        return ""
    at = table.columns.index(name)
    known = [row[at] for row in table.rows if row[at] is not None]
    return show(sum(known[1:], known[0]), described(name).unit) if known else ""


def _adds_up(name: str) -> bool:
    cube, _, short = name.partition(".")
    return cube in CUBES and short in CUBES[cube].measures and adds_up(name)
