"""Badges: a line of figures as a small picture, for lists and read-me files of others.

`📈 234 conversations this month`, `⚡ 1.2 s average response`, `💰 $12.34 total cost` — as three fields of one badge,
with what it is about in front.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final, Literal

from tokometer.measures import Filter, Query
from tokometer.records.units import MS, USD, show

Theme = Literal["light", "dark"]
#: What a badge can be about, and the dimension of calls that its id is a value of.
KINDS: Final[Mapping[str, str]] = {
    "knowledge": "knowledge_base",
    "model": "model",
    "agent": "agent",
    "project": "project",
}
#: The fields, in their order.
FIELDS: Final = ("conversations", "response", "cost")
_LONGEST: Final = 40
_HEIGHT: Final = 20
_INSET: Final = 7
#: How wide characters are at 11 px, by kind; `textLength` makes the text as wide as it was taken for.
_NARROW: Final = frozenset("iIl.,:;|!' jtfr()[]")
_WIDE: Final = frozenset("mwMW@%")
#: From here on characters are as wide as they are high: Chinese, Japanese, Korean, pictures.
_SQUARE: Final = 0x2E80
_COLOURS: Final[Mapping[Theme, tuple[str, str, str, str]]] = {
    # Label's ground and ink, figures' ground and ink: contrast 4.5 and more.
    "light": ("#3b4252", "#ffffff", "#e8edf4", "#1f2733"),
    "dark": ("#11161d", "#e6ebf2", "#2a3340", "#f2f5f9"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What a badge says. Money in USD, the response in milliseconds; None is unknown."""

    conversations: int
    response: float | None
    cost: Any


def questions(kind: str, identity: str, tz: str = "UTC") -> tuple[Query, Query]:
    """What to ask: of this month, and of all time."""
    where = (Filter(f"calls.{KINDS[kind]}", "in", (identity,)),)
    month = ("calls.sessions", "calls.mean_latency")
    return (
        Query(measures=month, where=where, since="month", tz=tz),
        Query(measures=("calls.cost",), where=where, since="all", tz=tz),
    )


def figures(month: Mapping[str, Any], ever: Mapping[str, Any]) -> Figures:
    """What the answers' rows say."""
    return Figures(month["sessions"] or 0, month["mean_latency"], ever["cost"])


def badge(label: str, told: Figures, fields: Sequence[str] = FIELDS, theme: Theme = "light") -> str:
    """A badge as SVG, which says the same to who cannot see it. What is unknown is left out, but for a last field."""
    short = label if len(label) <= _LONGEST else f"{label[: _LONGEST // 2]}…{label[-_LONGEST // 2 + 1 :]}"
    words = [text for name in fields if (text := _field(name, told))] or ["no calls yet"]
    texts = [short, *words]
    widths = [_width(text) + 2 * _INSET for text in texts]
    total = sum(widths)
    ground, ink, plain, dark = _COLOURS[theme]
    parts = [f'<rect width="{widths[0]}" height="{_HEIGHT}" fill="{ground}"/>']
    parts.append(f'<rect x="{widths[0]}" width="{total - widths[0]}" height="{_HEIGHT}" fill="{plain}"/>')
    at = 0
    for number, (text, width) in enumerate(zip(texts, widths, strict=True)):
        if number > 1:
            parts.append(f'<path d="M{at} 4v12" stroke="{dark}" stroke-opacity=".25"/>')
        parts.append(
            f'<text x="{at + _INSET}" y="14" fill="{dark if number else ink}" textLength="{width - 2 * _INSET}">'
            f"{escape(text)}</text>"
        )
        at += width
    title = escape(f"{label}: {', '.join(words)}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{_HEIGHT}" role="img" aria-label="{title}">'
        f'<title>{title}</title><clipPath id="r"><rect width="{total}" height="{_HEIGHT}" rx="4"/></clipPath>'
        f'<g clip-path="url(#r)" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
        f"{''.join(parts)}</g></svg>"
    )


def _field(name: str, told: Figures) -> str:
    if name == "conversations":
        return f"{told.conversations:,} conversation{'' if told.conversations == 1 else 's'} this month"
    if name == "response":
        return "" if told.response is None else f"avg response {show(told.response, MS)}"
    return "" if told.cost is None else f"{show(told.cost, USD)} total cost"


def _width(text: str) -> int:
    sizes = (4.2 if one in _NARROW else 10.2 if one in _WIDE else 12.0 if ord(one) >= _SQUARE else 7.0 for one in text)
    return round(sum(sizes))
