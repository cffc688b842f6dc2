"""Sessions: what happened in them, how the context went, and whose they are."""

from __future__ import annotations

from decimal import Decimal

from tokometer.explorer import Reading
from tokometer.explorer.session import session, sources_of
from tokometer.ledger import Batch, Ledger
from tokometer.measures import Filter, Query, run
from tokometer.records import AgentRun, LogLine, ModelCall, Score, ToolCall

AT = 1_790_000_000_000_000
MINUTE = 60_000_000


def _call(session_id: str, number: int, prompt: int, **fields: object) -> ModelCall:
    given = {
        "source": "claude_code",
        "native_id": f"{session_id}-{number}",
        "started_at": AT + number * MINUTE,
        "session_id": session_id,
        "model": "m",
        "agent": "claude-code",
        "input_tokens": prompt // 4,
        "cache_read_tokens": prompt - prompt // 4,
        "output_tokens": 10,
        "cost_reported": 1_000 + number,
    }
    return ModelCall(**{**given, **fields})  # type: ignore[arg-type]


def test_a_session_adds_up_to_its_measures(ledger: Ledger, reading: Reading) -> None:
    """What the page shows of a session is what the query of its session says, to the last digit."""
    calls = [_call("sum-1", number, 20_000 + number, status="ok" if number % 3 else "timeout") for number in range(7)]
    ledger.commit(
        Batch(
            [
                *calls,
                ToolCall(source="claude_code", native_id="sum-t", started_at=AT + 1, name="Bash", session_id="sum-1"),
            ]
        )
    )
    found = session(reading, "sum-1", "claude_code")
    assert found is not None
    names = ("calls.requests", "calls.errors", "calls.cost", "calls.total_tokens")
    asked = run(ledger, Query(measures=names, where=(Filter("calls.session", "=", ("sum-1",)),), since="all"))
    row = asked.rows[0]
    whole = found.whole
    assert (whole.calls, whole.errors, whole.tokens) == (row["requests"], row["errors"], row["total_tokens"])
    assert Decimal(whole.nano).scaleb(-9) == row["cost"]
    assert [line.cube for line in found.lines].count("tools") == 1


def test_a_context_that_stays_shorter_was_compacted(ledger: Ledger, reading: Reading) -> None:
    """A drop of the prompt that lasts is a compaction; a short question in between and a subagent's start are none."""
    prompts = [30_000, 60_000, 4_000, 90_000, 140_000, 30_000, 35_000]
    calls = [_call("drop-1", number, prompt) for number, prompt in enumerate(prompts)]
    helper = [_call("drop-1", number, 5_000, subagent="explore", parent_id=f"run{number}") for number in range(20, 24)]
    ledger.commit(Batch([*calls, *helper]))
    found = session(reading, "drop-1", "claude_code")
    assert found is not None
    assert [(one.before, one.after, one.how) for one in found.compactions] == [(140_000, 30_000, "seen")]


def test_a_compaction_that_the_source_tells_is_one(ledger: Ledger, reading: Reading) -> None:
    """A line of the tool that says so and the drop after it are one compaction, told."""
    calls = [_call("told-1", number, prompt) for number, prompt in enumerate([150_000, 20_000, 25_000])]
    line = LogLine(
        source="otlp",
        native_id="told-l",
        started_at=AT + MINUTE - 1,
        session_id="told-1",
        message="the context was compacted: auto",
    )
    ledger.commit(Batch([*calls, line]))
    found = session(reading, "told-1", "claude_code")
    assert found is not None
    assert [(one.before, one.after, one.how) for one in found.compactions] == [(150_000, 20_000, "told")]


def test_sessions_that_it_began_and_the_one_that_began_it(ledger: Ledger, reading: Reading) -> None:
    """A session knows its parent and its children, and counts only its own calls."""
    ledger.commit(
        Batch(
            [
                _call("top-1", 1, 100),
                _call("sub-1", 2, 100, parent_session_id="top-1"),
                _call("sub-2", 3, 100, parent_session_id="top-1"),
            ]
        )
    )
    top, sub = session(reading, "top-1", "claude_code"), session(reading, "sub-1", "claude_code")
    assert top is not None
    assert sub is not None
    assert ([one.id for one in top.children], top.whole.calls) == (["sub-1", "sub-2"], 1)
    assert (sub.parent_id, sub.parent and sub.parent.id) == ("top-1", "top-1")


def test_two_sources_with_one_id_are_two_sessions(ledger: Ledger, reading: Reading) -> None:
    """Each counts its own calls; what a third says of the session (a score) makes it no session of that one."""
    score = Score(source="judge", native_id="both-s", started_at=AT, name="good", value=1.0, session_id="both-1")
    ledger.commit(Batch([_call("both-1", 1, 100), _call("both-1", 2, 100, source="codex", native_id="other"), score]))
    assert sources_of(reading, "both-1") == ["claude_code", "codex"]
    found = session(reading, "both-1", "codex")
    assert found is not None
    assert (found.whole.calls, [line.cube for line in found.lines]) == (1, ["scores", "calls"])
    assert session(reading, "both-1", "judge") is None


def test_a_session_without_calls_is_one(ledger: Ledger, reading: Reading) -> None:
    """Tools and runs alone make a session, whose cost is that of no call."""
    ledger.commit(
        Batch([AgentRun(source="droid", native_id="quiet-r", started_at=AT, agent="droid", session_id="quiet-1")])
    )
    found = session(reading, "quiet-1", "droid")
    assert found is not None
    assert (found.whole.calls, len(found.lines)) == (0, 1)
    assert sources_of(reading, "nothing of this") == []
