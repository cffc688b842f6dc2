"""What every chart is made of: its frame, its axes and its tables of marks, as JSON that the browser draws unread."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tokometer.charts.axes import FRAME, Axis, Frame
from tokometer.charts.text import text_width

#: Widths of a chart's element, in pixels, for which it is laid out: from a phone to a whole page.
#: Anything between takes the next narrower layout, where each label only has more room around it.
WIDTHS: Final = (280, 340, 420, 520, 640, 800, 1_080)
#: The height of a chart's element for which it is laid out, if nothing else is said: as `.chart` in page.css.
HEIGHT: Final = 200


@dataclass(frozen=True, slots=True)
class Item:
    """What a mark stands for: a model, a provider, a team.

    Args:
        name: What a click on it filters by.
        label: What people call it; cut in the middle where there is no room, whole in the tooltip.
        colour: `#rrggbb`, or the name of a design token.
        filter: The dimension that a click on it filters by; '' for none.
        detail: Further lines of its tooltip: (what, how much), written by :func:`tokometer.records.units.exact`.
        at: What its number is about, where that is not what a click filters by: (dimension, values, `in` or `not in`).
    """

    name: str
    label: str
    colour: str
    filter: str = field(default="", kw_only=True)
    detail: Sequence[tuple[str, str]] = field(default=(), kw_only=True)
    at: Sequence[tuple[str, Sequence[str], str]] = field(default=(), kw_only=True)

    def tip(self, *lines: tuple[str, str]) -> list[Any]:
        """What is said of it: `[title, [[what, how much], …], [dimension, value] or null, what it is about]`."""
        told = [list(line) for line in (*lines, *self.detail)]
        picked = [self.filter, self.name] if self.filter else None
        return [self.label, told, picked, *([[list(one) for one in self.at]] if self.at else [])]


def table(fields: str, rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """Rows of marks under the names of their fields (separated by spaces), as the specs know them.

    The browser resolves a field `c`, a colour or a token's name, to the colour of the theme, and nothing else.
    """
    return {"fields": fields.split(), "rows": [list(row) for row in rows]}


def frame_for(y: Axis, frame: Frame = FRAME) -> Frame:
    """The frame with more room on the left, should the labels of the y axis need it."""
    widest = max((text_width(label) for label in y.labels), default=0.0)
    return (max(frame[0], math.ceil(widest) + 10), *frame[1:])


def axes(x: Axis, y: Axis) -> dict[str, Any]:
    """Both axes as the signals of :mod:`tokometer.charts.specs`."""
    return {
        "xdomain": x.domain,
        "ydomain": y.domain,
        "xticks": x.ticks,
        "xlabels": x.labels,
        "yticks": y.ticks,
        "ylabels": y.labels,
    }


def by_width(x: Axis, frame: Frame) -> list[dict[str, Any]]:
    """Layouts in which the x axis has as many ticks as have room for their labels, so that none gives way alone."""
    layouts: list[dict[str, Any]] = []
    for width in WIDTHS:
        choices = (x, *x.fewer)
        own = next((axis for axis in choices if axis.fits(width - frame[0] - frame[1])), choices[-1])
        signals = {"xticks": own.ticks, "xlabels": own.labels}
        if not layouts or layouts[-1]["signals"] != signals:
            layouts.append({"width": width, "data": {}, "signals": signals})
    return layouts


#: Both axes of a box that is cut up without a scale: from 0 to 1, y downwards.
UNIT_X: Final = Axis((0.0, 1.0))
UNIT_Y: Final = Axis((1.0, 0.0))
