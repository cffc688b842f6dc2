"""Large `ExportTraceServiceRequest`s in smaller ones, with the same spans in the same order.

Spans of a resource are sent with it again in each. Of protobuf only the lengths are read, of JSON only the brackets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.portions import PORTION_BYTES, PORTION_RECORDS, array, is_json

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
#: Fields of ExportTraceServiceRequest, ResourceSpans and ScopeSpans.
_RESOURCE_SPANS, _RESOURCE, _SCOPE_SPANS, _SPANS = 1, 1, 2, 2
_MOST_BITS: Final = 63
_BROKEN: Final = "the body is not an OTLP ExportTraceServiceRequest in protobuf"

#: Where a field begins, where its content does, and where both end.
_Place = tuple[int, int, int]


def protobuf_portions(body: bytes, most: int = PORTION_BYTES) -> Iterator[bytes]:
    """A request in protobuf as several of about `most` bytes, besides what a resource takes.

    Raises:
        OtlpError: It is no such request. What came before may have been given.
    """
    portion = _Portion(most)
    # All of them first: a body that was cut off is refused before anything of it is kept.
    for _, start, end in list(_fields(body, 0, len(body), _RESOURCE_SPANS)):
        resource = b"".join(body[begin:stop] for begin, _, stop in _fields(body, start, end, _RESOURCE))
        scopes: list[bytes] = []
        for _, first, last in _fields(body, start, end, _SCOPE_SPANS):
            for run, count in _runs(body, first, last, most):
                scopes.append(_field(_SCOPE_SPANS, (run,)))
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


def _runs(body: bytes, start: int, end: int, most: int) -> Iterator[tuple[bytes, int]]:
    """The spans of a ScopeSpans, encoded one after the other, in pieces, with how many each has."""
    pieces: list[bytes] = []
    size = 0
    for begin, _, stop in _fields(body, start, end, _SPANS):
        pieces.append(body[begin:stop])
        size += stop - begin
        if size >= most or len(pieces) >= PORTION_RECORDS:
            yield b"".join(pieces), len(pieces)
            pieces.clear()
            size = 0
    if pieces:
        yield b"".join(pieces), len(pieces)


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
            raise OtlpError(_BROKEN)
        if at > end or not tag >> 3:
            raise OtlpError(_BROKEN)
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
    raise OtlpError(_BROKEN)


def _field(number: int, parts: Sequence[bytes]) -> bytes:
    """A field with a length, of parts that follow each other."""
    size = sum(map(len, parts))
    head = bytearray([number << 3 | _BYTES])
    while size > 0x7F:  # noqa: PLR2004 - seven bits a byte
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return b"".join((head, *parts))


class _Camel(Struct, rename="camel", gc=False):
    pass


class _Request(_Camel):
    resource_spans: msgspec.Raw = msgspec.Raw(b"[]")


class _ResourceSpans(_Camel):
    resource: msgspec.Raw = msgspec.Raw(b"null")
    scope_spans: msgspec.Raw = msgspec.Raw(b"[]")
    instrumentation_library_spans: msgspec.Raw = msgspec.Raw(b"[]")


class _ScopeSpans(_Camel):
    spans: msgspec.Raw = msgspec.Raw(b"[]")


_REQUEST: Final = msgspec.json.Decoder(_Request)
_LIST: Final = msgspec.json.Decoder(list[_ResourceSpans])
_SCOPES: Final = msgspec.json.Decoder(list[_ScopeSpans])


def json_portions(body: bytes, most: int = PORTION_BYTES // 4) -> Iterator[bytes]:
    """A request in JSON as several. What is small enough is passed on as it stands, whatever is in it.

    Raises:
        OtlpError: It is no JSON, or not of that form.
    """
    if not is_json(body):
        raise OtlpError("the body is not an OTLP ExportTraceServiceRequest in JSON: it is no JSON")
    try:
        for some in array(bytes(_REQUEST.decode(body).resource_spans), most):
            if len(some) <= most:
                yield b'{"resourceSpans":' + some + b"}"
                continue
            for one in _LIST.decode(some):
                for name in ("scope_spans", "instrumentation_library_spans"):
                    yield from _of_resource(bytes(one.resource), bytes(getattr(one, name)), most)
    except (msgspec.DecodeError, ValueError) as error:
        raise OtlpError(f"the body is not an OTLP ExportTraceServiceRequest in JSON: {error}") from None


def _of_resource(resource: bytes, scopes: bytes, most: int) -> Iterator[bytes]:
    before = b'{"resourceSpans":[{"resource":' + resource + b',"scopeSpans":'
    if scopes == b"null":
        return
    for some in array(scopes, most):
        if len(some) <= most:
            yield before + some + b"}]}"
            continue
        for one in _SCOPES.decode(some):
            if bytes(one.spans) != b"null":
                for spans in array(bytes(one.spans), most):
                    yield before + b'[{"spans":' + spans + b"}]}]}"
