"""OTLP by gRPC: real exporters of all signals, and what is refused, into a whole server."""

from __future__ import annotations

import gzip
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from generators.otlp_logs import CLAUDE_SCOPE, api_request
from generators.otlp_logs import protobuf as logs
from generators.otlp_metrics import gauge
from generators.otlp_metrics import protobuf as metrics
from generators.otlp_spans import protobuf, span
from servers import forked
from servers.whole import Running, environment, running
from tokometer.server.otlp_grpc import MOST_BYTES
from tokometer.sources.otlp import status_with_retry
from tokometer.sources.otlp.messages import Failure, RetryInfo

CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 1,
}
METHODS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}
#: All three signals of a real SDK, by gRPC.
SENDER = """
import logging

from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
meters.get_meter("test").create_histogram("took", unit="s").record(0.3)
meters.shutdown()
loggers = LoggerProvider()
loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
logger = logging.getLogger("shop")
logger.addHandler(LoggingHandler(logger_provider=loggers))
logger.warning("out of paper")
loggers.shutdown()
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 10}
with provider.get_tracer("test").start_as_current_span("chat gpt-4o", attributes=attributes):
    pass
provider.shutdown()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A whole server that takes gRPC at a free port."""
    folder = tmp_path_factory.mktemp("grpc")
    with running(folder / "data", folder / "home", grpc_port=0) as found:
        yield found


def address_of(server: Running) -> str:
    """Where a server takes gRPC, as its page says."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = re.search(r"By gRPC: http://([^,]+),", re.sub(r"<[^>]+>", "", unescape(server.get("/sources").text)))
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError("gRPC is not there")


def call(address: str, signal: str, body: bytes, **words: Any) -> bytes:
    """One request, as bytes."""
    with grpc.insecure_channel(address, options=[("grpc.max_send_message_length", -1)]) as channel:
        method = channel.unary_unary(METHODS[signal], request_serializer=None, response_deserializer=None)
        answer: bytes = method(body, timeout=30, **words)
        return answer


def rows(server: Running, table: str) -> int:
    """How many records of a kind the ledger holds."""
    found = re.search(rf'tokometer_ledger_rows{{table="{table}"}} (\d+)', server.get("/metrics").text)
    assert found
    return int(found[1])


def test_a_real_sdk_sends_all_signals(server: Running) -> None:
    """With the address and the protocol alone, all three are kept."""
    before = {table: rows(server, table) for table in ("calls", "logs", "samples")}
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{address_of(server)}", "OTEL_EXPORTER_OTLP_INSECURE": "true"}
    done = subprocess.run(
        [sys.executable, "-c", SENDER], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    grown = {table: rows(server, table) - count for table, count in before.items()}
    assert grown["calls"] == 1
    assert grown["logs"] == 1
    assert grown["samples"] >= 3


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_each_signal_is_acknowledged_once_it_is_stored(server: Running, compression: Any) -> None:
    """Plain or gzip, sent again it changes nothing."""
    address = address_of(server)
    bodies = {
        "traces": ("calls", protobuf(span(attributes=CHAT))),
        "logs": ("calls", logs(api_request(), scope=CLAUDE_SCOPE)),
        "metrics": ("samples", metrics(gauge(f"g{compression}", {"as_double": 1.0}))),
    }
    for signal, (table, body) in bodies.items():
        before = rows(server, table)
        for _ in range(2):
            assert call(address, signal, body, compression=compression) == b""
        assert rows(server, table) - before in (0, 1)
    assert rows(server, "calls") >= 2


def test_what_is_refused_is_told(server: Running) -> None:
    """A span that cannot be believed is a partial success."""
    bad = span(attributes=CHAT | {"gen_ai.usage.input_tokens": -1})
    answer = call(address_of(server), "traces", protobuf(span(attributes=CHAT), bad))
    told = ExportTraceServiceResponse.FromString(answer).partial_success
    assert told.rejected_spans == 1
    assert "gen_ai.usage.input_tokens: is negative" in told.error_message


@pytest.mark.parametrize(
    ("signal", "body", "code"),
    [
        ("traces", b"\xff\xff garbage", grpc.StatusCode.INVALID_ARGUMENT),
        ("logs", b"\xff\xff garbage", grpc.StatusCode.INVALID_ARGUMENT),
        ("metrics", b"\xff\xff garbage", grpc.StatusCode.INVALID_ARGUMENT),
        ("traces", b"\0" * (MOST_BYTES + 1), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
def test_what_is_not_taken(server: Running, signal: str, body: bytes, code: grpc.StatusCode) -> None:
    """Garbage and what is too large get the right code, and none that asks to try again."""
    with pytest.raises(grpc.RpcError) as failed:
        call(address_of(server), signal, body)
    assert failed.value.code() == code
    assert not [key for key, _ in failed.value.trailing_metadata() or () if key == "grpc-status-details-bin"]


def test_a_bomb_is_not_unpacked(server: Running) -> None:
    """A message that unpacks to more than one may have is refused, and the server's memory stays what it was."""
    address = address_of(server)
    before = server.resident()
    for _ in range(3):
        with pytest.raises(grpc.RpcError) as failed:
            call(address, "traces", b"\0" * 200_000_000, compression=grpc.Compression.Gzip)
        assert failed.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert server.resident() - before < 80 * 1024 * 1024
    assert len(gzip.compress(b"\0" * 200_000_000)) < 1_000_000


def test_a_method_that_there_is_not(server: Running) -> None:
    """Another service is not implemented."""
    with grpc.insecure_channel(address_of(server)) as channel:
        method = channel.unary_unary("/opentelemetry.proto.collector.profiles.v1.ProfilesService/Export")
        with pytest.raises(grpc.RpcError) as failed:
            method(b"", timeout=30)
    assert failed.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_deadline_that_passes(server: Running) -> None:
    """Who does not wait loses nothing: what was sent is kept, once, when it comes again."""
    address, body = address_of(server), protobuf(*(span(attributes=CHAT) for _ in range(200)))
    before = rows(server, "calls")
    with grpc.insecure_channel(address) as channel:
        method = channel.unary_unary(METHODS["traces"])
        with pytest.raises(grpc.RpcError) as failed:
            method(body, timeout=0.001)
        assert failed.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert method(body, timeout=30) == b""
    assert rows(server, "calls") - before == 200


def test_many_at_once(server: Running) -> None:
    """Sixty senders at a time, and as many requests of one sender, are all answered."""
    address = address_of(server)
    before = rows(server, "calls")
    with grpc.insecure_channel(address) as channel:
        method = channel.unary_unary(METHODS["traces"])
        pending = [method.future(protobuf(span(attributes=CHAT)), timeout=30) for _ in range(60)]
        threads = [
            threading.Thread(target=call, args=(address, "traces", protobuf(span(attributes=CHAT)))) for _ in range(60)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.result() for one in pending] == [b""] * 60
    assert rows(server, "calls") - before == 120


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """Everything else works, and the page and the check-up say why gRPC is not taken."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with running(tmp_path / "data", tmp_path / "home", grpc_port=port) as server:
            until = time.monotonic() + 30
            while f"another program has port {port}" not in server.get("/sources").text:
                assert time.monotonic() < until
                time.sleep(0.1)
            answer = server.post(
                "/v1/traces", protobuf(span(attributes=CHAT)), {"Content-Type": "application/x-protobuf"}
            )
            assert answer.status == 200
            program = Path(sys.executable).with_name("tokometer")
            done = forked.run(
                [program, "doctor", "--data", str(server.data)],
                env=environment(server.home),
                text=True,
                check=True,
            )
            assert f"gRPC     OTLP by gRPC is not taken: another program has port {port}" in done.stdout


def test_the_exporter_sends_again_when_the_server_is_back(tmp_path: Path) -> None:
    """A server that is stopped and started again loses nothing of a sender that waits."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{port}", insecure=True, timeout=60)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    sending = threading.Thread(
        target=lambda: provider.get_tracer("t").start_span("chat gpt-4o", attributes=CHAT).end(), daemon=True
    )
    sending.start()
    with running(tmp_path / "data", tmp_path / "home", grpc_port=port) as server:
        sending.join(60)
        assert not sending.is_alive()
        assert rows(server, "calls") == 1
    provider.shutdown()


def test_when_to_come_back() -> None:
    """UNAVAILABLE, with the seconds after which to try again as `google.rpc.RetryInfo`."""
    message = Failure.FromString(status_with_retry(14, "too much is waiting", 5))
    assert (message.code, message.message) == (14, "too much is waiting")
    [detail] = message.details
    assert detail.type_url == "type.googleapis.com/google.rpc.RetryInfo"
    assert RetryInfo.FromString(detail.value).retry_delay.seconds == 5
