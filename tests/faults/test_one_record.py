"""One line, one record, one span ends only itself, whatever it holds and wherever it is found out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from faults.budget import Budget
from generators.claude_json import answer
from generators.codex_lines import NAME, count, meta, usage
from generators.codex_lines import line as codex_line
from generators.mutations import mutated
from generators.otlp_spans import as_json, protobuf, span
from tokometer.collect.changes import Job
from tokometer.collect.importer import import_all
from tokometer.collect.reading import Prices, read
from tokometer.ledger import Ledger, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.records import ModelCall, gate
from tokometer.records.gate import admit
from tokometer.sources import Reading, own
from tokometer.sources.otlp import decode_traces
from tokometer.sources.protocol import FileSource
from tokometer.sources.registry import FILE_SOURCES

CLAUDE, CODEX = FILE_SOURCES["claude_code"], FILE_SOURCES["codex"]
DEEP = b'{"a":' * 5_000 + b"1" + b"}" * 5_000

#: Lines that are no lines, by what is odd about them.
ODD_LINES: dict[str, bytes] = {
    "a list as type": b'{"type":[]}',
    "an object as type": b'{"type":{"a":1}}',
    "a number as type": b'{"type":5}',
    "a list as type of an answer": b'{"type":[],"message":{"usage":{"input_tokens":1},"role":[]}}',
    "a list as role": b'{"message":{"role":[]}}',
    "nested too deeply": DEEP,
    "nested too deeply inside": b'{"type":"assistant","message":' + DEEP + b"}",
    "five thousand digits": b'{"type":"assistant","message":{"usage":{"input_tokens":' + b"9" * 5_000 + b"}}}",
    "a status of 2^31": b'{"type":"system","subtype":"api_error","timestamp":"2026-09-01T10:00:00Z","uuid":"e",'
    b'"error":{"status":2147483648}}',
    "an endless exponent": b'{"type":"assistant","message":{"usage":{"input_tokens":1e99999999999999999999}}}',
    "half a character": b'{"type":"\\ud800"}',
    "not UTF-8": b'{"type":"\xff\xfe"}',
    "a list": b"[]",
    "null": b"null",
    "a NUL": b"\x00",
    "cut": b'{"type":"assistant","mess',
    "a list as payload": b'{"timestamp":"2026-03-02T09:00:09.000Z","type":"event_msg","payload":[]}',
    "a list as payload's type": b'{"timestamp":"2026-03-02T09:00:09.000Z","type":"event_msg","payload":{"type":[]}}',
    "a deep payload": b'{"timestamp":"2026-03-02T09:00:09.000Z","type":"event_msg","payload":' + DEEP + b"}",
    "deep limits": b'{"timestamp":"2026-03-02T09:00:09.000Z","type":"event_msg","payload":{"type":"token_count",'
    b'"info":null,"rate_limits":' + DEEP + b"}}",
    "a deep header": b'{"timestamp":"2026-03-02T09:00:09.000Z","type":"session_meta","payload":{"source":'
    + DEEP
    + b"}}",
}


def claude(number: int) -> bytes:
    """An answer of which nothing may be lost."""
    return json.dumps(answer(f"msg_{number:03}", uuid=f"u{number}")).encode()


def codex(number: int) -> bytes:
    """A count of tokens of which nothing may be lost."""
    spent = usage(10, 2)
    return json.dumps(count(usage(10 * number, 2 * number), spent, number), separators=(",", ":")).encode()


def claude_file(home: Path, lines: Sequence[bytes]) -> Path:
    """A transcript of these lines."""
    path = home / ".claude" / "projects" / "-a" / "s.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def codex_file(home: Path, lines: Sequence[bytes]) -> Path:
    """A rollout of these lines after its header."""
    path = home / ".codex" / "sessions" / "2026" / "03" / "02" / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    head = [
        json.dumps(meta(), separators=(",", ":")).encode(),
        json.dumps(codex_line("turn_context", {"model": "m"})).encode(),
    ]
    path.write_bytes(b"".join(line + b"\n" for line in (*head, *lines)))
    return path


SOURCES: dict[str, tuple[FileSource, Callable[[int], bytes], Callable[[Path, Sequence[bytes]], Path]]] = {
    "claude": (CLAUDE, claude, claude_file),
    "codex": (CODEX, codex, codex_file),
}


def calls_of(reading: Reading) -> list[ModelCall]:
    """The calls of a reading."""
    return [record for record in reading.records if isinstance(record, ModelCall)]


@pytest.mark.parametrize("odd", ODD_LINES)
@pytest.mark.parametrize("source", SOURCES)
def test_an_odd_line_ends_only_itself(source: str, odd: str, tmp_path: Path) -> None:
    """What stands before and after it is read, the file is left at its end, and the line is refused or passed over."""
    decoder, ours, write = SOURCES[source]
    path = write(tmp_path, [ours(1), ODD_LINES[odd], ours(2)])
    reading = read(decoder, Job(source, str(path), b"", path.stat().st_size))
    mine = [call for call in calls_of(reading) if call.status == "ok"]
    assert len(mine) == 2
    assert reading.state
    again = read(decoder, Job(source, str(path), reading.state, 0))
    assert again.records == []
    for refusal in reading.refusals:
        assert refusal.position > 0
        assert "mistake" not in refusal.reason


@pytest.mark.parametrize("source", SOURCES)
def test_whatever_a_line_holds_its_neighbours_are_read(source: str, tmp_path: Path, budget: Budget) -> None:
    """Any value in any place of a line, and any byte of it: what stands around it comes out as if it were not there."""
    decoder, ours, write = SOURCES[source]
    for number, chance in budget.rounds(f"one-record-{source}", 60, 20_000):
        spoiled = mutated(json.loads(ours(50)), chance, json.loads(ours(51)))
        spoiled = spoiled.replace(b"\n", b" ")
        path = write(tmp_path, [ours(1), ours(2), spoiled, ours(3), ours(4)])
        with budget.tried(f"one_record_{source}", number, spoiled):
            reading = read(decoder, Job(source, str(path), b"", path.stat().st_size))
            assert reading.state
            assert {refusal.position for refusal in reading.refusals}.isdisjoint({0})
            assert not any("mistake" in refusal.reason for refusal in reading.refusals)
            outputs = [call.output_tokens for call in calls_of(reading)]
            # Of a rollout what a later total adds depends on the one before, which may be the spoiled one.
            assert len(outputs) >= (4 if source == "claude" else 3)


def test_a_mistake_of_ours_in_one_line_ends_only_that_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever we get wrong is said of the line, as a mistake of ours, and its neighbours are read."""
    from tokometer.sources.claude_code.transcript import Transcript
    from tokometer.sources.codex.rollout import Rollout

    for source, where, at in (("claude", Transcript, 2), ("codex", Rollout, 4)):
        decoder, ours, write = SOURCES[source]
        path = write(tmp_path, [ours(1), ours(2), ours(3)])
        taken, take = 0, where.take

        def broken(*args: Any, take: Any = take, at: int = at) -> None:
            nonlocal taken
            taken += 1
            if taken == at:
                raise ZeroDivisionError
            take(*args)

        monkeypatch.setattr(where, "take", broken)
        reading = read(decoder, Job(source, str(path), b"", 1))
        monkeypatch.undo()
        assert len(calls_of(reading)) == 2
        [refusal] = reading.refusals
        assert refusal.position > 0
        assert "mistake in Tokometer (ZeroDivisionError)" in refusal.reason


def test_what_lies_beside_a_transcript_does_not_spoil_it(tmp_path: Path) -> None:
    """Deep nesting in a subagent's type, in the account's file, in a parent's rollout: the transcript is read."""
    path = claude_file(tmp_path, [claude(1)])
    agent = path.with_name("agent-x.jsonl")
    agent.write_bytes(claude(2) + b"\n")
    agent.with_suffix(".meta.json").write_bytes(DEEP)
    (tmp_path / ".claude.json").write_bytes(DEEP)
    for file in (path, agent):
        assert len(calls_of(read(CLAUDE, Job("claude_code", str(file), b"", 1)))) == 1
    parent = "019caf00-0000-7000-8000-00000000000a"
    rollout = codex_file(tmp_path, [codex(1)])
    head = json.dumps(meta(parent_thread_id=parent, forked_from_id=parent)).encode()
    rollout.write_bytes(head + b"\n" + codex(1) + b"\n")
    (rollout.parent / f"rollout-2026-03-02T08-00-00-{parent}.jsonl").write_bytes(ODD_LINES["a deep header"] + b"\n")
    (tmp_path / ".codex" / "auth.json").write_bytes(DEEP)
    reading = read(CODEX, Job("codex", str(rollout), b"", 1))
    assert reading.state
    assert reading.refusals == []


def test_a_file_of_odd_lines_stops_no_import(tmp_path: Path) -> None:
    """All of them in files of both tools: everything around them is in the ledger once, also the second time."""
    odd = list(ODD_LINES.values())
    claude_file(tmp_path, [part for number, line in enumerate(odd) for part in (claude(number), line)])
    codex_file(tmp_path, [part for number, line in enumerate(odd, 1) for part in (codex(number), line)])
    ledger = open_ledger(tmp_path / "data")
    for _ in range(2):
        import_all(ledger, Prices(), FILE_SOURCES, tmp_path, {})
        assert counted(ledger) == {("claude_code", "ok"): len(odd), ("codex", "ok"): len(odd)} | failed(ledger)
    assert ledger.audit() == []
    ledger.close()


def counted(ledger: Ledger) -> dict[tuple[str, str], int]:
    """Calls by source and status."""
    rows = ledger.fetch(Statement("SELECT source, status, count(*) FROM calls GROUP BY ALL"))
    return {(source, status): number for source, status, number in rows}


def failed(ledger: Ledger) -> dict[tuple[str, str], int]:
    """Those that failed: the line with a status that no HTTP has may count as one."""
    return {key: number for key, number in counted(ledger).items() if key[1] != "ok"}


# -- bodies ------------------------------------------------------------------------------------------------------------

_START = 1_790_000_000


def own_call(name: str) -> bytes:
    """A record of our own API."""
    return json.dumps({"id": name, "started_at": _START, "model": "m", "input_tokens": 1}).encode()


@pytest.mark.parametrize("odd", ODD_LINES)
@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/json"])
def test_an_odd_record_of_a_body_ends_only_itself(odd: str, media_type: str) -> None:
    """As a line or as an element of an array, first or in the middle, it is refused by its index."""
    broken_brackets = odd == "cut"
    for at in (0, 1):
        parts = [own_call("a"), own_call("b")]
        parts.insert(at, ODD_LINES[odd])
        bodies = [b"\n".join(parts)]
        if media_type == "application/json" and not broken_brackets:
            bodies.append(b"[" + b",".join(parts) + b"]")
        for body in bodies:
            found = own.read("calls", body, media_type)
            assert [record.native_id for record in found.records] == ["a", "b"]
            assert found.positions == [place for place in range(3) if place != at]
            assert [refusal.position for refusal in found.refusals] == [at]


def test_a_mistake_of_ours_in_one_record_ends_only_that_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a body of ours, in a request of spans, and at the gate."""
    record_from = own.record_from

    def broken(kind: str, given: Any, **options: Any) -> Any:
        if given.get("id") == "b":
            raise KeyError("b")
        return record_from(kind, given, **options)

    monkeypatch.setattr(own, "record_from", broken)
    found = own.read("calls", b"\n".join(map(own_call, "abc")), "application/x-ndjson")
    assert [record.native_id for record in found.records] == ["a", "c"]
    assert "mistake in Tokometer (KeyError)" in found.refusals[0].reason

    odd = ModelCall(source="s", native_id="odd", started_at=_START)
    beyond = gate.beyond

    def faulty(kind: str, taken: Any) -> Any:
        if "odd" in taken["native_id"]:
            raise TypeError
        return beyond(kind, taken)

    monkeypatch.setattr(gate, "beyond", faulty)
    records = [*found.records, odd, *found.records]
    admitted = admit(records, "here", [5, 6, 7, 8, 9])
    assert (admitted.records, admitted.positions) == ([*found.records, *found.records], [5, 6, 8, 9])
    assert [(refusal.position, "mistake" in refusal.reason) for refusal in admitted.refusals] == [(7, True)]


def spans(*numbers: int) -> list[dict[str, Any]]:
    """Spans of calls."""
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 7}
    return [span(attributes=said, traceId=f"{number:032x}", spanId=f"{number:016x}") for number in numbers]


def test_a_mistake_of_ours_in_one_span_ends_only_that_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """In either encoding, wherever in the reading of a span it happens."""
    from tokometer.sources.otlp import build, json_body, traces
    from tokometer.sources.otlp import protobuf as in_protobuf

    for module, name in ((traces, "records_of"), (json_body, "_span"), (in_protobuf, "_span"), (build, "outcome_of")):
        whole = getattr(module, name)
        times = 0

        def broken(*args: Any, whole: Any = whole) -> Any:
            nonlocal times
            times += 1
            if times == 2:
                raise OverflowError
            return whole(*args)

        monkeypatch.setattr(module, name, broken)
        for encoding, body in bodies(spans(1, 2, 3)):
            times = 0
            found = decode_traces(body, encoding)
            touched = times > 0
            assert len(found.records) == (2 if touched else 3)
            assert len(found.refusals) == (1 if touched else 0)
        monkeypatch.undo()


def bodies(given: list[dict[str, Any]]) -> list[tuple[Any, bytes]]:
    """Spans in both encodings."""
    return [("json", json.dumps(as_json(*given)).encode()), ("protobuf", protobuf(*given))]


def test_a_span_that_is_broken_in_protobuf_ends_only_itself(budget: Budget) -> None:
    """Bytes that are no span, in the place of one, and bytes that are flipped in it: the others are taken."""
    whole = [protobuf(one) for one in spans(1, 2, 3)]
    # Requests that follow each other are one request: their lists are joined.
    assert len(decode_traces(b"".join(whole), "protobuf").records) == 3
    broken = request_of(b"\x0a\xff\xff\xff\xff\x0f")
    found = decode_traces(whole[0] + broken + whole[2], "protobuf")
    assert (len(found.records), len(found.refusals)) == (2, 1)
    for _, chance in budget.rounds("one-span", 150, 30_000):
        span_bytes = bytearray(inner_of(whole[1]))
        for _ in range(chance.randrange(1, 4)):
            span_bytes[chance.randrange(len(span_bytes))] ^= 1 << chance.randrange(8)
        found = decode_traces(whole[0] + request_of(bytes(span_bytes)) + whole[2], "protobuf")
        kept = {record.trace_id for record in found.records if isinstance(record, ModelCall)}
        assert {f"{1:032x}", f"{3:032x}"} <= kept


def request_of(inner: bytes) -> bytes:
    """A request of one span that is these bytes."""
    for tag in (0x12, 0x12, 0x0A):
        inner = bytes([tag]) + length(len(inner)) + inner
    return inner


def length(number: int) -> bytes:
    """A length as protobuf writes it."""
    made = b""
    while number > 0x7F:
        made += bytes([number & 0x7F | 0x80])
        number >>= 7
    return made + bytes([number])


def inner_of(request: bytes) -> bytes:
    """The bytes of the one span of a request."""
    from tokometer.sources.otlp.messages import ExportTraceServiceRequest

    [resource_spans] = ExportTraceServiceRequest.FromString(request).resource_spans
    return bytes(resource_spans.scope_spans[0].spans[0].SerializeToString())


@pytest.mark.parametrize(
    "broken",
    [
        b"null",
        b'"x"',
        b"5",
        b"[]",
        b'{"resource":{"attributes":{"a":1}},"scopeSpans":[]}',
        b'{"scopeSpans":{}}',
        b'{"scopeSpans":[5]}',
        b'{"scopeSpans":[{"spans":{}}]}',
        b'{"scopeSpans":[{"spans":[[]]}]}',
        b'{"resource":{"attributes":[{"key":"host.name","value":{"doubleValue":1e99999999999999999999}}]},"scopeSpans":[]}',
    ],
)
def test_a_part_of_a_json_request_that_is_none_ends_only_itself(broken: bytes) -> None:
    """A resource, a scope or a span of another type than it has to be: what other resources bring is taken."""
    parts = [json.dumps(as_json(*spans(number))["resourceSpans"][0]).encode() for number in (1, 2)]
    found = decode_traces(b'{"resourceSpans":[' + b",".join([parts[0], broken, parts[1]]) + b"]}", "json")
    assert [record.trace_id for record in found.records] == [f"{1:032x}", f"{2:032x}"]
    assert not any("mistake" in refusal.reason for refusal in found.refusals)


def test_randomly_odd_attributes_spoil_only_their_span() -> None:
    """Text where numbers are expected, nested JSON, unknown words: the spans around it are taken."""
    chance = Random(5)
    odd: list[Any] = ["many", "", [], {}, {"a": {"b": []}}, '{"a":' * 3_000, -1, 2**63 - 1, 1e308, True, [[[]]]]
    names = [
        "gen_ai.usage.input_tokens",
        "gen_ai.operation.name",
        "langfuse.observation.usage_details",
        "http.status_code",
    ]
    for _ in range(100):
        one, two, three = spans(1, 2, 3)
        two["attributes"] = {**two["attributes"], chance.choice(names): chance.choice(odd)}
        for encoding, body in bodies([one, two, three]):
            found = decode_traces(body, encoding)
            kept = {record.trace_id for record in found.records}
            assert {one["traceId"], three["traceId"]} <= kept
            assert not any("mistake" in refusal.reason for refusal in found.refusals)
