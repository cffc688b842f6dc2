"""What Claude Code tells its status line: readings of how things stand, and nothing that is counted."""

from __future__ import annotations

import json

from generators.sources.claude_code import told
from tokometer.records import Sample, merge
from tokometer.sources.claude_code.statusline import StatusLine
from tokometer.sources.protocol import Received, Sent

NOW = 1_788_260_000_000_000
MINUTE = 60_000_000


def sent(body: bytes, now: int = NOW, **names: str) -> Received:
    """What becomes of a request."""
    return StatusLine().read(body, Sent("application/json", names, now))


def samples(received: Received) -> dict[str, Sample]:
    """The readings in it, by their ids."""
    return {record.native_id: record for record in received.records if isinstance(record, Sample)}


def test_limits_context_and_cost() -> None:
    """Each says what it is a reading of, in the words that other tools' plans have too."""
    received = sent(told("s-1", five_hour=24.0, cost=1.25, context=9.0), machine="ada")
    found = list(samples(received).values())
    assert [(one.metric, one.value, one.unit) for one in found] == [
        ("plan.limit.used", 24.0, "percent"),
        ("plan.limit.used", 41.2, "percent"),
        ("session.context.used", 9.0, "percent"),
        ("session.cost", 1.25, "usd"),
    ]
    assert found[0].labels == {"window": "five_hour", "window_minutes": "300", "resets_at": "1788267600"}
    assert found[3].labels == {"session": "s-1"}
    assert {(one.provider, one.model, one.machine) for one in found} == {("anthropic", "claude-opus-4-5", "ada")}
    assert not received.notices
    assert not received.refusals


def test_a_limit_is_kept_as_it_moves() -> None:
    """The same use of the same window is the same reading, whichever session tells of it and whenever."""
    first = samples(sent(told("s-1", five_hour=24.0, cost=1.25, context=9.0)))
    again = samples(sent(told("s-2", five_hour=24.0, cost=0.1, context=1.0), NOW + 9 * MINUTE))
    moved = samples(sent(told("s-1", five_hour=25.0, cost=1.25, context=9.0)))
    limits = {name for name in first if name.startswith("limit:")}
    assert limits == {name for name in again if name.startswith("limit:")}
    assert len(limits & moved.keys()) == 1


def test_of_a_minute_the_last_that_was_told() -> None:
    """A session tells of itself several times a second; one reading a minute stands, the last one."""
    early = samples(sent(told("s-1", five_hour=24.0, cost=1.25, context=9.0), NOW))
    late = samples(sent(told("s-1", five_hour=24.0, cost=1.5, context=10.0), NOW + 1_000))
    assert early.keys() == late.keys()
    [name] = [name for name in early if name.startswith("session.cost")]
    for pair in ((early[name], late[name]), (late[name], early[name])):
        assert merge(*pair).value == 1.5
    assert name not in samples(sent(told("s-1", five_hour=24.0, cost=1.5, context=10.0), NOW + MINUTE))


def test_what_is_not_there_is_no_reading() -> None:
    """Plans without limits tell of none; before the first answer nothing is known. Neither is an error."""
    nothing = {"session_id": "s-1", "rate_limits": None, "context_window": {"used_percentage": None}, "cost": {}}
    received = sent(json.dumps(nothing).encode())
    assert (received.records, received.refusals) == ([], [])


def test_an_unknown_window_is_kept_and_noticed() -> None:
    """Windows come and go: a new one says what it says."""
    body = {"session_id": "s-1", "rate_limits": {"one_day": {"used_percentage": 3}, "note": "text"}}
    received = sent(json.dumps(body).encode())
    [sample] = samples(received).values()
    assert (sample.value, sample.labels) == (3, {"window": "one_day"})
    assert [(one.topic, one.name) for one in received.notices] == [("usage", "rate_limits.one_day")]


def test_nonsense_is_refused() -> None:
    """What names no session is not a status line's; a use that is no number is none."""
    for body in ({}, {"hello": 1}, {"session_id": "s-1", "rate_limits": {"five_hour": {"used_percentage": "x"}}}):
        received = sent(json.dumps(body).encode())
        assert (received.records, len(received.refusals)) == ([], 1), body
