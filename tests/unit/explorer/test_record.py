"""One record: what is known of it, and what belongs to it."""

from __future__ import annotations

from uuid import UUID

import pytest

from tokometer.explorer import Reading
from tokometer.explorer.facts import groups
from tokometer.explorer.record import found
from tokometer.ledger import Batch, Ledger
from tokometer.prices import PriceBook
from tokometer.records import KINDS, AgentRun, Bill, JobRun, LogLine, ModelCall, Record, Sample, Score, ToolCall

AT = 1_790_000_000_000_000
SECOND = 1_000_000
BOOK = PriceBook()


def _id(record: Record) -> str:
    return str(UUID(bytes=record.id))


def test_a_call_with_all_that_belongs_to_it(ledger: Ledger, reading: Reading) -> None:
    """Its labels, its buckets, the calls around it in its session, and what names it."""
    calls = [
        ModelCall(
            source="api", native_id=f"r-{n}", started_at=AT + n * SECOND, session_id="rec-1", model="m",
            input_tokens=3 + n, output_tokens=None, labels={"tier": "gold"}, quantities={"web_searches": 1_500},
        )
        for n in range(14)
    ]  # fmt: skip
    tool = ToolCall(source="api", native_id="r-t", started_at=AT + 8 * SECOND, name="Bash", call_id="r-7")
    score = Score(source="api", native_id="r-s", started_at=AT + 9 * SECOND, name="good", value=1.0, call_id="r-7")
    ledger.commit(Batch([*calls, tool, score]))
    one = found(reading, "calls", _id(calls[7]), BOOK)
    assert one is not None
    assert one.labels == {"tier": "gold"}
    known = {bucket.name: bucket.tokens for bucket in one.buckets}
    assert (known["input_tokens"], known["output_tokens"]) == (10, None)
    assert str(one.quantities["web_searches"]) == "1.5"
    assert [line.native_id for line in one.around] == [f"r-{n}" for n in range(2, 13)]
    assert [(one.title, len(one.lines)) for one in one.related] == [("Tools that it asked for", 1), ("Scores", 1)]
    back = found(reading, "scores", _id(score), BOOK)
    assert back is not None
    assert [line.native_id for line in back.related[0].lines] == ["r-7"]


def test_the_newest_version_of_a_record_is_shown(ledger: Ledger, reading: Reading) -> None:
    """A record that was corrected is told as it is now."""
    first = ModelCall(source="api", native_id="v-1", started_at=AT, model="m", input_tokens=1, revision=1)
    later = ModelCall(source="api", native_id="v-1", started_at=AT, model="m", input_tokens=2, revision=2)
    ledger.commit(Batch([first]))
    ledger.commit(Batch([later]))
    one = found(reading, "calls", _id(first), BOOK)
    assert one is not None
    assert one.buckets[0].tokens == 2


def test_runs_of_a_job_are_together(ledger: Ledger, reading: Reading) -> None:
    """A job's run leads to the other runs of the job and to the calls of its session."""
    jobs = [
        JobRun(
            source="cron",
            native_id=f"j-{n}",
            started_at=AT + n * SECOND,
            job_id="nightly",
            session_id="job-s",
            duration_us=5,
        )
        for n in range(3)
    ]
    call = ModelCall(source="cron", native_id="j-c", started_at=AT + SECOND, session_id="job-s", input_tokens=1)
    ledger.commit(Batch([*jobs, call]))
    one = found(reading, "jobs", _id(jobs[1]), BOOK)
    assert one is not None
    related = {each.title: [line.native_id for line in each.lines] for each in one.related}
    assert related == {"Calls of its session": ["j-c"], "Runs of this job": ["j-0", "j-1", "j-2"]}


@pytest.mark.parametrize(
    "record",
    [
        AgentRun(source="api", native_id="k-1", started_at=AT, agent="a", stated_cost=5, ended_at=AT + 1),
        Sample(source="api", native_id="k-2", started_at=AT, metric="gpu", value=0.5, host="h"),
        Bill(source="api", native_id="k-3", started_at=AT, provider="acme", amount=-3, ended_at=AT + 1),
        LogLine(source="api", native_id="k-4", started_at=AT, message="hello"),
    ],
    ids=lambda record: record.kind,
)
def test_every_kind_of_record_has_facts(ledger: Ledger, reading: Reading, record: Record) -> None:
    """Whatever its kind, it is found by its id, with its facts; what is unknown is not among them."""
    ledger.commit(Batch([record]))
    one = found(reading, record.kind, _id(record), BOOK)
    assert one is not None
    told = {fact.name: fact.value for group in one.groups for fact in group.facts}
    assert told["native_id"] == record.native_id
    assert None not in told.values()
    assert "" not in told.values()
    assert found(Reading(ledger, ["other"]), record.kind, _id(record), BOOK) is None
    assert found(reading, record.kind, "%00", BOOK) is None


def test_every_field_of_every_kind_has_a_title() -> None:
    """No kind of record has a field that the page cannot name."""
    from tokometer.explorer.facts import titled

    for kind in KINDS.values():
        assert all(titled(kind.kind, name) for name in kind.__struct_fields__)
    assert groups(ModelCall(source="api", native_id="x", started_at=AT))
