"""An error's reply does not repeat a secret, and is what it was otherwise."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from tokometer.records.redaction.logs import DiscreetFormatter
from tokometer.server.discreet import BrokenOff, Discreet, hold_secrets

KEY = "ghp_" + "a1B2" * 9


def reply(response: Any) -> tuple[dict[str, str], bytes]:
    """What is sent of a response: its headers and its body."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.sleep(3_600)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"spec_version": "2.3"}}
    asyncio.run(Discreet(response)(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return headers, b"".join(message["body"] for message in sent[1:])


@pytest.mark.parametrize(
    "response",
    [
        JSONResponse({"error": f'there is no field "{KEY}"', KEY: [KEY]}, 404),
        PlainTextResponse(f'no {KEY} here: password="{KEY}"', 400),
    ],
)
def test_an_error_does_not_repeat_a_secret(response: Response) -> None:
    """And its length is right."""
    headers, body = reply(response)
    assert KEY[4:12].encode() not in body
    assert int(headers["content-length"]) == len(body)
    if "json" in headers["content-type"]:
        assert json.loads(body)["error"] == 'there is no field "…"'


@pytest.mark.parametrize(
    "response",
    [
        JSONResponse({"error": "there is no field 'x'"}, 404),
        JSONResponse({"kept": KEY}, 200),
        Response(b"\xff\xfe" + KEY.encode(), 400, media_type="application/x-protobuf"),
    ],
)
def test_everything_else_is_as_it_was(response: Response) -> None:
    """Byte by byte."""
    assert reply(response)[1] == response.body


def test_an_error_in_parts_is_put_together() -> None:
    """A secret may stand at the joint."""
    response = StreamingResponse(iter([f"no {KEY[:9]}", f"{KEY[9:]}."]), 500, media_type="text/plain")
    assert reply(response)[1] == "no ….".encode()


def test_an_answer_without_its_body_keeps_its_length() -> None:
    """As HEAD is answered."""
    headers, body = reply(Response(b"", 404, {"content-length": "17"}, "text/plain"))
    assert (headers["content-length"], body) == ("17", b"")


def test_what_nobody_caught_is_answered_and_logged_without_what_the_request_brought(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As a mistake of ours; an answer that had begun is broken off, and says nothing of why to the server around it."""
    key = "plum4plum"

    async def mistaken(scope: Any, _receive: Any, _send: Any) -> None:
        hold_secrets(scope, {"key": key, "title": "Ours"}, "key")
        raise ValueError(key)

    async def begun(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await mistaken(scope, receive, send)

    class Discreetly(logging.Handler):
        said = ""

        def emit(self, record: logging.LogRecord) -> None:
            self.said += DiscreetFormatter().format(record)

    handler = Discreetly()
    logging.getLogger("tokometer.server.discreet").addHandler(handler)
    try:
        headers, body = reply(mistaken)
        with pytest.raises(BrokenOff) as broken:
            reply(begun)
    finally:
        logging.getLogger("tokometer.server.discreet").removeHandler(handler)
    assert broken.value.__suppress_context__
    assert int(headers["content-length"]) == len(body)
    assert "mistake" in json.loads(body)["detail"]
    assert "ValueError: [key]" in handler.said
    assert key not in handler.said
    assert len(caplog.records) == 2
