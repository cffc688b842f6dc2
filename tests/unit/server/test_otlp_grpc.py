"""Tests of tokometer.server.otlp_grpc: what is told while records cannot be taken."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from generators.otlp_spans import protobuf, span
from servers.ingest import Runtime as IngestRuntime
from tokometer.collect.decoding import Decoder
from tokometer.collect.reading import Prices
from tokometer.collect.writer import Writer
from tokometer.ledger import Batch, LedgerFull
from tokometer.ledger.opening import open_ledger
from tokometer.server.otlp_grpc import GrpcDoor
from tokometer.server.room import Room
from tokometer.server.runtime import Runtime
from tokometer.sources.otlp.messages import Failure, RetryInfo

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 1}
MIB = 1024 * 1024


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    """What the door needs of a server, on a real ledger."""
    ledger = open_ledger(tmp_path / "data")
    prices = Prices(None, tmp_path / "cache")
    writer, decoder = Writer(ledger, prices.open()), Decoder(prices)
    yield cast("Runtime", IngestRuntime(ledger, writer, decoder))
    decoder.close()
    writer.close()
    ledger.close()


def answers(runtime: Runtime, bodies: list[bytes], room: Room | None = None) -> list[Any]:
    """What a door answers: the reply, or the error."""

    async def ask() -> list[Any]:
        door = GrpcDoor(runtime, room or Room(), "127.0.0.1", 0)
        await door.start()
        assert not runtime.grpc.trouble
        async with grpc.aio.insecure_channel(runtime.grpc.address) as channel:
            asked = [channel.unary_unary(EXPORT)(body, timeout=30) for body in bodies]
            found = await asyncio.gather(*asked, return_exceptions=True)
        await door.stop()
        return found

    return asyncio.run(ask())


def retry_after(error: grpc.aio.AioRpcError) -> int:
    """After how many seconds an error says that the request can be sent again; 0 is never."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = Failure.FromString(value)
            assert status.code == error.code().value[0]
            return int(RetryInfo.FromString(status.details[0].value).retry_delay.seconds)
    return 0


def test_a_full_disk_says_when_to_come_back(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """UNAVAILABLE with its reason and the seconds to wait; the same request then succeeds."""

    def full(_: Batch) -> None:
        raise LedgerFull("the disk is full")

    commit, body = runtime.ledger.commit, protobuf(span(attributes=CHAT))
    monkeypatch.setattr(runtime.ledger, "commit", full)
    [error] = answers(runtime, [body])
    assert (error.code(), retry_after(error)) == (grpc.StatusCode.UNAVAILABLE, 5)
    assert "the disk is full" in error.details()
    monkeypatch.setattr(runtime.ledger, "commit", commit)
    runtime.grpc.address = ""
    assert answers(runtime, [body]) == [b""]


def test_no_room_says_when_to_come_back(runtime: Runtime) -> None:
    """Where other bodies take up all the memory, RESOURCE_EXHAUSTED with the seconds to wait."""
    room = Room(most=4 * MIB, patience=0.05)
    room.held = 4 * MIB
    [error] = answers(runtime, [protobuf(span(attributes=CHAT))], room)
    assert (error.code(), retry_after(error)) == (grpc.StatusCode.RESOURCE_EXHAUSTED, 2)


def test_a_port_is_taken_by_somebody_else(runtime: Runtime) -> None:
    """That is told, with what to do, and nothing is listened at."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        async def start() -> None:
            door = GrpcDoor(runtime, Room(), "127.0.0.1", port)
            await door.start()
            await door.stop()

        asyncio.run(start())
    assert f"another program has port {port}" in runtime.grpc.trouble
    assert "--grpc-port" in runtime.grpc.trouble
    assert runtime.grpc.address == ""
