"""Tests of tokometer.collect.portioned: what is read in portions is what is read at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from generators.otlp_spans import as_json, protobuf, span
from tokometer.collect import portioned
from tokometer.collect.bodies import Decoded
from tokometer.collect.decoding import Decoder
from tokometer.collect.portioned import TooManyRecords
from tokometer.collect.reading import Prices
from tokometer.sources import own
from tokometer.sources.otlp import Encoding, OtlpError, decode_traces

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 100}
WRONG = {**CHAT, "gen_ai.usage.input_tokens": -1}


def _found(tmp_path: Path, ask: Callable[[Decoder], AsyncGenerator[Decoded, None]]) -> list[Decoded]:
    async def whole() -> list[Decoded]:
        decoder = Decoder(Prices(None, tmp_path), worth_bytes=1 << 40)
        return [found async for found in ask(decoder)]

    return asyncio.run(whole())


def _refused(found: list[Decoded]) -> list[tuple[int, str]]:
    return [(one.position, one.field) for decoded in found for one in decoded.refusals]


@pytest.mark.parametrize("form", ["lines", "array", "lines as json"])
def test_own_records(tmp_path: Path, form: str) -> None:
    """Records are the same, refusals have the index in the whole body, and nothing is read twice."""
    made = [
        {"id": f"{number}", "model": "m", "started_at": 1764000000, "input_tokens": 5 if number % 1_000 else -5}
        for number in range(40_000)
    ]
    lines = [json.dumps(record).encode() for record in made]
    media_type = "application/x-ndjson" if form == "lines" else "application/json"
    body = b"[" + b",".join(lines) + b"]" if form == "array" else b"\n".join(lines)
    found = _found(tmp_path, lambda decoder: portioned.own(decoder, "calls", body, media_type))
    assert len(found) > 2
    assert _refused(found) == [(number, "input_tokens") for number in range(0, 40_000, 1_000)]
    at_once = own.read("calls", body, media_type)
    assert [r.native_id for one in found for r in one.records] == [r.native_id for r in at_once.records]
    assert [place for one in found for run in one.stood for place in run.positions] == at_once.positions


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_traces(tmp_path: Path, encoding: Encoding) -> None:
    """The same of spans, in both encodings."""
    spans = [span(attributes=CHAT if number % 500 else WRONG) for number in range(8_000)]
    body = protobuf(*spans) if encoding == "protobuf" else json.dumps(as_json(*spans)).encode()
    found = _found(tmp_path, lambda decoder: portioned.otlp(decoder, "traces", body, encoding))
    assert len(found) > 1
    at_once = decode_traces(body, encoding)
    assert [position for position, _ in _refused(found)] == [one.position for one in at_once.refusals]
    assert [r.native_id for one in found for r in one.records] == [r.native_id for r in at_once.records]


def test_a_mistake_late(tmp_path: Path) -> None:
    """Where the body ends in the middle, what came before is given, and the error says so; in protobuf nothing is."""
    array = b"[" + b",".join([b'{"id": "a", "model": "m", "started_at": 1764000000}'] * 40_000) + b', {"id": ]'
    with pytest.raises(own.NotRecords, match=r"before record \d\d,\d\d\d is taken"):
        _found(tmp_path, lambda decoder: portioned.own(decoder, "calls", array, "application/json"))
    cut = protobuf(*(span(attributes=CHAT) for _ in range(8_000)))[:-1]
    with pytest.raises(OtlpError, match=r"in protobuf$"):
        _found(tmp_path, lambda decoder: portioned.otlp(decoder, "traces", cut, "protobuf"))


def test_more_than_a_request_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that brings more records than one may is cut off, and told what is kept."""
    monkeypatch.setattr(portioned, "MOST_RECORDS", 10_000)
    body = b'{"id": "a", "model": "m", "started_at": 1764000000}\n' * 60_000
    with pytest.raises(TooManyRecords, match="at most 10,000 records"):
        _found(tmp_path, lambda decoder: portioned.own(decoder, "calls", body, "application/x-ndjson"))


def test_one_large_record(tmp_path: Path) -> None:
    """A body that is one record, and larger than one may be, is not even decoded."""
    body = json.dumps({"id": "a" * (3 << 20)}).encode()
    with pytest.raises(own.NotRecords, match="a record has at most"):
        _found(tmp_path, lambda decoder: portioned.own(decoder, "calls", body, "application/json"))
