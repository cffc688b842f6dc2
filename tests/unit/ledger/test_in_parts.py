"""Calls that are told in parts, kept part by part on both engines."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from random import Random

import pytest

from generators.examples import ENGINES, LONG, in_turn
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.packed import pack
from tokometer.records import ModelCall, Record, Step
from tokometer.records.record import IN_PARTS

AT = 1_772_442_000_000_000
#: The update comes in the next quarter of an hour.
LATER = AT + 1_200_000_000
TRACE = "0f4c2a7e"


def parts() -> list[list[Record]]:
    """A trace's word on whose its calls are, the beginning of a call, and its end."""
    shared = {"source": "langfuse", "trace_id": TRACE}
    whose = {"session_id": "s-1", "user": "ada", "span_id": "top", "native_id": "trace", "started_at": AT, **shared}
    call = {"native_id": "call", "group": TRACE, "span_id": "call", **shared}
    begun = ModelCall(started_at=AT, revision=IN_PARTS + 1, model="gpt-4o-mini", parent_id="top", **call)  # type: ignore[arg-type]
    ended = ModelCall(
        **{**call, "started_at": LATER, "revision": IN_PARTS + 2, "latency_us": 0, "latency_estimated": True},  # type: ignore[arg-type]
        input_tokens=10,
        output_tokens=5,
    )
    trace = ModelCall(group=TRACE, shadow=True, revision=IN_PARTS, **whose)  # type: ignore[arg-type]
    return [[Step(name="support", type="trace", revision=IN_PARTS, **whose), trace], [begun], [ended]]  # type: ignore[arg-type]


def price(calls: Iterable[ModelCall]) -> None:
    """A cent for a call of which model and tokens are known."""
    for call in calls:
        known = bool(call.model and call.input_tokens)
        call.cost_priced, call.price_version = (10_000_000 if known else None), "v"


def counted(ledger: Ledger) -> list[tuple[object, ...]]:
    """What counts."""
    ledger.settle()
    sql = "SELECT model, session_id, latency_us, latency_estimated, input_tokens, cost_usd FROM calls"
    return [(*row[:5], float(row[5]) if row[5] is not None else None) for row in ledger.fetch(Statement(sql))]


@pytest.mark.parametrize(("order", "engine"), in_turn([*permutations(range(3))], ENGINES), indirect=["engine"])
def test_parts_make_one_call(ledger: Ledger, order: tuple[int, ...]) -> None:
    """Whatever part is kept first, the call has its time, its owner and its price; and no part counts beside it."""
    for place in order:
        records = parts()[place]
        price(record for record in records if isinstance(record, ModelCall))
        ledger.commit(Batch(records, price=price))
    assert counted(ledger) == [("gpt-4o-mini", "s-1", 1_200_000_000, False, 10, 0.01)]
    assert not ledger.audit()


def test_parts_without_a_trace(ledger: Ledger) -> None:
    """A call that no trace holds is priced once its parts are together, as any other."""
    for records in parts()[1:]:
        for record in records:
            record.trace_id = record.parent_id = record.span_id = ""
            if isinstance(record, ModelCall):
                record.group = ""
                price([record])
        ledger.commit(Batch(records, price=price))
    assert counted(ledger) == [("gpt-4o-mini", "", 1_200_000_000, False, 10, 0.01)]
    assert not ledger.audit()


@pytest.mark.parametrize(("order", "engine"), in_turn([*permutations(range(4))], ENGINES), indirect=["engine"])
def test_parts_of_which_some_do_not_name_their_trace(ledger: Ledger, order: tuple[int, ...]) -> None:
    """An update that says only whose it is belongs to the call in the trace, whichever came first; and counts once."""
    whose, begun, ended = parts()
    late = ModelCall(
        source="langfuse", native_id="call", started_at=AT, revision=IN_PARTS + 3, span_id="call", stop_reason="stop"
    )
    for told in ended:
        told.trace_id = ""
        assert isinstance(told, ModelCall)
        told.group = ""
    for place in order:
        ledger.commit(Batch([whose, begun, ended, [late]][place]))
    ledger.settle()
    rows = ledger.fetch(Statement("SELECT model, input_tokens, stop_reason, session_id FROM calls"))
    assert rows == [("gpt-4o-mini", 10, "stop", "s-1")]
    assert not ledger.audit()


@pytest.mark.parametrize(("order", "engine"), in_turn([*permutations(range(3))], ENGINES), indirect=["engine"])
def test_a_part_without_its_trace_changes_what_stands_above(ledger: Ledger, order: tuple[int, ...]) -> None:
    """What a call used is what its last part says, and what is stated above it counts for the rest of that alone."""
    shared = {"source": "langfuse", "trace_id": TRACE, "group": TRACE}
    outer = ModelCall(native_id="top", span_id="top", started_at=AT, revision=IN_PARTS, input_tokens=30, **shared)  # type: ignore[arg-type]
    inner = ModelCall(native_id="call", span_id="call", parent_id="top", started_at=AT, input_tokens=10, **shared)  # type: ignore[arg-type]
    inner.revision = IN_PARTS + 1
    late = ModelCall(source="langfuse", native_id="call", started_at=LATER, revision=IN_PARTS + 2, input_tokens=30)
    for place in order:
        ledger.commit(Batch([[outer, inner, late][place]]))
    ledger.settle()
    assert ledger.fetch(Statement("SELECT sum(input_tokens) FROM calls")) == [(30,)]
    assert not ledger.audit()


def test_parts_in_one_batch(ledger: Ledger) -> None:
    """Packed by another process, beginning and end in one batch are one call as well."""
    calls = [record for records in parts()[1:] for record in records if isinstance(record, ModelCall)]
    price(calls)
    receipt = ledger.commit(Batch(packed=[pack(calls, "v")], price=price))
    assert (receipt.accepted, receipt.duplicate) == (1, 1)
    assert counted(ledger) == [("gpt-4o-mini", "", 1_200_000_000, False, 10, 0.01)]


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_what_was_said_is_kept_in_its_later_version(ledger: Ledger) -> None:
    """A telling that counts as nothing of its own, told in two more parts: all that it said is there for the next."""
    shared = {"source": "langfuse", "trace_id": TRACE, "group": TRACE, "started_at": AT}
    outer = {"native_id": "top", "span_id": "top", **shared}
    inner = {"native_id": "call", "span_id": "call", "parent_id": "top", **shared}
    for record in (
        ModelCall(revision=IN_PARTS + 1, model="m", **inner),  # type: ignore[arg-type]
        ModelCall(revision=IN_PARTS + 3, model="m", **outer),  # type: ignore[arg-type]
        ModelCall(revision=IN_PARTS + 2, input_tokens=30, output_tokens=9, **outer),  # type: ignore[arg-type]
        ModelCall(revision=IN_PARTS + 4, input_tokens=10, output_tokens=3, **inner),  # type: ignore[arg-type]
    ):
        ledger.commit(Batch([record]))
    ledger.settle()
    counted = Statement("SELECT count(*), sum(input_tokens), sum(output_tokens) FROM calls")
    assert ledger.fetch(counted) == [(2, 30, 9)]
    assert not ledger.audit()


@pytest.mark.parametrize(("seed", "engine"), in_turn(range(24 if LONG else 4), ENGINES), indirect=["engine"])
def test_nested_generations_in_parts(ledger: Ledger, seed: int) -> None:
    """Generations below each other, told in parts that need not name their trace: the same in whatever order."""
    found = set()
    for turn in range(3):
        rng = Random(seed)
        told = nested(rng, f"w-{turn}")
        Random(f"{seed} {turn}").shuffle(told)
        while told:
            size = rng.randint(1, 3)
            ledger.commit(Batch([*told[:size]]))
            told = told[size:]
        sql = "SELECT model, input_tokens, output_tokens, stop_reason, session_id FROM calls WHERE workspace = $name"
        found.add(tuple(sorted(ledger.fetch(Statement(sql, {"name": f"w-{turn}"})), key=str)))
    assert len(found) == 1, found


def nested(rng: Random, workspace: str) -> list[Record]:
    """A trace, and three generations in it, in two or three parts each, of which one names the trace."""
    shared = {"source": "langfuse", "workspace": workspace}
    trace = {"trace_id": TRACE, "group": TRACE}
    told: list[Record] = [
        ModelCall(native_id="trace", started_at=AT, shadow=True, revision=IN_PARTS, session_id="s-1", **shared, **trace)  # type: ignore[arg-type]
    ]
    told[0].span_id = "top"
    for number, above in enumerate(["top", rng.choice(["g0", "top"]), rng.choice(["g0", "g1"])]):
        parts: list[dict[str, object]] = [
            {"model": "m"},
            {"input_tokens": 40 - 10 * number, "output_tokens": 9 - number},
        ]
        parts += [{"stop_reason": "stop"}] * rng.randint(0, 1)
        named = rng.randrange(len(parts))
        for at, part in enumerate(parts):
            place = {"parent_id": above, **trace} if at == named else {}
            begun = AT + rng.choice([0, 60, 1200]) * 1_000_000
            call = {"native_id": f"g{number}", "span_id": f"g{number}", "started_at": begun}
            told.append(ModelCall(revision=IN_PARTS + 10 * number + at + 1, **call, **shared, **place, **part))  # type: ignore[arg-type]
    return told
