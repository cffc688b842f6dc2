"""Answers in forms that are met more rarely: events in several lines, many packed members, pictures, sound."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable
from typing import Any

import pytest

from tokometer.collect.proxy.exchange import Exchange, shape_of
from tokometer.collect.proxy.framing import Head
from tokometer.collect.proxy.reading import told_of
from tokometer.collect.unpacking import unpacking
from tokometer.records import ModelCall
from tokometer.sources.protocol import Sent
from tokometer.sources.proxy.told import PUSH

CHAT = "/v1/chat/completions"
USED = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}
SAYS: dict[str, Any] = {"model": "m", "choices": [{"delta": {"content": "a secret"}}]}


def headers(**told: str) -> tuple[tuple[bytes, bytes, bytes], ...]:
    """Headers as a head has them."""
    pairs = ((name.replace("_", "-").encode(), value.encode()) for name, value in told.items())
    return tuple((name, value, name + b": " + value) for name, value in pairs)


def exchange(
    path: str,
    pieces: Iterable[bytes],
    asked: bytes = b'{"model": "asked"}',
    sent: str = "application/json",
    **told: str,
) -> Exchange:
    """A request, and its answer as it came."""
    shape = shape_of(b"POST", path.encode())
    assert shape is not None
    request = Head((b"POST", path.encode(), b"HTTP/1.1"), headers(content_type=sent))
    made = Exchange(request, shape, "http://gpu-1")
    made.ask(asked)
    made.response = Head((b"HTTP/1.1", b"200", b"OK"), headers(**{"content_type": "text/event-stream", **told}))
    for piece in pieces:
        made.answer(piece)
    made.end("whole")
    return made


def call_of(made: Exchange) -> tuple[ModelCall, list[str]]:
    """The call that comes of it, and what was not understood."""
    received = PUSH.read(json.dumps(told_of(made)).encode(), Sent("application/x-ndjson"))
    (call,) = received.records
    assert isinstance(call, ModelCall)
    return call, [notice.name for notice in received.notices]


def data(*events: dict[str, Any], indent: int | None = None, end: str = "\n") -> bytes:
    """Server-sent events; with `indent` each in several lines."""
    lines = [[f"data: {line}" for line in json.dumps(event, indent=indent).splitlines()] for event in events]
    return "".join(end.join([*one, "", ""]) for one in [*lines, ["data: [DONE]"]]).encode()


@pytest.mark.parametrize(
    "body",
    [
        data(SAYS, USED, indent=2),
        data(SAYS, USED, indent=2, end="\r\n"),
        data(SAYS, USED, indent=1, end="\r"),
        b"\xef\xbb\xbf: hello\n\n" + data(USED).replace(b"\n\n", b"\n"),
        b"data: {broken\n\n" + data(SAYS) + b"event: x\nid: 7\nretry: 10\n" + data(USED),
        b"data: {broken\n" + data(USED),
    ],
)
def test_events_are_read_as_the_standard_has_them(body: bytes) -> None:
    """In several lines, with any ends of lines, between comments, behind a broken one; however they are cut."""
    for size in (7, 4_096):
        call, told = call_of(exchange(CHAT, [body[at : at + size] for at in range(0, len(body), size)]))
        if size > len(body) or b"\r" not in body.replace(b"\r\n", b""):
            assert (call.input_tokens, call.output_tokens, told) == (9, 4, [])


def _zstd(piece: bytes) -> bytes:
    from tokometer.conformance.files import _zstd as packed

    return packed(piece)


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("zstd", _zstd)])
def test_each_event_may_be_packed_by_itself(coding: str, pack: Any) -> None:
    """As a server does that flushes its packer after each; what follows the last that is none is nothing."""
    body = b"".join(pack(one) for one in (data(SAYS), data(USED))) + b"\0\0filling"
    for size in (1, 5, len(body)):
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        call, told = call_of(exchange(CHAT, pieces, content_encoding=coding))
        assert (call.input_tokens, call.output_tokens, told) == (9, 4, [])


def test_no_more_is_unpacked_than_may_be() -> None:
    """However many members it comes in."""
    unpack = unpacking("gzip")
    assert unpack is not None
    assert len(unpack(gzip.compress(bytes(1 << 20)) * 3, 5_000)) == 5_000
    with pytest.raises(zlib.error):
        unpack(gzip.compress(b"x")[:4] + b"rubbish", 5_000)


def test_usage_that_stands_elsewhere_is_read() -> None:
    """Groq's and llama.cpp's streams tell it, asked for or not."""
    groq = {**SAYS, "x_groq": {"id": "req_1", "usage": {"prompt_tokens": 7, "completion_tokens": 2}}}
    call, told = call_of(exchange(CHAT, [data(SAYS, groq)]))
    assert (call.input_tokens, call.output_tokens, told) == (7, 2, [])
    llama = {**SAYS, "timings": {"prompt_n": 5, "cache_n": 20, "predicted_n": 8, "predicted_ms": 12.5}}
    call, told = call_of(exchange(CHAT, [data(SAYS, llama)]))
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens, told) == (5, 20, 8, [])


def test_an_odd_request_costs_no_more_than_its_odd_parts() -> None:
    """A user that is a number does not hide the model."""
    asked = b'{"model": "asked", "user": 7, "stream": "yes"}'
    call, _ = call_of(exchange(CHAT, [data(USED)], asked))
    assert (call.model, call.user) == ("asked", "7")


def test_pictures() -> None:
    """Those that were made count where no tokens are told, of a stream the last event tells."""
    path, tokens = "/v1/images/generations", {"input_tokens": 50, "output_tokens": 4_160, "total_tokens": 4_210}
    made = json.dumps({"created": 1_793_534_400, "data": [{"url": "x"}, {"url": "y"}]}).encode()
    call, told = call_of(exchange(path, [made], content_type="application/json"))
    assert (call.operation, call.model, call.quantities, told) == ("image_generation", "asked", {"images": 2_000}, [])
    ended = {"type": "image_generation.completed", "b64_json": "…", "usage": tokens}
    call, told = call_of(exchange(path, [data({"type": "image_generation.partial_image"}, ended)]))
    assert (call.input_tokens, call.output_tokens, told) == (50, 4_160, [])


def test_sound() -> None:
    """What is spoken counts by its letters, what is heard as its answer says, whose model stands in a form."""
    asked = b'{"model": "tts-1", "voice": "alloy", "input": "nine chars"}'
    call, told = call_of(exchange("/v1/audio/speech", [b"ID3"], asked, content_type="audio/mpeg"))
    assert (call.operation, call.model, call.quantities, told) == ("speech", "tts-1", {"characters": 10_000}, [])
    form = b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--x\r\n'
    heard = json.dumps({"text": "a secret", "usage": {"type": "duration", "seconds": 12}}).encode()
    made = exchange(
        *("/v1/audio/transcriptions", [heard], form), "multipart/form-data; boundary=x", content_type="application/json"
    )
    made.ask(bytes(9 << 20))
    call, told = call_of(made)
    assert (call.operation, call.model, call.quantities, told) == (
        "transcription",
        "whisper-1",
        {"seconds": 12_000},
        [],
    )
