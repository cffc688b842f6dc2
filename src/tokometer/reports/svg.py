"""Small drawings as SVG: the text, the marks and the gauges that cards and reports are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from tokometer.charts.text import text_width
from tokometer.charts.theme import Theme, tokens
from tokometer.measures.result import seen
from tokometer.reports.blocks import Dial, Lanes, Tone
from tokometer.reports.filled import ink

#: What a tone's text wears.
TONES: Final[dict[Tone, str]] = {
    "": "text",
    "good": "good",
    "warning": "warn",
    "bad": "bad",
    "muted": "text-3",
    "strong": "text",
}
#: What XML cannot hold, however it is written.
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: A gauge's box, in pixels at its own size.
DIAL: Final = (120, 72)
#: The height of a lane, and of its axis.
LANE, AXIS = 18, 18
_NAMES: Final = 150


def clean(text: str) -> str:
    """A text that any file can hold: no controls, nothing that is not seen, no halves of characters."""
    return _NO_XML.sub("", seen(" ".join(text.split())))


def text_at(
    x: float,
    y: float,
    text: str,
    colour: str,
    size: float = 12,
    *,
    bold: bool = False,
    anchor: str = "start",
) -> str:
    """A text with its baseline at a place."""
    weight = ' font-weight="600"' if bold else ""
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill={quoteattr(colour)}{weight}{side}>'
        f"{escape(clean(text))}</text>"
    )


def box(x: float, y: float, width: float, height: float, colour: str, radius: float = 0) -> str:
    """A filled rectangle."""
    rounded = f' rx="{radius:g}"' if radius else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{height:.1f}"{rounded}'
        f" fill={quoteattr(colour)}/>"
    )


def rule(x1: float, y: float, x2: float, colour: str) -> str:
    """A thin line across."""
    return f'<path d="M{x1:.1f} {y:.1f}H{x2:.1f}" stroke={quoteattr(colour)} fill="none"/>'


def spark(points: str, x: float, y: float, width: float, height: float, colour: str) -> str:
    """A line so small that it needs no axis, from points in a box of 100 × 24."""
    places = [place.split(",") for place in points.split()]
    moved = " ".join(f"{x + float(a) * width / 100:.1f},{y + float(b) * height / 24:.1f}" for a, b in places)
    return f'<polyline points="{moved}" fill="none" stroke={quoteattr(colour)} stroke-width="1.5"/>'


def dial(one: Dial, theme: Theme) -> str:
    """A gauge in a box of :data:`DIAL`, without what is said beneath it."""
    token, drawn = tokens(theme), one.drawn
    parts = [_arc(drawn["track"], token["sunken"], 10)]
    parts += [_arc(part["path"], ink(part["colour"], theme), 3) for part in drawn["scale"]]
    if drawn["arc"]:
        parts.append(_arc(drawn["arc"], ink(drawn["colour"], theme), 10))
    if drawn["target"]:
        aim = drawn["target"]
        ends = " ".join(f'{name}="{aim[name]:g}"' for name in ("x1", "y1", "x2", "y2"))
        parts.append(f'<line {ends} stroke="{token["text"]}" stroke-width="2"/>')
    parts.append(text_at(60, 60, one.text, token["text"], 18, bold=True, anchor="middle"))
    return "".join(parts)


def _arc(path: str, colour: str, width: float) -> str:
    return f'<path d="{path}" fill="none" stroke={quoteattr(colour)} stroke-width="{width:g}"/>'


def lanes(block: Lanes, width: float, theme: Theme) -> tuple[str, float]:
    """Lanes with their axis, and how high they are."""
    token = tokens(theme)
    room = width - _NAMES
    parts = []
    for at, (label, bars) in enumerate(block.lanes):
        top = at * LANE
        parts.append(text_at(0, top + 13, label, token["text-2"], 12))
        parts.append(rule(_NAMES, top + LANE - 0.5, width, token["line"]))
        for bar in bars:
            tall = (LANE - 3) * bar.height / 100
            place = _NAMES + room * bar.x / 100
            parts.append(box(place, top + LANE - 1 - tall, room * bar.width / 100, tall, ink(bar.colour, theme)))
    bottom = len(block.lanes) * LANE
    parts += [
        text_at(_NAMES + room * place / 100, bottom + 13, label, token["text-3"], 11) for place, label in block.ticks
    ]
    return "".join(parts), bottom + AXIS


def whole(width: float, height: float, parts: Sequence[str], theme: Theme, title: str = "") -> str:
    """A drawing as a file, in the fonts of the pages; `title` is read aloud."""
    named = f"<title>{escape(clean(title))}</title>" if title else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}"'
        f' font-family={quoteattr(tokens(theme)["sans"])} role="img">{named}{"".join(parts)}</svg>'
    )


def wrapped(text: str, room: float, size: float = 12) -> list[str]:
    """A text in lines that have room; a word that has none stands alone."""
    lines: list[str] = []
    for word in clean(text).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines or [""]
