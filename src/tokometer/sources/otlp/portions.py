"""Large requests in smaller ones, with the same spans, log records or metrics in the same order.

What a resource and a scope hold is sent with them again in each. Of protobuf only the lengths are read, of JSON only
the brackets. The comments speak of spans; the other signals have the same form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.signals import SHAPES, Shape
from tokometer.sources.portions import PORTION_BYTES, PORTION_RECORDS, array, is_json

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
#: Fields of ExportTraceServiceRequest, ResourceSpans and ScopeSpans, and of those of the other signals.
_RESOURCE_SPANS, _RESOURCE, _SCOPE_SPANS, _SCOPE, _SPANS = 1, 1, 2, 1, 2
#: Of what a metric holds: its data points.
_POINTS: Final = 1
_MOST_BITS: Final = 63
_BROKEN: Final = "the body is not an OTLP {} in protobuf"
_TRACES: Final = SHAPES["traces"]

#: Where a field begins, where its content does, and where both end.
_Place = tuple[int, int, int]


def protobuf_portions(body: bytes, most: int = PORTION_BYTES, shape: Shape = _TRACES) -> Iterator[bytes]:
    """A request in protobuf as several of about `most` bytes, besides what a resource takes.

    Raises:
        OtlpError: It is no such request. What came before may have been given.
    """
    try:
        yield from _protobuf_portions(body, most, frozenset(shape.held.values()))
    except _BrokenError:
        raise OtlpError(_BROKEN.format(shape.request)) from None


class _BrokenError(Exception):
    """The lengths in a message do not fit it."""


def _protobuf_portions(body: bytes, most: int, held: frozenset[int]) -> Iterator[bytes]:
    portion = _Portion(most)
    # All of them first: a body that was cut off is refused before anything of it is kept.
    for _, start, end in list(_fields(body, 0, len(body), _RESOURCE_SPANS)):
        resource = b"".join(body[begin:stop] for begin, _, stop in _fields(body, start, end, _RESOURCE))
        scopes: list[bytes] = []
        for _, first, last in _fields(body, start, end, _SCOPE_SPANS):
            scope = b"".join(body[begin:stop] for begin, _, stop in _fields(body, first, last, _SCOPE))
            for run, count in _runs(body, first, last, most, held):
                scopes.append(_field(_SCOPE_SPANS, (scope, run)))
                if portion.add(len(scopes[-1]), count):
                    yield portion.cut((resource, *scopes))
                    scopes.clear()
        if scopes:
            portion.keep((resource, *scopes))
    yield from portion.rest()


class _Portion:
    """What has been gathered for the next portion."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[bytes] = []
        self._bytes = self._spans = 0

    def add(self, size: int, spans: int) -> bool:
        """Count what comes to it; whether that is enough."""
        self._bytes += size
        self._spans += spans
        return self._bytes >= self._most or self._spans >= PORTION_RECORDS

    def keep(self, parts: Iterable[bytes]) -> None:
        """Keep a ResourceSpans for it."""
        self._kept.append(_field(_RESOURCE_SPANS, tuple(parts)))

    def cut(self, parts: Iterable[bytes]) -> bytes:
        """The portion with this as its last, and begin the next."""
        self.keep(parts)
        made = b"".join(self._kept)
        self._kept.clear()
        self._bytes = self._spans = 0
        return made

    def rest(self) -> Iterator[bytes]:
        """What is left, if anything."""
        if self._kept:
            yield b"".join(self._kept)


def _runs(body: bytes, start: int, end: int, most: int, held: frozenset[int]) -> Iterator[tuple[bytes, int]]:
    """The spans of a ScopeSpans, encoded one after the other, in pieces, with how many each has."""
    pieces: list[bytes] = []
    size = 0
    for begin, content, stop in _fields(body, start, end, _SPANS):
        for piece in _parted(body, content, stop, most, held) if stop - begin > most else (body[begin:stop],):
            pieces.append(piece)
            size += len(piece)
            if size >= most or len(pieces) >= PORTION_RECORDS:
                yield b"".join(pieces), len(pieces)
                pieces.clear()
                size = 0
    if pieces:
        yield b"".join(pieces), len(pieces)


def _parted(body: bytes, start: int, end: int, most: int, held: frozenset[int]) -> Iterator[bytes]:
    """A metric of many data points as several of some; anything else as it is."""
    places = [(number, place) for number in held for place in _fields(body, start, end, number)]
    if len(places) != 1:
        yield _field(_SPANS, (body[start:end],))
        return
    [(number, (begin, content, stop))] = places
    before, after = body[start:begin], body[stop:end]
    points = list(_fields(body, content, stop, _POINTS))
    around = _without(body, content, stop, points)
    run: list[bytes] = []
    size = 0
    for first, _, last in points:
        run.append(body[first:last])
        size += last - first
        if size >= most:
            yield _field(_SPANS, (before, _field(number, (*run, around)), after))
            run.clear()
            size = 0
    if run or not points:
        yield _field(_SPANS, (before, _field(number, (*run, around)), after))


def _without(body: bytes, start: int, end: int, places: Iterable[_Place]) -> bytes:
    """What stands between these places."""
    pieces, at = [], start
    for first, _, last in places:
        pieces.append(body[at:first])
        at = last
    return b"".join((*pieces, body[at:end]))


def _fields(body: bytes, at: int, end: int, wanted: int) -> Iterator[_Place]:
    """The places of all fields of a message with this number."""
    while at < end:
        begin = at
        tag, at = _varint(body, at, end)
        wire = tag & 7
        content = at
        if wire == _BYTES:
            length, content = _varint(body, at, end)
            at = content + length
        elif wire == _VARINT:
            _, at = _varint(body, at, end)
        elif wire in (_FIXED_64, _FIXED_32):
            at += 8 if wire == _FIXED_64 else 4
        else:
            raise _BrokenError
        if at > end or not tag >> 3:
            raise _BrokenError
        if tag >> 3 == wanted and wire == _BYTES:
            yield begin, content, at


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift <= _MOST_BITS:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return value, at
        shift += 7
    raise _BrokenError


def _field(number: int, parts: Sequence[bytes]) -> bytes:
    """A field with a length, of parts that follow each other."""
    size = sum(map(len, parts))
    head = bytearray([number << 3 | _BYTES])
    while size > 0x7F:  # noqa: PLR2004 - seven bits a byte
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return b"".join((head, *parts))


_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_NULL: Final = msgspec.Raw(b"null")
_EMPTY: Final = msgspec.Raw(b"[]")


def json_portions(body: bytes, most: int = PORTION_BYTES // 4, shape: Shape = _TRACES) -> Iterator[bytes]:
    """A request in JSON as several. What is small enough is passed on as it stands, whatever is in it.

    Raises:
        OtlpError: It is no JSON, or not of that form.
    """
    if not is_json(body):
        raise OtlpError(f"the body is not an OTLP {shape.request} in JSON: it is no JSON")
    before = b'{"%s":' % shape.resources.encode()
    try:
        for some in array(bytes(_OBJECT.decode(body).get(shape.resources, _EMPTY)), most):
            if len(some) <= most:
                yield before + some + b"}"
                continue
            for one in _LIST.decode(some):
                for name in shape.scopes:
                    if name in one:
                        head = before + b'[{"resource":%s,"%s":' % (
                            bytes(one.get("resource", _NULL)),
                            shape.scopes[0].encode(),
                        )
                        yield from _of_resource(head, bytes(one[name]), most, shape)
    except (msgspec.DecodeError, ValueError) as error:
        raise OtlpError(f"the body is not an OTLP {shape.request} in JSON: {error}") from None


def _of_resource(before: bytes, scopes: bytes, most: int, shape: Shape) -> Iterator[bytes]:
    if scopes == b"null":
        return
    for some in array(scopes, most):
        if len(some) <= most:
            yield before + some + b"}]}"
            continue
        for one in _LIST.decode(some):
            told = bytes(one.get(shape.items, _NULL))
            if told != b"null":
                head = b'[{"scope":%s,"%s":' % (bytes(one.get("scope", _NULL)), shape.items.encode())
                for spans in array(told, most):
                    for part in _parted_json(spans, most, shape) if shape.held and len(spans) > most else (spans,):
                        yield before + head + part + b"}]}]}"


def _parted_json(metrics: bytes, most: int, shape: Shape) -> Iterator[bytes]:
    """Metrics of many data points, each as several of some."""
    for metric in _LIST.decode(metrics):
        name = next((name for name in shape.held if name in metric), "")
        data = _OBJECT.decode(metric[name]) if name and bytes(metric[name]) != b"null" else {}
        if shape.points not in data:
            yield b"[" + msgspec.json.encode(metric) + b"]"
            continue
        for points in array(bytes(data[shape.points]), most):
            data[shape.points] = msgspec.Raw(points)
            yield b"[" + msgspec.json.encode({**metric, name: data}) + b"]"
