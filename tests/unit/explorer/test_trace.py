"""Traces: every record that shares an id, and sums that are those of its calls, whatever its spans say."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.explorer import Reading
from tokometer.explorer.amount import own, total
from tokometer.explorer.lines import Line
from tokometer.explorer.trace import placed, trace
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.records import AgentRun, ErrorDetail, LogLine, ModelCall, Record, Score, Step, ToolCall

AT = 1_790_000_000_000_000
SECOND = 1_000_000
_TRACES = itertools.count()


def _line(number: int, cube: str, span: str, parent: str, cost: int | None, *, told: bool, at: int) -> Line:
    return Line(
        cube, f"id{number}", "otlp", f"n{number}", AT + at, None, "m", "", "ok", "", "t", span, parent, "", "", "", "",
        "", "", "", "", 1, None, 10, None, 1, 11, cost, told,
    )  # fmt: skip


_SPANS = st.sampled_from(["", "a", "b", "c", "d"])


@st.composite
def _hostile(draw: st.DrawFn) -> list[Line]:
    found = []
    for number in range(draw(st.integers(1, 16))):
        cube = draw(st.sampled_from(["calls", "calls", "tools", "runs", "logs", "scores"]))
        cost = draw(st.one_of(st.none(), st.integers(0, 5))) if cube == "calls" else None
        told = draw(st.booleans()) and cube in ("calls", "tools")
        line = _line(number, cube, draw(_SPANS), draw(_SPANS), cost, told=told, at=draw(st.integers(0, 4)))
        # Some name what they are about, and some of that are not here.
        if cube in ("logs", "scores"):
            line.call_id = draw(st.sampled_from(["", "n0", "n1", "n99"]))
        found.append(line)
    return found


@given(_hostile())
def test_sums_are_those_of_the_calls_whatever_spans_say(found: list[Line]) -> None:
    """What stands at the top adds up to what all calls add up to; every node is itself and those right below it."""
    nodes = placed(found)
    by_number = {node.placed.number: node for node in nodes}
    flat = total(found)
    tops = [node.whole for node in nodes if node.placed.parent is None]
    for name in ("calls", "errors", "nano", "unpriced", "tokens", "prompt", "output"):
        assert sum(getattr(one, name) for one in tops) == getattr(flat, name)
        for node in nodes:
            below = sum(getattr(by_number[child].whole, name) for child in node.placed.children)
            assert getattr(node.whole, name) == getattr(own(node.line), name) + below
    assert len({node.line.id for node in nodes}) == len(nodes)


_KINDS = st.sampled_from(["call", "call", "tool", "run", "step", "log", "score", "detail"])


def _record(  # noqa: PLR0911 - one for each kind
    number: int, kind: str, span: str, parent: str, trace_id: str, cost: int | None
) -> Record:
    common = {
        "source": "api",
        "native_id": f"{trace_id}-{number}",
        "started_at": AT + number * SECOND,
        "trace_id": trace_id,
        "span_id": span,
        "parent_id": parent,
    }
    if kind == "call":
        # Tokens of their own, so that no two are taken for one call told twice.
        return ModelCall(
            **common, model="m", provider="x", input_tokens=1_000 + number, output_tokens=7, cost_reported=cost
        )  # type: ignore[arg-type]
    if kind == "tool":
        return ToolCall(**common, name="Bash", status="ok")  # type: ignore[arg-type]
    if kind == "run":
        return AgentRun(**common, agent="a", status="ok", ended_at=AT + 60 * SECOND)  # type: ignore[arg-type]
    if kind == "step":
        return Step(**common, name="chain", status="ok", duration_us=5)  # type: ignore[arg-type]
    if kind == "log":
        return LogLine(**common, message="line")  # type: ignore[arg-type]
    if kind == "score":
        return Score(**common, name="helpful", value=0.5, call_id=f"{trace_id}-0")  # type: ignore[arg-type]
    return ErrorDetail(**common, message="no")  # type: ignore[arg-type]


@st.composite
def _records(draw: st.DrawFn) -> list[tuple[str, str, str, int | None]]:
    one = st.tuples(_KINDS, _SPANS, _SPANS, st.one_of(st.none(), st.integers(0, 10**9)))
    return draw(st.lists(one, min_size=1, max_size=8))


@settings(max_examples=6)
@given(given_=_records())
def test_a_stored_trace_adds_up_to_its_calls(
    ledger: Ledger, given_: Sequence[tuple[str, str, str, int | None]]
) -> None:
    """Whatever came in under an id: the trace holds it, and its whole is the sum over the calls that are stored."""
    trace_id = f"hostile-{next(_TRACES)}"
    records = [
        _record(number, kind, span, parent, trace_id, cost) for number, (kind, span, parent, cost) in enumerate(given_)
    ]
    ledger.commit(Batch(records))
    found = trace(Reading(ledger, ["default"]), trace_id)
    assert found is not None
    sql = "SELECT count(*), coalesce(sum(cost_usd), 0) FROM calls WHERE trace_id = $trace"
    [(calls, cost)] = ledger.fetch(Statement(sql, {"trace": trace_id}))
    assert (found.whole.calls, Decimal(found.whole.nano).scaleb(-9)) == (calls, cost)
    assert len(found.nodes) >= sum(kind != "call" for kind, *_ in given_) + calls
    assert sum(node.own.nano for node in found.nodes) == found.whole.nano


def test_a_trace_is_a_tree_of_all_kinds(ledger: Ledger, reading: Reading) -> None:
    """Runs hold calls, calls their tools, log lines and scores; cost adds up; a failed call is seen from above."""
    common = {"source": "api", "trace_id": "tree-1"}
    ledger.commit(
        Batch(
            [
                AgentRun(
                    **common, native_id="r", started_at=AT, span_id="r", agent="scout", status="ok", ended_at=AT + 9
                ),
                ModelCall(
                    **common,
                    native_id="c",
                    started_at=AT + 1,
                    span_id="c",
                    parent_id="r",
                    cost_reported=5,
                    input_tokens=4,
                    output_tokens=1,
                ),
                ToolCall(
                    **common, native_id="u", started_at=AT + 2, parent_id="c", span_id="u", name="Bash", status="error"
                ),
                ModelCall(**common, native_id="d", started_at=AT + 3, span_id="d", parent_id="u", status="timeout"),
                LogLine(**common, native_id="l", started_at=AT + 4, span_id="c", message="in the span"),
                Score(**common, native_id="s", started_at=AT + 5, name="good", value=1.0, call_id="d"),
                Step(**common, native_id="o", started_at=AT + 6, span_id="o", parent_id="gone", name="alone"),
            ]
        )
    )
    found = trace(reading, "tree-1")
    assert found is not None
    shown = [(node.placed.level, node.line.cube, node.whole.nano, node.placed.broken) for node in found.nodes]
    assert shown == [
        (1, "runs", 5, ""),
        (2, "calls", 5, ""),
        (3, "tools", 0, ""),
        (4, "calls", 0, ""),
        (5, "scores", 0, ""),
        (3, "logs", 0, ""),
        (1, "steps", 0, "orphan"),
    ]
    assert found.nodes[0].whole.errors == 1
    assert found.nodes[0].whole.unpriced == 1
    assert (found.whole.calls, found.whole.tokens) == (2, 5)


def test_what_is_told_twice_is_shown_and_counts_once(ledger: Ledger, reading: Reading) -> None:
    """A framework's span around an SDK's tells of one call: both are in the tree, one counts."""
    common = {"source": "otlp", "trace_id": "twice-1", "group": "twice-1", "provider": "openai", "model": "gpt-5.1"}
    outer = ModelCall(
        **common, native_id="o", started_at=AT, span_id="o", latency_us=9_000, input_tokens=30, output_tokens=4
    )
    inner = ModelCall(
        **common,
        native_id="i",
        started_at=AT + 10,
        span_id="i",
        parent_id="o",
        latency_us=8_000,
        input_tokens=30,
        output_tokens=4,
    )
    ledger.commit(Batch([outer, inner]))
    found = trace(reading, "twice-1")
    assert found is not None
    assert [node.line.told for node in found.nodes].count(True) == 1
    assert (found.whole.calls, found.whole.tokens) == (1, 34)


def test_more_records_than_fit_are_left_out_and_still_in_the_sum(ledger: Ledger, reading: Reading) -> None:
    """Of a very large trace the first records are placed; the whole is that of all its calls."""
    records: list[Record] = [_record(number, "call", f"s{number}", "", "large-1", 7) for number in range(9)]
    ledger.commit(Batch(records))
    found = trace(reading, "large-1", most=4)
    assert found is not None
    assert (len(found.nodes), found.left_out) == (4, 5)
    assert (found.whole.calls, found.whole.nano) == (9, 63)


def test_nobody_sees_the_trace_of_another_workspace(ledger: Ledger, reading: Reading) -> None:
    """A trace is what the asker's workspaces have of it."""
    common = {"source": "api", "trace_id": "shared-1", "started_at": AT, "input_tokens": 1}
    ledger.commit(Batch([ModelCall(**common, native_id="a"), ModelCall(**common, native_id="b", workspace="other")]))
    found = trace(reading, "shared-1")
    assert found is not None
    assert found.whole.calls == 1
    assert trace(Reading(ledger, ["third"]), "shared-1") is None
    assert trace(reading, "") is None
