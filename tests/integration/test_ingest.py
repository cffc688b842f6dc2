"""Records over HTTP into a real ledger, through a real server on loopback."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from generators import otlp_logs, otlp_metrics
from generators.otlp_spans import as_json, protobuf, span
from servers.ingest import make_app
from tokometer.collect.decoding import Decoder
from tokometer.collect.reading import Prices
from tokometer.collect.writer import Writer
from tokometer.ledger import Batch, Ledger, LedgerFull, Receipt, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.records.fields import FIELDS
from tokometer.server.body import Limits

CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 1,
}
PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json; charset=utf-8"}
NDJSON = {"Content-Type": "application/x-ndjson"}
AT = "2026-11-01T12:00:00Z"
LIMITS = Limits(plain=4 * 1024 * 1024, packed=1024 * 1024)


@dataclass
class Reply:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Server:
    """A server on a port of its own, with the ledger behind it."""

    port: int
    ledger: Ledger
    writer: Writer

    def post(self, path: str, body: bytes | str, headers: dict[str, str]) -> Reply:
        """Send a request and wait for its answer."""
        return self._ask("POST", path, body, headers)

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        return self._ask("GET", path, b"", {}).json

    def _ask(self, method: str, path: str, body: bytes | str, headers: dict[str, str]) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def calls(self) -> int:
        """Calls in the ledger."""
        return int(self.ledger.fetch(Statement("SELECT count(*) FROM calls"))[0][0])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running server on an empty ledger."""
    ledger = open_ledger(tmp_path / "data")
    prices = Prices(None, tmp_path / "cache")
    writer, decoder = Writer(ledger, prices.open(), max_pending=2000), Decoder(prices)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(make_app(ledger, writer, decoder, LIMITS), log_level="warning", access_log=False)
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, args=([listener],))
        thread.start()
        try:
            until = time.monotonic() + 30
            while not running.started:
                assert time.monotonic() < until
                time.sleep(0.01)
            yield Server(listener.getsockname()[1], ledger, writer)
        finally:
            running.should_exit = True
            thread.join()
            decoder.close()
            writer.close()
            ledger.close()


def call(name: str, **fields: Any) -> str:
    """One call in our own format."""
    return json.dumps({"id": name, "started_at": AT, "model": "gpt-4o", "input_tokens": 1, **fields})


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_traces_are_acknowledged_once_they_are_stored(server: Server, encoding: str, packed: bool) -> None:
    """Both encodings, plain or gzip, are stored when the reply comes, and sent again change nothing."""
    spans = [span(attributes=CHAT), span("GET /", {}), span(attributes=CHAT)]
    body = protobuf(*spans) if encoding == "protobuf" else json.dumps(as_json(*spans)).encode()
    headers = dict(PROTOBUF if encoding == "protobuf" else JSON)
    if packed:
        body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    for _ in range(2):
        reply = server.post("/v1/traces", body, headers)
        assert reply.status == 200
        assert reply.headers["content-type"] == headers["Content-Type"].partition(";")[0]
        assert reply.body == (b"" if encoding == "protobuf" else b"{}")
        assert server.calls() == 2
    assert server.ledger.audit() == []


def test_a_refused_span_is_told_and_listed(server: Server) -> None:
    """A span that cannot be believed is a partial success for its sender, and stands in the list of refusals."""
    bad = span(attributes=CHAT | {"gen_ai.usage.input_tokens": -1})
    reply = server.post("/v1/traces", protobuf(span(attributes=CHAT), bad), PROTOBUF)
    message = ExportTraceServiceResponse.FromString(reply.body)
    assert (reply.status, message.partial_success.rejected_spans) == (200, 1)
    assert "gen_ai.usage.input_tokens: is negative" in message.partial_success.error_message
    assert server.calls() == 1
    (refused,) = server.get("/api/refused")["refused"]
    assert (refused["field"], refused["place"]) == ("gen_ai.usage.input_tokens", "POST /v1/traces")
    assert refused["at"].endswith("Z")


def test_langfuse_has_an_address_of_its_own(server: Server) -> None:
    """Where its SDKs send their spans, with a login that nobody looks at."""
    said = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "gpt-4o",
        "langfuse.observation.usage_details": '{"input": 7, "output": 2}',
        "langfuse.trace.name": "checkout",
    }
    login = {"Authorization": "Basic cGs6c2s=", "x-langfuse-public-key": "pk"}
    reply = server.post("/api/public/otel/v1/traces", protobuf(span(attributes=said)), PROTOBUF | login)
    assert (reply.status, reply.body) == (200, b"")
    assert server.ledger.fetch(Statement("SELECT model, input_tokens, output_tokens FROM calls")) == [("gpt-4o", 7, 2)]


def test_exporters_that_leave_the_path_out(server: Server) -> None:
    """Each of their requests says itself of which signal it is."""
    used = {"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 7}
    bodies = [
        as_json(span(attributes=used)),
        otlp_logs.as_json(otlp_logs.gemini("api_response", model="n", input_token_count=9), scope="gemini-cli"),
        otlp_metrics.as_json(otlp_metrics.gauge("g", {"as_double": 1.0})),
    ]
    for body in bodies:
        reply = server.post("/", json.dumps(body), JSON)
        assert (reply.status, reply.body) == (200, b"{}")
    counted = server.ledger.fetch(Statement("SELECT model, input_tokens FROM calls ORDER BY model"))
    assert (counted, server.ledger.stats()["samples"]) == ([("m", 7), ("n", 9)], 1)


@pytest.mark.parametrize("signal", ["logs", "metrics"])
def test_logs_and_metrics_are_acknowledged_once_they_are_stored(server: Server, signal: str) -> None:
    """As protobuf and JSON, plain or gzip; what is refused is told under the signal's own name."""
    bad: Any
    if signal == "logs":
        good, bad = otlp_logs.api_request(), otlp_logs.api_request(2, input_tokens="-1")
        body = otlp_logs.protobuf(good, bad, scope=otlp_logs.CLAUDE_SCOPE)
        text = otlp_logs.as_json(good, bad, scope=otlp_logs.CLAUDE_SCOPE)
        kind, field, name = "calls", "input_tokens", "rejectedLogRecords"
    else:
        metrics = [otlp_metrics.gauge("g", {"as_double": 1.0}), otlp_metrics.gauge("b", {})]
        body, text = otlp_metrics.protobuf(*metrics), otlp_metrics.as_json(*metrics)
        kind, field, name = "samples", "asDouble", "rejectedDataPoints"
    packed = gzip.compress(body)
    langfuse = "/api/public/otel"  # where exporters send all of their signals that have it as their endpoint
    for sent, headers, base in (
        (body, PROTOBUF, ""),
        (packed, PROTOBUF | {"Content-Encoding": "gzip"}, ""),
        (body, PROTOBUF, langfuse),
    ):
        reply = server.post(f"{base}/v1/{signal}", sent, headers)
        told = ExportTraceServiceResponse.FromString(reply.body).partial_success
        assert (reply.status, told.rejected_spans) == (200, 1)
    reply = server.post(f"/v1/{signal}", json.dumps(text), JSON)
    assert reply.json["partialSuccess"][name] == "1"
    assert field in reply.json["partialSuccess"]["errorMessage"]
    assert server.ledger.stats()[kind] == 1
    assert {one["place"] for one in server.get("/api/refused")["refused"]} == {f"POST /v1/{signal}"}


def test_what_is_left_out_is_counted(server: Server) -> None:
    """A field that is not kept is listed with how often it came, an example, and what would mend it."""
    for name in "ab":
        assert server.post("/api/calls", call(name, prompt="a secret"), JSON).json["accepted"] == 1
    found = server.get("/api/notices")
    (one,) = found["notices"]
    assert (one["source"], one["topic"], one["name"], one["count"]) == ("api", "field", "calls.prompt", 2)
    assert one["place"] == "POST /api/records/calls:0"
    assert one["meaning"]
    assert one["mend"]
    assert one["latest_at"].endswith("Z")
    assert "secret" not in json.dumps(found)
    assert server.get("/api/notices?offset=1") == {"notices": [], "next_offset": None}


def test_a_real_sdk_reports_a_call_an_agent_and_a_tool(server: Server) -> None:
    """The OpenTelemetry SDK's own exporter, pointed at the server, delivers a trace."""
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{server.port}/v1/traces")
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"}
    with tracer.start_as_current_span("invoke_agent", attributes=agent | {"gen_ai.usage.input_tokens": 10}):
        with tracer.start_as_current_span("chat gpt-4o", attributes=CHAT):
            pass
        with tracer.start_as_current_span("execute_tool x", attributes={"gen_ai.operation.name": "execute_tool"}):
            pass
    provider.shutdown()
    rows = server.ledger.fetch(Statement("SELECT project, model, input_tokens, provider FROM calls"))
    assert rows == [("shop", "gpt-4o", 10, "openai")]
    assert server.ledger.fetch(Statement("SELECT agent, status FROM runs")) == [("planner", "ok")]
    assert server.ledger.fetch(Statement("SELECT name, status FROM tools")) == [("x", "ok")]


def test_our_own_records(server: Server) -> None:
    """Calls are accepted, told apart from repeats and changes, and refused one by one."""
    body = "\n".join([call("a"), call("b"), '{"id": "c", "model": "m"}'])
    assert server.post("/api/calls", body, NDJSON).json == {
        "accepted": 2,
        "duplicate": 0,
        "changed": 0,
        "refused": [{"index": 2, "field": "started_at", "reason": "is missing (id c)"}],
    }
    body = f"[{call('a')},{call('b', input_tokens=5)}]"
    again = server.post("/api/records/calls", body, JSON).json
    assert (again["accepted"], again["duplicate"], again["changed"], again["refused"]) == (0, 1, 1, [])
    assert server.ledger.fetch(Statement("SELECT sum(input_tokens)::INT FROM calls")) == [(6,)]
    assert server.ledger.audit() == []


@pytest.mark.parametrize("many", [3, 1_500])
def test_a_record_that_the_engine_cannot_take_is_told_by_its_index(server: Server, many: int, monkeypatch: Any) -> None:
    """Should the gate have forgotten one, its sender hears which it was, and everything else is accepted."""
    commit = server.ledger.commit

    def picky(batch: Batch) -> Receipt:
        records = [*batch.records, *(record for packed in batch.packed for record in packed.records())]
        if any(getattr(record, "input_tokens", 0) == 13 for record in records):
            raise OverflowError
        return commit(batch)

    monkeypatch.setattr(server.ledger, "commit", picky)
    lines = [call(f"c{number}") for number in range(many)]
    lines[1] = call("odd", input_tokens=13)
    lines.insert(0, '{"id": "broken"')
    told = server.post("/api/calls", "\n".join(lines), NDJSON).json
    assert told["accepted"] == many - 1
    assert [one["index"] for one in told["refused"]] == [0, 2]
    assert "mistake in Tokometer (OverflowError)" in told["refused"][1]["reason"]
    assert server.calls() == many - 1
    assert {one["position"] for one in server.get("/api/refused")["refused"]} == {0, 2}


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("tools", {"name": "search"}),
        ("runs", {"agent": "planner"}),
        ("jobs", {"job_id": "nightly"}),
        ("samples", {"metric": "power", "value": 1.5}),
        ("bills", {"provider": "openai", "amount": "12.5"}),
    ],
)
def test_every_kind_of_record(server: Server, kind: str, record: dict[str, Any]) -> None:
    """Each kind has its path; the same record without an id, sent twice, is one."""
    body = json.dumps({"started_at": AT, **record})
    assert server.post(f"/api/records/{kind}", body, JSON).json["accepted"] == 1
    assert server.post(f"/api/records/{kind}", body, JSON).json["duplicate"] == 1
    assert server.ledger.stats()[kind] == 1


def test_a_kind_that_is_none(server: Server) -> None:
    """An unknown kind is not found, and the answer names those that there are."""
    reply = server.post("/api/records/cals", "{}", JSON)
    assert reply.status == 404
    assert f"there are {', '.join(FIELDS)}" in reply.json["error"]


BOMB = gzip.compress(b"\0" * 50_000_000, mtime=0)
REFUSED: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("/v1/traces", b"\xff\xff garbage", PROTOBUF, 400, "protobuf"),
    ("/v1/traces", b"{", JSON, 400, "JSON"),
    ("/v1/traces", b"hello", {"Content-Type": "text/plain"}, 415, "Content-Type"),
    ("/v1/traces", b"x" * (LIMITS.plain + 1), PROTOBUF, 413, "larger than 4 MiB"),
    ("/v1/traces", BOMB, PROTOBUF | {"Content-Encoding": "gzip"}, 413, "unpacked body is larger"),
    ("/v1/logs", b"\xff\xff garbage", PROTOBUF, 400, "protobuf"),
    ("/v1/metrics", b"{", JSON, 400, "JSON"),
    ("/v1/logs", BOMB, PROTOBUF | {"Content-Encoding": "gzip"}, 413, "unpacked body is larger"),
    ("/v1/metrics", BOMB, PROTOBUF | {"Content-Encoding": "gzip"}, 413, "unpacked body is larger"),
    ("/v1/metrics", b"hello", {"Content-Type": "text/plain"}, 415, "Content-Type"),
    ("/", b"{}", JSON, 404, "/v1/traces"),
    ("/", protobuf(span()), PROTOBUF, 404, "/v1/traces"),
    ("/v1/traces", b"not gzip", PROTOBUF | {"Content-Encoding": "gzip"}, 400, "gzip"),
    (
        "/v1/traces",
        gzip.compress(b"x" * 1000, mtime=0)[:-12],
        PROTOBUF | {"Content-Encoding": "gzip"},
        400,
        "ends in the middle",
    ),
    ("/v1/traces", b"", PROTOBUF | {"Content-Encoding": "br"}, 415, "Content-Encoding"),
    ("/api/calls", b"not JSON", JSON, 400, "not JSON"),
    ("/api/calls", b'[{"id": "a"', JSON, 400, "not a JSON array"),
    ("/api/calls", b"{}", {"Content-Type": "text/plain"}, 415, "Content-Type"),
    ("/api/calls", b"x" * (LIMITS.plain + 1), JSON, 413, "larger than 4 MiB"),
    ("/api/calls", BOMB, JSON | {"Content-Encoding": "gzip"}, 413, "unpacked body is larger"),
    ("/api/calls", zlib.compress(b"[")[:5], JSON | {"Content-Encoding": "deflate"}, 400, "ends in the middle"),
]


@pytest.mark.parametrize(("path", "body", "headers", "status", "reason"), REFUSED)
def test_bodies_that_are_not_taken(
    server: Server, path: str, body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    """Garbage, bombs, bodies beyond the limit and unknown types get the right status and a reason; nothing is kept."""
    reply = server.post(path, body, headers)
    assert reply.status == status
    assert reason in reply.body.decode("utf-8", "replace")
    assert server.calls() == 0


def test_a_body_that_does_not_say_how_long_it_is(server: Server) -> None:
    """A chunked body beyond the limit is cut off as it arrives."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    chunks = (b"x" * 65536 for _ in range(LIMITS.plain // 65536 + 2))
    connection.request("POST", "/api/calls", chunks, JSON, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_gzip_of_several_members(server: Server) -> None:
    """Concatenated gzip members, as some log shippers write, are one body."""
    body = gzip.compress(call("a").encode() + b"\n") + gzip.compress(call("b").encode())
    assert server.post("/api/calls", body, NDJSON | {"Content-Encoding": "gzip"}).json["accepted"] == 2


@pytest.mark.parametrize("path", ["/v1/traces", "/api/calls"])
def test_a_full_disk_is_told_and_nothing_is_half_accepted(server: Server, path: str, monkeypatch: Any) -> None:
    """When the ledger cannot write, the sender is told to come back, and the same request then succeeds."""
    commit = server.ledger.commit

    def full(_: Batch) -> None:
        raise LedgerFull("the disk is full")

    body, headers = (protobuf(span(attributes=CHAT)), PROTOBUF) if path == "/v1/traces" else (call("a"), JSON)
    monkeypatch.setattr(server.ledger, "commit", full)
    reply = server.post(path, body, headers)
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert b"the disk is full" in reply.body
    monkeypatch.setattr(server.ledger, "commit", commit)
    assert server.post(path, body, headers).status == 200
    assert server.calls() == 1


def test_a_full_queue_is_told_and_nothing_is_half_accepted(server: Server, monkeypatch: Any) -> None:
    """Beyond the queue's bound a request is turned away whole, with a time to come back."""
    commit, gate = server.ledger.commit, threading.Event()

    def slow(batch: Batch) -> Any:
        gate.wait(30)
        return commit(batch)

    monkeypatch.setattr(server.ledger, "commit", slow)
    first = server.writer.submit(Batch())
    statuses: list[int] = []
    bodies = ["\n".join(call(f"{number}-{index}") for index in range(900)) for number in range(3)]
    senders = [
        threading.Thread(target=lambda body=body: statuses.append(server.post("/api/calls", body, NDJSON).status))
        for body in bodies
    ]
    for sender in senders:
        sender.start()
    until = time.monotonic() + 30
    while not statuses:
        assert time.monotonic() < until
        time.sleep(0.01)
    gate.set()
    for sender in senders:
        sender.join()
    first.result(30)
    assert sorted(statuses) == [200, 200, 503]
    assert server.calls() == 1800


def test_refusals_come_page_by_page(server: Server) -> None:
    """The list of refusals is paged, and names no content."""
    body = "\n".join(call(str(index), api_key="sk-secret-0123456789", input_tokens=-1) for index in range(5))
    assert len(server.post("/api/calls", body, NDJSON).json["refused"]) == 5
    first = server.get("/api/refused?limit=3")
    rest = server.get(f"/api/refused?limit=3&offset={first['next_offset']}")
    assert (len(first["refused"]), len(rest["refused"]), rest["next_offset"]) == (3, 2, None)
    assert "secret" not in json.dumps([first, rest])
