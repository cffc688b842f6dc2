"""What is ahead of our clock is kept aside once, and goes with its refusal when it has come to its time."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tokometer.ledger import Batch, Ledger, aside
from tokometer.ledger.aside import earliest, record_in, waiting_of, waits
from tokometer.ledger.noticed import list_noticed
from tokometer.ledger.refused import list_refused, unreadable
from tokometer.records import AgentRun, ModelCall, Record, Refusal, now_us
from tokometer.records.gate import admit
from tokometer.records.time import CLOCK_SKEW_US

NOW = now_us()
DAY = 86_400_000_000


def call(name: str, days: float = 10, **fields: Any) -> ModelCall:
    """A call so many days ahead of our clock."""
    at = NOW + int(days * DAY)
    return ModelCall(source="api", native_id=name, started_at=at, input_tokens=1, labels={"a": "ä"}, **fields)


def ahead(*records: Record, **options: Any) -> Batch:
    """What the gate gives of records ahead of our clock."""
    admitted = admit(records, "here", list(range(len(records))), NOW)
    assert admitted.records == []
    return Batch(refusals=admitted.refusals, aside=[waiting_of(*one) for one in admitted.aside], **options)


def test_a_record_is_kept_as_it_is_until_it_is_due(ledger: Ledger) -> None:
    """With every field, due when it is a day ahead; the earliest first."""
    records = [
        call("b", 20),
        call("a", 3, cost_reported=5, parts={"x": 1}),
        AgentRun(source="s", native_id="b", agent="x", started_at=NOW + 5 * DAY),
    ]
    receipt = ledger.commit(ahead(*records))
    assert (receipt.accepted, receipt.refused) == (0, 3)
    waiting = earliest(ledger, 9)
    assert [record_in(one) for one in waiting] == [records[1], records[2], records[0]]
    assert [one.due for one in waiting] == [
        record.started_at - CLOCK_SKEW_US for record in (records[1], records[2], records[0])
    ]
    assert waits(ledger).by_source == {"api": 2, "s": 1}
    assert waits(ledger).next_due == waiting[0].due
    assert earliest(ledger, 1) == waiting[:1]
    assert ledger.stats()["calls"] == 0


def test_replays_and_copies_stand_there_once(ledger: Ledger) -> None:
    """The same bytes read again, in one batch and in several, are one record and one refusal."""
    for _ in range(3):
        ledger.commit(ahead(call("a"), call("a"), call("b")))
    assert waits(ledger).count == 2
    assert ledger.stats()["aside"] == 2


def test_of_two_versions_the_merge_is_kept(ledger: Ledger) -> None:
    """The higher revision wins in either order; of a sender who corrects himself the later word."""
    early, late = call("a", revision=1), replace(call("a", revision=2), input_tokens=7, model="m")
    ledger.commit(ahead(late))
    ledger.commit(ahead(early))
    [waiting] = earliest(ledger, 9)
    assert record_in(waiting) == late
    ledger.commit(ahead(replace(late, input_tokens=9), corrections=True))
    [waiting] = earliest(ledger, 9)
    assert record_in(waiting).input_tokens == 9  # type: ignore[attr-defined]
    ledger.commit(ahead(replace(late, input_tokens=11)))
    [waiting] = earliest(ledger, 9)
    assert record_in(waiting).input_tokens == 9  # type: ignore[attr-defined]


def test_what_has_come_to_its_time_goes_with_its_refusal(ledger: Ledger) -> None:
    """In the commit that keeps it; what waits beside it stays, and so do other refusals."""
    batch = ahead(call("a"), call("b", 30))
    batch.refusals.append(Refusal("api", "here", 5, "model", "is missing", NOW))
    ledger.commit(batch)
    [first, _] = earliest(ledger, 9)
    receipt = ledger.commit(Batch([record_in(first)], due=[first]))
    assert receipt.outcomes == ["accepted"]
    assert [one.due for one in earliest(ledger, 9)] == [call("b", 30).started_at - CLOCK_SKEW_US]
    assert sorted(one.position for one in list_refused(ledger, limit=9)) == [1, 5]
    again = ledger.commit(Batch([record_in(first)], due=[first]))
    assert again.outcomes == ["duplicate"]
    assert ledger.audit() == []


def test_it_is_bounded_and_says_what_it_does_not_keep(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are due last go, so that nobody can fill it with what never comes."""
    monkeypatch.setattr(aside, "MOST", 5)
    ledger.commit(ahead(*(call(f"far{number}", 9_000 + number) for number in range(5))))
    ledger.commit(ahead(*(call(f"near{number}", 2 + number) for number in range(3))))
    names = [record_in(one).native_id for one in earliest(ledger, 9)]
    assert names == ["near0", "near1", "near2", "far0", "far1"]
    [noticed] = list_noticed(ledger, limit=9)
    assert (noticed.topic, noticed.count) == ("aside", 3)
    assert ledger.stats()["refusals"] == 8
    monkeypatch.setattr(aside, "MOST", 99)
    monkeypatch.setattr(aside, "MOST_BYTES", 10)
    ledger.commit(ahead(call("x", 2)))
    assert waits(ledger).count == 0


def test_a_file_that_can_be_read_again_is_no_longer_refused(ledger: Ledger) -> None:
    """Its refusal as a whole goes; those of its lines stay, and those of other files."""
    whole = [Refusal("s", name, 0, "", "cannot be read: Permission denied", NOW) for name in ("a", "b")]
    line = Refusal("s", "a", 17, "", "not JSON", NOW)
    ledger.commit(Batch(refusals=[*whole, line]))
    assert unreadable(ledger) == {("s", "a"), ("s", "b")}
    ledger.commit(Batch(healed=[("s", "a")]))
    assert unreadable(ledger) == {("s", "b")}
    assert {(one.place, one.position) for one in list_refused(ledger, limit=9)} == {("b", 0), ("a", 17)}
