"""Where messages begin and end in a stream of bytes, however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.collect.proxy.framing import (
    BadMessage,
    Body,
    Chunked,
    body_of_request,
    body_of_response,
    is_interim,
    request_of,
    response_of,
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """Data, cut at these places."""
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


def chunked(parts: list[bytes], trailer: bytes = b"") -> bytes:
    """A body in chunks."""
    return b"".join(b"%x;a=b\r\n%b\r\n" % (len(part), part) for part in parts if part) + b"0\r\n" + trailer + b"\r\n"


@given(
    st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(0, 10_000), max_size=12), st.binary(max_size=9)
)
def test_a_chunked_body_ends_where_it_says(parts: list[bytes], cuts: list[int], after: bytes) -> None:
    """The content is found and the end is right, however the bytes come."""
    body, content, rest = Chunked(), b"", b""
    for piece in pieces(chunked(parts, b"X-One: 1\r\n") + after, cuts):
        if body.done:
            rest += piece
            continue
        taken, found = body.feed(piece)
        content += b"".join(found)
        rest += piece[taken:]
    assert body.done
    assert (content, rest) == (b"".join(parts), after)


@given(st.binary(max_size=60), st.lists(st.integers(0, 10_000), max_size=8), st.binary(max_size=9))
def test_a_body_of_a_length_ends_there(content: bytes, cuts: list[int], after: bytes) -> None:
    """What comes after it is not of it."""
    body, found, rest = Body(len(content)), b"", b""
    for piece in pieces(content + after, cuts):
        taken, parts = (0, ()) if body.done else body.feed(piece)
        found += b"".join(parts)
        rest += piece[taken:]
    assert body.done
    assert (found, rest) == (content, after)


@pytest.mark.parametrize(
    "data",
    [
        b"5\r\nhello!\r\n",
        b"g\r\n",
        b"5\nhello\r\n",
        b"-1\r\n",
        b"0x5\r\n",
        b"\r\n",
        b"5" * 5_000,
        b"fffffffffffffffff\r\n",
    ],
)
def test_chunks_that_are_none_are_refused(data: bytes) -> None:
    """What two readers could take for different chunks is not passed on."""
    with pytest.raises(BadMessage):
        Chunked().feed(data)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /",
        b"GET  / HTTP/1.1",
        b"GET / HTTP/2.0",
        b"GET / HTTP/1.1\r\nA : b",
        b"GET / HTTP/1.1\r\n folded",
        b"GET / HTTP/1.1\r\nA: b\nB: c",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
        b"GET / HTTP/1.1\r\n: b",
        b"",
    ],
)
def test_requests_that_are_none_are_refused(raw: bytes) -> None:
    """What could be smuggled past somebody is refused."""
    with pytest.raises(BadMessage):
        request_of(raw)


@pytest.mark.parametrize(
    "header",
    [b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: +5", b"Content-Length: 5, 6", b"Content-Length: x"],
)
def test_a_length_that_is_none_is_refused(header: bytes) -> None:
    """Two lengths, or something else than one."""
    with pytest.raises(BadMessage):
        body_of_request(request_of(b"POST / HTTP/1.1\r\n" + header))


def test_a_coding_that_hides_the_end_is_refused() -> None:
    """Only chunks say where a request ends."""
    with pytest.raises(BadMessage) as found:
        body_of_request(request_of(b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked"))
    assert found.value.status == 501


@pytest.mark.parametrize(
    ("method", "raw", "done", "until_close"),
    [
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5", True, False),
        (b"GET", b"HTTP/1.1 204 No Content", True, False),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5", True, False),
        (b"GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0", True, False),
        (b"GET", b"HTTP/1.1 200 OK\r\nContent-Length: 5", False, False),
        (b"GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5", False, False),
        (b"GET", b"HTTP/1.1 200", False, True),
        (b"GET", b"HTTP/1.0 200 OK", False, True),
    ],
)
def test_an_answer_ends_as_http_has_it(method: bytes, raw: bytes, done: bool, until_close: bool) -> None:
    """By the method, the status, the chunks, the length, or the end of the connection."""
    body = body_of_response(response_of(raw), method)
    assert (body.done, body.until_close) == (done, until_close)


@pytest.mark.parametrize(("status", "interim"), [(b"100", True), (b"103", True), (b"101", False), (b"200", False)])
def test_an_interim_answer_is_followed_by_another(status: bytes, interim: bool) -> None:
    """100 and 103 are no answers yet; 101 is one."""
    assert is_interim(response_of(b"HTTP/1.1 " + status + b" X")) is interim
