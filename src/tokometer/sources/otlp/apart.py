"""A request in JSON that cannot be decoded as a whole, taken apart: what is wrong in one part spoils only that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tokometer.records import RecordError
from tokometer.sources.otlp.signals import Shape
from tokometer.sources.pieces import elements, members


class Apart(NamedTuple):
    """What stands in one scope, as it stands there."""

    resource: bytes
    scope: bytes
    #: Spans, log records or metrics.
    told: list[bytes]


def taken_apart(body: bytes, shape: Shape) -> Iterator[Apart | RecordError]:
    """The scopes of a request, in order; an error stands for a part that has not the form it should have.

    Raises:
        ValueError: The body has not the form of a request.
    """
    for at, raw in enumerate(elements(members(body).get(_quoted(shape.resources), b""))):
        where = f"{shape.resources}[{at}]"
        try:
            resource = members(raw)
            scopes = [scope for name in shape.scopes for scope in _list(resource, name)]
        except ValueError as error:
            yield RecordError(where, f"is {error}")
            continue
        for number, raw_scope in enumerate(scopes):
            try:
                scope = members(raw_scope)
                told = _list(scope, shape.items)
            except ValueError as error:
                yield RecordError(f"{where}.{shape.scopes[0]}[{number}]", f"is {error}")
                continue
            yield Apart(resource.get(b'"resource"', b"null"), scope.get(b'"scope"', b"null"), told)


def _list(object_: Mapping[bytes, bytes], name: str) -> list[bytes]:
    listed = object_.get(_quoted(name), b"null")
    return [] if listed == b"null" else elements(listed)


def _quoted(name: str) -> bytes:
    return f'"{name}"'.encode()
