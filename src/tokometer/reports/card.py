"""A panel as a picture: its title, figures, chart and tables on a card, as on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from xml.sax.saxutils import quoteattr

from tokometer.charts.text import fit, text_width
from tokometer.charts.theme import Theme, tokens
from tokometer.reports import svg
from tokometer.reports.blocks import Block, Chart, Dials, Entry, Figures, Grid, Item, Lanes, Legend, Piece, Words
from tokometer.reports.filled import ink

#: Draws a chart so many pixels wide: SVG.
DrawChart = Callable[[Chart, int], str]

#: How wide a card is, by the twelfths that its panel takes (px), and the widest that one grows for its table.
_WIDTHS: Final = {2: 280, 3: 320, 4: 400, 5: 480, 6: 560, 7: 640, 8: 760, 9: 840}
_FULL, WIDEST = 1_080, 2_400
_PAD, _GAP = 16, 10
_ROW, _CELL = 24, 10
#: The widest of a column, and of one that holds sentences.
_COLUMN, _LONG = 300, 560
_DIAL: Final = 140


class Card:
    """Draws one piece. `width` is how wide it is; by default as its panel, or as its table needs."""

    def __init__(self, piece: Piece, theme: Theme, chart: DrawChart, width: int = 0) -> None:
        self._piece = piece
        self._theme: Theme = theme
        self._token: Mapping[str, str] = tokens(theme)
        self._chart = chart
        needed = max((self._natural(block) for block in piece.blocks), default=0) + 2 * _PAD
        self.width = float(min(WIDEST, max(width or _WIDTHS.get(piece.width, _FULL), needed)))
        self._room = self.width - 2 * _PAD
        self._parts: list[str] = []
        self._y = float(_PAD)

    @property
    def height(self) -> float:
        """How high it is, once it is drawn."""
        return self._y + _PAD

    def draw(self) -> str:
        """The card as SVG."""
        self._head()
        for block in self._piece.blocks:
            self._y += _GAP
            self._block(block)
        for remark in self._piece.remarks:
            self._y += _GAP
            self._words(Words(remark))
        height = self.height
        frame = (
            f'<rect x="0.5" y="0.5" width="{self.width - 1:g}" height="{height - 1:g}" rx="8"'
            f" fill={quoteattr(self._token['card'])} stroke={quoteattr(self._token['line'])}/>"
        )
        return svg.whole(self.width, height, [frame, *self._parts], self._theme, self._piece.title)

    def _natural(self, block: Block) -> float:
        """How wide a block has to be."""
        if isinstance(block, Grid):
            return sum(self._columns(block))
        if isinstance(block, Figures):
            return sum(max(_width_of(item, small=block.small), 60) + 24 for item in block.items) - 24
        return 280.0

    def _head(self) -> None:
        self._y += 12
        title = fit(svg.clean(self._piece.title), self._room, 14, bold=True)
        self._text(_PAD, title, "text", 14, bold=True)
        used = text_width(title, 14, bold=True) + 12
        sub = svg.clean(self._piece.sub)
        if sub and text_width(sub, 12) <= self._room - used:
            self._text(_PAD + used, sub, "text-3")
        elif sub:
            for line in svg.wrapped(sub, self._room):
                self._y += 16
                self._text(_PAD, line, "text-3")
        self._y += 4

    def _text(
        self, x: float, text: str, colour: str, size: float = 12, *, bold: bool = False, anchor: str = "start"
    ) -> None:
        self._parts.append(svg.text_at(x, self._y, text, ink(colour, self._theme), size, bold=bold, anchor=anchor))

    def _block(self, block: Block) -> None:
        if isinstance(block, Words):
            self._words(block)
        elif isinstance(block, Figures):
            self._figures(block)
        elif isinstance(block, Grid):
            self._grid(block)
        elif isinstance(block, Legend):
            self._legend(block)
        elif isinstance(block, Dials):
            self._dials(block)
        elif isinstance(block, Lanes):
            drawn, height = svg.lanes(block, self._room, self._theme)
            self._parts.append(f'<g transform="translate({_PAD} {self._y:.1f})">{drawn}</g>')
            self._y += height
        else:
            drawn = self._chart(block, int(self._room)).replace("<svg ", f'<svg x="{_PAD}" y="{self._y:.1f}" ', 1)
            self._parts.append(drawn)
            self._y += block.height

    def _words(self, block: Words) -> None:
        for line in svg.wrapped(block.text, self._room):
            self._y += 14
            self._text(_PAD, line, svg.TONES[block.tone], bold=block.tone == "strong")
            self._y += 3

    def _legend(self, block: Legend) -> None:
        x = float(_PAD)
        self._y += 12
        for label, colour in block.items:
            wide = text_width(svg.clean(label), 12) + 30
            if x > _PAD and x + wide > _PAD + self._room:
                x, self._y = float(_PAD), self._y + 18
            self._parts.append(svg.box(x, self._y - 9, 10, 10, ink(colour, self._theme), 2.5))
            self._text(x + 15, label, "text-2")
            x += wide
        self._y += 4

    def _figures(self, block: Figures) -> None:
        step = self._room / max(1, len(block.items))
        top, bottom = self._y, self._y
        for at, item in enumerate(block.items):
            self._y = top
            self._item(item, _PAD + at * step, step - 24 if len(block.items) > 1 else step, small=block.small)
            bottom = max(bottom, self._y)
        self._y = bottom

    def _item(self, item: Item, x: float, room: float, *, small: bool) -> None:
        if item.label:
            self._y += 12
            self._text(x, fit(svg.clean(item.label), room, 12), "text-2")
            self._y += 4
        size = 18 if small else 28
        self._y += size
        self._text(x, item.text, "text", size, bold=True)
        beside = x + text_width(item.text, size, bold=True) + 10
        for text, tone in ((item.change, item.tone), (item.standing, item.standing_tone)):
            if not text:
                continue
            if beside + text_width(text, 12) > x + room:
                self._y, beside = self._y + 17, x
            self._text(beside, text, svg.TONES[tone] if tone else "text-3")
            beside += text_width(text, 12) + 10
        self._y += 4
        for line in [*([item.exact] if item.exact else []), *item.notes]:
            for part in svg.wrapped(line, room):
                self._y += 14
                self._text(x, part, "text-3")
                self._y += 2
        if item.spark:
            self._parts.append(svg.spark(item.spark, x, self._y + 4, room, 24, ink(item.colour, self._theme)))
            self._y += 30

    def _columns(self, block: Grid) -> list[float]:
        """How wide each column is: as its longest text, and its head in at most two lines."""
        widths = []
        for at, head in enumerate(block.heads):
            most = _LONG if head.long else _COLUMN
            cells = [self._cell_width(row[at]) for row in block.rows]
            words = max((text_width(word, 12, bold=True) for word in svg.clean(head.title).split(" ")), default=0.0)
            halved = max(words, 0.6 * text_width(svg.clean(head.title), 12, bold=True))
            widths.append(min(most, max([halved, *cells])) + 2 * _CELL)
        return widths

    def _cell_width(self, entry: Entry) -> float:
        text = svg.clean(f"{entry.text}  {entry.note}" if entry.note else entry.text)
        return text_width(text, 12, bold=entry.tone == "strong") + (16 if entry.colour else 0)

    def _grid(self, block: Grid) -> None:
        widths = self._columns(block)
        spare = max(0.0, self._room - sum(widths))
        share = spare / len(widths)
        widths = [width + share for width in widths]
        heads = [
            svg.wrapped(head.title, width - 2 * _CELL + 1, 12) for head, width in zip(block.heads, widths, strict=True)
        ]
        high = max((len(lines) for lines in heads), default=1) if any(head.title for head in block.heads) else 0
        top = self._y
        for lines, head, x, width in zip(heads, block.heads, _lefts(widths), widths, strict=True):
            for at, line in enumerate(lines):
                self._y = top + 14 + 15 * (high - len(lines) + at)
                self._side(x, width, line, "text-3", number=head.number, bold=False)
        self._y = top + 15 * high + 5
        for number, row in enumerate(block.rows):
            last = block.total and number == len(block.rows) - 1
            self._parts.append(
                svg.rule(_PAD, self._y + 0.5, _PAD + self._room, self._token["line-strong" if last else "line"])
            )
            self._y += 16
            for entry, head, x, width in zip(row, block.heads, _lefts(widths), widths, strict=True):
                self._entry(entry, x, width, number=head.number)
            self._y += _ROW - 16
        if block.more:
            self._y += 14
            self._text(_PAD + _CELL, block.more, "text-3")
            self._y += 4

    def _entry(self, entry: Entry, x: float, width: float, *, number: bool) -> None:
        if entry.colour and not number:
            self._parts.append(svg.box(x + _CELL, self._y - 9, 10, 10, ink(entry.colour, self._theme), 2.5))
            x, width = x + 16, width - 16
        room = width - 2 * _CELL + 2
        bold = entry.tone == "strong"
        text = fit(svg.clean(entry.text), room, 12, bold=bold, least=1)
        self._side(x, width, text, svg.TONES[entry.tone], number=number, bold=bold)
        if entry.note and not number:
            after = x + _CELL + text_width(text, 12, bold=bold) + 8
            self._text(after, fit(svg.clean(entry.note), x + width - after, 11), "warn", 11)

    def _side(self, x: float, width: float, text: str, colour: str, *, number: bool, bold: bool) -> None:
        if number:
            self._text(x + width - _CELL, text, colour, bold=bold, anchor="end")
        else:
            self._text(x + _CELL, text, colour, bold=bold)

    def _dials(self, block: Dials) -> None:
        across = max(1, min(len(block.items), int(self._room // _DIAL)))
        step = self._room / across
        scale = min(2.0 if len(block.items) == 1 else 1.1, step / _DIAL)
        lines = 1 + max(bool(one.label) for one in block.items) + max(bool(one.small) for one in block.items)
        high = svg.DIAL[1] * scale + 16 * lines + 12
        top = self._y
        for at, one in enumerate(block.items):
            middle = _PAD + (at % across + 0.5) * step
            self._y = top + (at // across) * high
            place = f"translate({middle - scale * svg.DIAL[0] / 2:.1f} {self._y:.1f}) scale({scale:.3f})"
            self._parts.append(f'<g transform="{place}">{svg.dial(one, self._theme)}</g>')
            self._y += svg.DIAL[1] * scale
            for text, colour in ((one.label, "text"), (one.standing, svg.TONES[one.tone]), (one.small, "text-3")):
                if text:
                    self._y += 16
                    self._text(middle, fit(svg.clean(text), step - 4, 12, least=1), colour, anchor="middle")
        self._y = top + high * -(-len(block.items) // across)


def _lefts(widths: list[float]) -> list[float]:
    """Where each column begins."""
    lefts, x = [], float(_PAD)
    for width in widths:
        lefts.append(x)
        x += width
    return lefts


def _width_of(item: Item, *, small: bool) -> float:
    figure = text_width(item.text, 18 if small else 28, bold=True)
    return max(figure, text_width(svg.clean(item.label), 12), text_width(item.exact, 12))
