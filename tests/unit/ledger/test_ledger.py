"""What a ledger promises, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

import pytest

from generators.examples import share
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.packed import pack
from tokometer.records import (
    AgentRun,
    Bill,
    JobRun,
    ModelCall,
    Refusal,
    Sample,
    ToolCall,
    to_us,
)
from tokometer.records.time import QUARTER_US

NOON = to_us(datetime(2026, 6, 1, 12, tzinfo=UTC))


def call(number: int = 1, **values: object) -> ModelCall:
    """A priced call; `number` makes it another one."""
    defaults: dict[str, object] = {
        "source": "test",
        "native_id": f"call-{number}",
        "started_at": NOON,
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "input_tokens": 100,
        "output_tokens": 20,
        "cost_priced": 600_000,
        "latency_us": 1_500_000,
        "session_id": "s1",
    }
    return ModelCall(**{**defaults, **values})  # type: ignore[arg-type]


def total(ledger: Ledger, expression: str, table: str = "cells") -> object:
    """One value from the rollups, which are settled first."""
    ledger.settle()
    return ledger.fetch(Statement(f"SELECT {expression} FROM {table}"))[0][0]


def test_a_call_is_kept_once_however_often_it_comes(ledger: Ledger) -> None:
    """Replaying a batch changes nothing and says so."""
    first = ledger.commit(Batch([call(1), call(2)]))
    again = ledger.commit(Batch([call(1), call(2), call(2)]))
    assert (first.accepted, first.duplicate) == (2, 0)
    assert (again.accepted, again.duplicate, again.changed) == (0, 3, 0)
    assert total(ledger, "sum(requests)") == 2
    assert total(ledger, "sum(cost_usd)") == Decimal("0.0012")
    assert ledger.audit() == []


def test_the_same_id_twice_in_one_batch_is_one_call(ledger: Ledger) -> None:
    """A batch is folded before it is stored."""
    receipt = ledger.commit(Batch([call(1, output_tokens=5), call(1, output_tokens=50, revision=1)]))
    assert receipt.outcomes == ["accepted", "duplicate"]
    assert total(ledger, "sum(output_tokens)") == 50


def test_a_higher_revision_replaces_and_a_lower_one_does_not(ledger: Ledger) -> None:
    """A partial usage line is corrected by the full one, in either order."""
    ledger.commit(Batch([call(1, output_tokens=8, revision=108)]))
    assert ledger.commit(Batch([call(1, output_tokens=322, revision=422)])).changed == 1
    assert ledger.commit(Batch([call(1, output_tokens=8, revision=108)])).duplicate == 1
    assert total(ledger, "sum(output_tokens)") == 322
    assert ledger.audit() == []


def test_a_correction_moves_a_call_to_another_quarter_hour(ledger: Ledger) -> None:
    """A sender that corrects itself is believed, and the cell that the call left becomes empty."""
    ledger.commit(Batch([call(1), call(2, started_at=NOON + QUARTER_US)]))
    ledger.settle()
    moved = call(1, started_at=NOON - 40 * QUARTER_US, model="claude-opus-4-5")
    assert ledger.commit(Batch([moved], corrections=True)).changed == 1
    ledger.settle()
    rows = ledger.fetch(Statement("SELECT model, quarter, requests FROM cells ORDER BY model"))
    assert rows == [
        ("claude-opus-4-5", NOON // QUARTER_US - 40, 1),
        ("claude-sonnet-4-5", NOON // QUARTER_US + 1, 1),
    ]
    assert ledger.audit() == []


def test_attribution_comes_from_where_a_call_was_first_written(new_ledger: Callable[[], Ledger]) -> None:
    """A copy in a resumed session does not take the call away from the original, whichever is read first."""
    original, copy = call(1, session_id="first", origin=1), call(1, session_id="resumed", origin=2)
    for order in ([original, copy], [copy, original]):
        ledger = new_ledger()
        for record in order:
            ledger.commit(Batch([record]))
        ledger.settle()
        assert ledger.fetch(Statement("SELECT session_id, requests FROM sessions")) == [("first", 1)]
        assert ledger.audit() == []


def test_a_shadow_gives_way_to_its_groups_real_call(new_ledger: Callable[[], Ledger]) -> None:
    """A sidechain replay counts only while nothing better is known, whichever comes first."""
    shadow = call(1, native_id="m|side", group="m", shadow=True)
    real = call(1, native_id="m|req", group="m")
    for order in ([shadow, real], [real, shadow]):
        ledger = new_ledger()
        for record in order:
            ledger.commit(Batch([record]))
        together = new_ledger()
        together.commit(Batch(list(order)))
        for each in (ledger, together):
            each.settle()
            assert each.fetch(Statement("SELECT native_id FROM calls")) == [("m|req",)]
            assert total(each, "sum(requests)") == 1
            assert each.audit() == []
    alone = new_ledger()
    alone.commit(Batch([shadow]))
    assert total(alone, "sum(requests)") == 1


def test_an_echo_gives_way_to_a_call_that_names_its_request_and_beats_a_shadow(
    new_ledger: Callable[[], Ledger], engine: str
) -> None:
    """Of one group only the calls of the highest rank count, in whatever order they come."""
    shadow = call(1, native_id="m|side", group="m", shadow=True)
    echo = call(1, native_id="m|", group="m", echo=True)
    real = call(1, native_id="m|req", group="m")
    for order in share([*permutations([shadow, echo, real])], engine):
        ledger = new_ledger()
        for record in order[:2]:
            ledger.commit(Batch([record]))
        best = max(order[:2], key=[shadow, echo, real].index)
        assert ledger.fetch(Statement("SELECT native_id FROM calls")) == [(best.native_id,)]
        ledger.commit(Batch([order[2]]))
        assert ledger.fetch(Statement("SELECT native_id FROM calls")) == [("m|req",)]
        together = new_ledger()
        together.commit(Batch(packed=[pack(order)]))
        for each in (ledger, together):
            each.settle()
            assert each.fetch(Statement("SELECT native_id FROM calls")) == [("m|req",)]
            assert each.audit() == []


def test_a_trace_as_a_group_is_of_those_calls_that_say_so(new_ledger: Callable[[], Ledger], engine: str) -> None:
    """A shadow of a trace gives way to the trace's calls of that group, and not to others that share the trace."""
    shadow = call(1, native_id="agent", trace_id="4bf9", group="4bf9", shadow=True)
    beside = call(2, native_id="embedding", trace_id="4bf9")
    real = call(3, native_id="chat", trace_id="4bf9", group="4bf9")
    for order in share([*permutations([shadow, beside, real])], engine):
        ledger = new_ledger()
        for record in order[:2]:
            ledger.commit(Batch([record]))
        both = {"agent", "embedding"} == {record.native_id for record in order[:2]}
        names = ledger.fetch(Statement("SELECT native_id FROM calls ORDER BY native_id"))
        assert not both or names == [("agent",), ("embedding",)]
        ledger.commit(Batch([order[2]]))
        names = ledger.fetch(Statement("SELECT native_id FROM calls ORDER BY native_id"))
        assert names == [("chat",), ("embedding",)]
        assert ledger.audit() == []


def test_unpriced_calls_are_counted_and_add_no_cost(ledger: Ledger) -> None:
    """Unknown cost is its own state."""
    ledger.commit(Batch([call(1, cost_priced=None), call(2, cost_reported=1_000_000_001)]))
    assert total(ledger, "sum(unpriced)") == 1
    assert total(ledger, "sum(cost_usd)") == Decimal("1.000000001")


def test_every_kind_of_record_is_kept(ledger: Ledger) -> None:
    """All six kinds go in, and come in again as duplicates."""
    common = {"source": "test", "started_at": NOON}
    batch = Batch(
        [
            call(1),
            ToolCall(native_id="t", name="Bash", status="ok", duration_us=5, **common),
            AgentRun(native_id="r", agent="dev", ended_at=NOON + 5, stated_cost=12, **common),
            JobRun(native_id="j", job_id="backup", status="error", next_run_at=NOON + 9, **common),
            Sample(native_id="s", metric="power", value=213.5, labels={"b": "2", "a": "1"}, **common),
            Bill(native_id="b", provider="openai", amount=47_500_000_000, ended_at=NOON + 1, **common),
        ]
    )
    assert ledger.commit(batch).accepted == 6
    assert ledger.commit(batch).duplicate == 6
    read = "SELECT label_keys, label_values, value FROM samples s JOIN label_sets l ON l.id = s.label_set"
    assert ledger.fetch(Statement(read)) == [(["a", "b"], ["1", "2"], 213.5)]
    assert ledger.fetch(Statement("SELECT amount FROM bills")) == [(Decimal("47.5"),)]


def test_a_tool_call_is_completed_by_its_result(new_ledger: Callable[[], Ledger]) -> None:
    """What one version does not know is taken from the other, in either order."""
    asked = ToolCall(source="t", native_id="x", started_at=NOON, name="Bash", session_id="s")
    done = ToolCall(source="t", native_id="x", started_at=NOON + 7, name="", status="ok", duration_us=7, revision=1)
    for order in ([asked, done], [done, asked]):
        ledger = new_ledger()
        for record in order:
            ledger.commit(Batch([record]))
        assert ledger.fetch(Statement("SELECT name, status, duration_us, session_id FROM tools")) == [
            ("Bash", "ok", 7, "s")
        ]


def test_refusals_and_cursors_are_kept_and_told_once(ledger: Ledger) -> None:
    """The same broken line read again is the same refusal; cursors hold any bytes."""
    refusal = Refusal("claude_code", "/a.jsonl", 120, "input_tokens", "negative")
    for _ in range(2):
        ledger.commit(Batch(refusals=[refusal, refusal], cursors={("claude_code", "/a.jsonl"): b"\x00\xff1"}))
    assert ledger.fetch(Statement("SELECT place, position, field FROM refusals")) == [("/a.jsonl", 120, "input_tokens")]
    assert ledger.cursors("claude_code") == {"/a.jsonl": b"\x00\xff1"}
    ledger.commit(Batch(cursors={("claude_code", "/a.jsonl"): b"2"}))
    assert ledger.cursors("claude_code") == {"/a.jsonl": b"2"}
    ledger.forget("claude_code", ["/a.jsonl"])
    assert ledger.cursors("claude_code") == {}


def test_repricing_changes_cells_and_sessions(ledger: Ledger) -> None:
    """A new price reaches every rollup; a reported cost stays what it was."""
    unpriced, reported = call(1, cost_priced=None), call(2, cost_reported=5)
    ledger.commit(Batch([unpriced, reported]))
    ledger.settle()
    new = {unpriced.id: (7_000_000_000, "v2", "assumed:tier"), reported.id: (600_000, "", "assumed:tier")}
    assert ledger.reprice(new) == 1
    assert ledger.fetch(Statement("SELECT price_basis FROM calls ORDER BY 1 DESC")) == [("assumed:tier",), ("",)]
    assert ledger.reprice({unpriced.id: (7_000_000_000, "v2", "assumed:part")}) == 1
    assert ledger.reprice({unpriced.id: (7_000_000_000, "v2", "assumed:part")}) == 0
    ledger.settle()
    assert total(ledger, "sum(cost_usd)") == Decimal("7.000000005")
    assert total(ledger, "sum(cost_usd)", "sessions") == Decimal("7.000000005")
    assert ledger.audit() == []


@pytest.mark.parametrize(("table", "column", "right"), [("cells", "output_tokens", 20), ("availability", "bad", 0)])
def test_audit_finds_a_rollup_that_lies(ledger: Ledger, table: str, column: str, right: int) -> None:
    """The audit can fail: a value changed behind the ledger's back is named with both, once for each row."""
    ledger.commit(Batch([call(1)]))
    ledger.settle()
    if ledger.engine == "duckdb":
        ledger.fetch(Statement(f"UPDATE {table} SET {column} = 21"))
    else:
        ledger.command(  # type: ignore[attr-defined]
            f"INSERT INTO {table} SELECT * REPLACE (21 AS {column}, version + 1 AS version) FROM {table}"
        )
    found = {(d.table, d.column, d.stored, d.expected) for d in ledger.audit()}
    assert found == {(table, column, 21, right)}


def test_a_failed_commit_leaves_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error half-way (here: money that no column can hold) keeps cursors where they were."""
    ledger.commit(Batch([call(1)], cursors={("test", "f"): b"1"}))
    with pytest.raises(Exception, match=r"."):
        ledger.commit(Batch([call(2), call(3, cost_priced=10**30)], cursors={("test", "f"): b"2"}))
    assert ledger.cursors("test") == {"f": b"1"}
    assert total(ledger, "sum(requests)") == 1
    assert ledger.audit() == []


def test_sessions_are_one_row_each(ledger: Ledger) -> None:
    """A session has its first and last call's times, totals, and all its models."""
    later = call(2, started_at=NOON + 3 * QUARTER_US, model="claude-opus-4-5", status="timeout", user_messages=2)
    ledger.commit(Batch([call(1)]))
    ledger.settle()
    ledger.commit(Batch([later, call(3, session_id="")]))
    ledger.settle()
    rows = ledger.fetch(
        Statement("SELECT session_id, started_at, ended_at, requests, errors, user_messages, models FROM sessions")
    )
    assert [(*row[:6], list(row[6])) for row in rows] == [
        (
            "s1",
            datetime(2026, 6, 1, 12),
            datetime(2026, 6, 1, 12, 45),
            2,
            1,
            2,
            ["claude-opus-4-5", "claude-sonnet-4-5"],
        )
    ]


def test_text_that_is_no_unicode_does_not_cost_its_neighbours(ledger: Ledger) -> None:
    """A lone surrogate is replaced, not fatal."""
    assert ledger.commit(Batch([call(1, error_message="bad \ud800 text"), call(2)])).accepted == 2


def test_a_session_that_begins_just_before_a_quarter_hour_keeps_its_first_call(ledger: Ledger) -> None:
    """A microsecond before the quarter hour is the quarter hour before, also when the session goes on much later."""
    early = NOON + QUARTER_US - 1
    for number, moment in enumerate((early, NOON + 9 * QUARTER_US)):
        ledger.commit(Batch([call(number, started_at=moment)]))
        ledger.settle()
    assert ledger.fetch(Statement("SELECT requests FROM sessions")) == [(2,)]
    assert ledger.audit() == []


def test_sessions_of_the_same_id_are_told_apart(ledger: Ledger) -> None:
    """A call of one source's session leaves another source's session of that id as it is."""
    ledger.commit(Batch([call(1), call(2, started_at=NOON + 5 * QUARTER_US)]))
    ledger.settle()
    ledger.commit(Batch([call(3, source="other", started_at=NOON + 5 * QUARTER_US)]))
    ledger.settle()
    rows = ledger.fetch(Statement("SELECT source, session_id, requests FROM sessions ORDER BY source"))
    assert rows == [("other", "s1", 1), ("test", "s1", 2)]
    assert ledger.audit() == []
