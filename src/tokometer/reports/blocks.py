"""What a panel looks like on paper: a few kinds of block, as plain data that any drawing can be made from.

Texts are those of the page. Colours are `#rrggbb` or the names of design tokens; tones say what a text means.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

#: What a text means: better or worse, how something stands, or how loud it is.
Tone = Literal["", "good", "warning", "bad", "muted", "strong"]


class Words(Struct, tag="words", frozen=True):
    """A sentence."""

    text: str
    tone: Tone = "muted"


class Entry(Struct, frozen=True):
    """A cell of a table: its text, with a swatch of a colour before and a small note behind it."""

    text: str
    tone: Tone = ""
    colour: str = ""
    note: str = ""


class Head(Struct, frozen=True):
    """The head of a column; numbers stand on the right."""

    title: str
    number: bool = True
    #: It holds sentences, and takes the room that is left.
    long: bool = False


class Grid(Struct, tag="grid", frozen=True):
    """A table. `more` says what is left out; the last row is a total where `total` is true."""

    heads: list[Head]
    rows: list[list[Entry]]
    more: str = ""
    total: bool = False


class Item(Struct, frozen=True):
    """A figure with what stands beside it. `exact` has every digit, `change` says how much it has changed."""

    text: str
    label: str = ""
    exact: str = ""
    change: str = ""
    tone: Tone = ""
    versus: str = ""
    standing: str = ""
    standing_tone: Tone = ""
    notes: list[str] = []
    #: Points of a line in a box of 100 × 24.
    spark: str = ""
    colour: str = "other"


class Figures(Struct, tag="figures", frozen=True):
    """Figures beside each other."""

    items: list[Item]
    small: bool = False


class Chart(Struct, tag="chart", frozen=True):
    """A chart: its data as :mod:`tokometer.dashboards.drawing` makes it, and its height (px)."""

    data: dict[str, Any]
    height: int = 200
    label: str = ""


class Legend(Struct, tag="legend", frozen=True):
    """What the colours of a chart stand for: (label, colour)."""

    items: list[tuple[str, str]]


class Dial(Struct, frozen=True):
    """A gauge: paths as `drawing.gauge` makes them, and what is said beneath."""

    drawn: dict[str, Any]
    text: str
    label: str = ""
    colour: str = ""
    standing: str = ""
    tone: Tone = ""
    small: str = ""


class Dials(Struct, tag="dials", frozen=True):
    """Gauges beside each other."""

    items: list[Dial]


class Bar(Struct, frozen=True):
    """A stretch of a lane: place and length in per cent of the whole, and height in per cent of the lane."""

    x: float
    width: float
    height: float
    colour: str


class Lanes(Struct, tag="lanes", frozen=True):
    """Named lanes with what happened when, above an axis of (place in per cent, label)."""

    lanes: list[tuple[str, list[Bar]]]
    ticks: list[tuple[float, str]]


Block = Words | Grid | Figures | Chart | Legend | Dials | Lanes


class Piece(Struct, frozen=True):
    """A panel on paper. `width` is in twelfths of a page."""

    id: str
    title: str
    blocks: list[Block]
    sub: str = ""
    width: int = 12
    remarks: list[str] = []

    @property
    def columns(self) -> int:
        """How many columns its widest table has; 0 without one."""
        return max((len(block.heads) for block in self.blocks if isinstance(block, Grid)), default=0)
