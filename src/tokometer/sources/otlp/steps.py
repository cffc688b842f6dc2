"""Spans that play no part themselves: steps of a traced task, and bridges between spans that play one.

One model call is often told by several spans with others in between, and who stands above whom is known only if those
are, too (:mod:`tokometer.records.tellings`). What frameworks for agents report is kept as steps. Of everything else
(HTTP, databases) only that is kept, without its name, over which a span that plays a part hangs on another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tokometer.records import Record, mistake
from tokometer.sources.otlp.build import step_of
from tokometer.sources.otlp.roles import word_of
from tokometer.sources.otlp.span import Span

#: What a bridge has as its type.
BRIDGE: Final = "bridge"


def steps_of(spans: Iterable[Span], kept: Iterable[Record]) -> Iterator[Record]:
    """The steps and bridges among spans of a request that play no part. `kept` are the records of those that do."""
    plain: dict[tuple[str, str], Span] = {}
    ways = [(record.trace_id, record.parent_id) for record in kept]
    for span in spans:
        word = word_of(span)
        step = _step(span, word, span.name) if word else None
        if step is not None:
            ways.append((step.trace_id, step.parent_id))
            yield step
        else:
            plain[span.trace_id, span.span_id] = span
    if not plain:
        return
    #: Places from which the way leads to the top of a trace, and over nothing else.
    tops: set[tuple[str, str]] = set()
    for place in ways:
        for span in _bridge(place, plain, tops):
            bridge = _step(span, BRIDGE, "")
            if bridge is not None:
                yield bridge


def _step(span: Span, word: str, name: str) -> Record | None:
    try:
        return step_of(span, word, name)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this span, and the others count
        mistake(error)
        return None


def _bridge(place: tuple[str, str], plain: dict[tuple[str, str], Span], tops: set[tuple[str, str]]) -> list[Span]:
    """The plain spans on the way up from there, once; none where nothing is above them."""
    way: list[Span] = []
    while place in plain:
        span = plain.pop(place)
        way.append(span)
        place = (span.trace_id, span.parent_id)
    if place[1] and place not in tops:
        return way
    tops.update((span.trace_id, span.span_id) for span in way)
    return []
