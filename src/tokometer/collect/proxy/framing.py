"""HTTP/1.1 messages in a stream of bytes: their heads, and where their bodies end (RFC 9112).

No byte is changed here. What two readers could understand in two ways is refused, so that nobody can smuggle one
request inside another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

#: A head longer than this is none (bytes).
MOST_HEAD: Final = 64 << 10
END: Final = b"\r\n\r\n"
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VERSION: Final = re.compile(rb"HTTP/1\.[01]")
_STATUS: Final = re.compile(rb"[1-9][0-9]{2}")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?", re.DOTALL)
#: Of a line with the size of a chunk, extensions included.
_MOST_LINE: Final = 4_096
_NO_BODY: Final = (204, 304)
_INTERIM: Final = range(100, 200)
_SWITCHING: Final = 101
_UNKNOWN: Final = -1


class BadMessage(Exception):
    """What cannot be passed on, and the status that says so."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class Head(NamedTuple):
    """A request line or status line, in three parts, and the headers as they were written."""

    first: tuple[bytes, bytes, bytes]
    #: Names in lower case, values without the space around them, whole lines.
    headers: tuple[tuple[bytes, bytes, bytes], ...]

    def get(self, name: bytes) -> bytes:
        """A header's value; of several, joined by commas; empty where there is none."""
        return b", ".join(value for key, value, _ in self.headers if key == name)

    def all(self, name: bytes) -> list[bytes]:
        """The items of all headers of a name, in lower case."""
        return [item.strip().lower() for item in self.get(name).split(b",") if item.strip()]


def head_of(raw: bytes) -> Head:
    """A head, without the empty line that ends it.

    Raises:
        BadMessage: It is none.
    """
    first, *lines = raw.lstrip(b"\r\n").split(b"\r\n")
    parts = first.split(b" ", 2)
    if len(parts) == 2:  # noqa: PLR2004 - a status without a phrase
        parts.append(b"")
    if len(parts) != 3:  # noqa: PLR2004
        raise BadMessage("the first line is not HTTP")
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _TOKEN.fullmatch(name) or b"\n" in value or b"\r" in value or b"\0" in value:
            raise BadMessage("a header is not HTTP")
        headers.append((name.lower(), value.strip(b" \t"), line))
    return Head((parts[0], parts[1], parts[2]), tuple(headers))


def request_of(raw: bytes) -> Head:
    """The head of a request.

    Raises:
        BadMessage: It is none, or its body cannot be told apart from what comes after it.
    """
    head = head_of(raw)
    method, target, version = head.first
    if not _TOKEN.fullmatch(method) or not target or b" " in version or not _VERSION.fullmatch(version):
        raise BadMessage("the first line is not that of an HTTP/1.1 request")
    if head.get(b"transfer-encoding") and head.get(b"content-length"):
        raise BadMessage("it has both a Content-Length and a Transfer-Encoding")
    return head


def response_of(raw: bytes) -> Head:
    """The head of an answer.

    Raises:
        BadMessage: It is none.
    """
    head = head_of(raw)
    version, status, _ = head.first
    if not _VERSION.fullmatch(version) or not _STATUS.fullmatch(status):
        raise BadMessage("the first line is not that of an HTTP/1.1 answer")
    return head


def is_last(head: Head) -> bool:
    """Whether the connection ends with this message."""
    wishes = head.all(b"connection")
    version = head.first[2] if head.first[2].startswith(b"HTTP/") else head.first[0]
    return b"close" in wishes or (version == b"HTTP/1.0" and b"keep-alive" not in wishes)


def is_interim(head: Head) -> bool:
    """Whether another answer follows: 100, 103."""
    status = int(head.first[1])
    return status in _INTERIM and status != _SWITCHING


def is_switch(head: Head) -> bool:
    """Whether an answer takes the offer of another protocol: 101."""
    return int(head.first[1]) == _SWITCHING


def is_websocket(head: Head) -> bool:
    """Whether a request offers to go on as a WebSocket, and as nothing else."""
    return head.first[0] == b"GET" and head.all(b"upgrade") == [b"websocket"]


def body_of_request(head: Head) -> Body:
    """The body that follows the head of a request.

    Raises:
        BadMessage: Nobody can tell where it ends.
    """
    coding = head.all(b"transfer-encoding")
    if coding:
        if coding != [b"chunked"]:
            raise BadMessage("a Transfer-Encoding other than chunked is not passed on", 501)
        return Chunked()
    return Body(_length(head) or 0)


def body_of_response(head: Head, method: bytes) -> Body:
    """The body that follows the head of an answer to a method.

    Raises:
        BadMessage: Nobody can tell where it ends.
    """
    if method == b"HEAD" or int(head.first[1]) in _NO_BODY:
        return Body(0)
    coding = head.all(b"transfer-encoding")
    if coding:
        return Chunked() if coding[-1] == b"chunked" else Body(_UNKNOWN)
    length = _length(head)
    return Body(_UNKNOWN if length is None else length)


def _length(head: Head) -> int | None:
    told = set(head.all(b"content-length"))
    if not told:
        return None
    if len(told) > 1 or not _LENGTH.fullmatch(next(iter(told))):
        raise BadMessage("its Content-Length is none")
    return int(next(iter(told)))


class Body:
    """A body of so many bytes, or up to the end of the connection (-1)."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0

    @property
    def until_close(self) -> bool:
        """Whether it ends with the connection."""
        return self._left == _UNKNOWN

    def feed(self, data: bytes) -> tuple[int, Iterable[bytes]]:
        """How many of these bytes are of the body, and the pieces of content among them."""
        if self._left == _UNKNOWN:
            return len(data), (data,)
        taken = min(len(data), self._left)
        self._left -= taken
        self.done = self._left == 0
        return taken, (data if taken == len(data) else data[:taken],) if taken else ()


class Chunked(Body):
    """A body in chunks, with trailers at its end."""

    def __init__(self) -> None:
        super().__init__(_UNKNOWN)
        self._line = b""
        #: Bytes of the chunk that are still to come, its line end included; None between two chunks.
        self._chunk: int | None = None
        self._trailers = False

    @property
    def until_close(self) -> bool:
        """It says by itself where it ends."""
        return False

    def feed(self, data: bytes) -> tuple[int, Iterable[bytes]]:
        """See :meth:`Body.feed`.

        Raises:
            BadMessage: It is not in chunks.
        """
        found: list[bytes] = []
        at = 0
        while at < len(data) and not self.done:
            at = self._content(data, at, found) if self._chunk is not None else self._between(data, at)
        return at, found

    def _content(self, data: bytes, at: int, found: list[bytes]) -> int:
        assert self._chunk is not None
        content = self._chunk - 2
        if content > 0:
            piece = data[at : at + content]
            found.append(piece)
            self._chunk -= len(piece)
            return at + len(piece)
        # The line end of the chunk: CR, LF.
        expected = b"\r\n"[2 - self._chunk]
        if data[at] != expected:
            raise BadMessage("a chunk is longer than it says")
        self._chunk -= 1
        if self._chunk == 0:
            self._chunk = None
        return at + 1

    def _between(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        stop = len(data) if end < 0 else end + 1
        self._line += data[at:stop]
        if len(self._line) > _MOST_LINE:
            raise BadMessage("a line between chunks has no end")
        if end >= 0:
            line, self._line = self._line, b""
            if not line.endswith(b"\r\n"):
                raise BadMessage("a line between chunks does not end as it has to")
            self._take(line[:-2])
        return stop

    def _take(self, line: bytes) -> None:
        if self._trailers:
            self.done = not line
            return
        found = _SIZE.fullmatch(line)
        if found is None:
            raise BadMessage("the size of a chunk is none")
        size = int(found[1], 16)
        self._trailers = size == 0
        self._chunk = None if size == 0 else size + 2


def lines_of(head: Head, leave_out: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a head's headers as they were written, but for those of some names."""
    names = frozenset(leave_out)
    return (line for name, _, line in head.headers if name not in names)
