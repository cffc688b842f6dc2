"""Tests of tokometer.server.body."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import cramjam
import pytest
from fastapi import Request

from tokometer.server.body import BodyError, Limits, received
from tokometer.server.room import Room

pytestmark = pytest.mark.anyio
MIB = 1024 * 1024


@pytest.fixture
def anyio_backend() -> str:
    """The server's own event loop."""
    return "asyncio"


def _request(
    parts: Sequence[bytes | float], limits: Limits | None = None, room: Room | None = None, **headers: str
) -> Request:
    """A request whose body comes in these parts; a number is a pause of so many seconds, and the end hangs up."""
    left = list(parts)

    async def receive() -> dict[str, Any]:
        if left and isinstance(left[0], float):
            await asyncio.sleep(float(left.pop(0)))
        if not left:
            return {"type": "http.disconnect"}
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    state = SimpleNamespace(body_limits=limits or Limits(), room=room or Room())
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "headers": named, "app": SimpleNamespace(state=state)}
    return Request(scope, receive)


async def _body(request: Request) -> bytes:
    async with received(request) as body:
        return body


async def _status(request: Request) -> int:
    with pytest.raises(BodyError) as error:
        await _body(request)
    assert request.app.state.room.held == 0
    return error.value.status


async def test_held_until_it_is_answered() -> None:
    """A body's bytes count as held for as long as they are used."""
    request = _request([b"a" * 1000, b"b" * 500])
    async with received(request) as body:
        assert body == b"a" * 1000 + b"b" * 500
        assert request.app.state.room.held == 1_500
    assert request.app.state.room.held == 0


async def test_silence_ends_it() -> None:
    """A body of which nothing comes is given up."""
    assert await _status(_request([b"a", 5.0, b"b"], Limits(silence=0.02))) == 408


async def test_a_trickle_ends_it() -> None:
    """A body that comes byte by byte is given up, though nothing is missing for long."""
    trickle: list[bytes | float] = [part for _ in range(1_000) for part in (b"a", 0.005)]
    assert await _status(_request(trickle, Limits(silence=1, grace=0.05, pace=10_000))) == 408


async def test_a_steady_one_is_taken() -> None:
    """Who keeps the pace may take longer than the grace."""
    parts: list[bytes | float] = [part for _ in range(10) for part in (b"a" * 1_000, 0.01)]
    assert len(await _body(_request([*parts, b"end"], Limits(silence=1, grace=0.05, pace=10_000)))) == 10_003


async def test_hanging_up_is_no_fault_of_ours() -> None:
    """A client that leaves in the middle ends its request, without a traceback."""
    assert await _status(_request([b"a", 0.0])) == 400


async def test_crowded() -> None:
    """Where other bodies take all the room, a body waits a moment and is then told to come again."""
    room = Room(1_000, patience=0.02)
    async with received(_request([b"a" * 900], room=room)):
        with pytest.raises(BodyError) as error:
            await _body(_request([b"b" * 900], room=room))
        assert (error.value.status, error.value.headers) == (503, {"Retry-After": "2"})
    assert len(await _body(_request([b"b" * 900], room=room))) == 900


PACKED: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize("encoding", PACKED)
async def test_unpacked(encoding: str) -> None:
    """A packed body is what was packed, whichever way, and only that counts as held."""
    plain = bytes(range(256)) * 20_000
    request = _request([PACKED[encoding](plain)], content_encoding=encoding)
    async with received(request) as body:
        assert body == plain
        assert request.app.state.room.held == len(plain)


async def test_bombs_hold_nobody_up() -> None:
    """While eight bombs are unpacked, the event loop does other things, and they hold no more than what is allowed."""
    bomb = gzip.compress(bytes(63 * MIB))
    room = Room(32 * MIB, patience=0.05)
    late = 0.0
    loop = asyncio.get_running_loop()

    async def ticking() -> None:
        nonlocal late
        while True:
            before = loop.time()
            await asyncio.sleep(0.005)
            late = max(late, loop.time() - before)
            assert room.held <= 32 * MIB

    async def one() -> int:
        with pytest.raises(BodyError) as error:
            await _body(_request([bomb], room=room, content_encoding="gzip"))
        return error.value.status

    ticker = asyncio.create_task(ticking())
    assert set(await asyncio.gather(*(one() for _ in range(8)))) == {503}
    ticker.cancel()
    assert late < 1


async def test_members_are_counted() -> None:
    """A body of a million empty members is refused after the first thousands."""
    assert await _status(_request([gzip.compress(b"") * 100_000], content_encoding="gzip")) == 400


async def test_many_members() -> None:
    """A body may have as many members as log shippers write."""
    packed = b"".join(gzip.compress(b"%d\n" % number) for number in range(5_000))
    body = await _body(_request([packed], content_encoding="gzip"))
    assert body == b"".join(b"%d\n" % number for number in range(5_000))


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda: _request([b"a"], content_length=str(100 * MIB)), 413),
        (lambda: _request([b"a" * MIB] * 65), 413),
        (lambda: _request([gzip.compress(bytes(65 * MIB))], content_encoding="gzip"), 413),
        (lambda: _request([b"a" * MIB] * 17, content_encoding="gzip"), 413),
        (lambda: _request([b"plain"], content_encoding="gzip"), 400),
        (lambda: _request([gzip.compress(b"a")[:-1]], content_encoding="gzip"), 400),
        (lambda: _request([b"a"], content_encoding="br"), 415),
    ],
)
async def test_refused(make: Callable[[], Request], status: int) -> None:
    """What is too large, before or after unpacking, broken, or packed in another way is refused."""
    assert await _status(make()) == status


async def test_snappy() -> None:
    """Snappy's block format is unpacked, and counts as what it becomes."""
    body = b"a number of words " * 10_000
    packed = bytes(cramjam.snappy.compress_raw(body))
    request = _request([packed[:50], packed[50:]], content_encoding="snappy")
    async with received(request) as found:
        assert found == body
        assert request.app.state.room.held == len(body)


@pytest.mark.parametrize(
    ("packed", "status"),
    [
        (b"\xff\xff\xff\xff\x0f" + b"\x00" * 20, 413),
        (b"\x05\x14hello", 400),
        (bytes(cramjam.snappy.compress_raw(b"hello" * 50))[:-2], 400),
        (b"", 400),
        (bytes(cramjam.snappy.compress_raw(b"a" * (2 * MIB))), 413),
    ],
)
async def test_snappy_that_is_none(packed: bytes, status: int) -> None:
    """What would become too large is not unpacked, and what is broken says so."""
    assert await _status(_request([packed], Limits(plain=MIB), content_encoding="snappy")) == status
