"""Requests with anything wrong in head, packing or body: each gets an answer that says so, and the server goes on."""

from __future__ import annotations

import gzip
import json
import socket
import urllib.error
import zlib
from pathlib import Path
from random import Random
from urllib.parse import quote, urlsplit

from faults.budget import Budget
from faults.everything import audit
from generators.hostile import TEXTS
from generators.mutations import mutated, spoiled
from generators.otlp_spans import as_json, protobuf, span
from generators.own_records import full, least
from servers.whole import running
from tokometer.records.fields import FIELDS

#: What a request can be answered with that is no fault of ours.
_ANSWERS = frozenset({200, 400, 401, 403, 404, 405, 408, 411, 413, 414, 415, 422, 429, 431})
_TYPES = (
    *("application/json", "application/x-ndjson", "application/x-protobuf", "text/plain", "", "application/json; a=b"),
    *("application/json:0:x", "a" * 3000, "application/jsonl", "multipart/form-data", ":::", "traces:json"),
)
_ENCODINGS = ("gzip", "deflate", "identity", "", "br", "gzip, gzip", "x-gzip", "GZIP", "zstd")
#: One of ours after so many others.
_EVERY = 10
_MOST_MEMORY = 700 << 20
#: A body of this size is there with its head.
_READ_AT_ONCE = 32 << 10


def packed(body: bytes, encoding: str, chance: Random) -> bytes:
    """A body as its encoding says, or nearly."""
    if "gzip" in encoding.lower():
        made = gzip.compress(body, 1) if chance.random() < 0.8 else gzip.compress(body) * 3
    elif encoding == "deflate":
        made = zlib.compress(body)
    else:
        made = body
    return spoiled(made, chance, body) if chance.random() < 0.3 else made


def a_body(kind: str, chance: Random) -> bytes:
    """Records or spans with something wrong, sometimes many of them."""
    times = chance.choice((1, 1, 1, 3, 400))
    if kind == "traces":
        made = [span(attributes={"gen_ai.request.model": "gpt-5"}) for _ in range(min(times, 50))]
        return protobuf(*made) if chance.random() < 0.5 else mutated(as_json(*made), chance)
    return b"\n".join(mutated(full(kind, chance), chance) for _ in range(min(times, 20))) * (times // 20 or 1)


def raw_request(chance: Random, host: str) -> bytes:
    """A request that only nearly is one."""
    good = (
        f"POST /api/calls HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
    ).encode()
    odd = chance.choice(
        (
            b"GET / HTTP/9.9\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"POST /api/calls HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n",
            b"POST /api/calls HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
            b"POST /api/calls HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
            b"GET /%ff%00..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
            good,
        )
    )
    return spoiled(odd, chance, good) if chance.random() < 0.7 else odd


def test_any_request_is_answered(tmp_path: Path, budget: Budget) -> None:
    """No request is answered with a fault of ours, or held; ours are kept, and memory is bounded."""
    with running(tmp_path / "data", tmp_path / "home") as server:
        parts = urlsplit(server.url)
        ours = 0
        for number, chance in budget.rounds("http", 60, 5_000):
            if number % _EVERY == 0:
                record = {**least("calls", number), "id": f"ours-{number}", "model": "ours", "output_tokens": 3}
                assert server.post("/api/calls", record).status == 200
                ours += 1
            if number % 4 == 3:
                data = raw_request(chance, parts.netloc)
                with budget.tried("http", number, data):
                    _send_raw(parts.hostname or "", parts.port or 0, data)
                continue
            kind = chance.choice(("traces", *FIELDS))
            path = "/v1/traces" if kind == "traces" else f"/api/records/{kind}"
            media, encoding = chance.choice(_TYPES[:3] if chance.random() < 0.7 else _TYPES), chance.choice(_ENCODINGS)
            data = packed(a_body(kind, chance), encoding, chance)
            with budget.tried("http", number, data):
                try:
                    reply = server.send("POST", path, data, {"Content-Type": media, "Content-Encoding": encoding})
                except urllib.error.URLError as error:
                    # Answered before it was read; whoever asks for the connection to be closed after it loses that.
                    assert isinstance(error.reason, ConnectionError)  # noqa: PT017
                    assert len(data) > _READ_AT_ONCE
                    continue
                assert reply.status in _ANSWERS, (reply.status, reply.body[:300])
                assert len(reply.body) < 4 << 20
        question = {"measures": ["calls.requests"], "where": ["calls.model = ours"], "since": "2026-01-01"}
        assert server.post("/api/query", question).json()["rows"][0]["requests"] == ours
        assert server.resident() < _MOST_MEMORY
        assert audit(server) == []


def test_any_address_is_answered(tmp_path: Path, budget: Budget) -> None:
    """Whatever stands in an address, it is answered, and never with a fault of ours."""
    with running(tmp_path / "data", tmp_path / "home") as server:
        server.post("/api/calls", {**least("calls"), "provider": "openai"})
        paths = (
            "/usage",
            "/api/panels/usage-cost",
            "/api/providers/list",
            "/api/tokens/usage",
            "/api/errors",
            "/sources",
        )
        keys = (
            "range",
            "from",
            "to",
            "tz",
            "provider",
            "model",
            "period",
            "interval",
            "limit",
            "offset",
            "compare",
            "sort",
        )
        for number, chance in budget.rounds("addresses", 40, 4_000):
            value = json.loads(chance.choice([text for text in TEXTS.values() if len(text) < 2_000]))
            value = chance.choice((value, "-1", "1e400", "NaN", "9" * 400, "x,y", "2026-13-45", "Etc/GMT+99", "now-1d"))
            address = f"{chance.choice(paths)}?{chance.choice(keys)}={quote(value.encode('utf-8', 'surrogatepass'))}"
            with budget.tried("addresses", number, address.encode()):
                reply = server.get(address)
                assert reply.status in _ANSWERS, (reply.status, reply.body[:300])
        assert server.get("/readyz").status == 200


def _send_raw(host: str, port: int, data: bytes) -> None:
    """Send bytes, and read what comes until the other side or we have had enough."""
    with socket.create_connection((host, port), timeout=5) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(2)
            said = connection.recv(65_536)
        except OSError:
            return
        if said.startswith(b"HTTP/1.1 "):
            assert int(said[9:12]) in _ANSWERS, said[:300]
