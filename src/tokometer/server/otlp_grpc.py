"""OTLP by gRPC: the three services beside the web server, on a port of their own.

The library is loaded once the web server listens, so that the start takes no longer. A port that somebody else has, or
a library that cannot be loaded, costs this way in and nothing else; pages and `doctor` say so.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from tokometer.collect import portioned
from tokometer.collect.portioned import TooManyRecords
from tokometer.collect.writer import QueueFull, WriterClosed
from tokometer.ledger import LedgerError
from tokometer.server.away import retry_after
from tokometer.server.room import Crowded, Held, Room
from tokometer.server.taking import take

if TYPE_CHECKING:
    from tokometer.server.runtime import Runtime
    from tokometer.sources.otlp import Signal

#: The port that OpenTelemetry has for it.
PORT: Final = 4317
#: What a message may have, unpacked. The library holds it before anybody can ask whether there is room, so it is less
#: than by HTTP; and so many requests are under way at most, which no honest senders reach.
MOST_BYTES: Final = 16 * 1024 * 1024
_AT_A_TIME: Final = 128
#: Requests under way get so long to end (seconds).
_GRACE: Final = 3.0

#: A batch of spans is some hundred kilobytes. The library expects little: it would have them sent in frames of 16 KiB,
#: wait for more room after every 64, and read the connection in bits of 8 at first.
_LARGE_MESSAGES: Final = (
    ("grpc.http2.lookahead_bytes", 1024 * 1024),
    ("grpc.http2.max_frame_size", 1024 * 1024),
    ("grpc.experimental.tcp_min_read_chunk_size", 256 * 1024),
    ("grpc.experimental.tcp_read_chunk_size", 512 * 1024),
    ("grpc.experimental.tcp_max_read_chunk_size", 1024 * 1024),
)

_METHOD: Final = "/opentelemetry.proto.collector.{}Service/Export"
_METHODS: Final[dict[str, Signal]] = {
    _METHOD.format("trace.v1.Trace"): "traces",
    _METHOD.format("logs.v1.Logs"): "logs",
    _METHOD.format("metrics.v1.Metrics"): "metrics",
}
#: `google.rpc.Code`, and the library's own names for them.
_INVALID_ARGUMENT, _RESOURCE_EXHAUSTED, _UNAVAILABLE = (
    (3, "INVALID_ARGUMENT"),
    (8, "RESOURCE_EXHAUSTED"),
    (14, "UNAVAILABLE"),
)
_DETAILS: Final = "grpc-status-details-bin"
_LOG: Final = logging.getLogger(__name__)


class GrpcDoor:
    """Takes OTLP by gRPC in the web server's event loop."""

    def __init__(self, runtime: Runtime, room: Room, host: str, port: int, after: float = 0.0) -> None:
        self._runtime = runtime
        self._room = room
        self._host = host
        self._port = port
        #: Seconds that the start leaves to whoever opens the first page.
        self._after = after
        self._server: Any = None
        self._starting: asyncio.Task[None] | None = None
        #: What was begun is kept, also where its sender does not wait for it.
        self._tasks: set[asyncio.Task[bytes]] = set()

    def start(self) -> asyncio.Task[None]:
        """Begin to listen, soon: the task ends once the state says what became of it."""
        self._starting = asyncio.get_running_loop().create_task(self._start())
        return self._starting

    async def stop(self) -> None:
        """Take no more, and let what is under way end."""
        if self._starting is not None:
            self._starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._starting
        if self._server is not None:
            await self._server.stop(_GRACE)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GRACE)

    async def _start(self) -> None:
        state = self._runtime.grpc
        await asyncio.sleep(self._after)
        try:
            state.trouble = _taken(self._host, self._port)
            if state.trouble:
                return
            grpc = await asyncio.to_thread(_library)
            server = grpc.aio.server(
                handlers=[_handlers(grpc, self)],
                options=[
                    ("grpc.max_receive_message_length", MOST_BYTES),
                    *_LARGE_MESSAGES,
                    # Else a second program could listen at the same port, and each would get a part.
                    ("grpc.so_reuseport", 0),
                ],
                maximum_concurrent_rpcs=_AT_A_TIME,
            )
            host = f"[{self._host}]" if ":" in self._host else self._host
            port = server.add_insecure_port(f"{host}:{self._port}")
            await server.start()
            self._server = server
            state.address = f"{host}:{port}"
        except Exception as error:  # noqa: BLE001 - whatever it is, everything else goes on
            state.trouble = f"OTLP by gRPC is not taken: {error}"
        finally:
            if state.trouble:
                _LOG.warning("%s", state.trouble)

    async def answer(self, grpc: Any, signal: Signal, body: bytes, context: Any) -> bytes:  # noqa: ANN401 - no types
        """The reply to a request, once what it brings is kept."""
        task = asyncio.get_running_loop().create_task(self._take(signal, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            # Who gives up does not end what is being kept: the same comes again, and counts once.
            return await asyncio.shield(task)
        except _Refused as refused:
            number, name = refused.code
            trailing = ((_DETAILS, _details(number, str(refused), refused.after)),) if refused.after else ()
            await context.abort(getattr(grpc.StatusCode, name), str(refused), trailing)
            raise AssertionError from None  # `abort` raises

    async def _take(self, signal: Signal, body: bytes) -> bytes:
        from tokometer.sources.otlp import OtlpError, reply

        runtime = self._runtime
        try:
            with Held(self._room) as held:
                await held.take(len(body))
                portions = portioned.otlp(runtime.decoder, signal, body, "protobuf")
                taken = await take(runtime.writer, portions, stopping=runtime.closing)
        except OtlpError as error:
            raise _Refused(_INVALID_ARGUMENT, str(error)) from None
        except TooManyRecords as error:
            raise _Refused(_RESOURCE_EXHAUSTED, str(error)) from None
        except Crowded as error:
            raise _Refused(_RESOURCE_EXHAUSTED, str(error), error.retry_after) from None
        except (QueueFull, WriterClosed, LedgerError) as error:
            raise _Refused(_UNAVAILABLE, str(error), int(retry_after(error))) from None
        runtime.arrivals.note("otlp", taken.accepted + taken.duplicate + taken.changed, taken.refused)
        return reply(signal, taken.refusals, "protobuf", taken.refused)


class _Refused(Exception):
    """A request of which nothing, or not all, was kept; after so many seconds it can be sent again, where it can."""

    def __init__(self, code: tuple[int, str], reason: str, after: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.after = after


def _library() -> Any:  # noqa: ANN401 - it has no types
    """The library, with what it would say to the terminal and do at forks switched off."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    import_module("tokometer.sources.otlp")
    grpc = import_module("grpc")
    import_module("grpc.aio")
    return grpc


def _handlers(grpc: Any, door: GrpcDoor) -> Any:  # noqa: ANN401 - no types
    """What the library asks who answers a method; the bytes of messages are left as they are."""

    def handler_of(signal: Signal) -> Any:  # noqa: ANN401 - no types
        async def export(body: bytes, context: Any) -> bytes:  # noqa: ANN401 - no types
            return await door.answer(grpc, signal, body, context)

        return grpc.unary_unary_rpc_method_handler(export)

    handlers = {method: handler_of(signal) for method, signal in _METHODS.items()}

    class Handlers(grpc.GenericRpcHandler):  # type: ignore[misc] # no types
        """All of our methods."""

        def service(self, details: Any) -> Any:  # noqa: ANN401 - no types
            """Who answers a method; None is nobody."""
            return handlers.get(details.method)

    return Handlers()


def _taken(host: str, port: int) -> str:
    """Why nobody can listen there, in words; empty where one can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return (
                f"OTLP by gRPC is not taken: another program has port {port} (a collector, or a second server). "
                "Send to the web server's port, or choose another with --grpc-port"
            )
        return f"OTLP by gRPC is not taken: port {port}: {error.strerror or error}"
    return ""


def _details(code: int, message: str, seconds: int) -> bytes:
    """A `google.rpc.Status` that says when to try again."""
    from tokometer.sources.otlp import status_with_retry

    return status_with_retry(code, message, seconds)
