"""Spans with anything wrong in any of them: each is kept or refused, and its neighbours are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from faults.budget import Budget, corpus
from generators.hostile import ALL, TEXTS
from generators.mutations import encoded, mutated, spoiled
from generators.otlp_spans import as_json, protobuf, span
from generators.usage_dialects import DIALECTS, Facts
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.packed import pack
from tokometer.sources.otlp import OtlpError, Traces, decode_traces
from tokometer.sources.otlp.attributes import ATTRIBUTES

SPANS = 20
#: Every fifth span is ours.
EVERY = 5
COMMIT_EVERY = 5
_NAMES = tuple(ATTRIBUTES)
#: What protobuf can say and JSON cannot, and the texts that attributes hold JSON in.
_NUMBERS: tuple[Any, ...] = (
    *(0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 999),
    *(float("nan"), float("inf"), float("-inf"), 1e308, 9.9e20, -0.0, 5e-324, 0.5),
)
_OTHERS: tuple[Any, ...] = (None, True, False, b"\xff\xfe", b"", [], {}, [1, "a", None, {}], {"a": {"b": [1.5]}})


def ours(number: int, salt: int = 0) -> dict[str, Any]:
    """A span of which nothing may be lost."""
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
    }
    return span(attributes=said, traceId=f"{salt:08x}{'f' * 20}{number:04x}", spanId=f"{'f' * 12}{number:04x}")


def other(chance: Random) -> dict[str, Any]:
    """A span in some dialect, with a few more attributes, an event and a status."""
    facts = Facts(*(chance.randrange(1000) for _ in range(7)), cost="0.5")
    said = {"gen_ai.operation.name": "chat", **chance.choice(list(DIALECTS.values())).say(facts)}
    for _ in range(3):
        said[chance.choice(_NAMES)] = chance.choice(("text", 5, 0.5, '{"input": 5}'))
    return span(
        attributes=said,
        traceId=f"{chance.randrange(1, 2**128):032x}",
        spanId=f"{chance.randrange(1, 2**64):016x}",
        status={"code": 2, "message": "no"},
        events=[
            {"name": "exception", "timeUnixNano": 10**18, "attributes": {"exception.type": "E"}},
            {"name": "First Token Stream Event", "timeUnixNano": 10**18, "attributes": {}},
        ],
    )


def a_value(chance: Random, depth: int = 0) -> Any:
    """A hostile value of an attribute, as protobuf can have it."""
    which = chance.randrange(8 if depth < 3 else 5)
    text = chance.choice(list(ALL.values()))
    if which < 5:
        words = json.loads(chance.choice(list(TEXTS.values()))).encode("utf-8", "replace").decode()
        return (chance.choice(_NUMBERS), chance.choice(_NUMBERS), chance.choice(_OTHERS), words, text)[which]
    if which == 5:
        return f'{{"input": {text}, "output": 5}}'
    inner = a_value(chance, depth + 1)
    if which == 6:
        return {chance.choice(("input", "a", "\u0000", "")): inner}
    for _ in range(chance.choice((1, 20, 150))):
        inner = [inner]
    return inner


def json_body(chance: Random, salt: int) -> bytes:
    """A request in JSON whose spans are spoiled, each by itself, but for ours."""
    whole = as_json(*(other(chance) for _ in range(SPANS)))
    spans = whole["resourceSpans"][0]["scopeSpans"][0]["spans"]
    parts = []
    for number, given in enumerate(spans):
        if number % EVERY == EVERY - 1:
            mine = as_json(ours(number, salt))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
            parts.append(encoded(mine))
        else:
            parts.append(mutated(given, chance, chance.choice(spans), bytes_too=False))
    return b'{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[' + b",".join(parts) + b"]}]}]}"


def protobuf_body(chance: Random, salt: int) -> bytes:
    """A request in protobuf whose attributes are hostile, but for ours."""
    made = []
    for number in range(SPANS):
        if number % EVERY == EVERY - 1:
            made.append(ours(number, salt))
            continue
        given = other(chance)
        for _ in range(chance.randrange(1, 4)):
            name = chance.choice((chance.choice(list(given["attributes"])), chance.choice(_NAMES), "x\u0000" * 50))
            given["attributes"][name] = a_value(chance)
        if chance.random() < 0.2:
            given[chance.choice(("startTimeUnixNano", "endTimeUnixNano"))] = chance.choice((0, 1, 2**63, 2**64 - 1))
        if chance.random() < 0.1:
            given[chance.choice(("traceId", "spanId"))] = chance.choice(("", "00", "ab" * 100))
        made.append(given)
    return protobuf(*made)


BODIES: dict[str, Callable[[Random, int], bytes]] = {"json": json_body, "protobuf": protobuf_body}


def check(found: Traces, salt: int) -> None:
    """All of ours are there, nothing was a mistake of our own, and what was taken is fit to be kept."""
    assert found.spans == SPANS
    names = {(record.trace_id, record.span_id) for record in found.records}
    for number in range(EVERY - 1, SPANS, EVERY):
        mine = ours(number, salt)
        assert (mine["traceId"], mine["spanId"]) in names
    check_any(found)


def check_any(found: Traces) -> None:
    """What was taken is fit to be kept, and what was refused fit to be shown."""
    for refusal in found.refusals:
        assert "mistake" not in refusal.reason
        assert len(refusal.reason) < 600
        (refusal.reason + refusal.field).encode()
    by_kind: dict[str, list[Any]] = {}
    for record in found.records:
        by_kind.setdefault(record.kind, []).append(record)
    for records in by_kind.values():
        pack(records)


def count_ours(ledger: Ledger) -> int:
    """How many of ours there are."""
    ((kept,),) = ledger.fetch(Statement("SELECT count(*) FROM calls WHERE starts_with(span_id, 'ffffffffffff')"))
    return int(kept)


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("encoding", BODIES)
def test_any_span_spoils_itself_at_most(encoding: Any, part: int, budget: Budget, ledger: Ledger) -> None:
    """Whatever a span holds, it is kept, passed over or refused; ours are kept, and the ledger is sound."""
    batch = Batch()
    mine, before = 0, count_ours(ledger)
    for number, chance in budget.rounds(f"otlp-{encoding}-{part}", 12, 2_500):
        salt = (part + 4 * (encoding == "json")) * 10_000 + number + 1
        body = BODIES[encoding](chance, salt)
        with budget.tried(f"otlp_{encoding}", number, body):
            found = decode_traces(body, encoding)
            check(found, salt)
            batch.records += found.records
            batch.refusals += found.refusals
            batch.notices += found.notices
            mine += SPANS // EVERY
            if number % COMMIT_EVERY == COMMIT_EVERY - 1:
                ledger.commit(batch)
                ledger.settle()
                batch = Batch()
    ledger.commit(batch)
    assert ledger.audit() == []
    assert count_ours(ledger) == before + mine


@pytest.mark.parametrize("encoding", BODIES)
def test_any_bytes_are_read_or_refused(encoding: Any, budget: Budget) -> None:
    """A body with bytes cut, flipped or spliced is read as far as it can be, or refused by the one declared error."""
    for number, chance in budget.rounds(f"otlp-bytes-{encoding}", 150, 30_000):
        if encoding == "json":
            body = spoiled(encoded(as_json(other(chance), other(chance))), chance, encoded(as_json(ours(1))))
        else:
            body = spoiled(protobuf(*(other(chance) for _ in range(2))), chance, protobuf(ours(1)))
        with budget.tried(f"otlp_{encoding}", number, body):
            try:
                found = decode_traces(body, encoding)
            except OtlpError as error:
                assert len(str(error)) < 400  # noqa: PT017 - it need not be raised
            else:
                check_any(found)


@pytest.mark.parametrize("given", [*corpus("otlp_json"), *corpus("otlp_protobuf")], ids=lambda path: path.name)
def test_what_once_did_harm(given: Path) -> None:
    """Every input of the corpus is read or refused by the one declared error."""
    try:
        found = decode_traces(given.read_bytes(), "json" if given.parent.name == "otlp_json" else "protobuf")
    except OtlpError:
        return
    check_any(found)
