"""Decoding a request of any size in portions, each as if it were a request of its own.

While one portion is committed the next one is decoded, and nothing else of the request is held but its bytes. Other
requests take turns with it, portion by portion.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from tokometer.collect.bodies import Decoded
from tokometer.collect.decoding import Decoder, aside
from tokometer.sources.portions import PORTION_BYTES
from tokometer.sources.protocol import NotUnderstood, Sent
from tokometer.sources.registry import SOURCES

if TYPE_CHECKING:
    from tokometer.sources.otlp import Encoding, Signal

P = TypeVar("P")
#: Records, or spans, that one request may bring.
MOST_RECORDS: Final = 1_000_000
#: What stood before a mistake is committed by then.
KEPT: Final = "; what stands before record {:,} is taken"


class TooManyRecords(Exception):
    """A request brings more records than one may."""

    def __init__(self, taken: int) -> None:
        super().__init__(f"a request has at most {MOST_RECORDS:,} records{KEPT.format(taken)}, send the others")


async def otlp(decoder: Decoder, signal: Signal, body: bytes, encoding: Encoding) -> AsyncGenerator[Decoded, None]:
    """What an OTLP request holds.

    Raises:
        OtlpError: The body as a whole cannot be read, from some portion on.
        TooManyRecords: It has more spans (log records, data points) than one may have.
    """
    if len(body) <= PORTION_BYTES:
        yield await decoder.otlp(signal, body, encoding)
        return
    from tokometer.sources.otlp import OtlpError, portions

    first = 0
    try:
        async for portion in _one_by_one(portions(signal, body, encoding)):
            found = await decoder.otlp(signal, portion, encoding, _counted(first))
            first += found.count
            yield found
    except OtlpError as error:
        raise OtlpError(f"{error}{KEPT.format(first) if first else ''}") from None


async def own(
    decoder: Decoder, kind: str, body: bytes, media_type: str, *, bodies: bool = False
) -> AsyncGenerator[Decoded, None]:
    """What a body in our own format holds; see :meth:`Decoder.own`.

    Raises:
        NotRecords: The body as a whole cannot be read, from some portion on, or is in no media type that we take.
        TooManyRecords: It has more records than one may have.
    """
    if len(body) <= PORTION_BYTES:
        yield await decoder.own(kind, body, media_type, bodies=bodies)
        return
    from tokometer.sources.own import NotRecords, portions

    first = 0
    try:
        async for portion, form in _one_by_one(portions(body, media_type)):
            found = await decoder.own(kind, portion, form, bodies=bodies, first=_counted(first))
            first += found.count
            yield found
    except NotRecords as error:
        raise NotRecords(f"{error}{KEPT.format(first) if first else ''}", media_type=error.media_type) from None


async def pushed(decoder: Decoder, source: str, which: int, body: bytes, sent: Sent) -> AsyncGenerator[Decoded, None]:
    """What a request to a source holds; see :meth:`Decoder.pushed`.

    Raises:
        NotUnderstood: The body as a whole cannot be read, from some portion on.
        TooManyRecords: It has more items than one may have.
    """
    if len(body) <= PORTION_BYTES:
        yield await decoder.pushed(source, which, body, sent)
        return
    first = 0
    try:
        async for portion in _one_by_one(SOURCES[source].pushed[which].portions(body, sent.media_type)):
            found = await decoder.pushed(source, which, portion, replace(sent, first=_counted(first)))
            first += found.count
            yield found
    except NotUnderstood as error:
        raise NotUnderstood(f"{error}{KEPT.format(first) if first else ''}", error.status) from None


def _counted(first: int) -> int:
    if first >= MOST_RECORDS:
        raise TooManyRecords(first)
    return first


async def _one_by_one(portions: Iterator[P]) -> AsyncIterator[P]:
    """Each portion as it is cut off, which is done in a thread."""
    while (portion := await aside(lambda: next(portions, None))) is not None:
        yield portion
