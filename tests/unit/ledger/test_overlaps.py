"""What came in by two ways at once, counted."""

from __future__ import annotations

from collections.abc import Callable

from tokometer.ledger import Batch, Ledger
from tokometer.ledger.overlaps import Overlap, overlaps
from tokometer.records import ModelCall, ToolCall
from tokometer.records.ways import Way

TRANSCRIPTS, EVENTS, GATEWAY = Way("claude_code", "transcript"), Way("otlp", "event"), Way("litellm", "gateway")
START = 1_772_928_000_000_000


def call(number: int, source: str, **more: object) -> ModelCall:
    """The call with this number, as a source tells of it."""
    values = {"input_tokens": 5, "output_tokens": 3, "session_id": "s", "started_at": START, **more}
    return ModelCall(
        source=source, native_id=f"{source}-{number}", request_id=f"req_01{number:02}Ab3dE5gH7jK9", **values
    )


def test_pairs_of_ways_with_what_was_taken(new_ledger: Callable[[], Ledger]) -> None:
    """How many calls both told of, whose record counts, and what was taken from the other; calls told once are none."""
    ledger = new_ledger()
    assert overlaps(ledger) == []
    inferred = {"latency_us": 9, "latency_estimated": True}
    ledger.commit(Batch([call(number, "claude_code", **inferred) for number in range(6)]))
    assert overlaps(ledger) == []
    ledger.commit(Batch([call(number, "otlp", way="event", latency_us=7) for number in range(3)]))
    ledger.commit(Batch([call(4, "otlp", way="event"), call(9, "otlp", way="event")]))
    ledger.commit(Batch([call(number, "litellm", cost_reported=1, team="a") for number in (0, 5)]))
    use = {"use_id": "toolu_01", "name": "Bash", "started_at": START}
    ledger.commit(Batch([ToolCall(source="claude_code", native_id="a", **use)]))
    ledger.commit(Batch([ToolCall(source="otlp", native_id="b", way="event", duration_us=1, **use)]))

    assert overlaps(ledger) == [
        Overlap("calls", TRANSCRIPTS, EVENTS, 4, {"latency": 3}),
        Overlap("calls", TRANSCRIPTS, GATEWAY, 2, {"cost": 2, "whose": 2}),
        Overlap("tools", TRANSCRIPTS, EVENTS, 1, {"latency": 1}),
    ]
    assert ledger.audit() == []
