"""An error's reply does not repeat a secret, and is what it was otherwise."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from tokometer.server.discreet import Discreet

KEY = "ghp_" + "a1B2" * 9


def reply(response: Response) -> tuple[dict[str, str], bytes]:
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
