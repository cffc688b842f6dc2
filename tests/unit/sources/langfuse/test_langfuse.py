"""What Langfuse's events come to, in whatever order and requests they arrive."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from generators.sources.langfuse import EVENTS, START, TRACE, at, batch, event
from tokometer.conformance.world import World, world
from tokometer.measures import Query, run
from tokometer.records import ModelCall, RecordError, Score, Step, ToolCall, merge, now_us, to_us
from tokometer.sources.langfuse.events import records_of
from tokometer.sources.langfuse.ingestion import Ingestion, Scores
from tokometer.sources.langfuse.source import SOURCE
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Sent, Told

CREATED, UPDATED = EVENTS[2], EVENTS[3]


def noticed() -> Noticed:
    """Where to count what is not understood."""
    return Noticed("langfuse", "POST /api/public/ingestion")


def call_of(given: dict[str, Any]) -> ModelCall:
    """The call that an event tells of."""
    (call,) = records_of(given, noticed())
    assert isinstance(call, ModelCall)
    return call


def send(made: World, *events: dict[str, Any]) -> int:
    """Send events in a request of their own; how many were refused."""
    body, media_type = batch(*events)
    return made.receive(Ingestion(), body, Sent(media_type, {}, now_us()))


def asked(made: World, *measures: str, by: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What the ledger answers."""
    made.ledger.settle()
    return [dict(row) for row in run(made.ledger, Query(measures=measures, by=by, since="all")).rows]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_call_told_in_three_parts(order: tuple[int, ...]) -> None:
    """Start, use and end come in any order, and nothing of them is lost."""
    ended = event(20, "generation-update", 3.0, id="obs-call-1", traceId=TRACE, endTime=at(2.7))
    told = event(
        21,
        "generation-update",
        2.9,
        id="obs-call-1",
        traceId=TRACE,
        completionStartTime=at(0.7),
        usageDetails={"input": 60, "input_cached_tokens": 40, "output": 40},
        metadata={"turn": 2},
    )
    parts = [call_of(CREATED), call_of(told), call_of(ended)]
    first, second, third = (parts[at_] for at_ in order)
    call = merge(merge(first, second), third)
    assert (call.started_at, call.latency_us, call.ttft_us) == (to_us(START) + 200_000, 2_500_000, 500_000)
    assert (call.model, call.input_tokens, call.cache_read_tokens, call.output_tokens) == ("gpt-5-mini", 60, 40, 40)
    assert not call.latency_estimated
    assert call.labels == {"name": "answer", "prompt": "support", "prompt_version": "3", "turn": "2"}
    assert call.parent_id == "obs-chain"


@pytest.mark.parametrize("backwards", [False, True])
def test_parts_in_requests_of_their_own(tmp_path: Path, *, backwards: bool) -> None:
    """Kept part by part, a call has its time, its owner and its price, whichever part came first."""
    unpriced = json.loads(json.dumps(UPDATED))
    del unpriced["body"]["costDetails"]
    events = [*EVENTS[:3], unpriced]
    with world(tmp_path, SOURCE) as made:
        for one in reversed(events) if backwards else events:
            send(made, one)
        (row,) = asked(
            made,
            *("calls.requests", "calls.p50_latency", "calls.p50_ttft", "calls.unpriced", "calls.cost"),
            by=("calls.session", "calls.user", "calls.model", "calls.environment"),
        )
        assert (row["session"], row["user"], row["model"]) == ("s-1", "customer-7", "gpt-5-mini")
        assert row["environment"] == "production"
        assert row["requests"] == 1
        assert row["p50_latency"] == pytest.approx(2_500, rel=0.02)
        assert row["p50_ttft"] == pytest.approx(500, rel=0.02)
        assert (row["unpriced"], row["cost"] > 0) == (0, True)
        assert not made.ledger.audit()


def test_a_trace_alone_is_no_call(tmp_path: Path) -> None:
    """A trace says whose its calls are, and is none itself."""
    with world(tmp_path, SOURCE) as made:
        send(made, EVENTS[0])
        assert made.totals() == {"steps": 1}


def test_nested_generations_count_once(tmp_path: Path) -> None:
    """A generation of a framework around the one of the SDK below it is the same call."""
    outer = event(30, "generation-create", 1, id="o", traceId=TRACE, model="gpt-5-mini", startTime=at(0), endTime=at(2))
    outer["body"]["usage"] = {"promptTokens": 10, "completionTokens": 5, "totalTokens": 15}
    inner = json.loads(json.dumps(outer))
    inner["id"], inner["body"]["id"], inner["body"]["parentObservationId"] = "e-31", "i", "o"
    with world(tmp_path, SOURCE) as made:
        send(made, inner)
        send(made, outer)
        assert made.totals() == {"calls": 1, "input_tokens": 10, "output_tokens": 5}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("updates", [1, 2])
def test_what_is_told_within_one_millisecond(tmp_path: Path, updates: int, *, backwards: bool) -> None:
    """Who writes down what is over already makes and updates an observation at one time: none of it is lost."""
    told = [event(40, "generation-create", 1, id="g", traceId=TRACE, model="gpt-5-mini", startTime=at(0))]
    told += [
        event(41, "generation-update", 1, id="g", usage={"input": 10, "output": 5}, endTime=at(1)),
        event(42, "generation-update", 1, id="g", traceId=TRACE, level="ERROR", statusMessage="429"),
    ][:updates]
    with world(tmp_path, SOURCE) as made:
        for one in reversed(told) if backwards else told:
            send(made, one)
            send(made, one)
        (row,) = asked(made, *("calls.requests", "calls.input_tokens", "calls.errors"), by=("calls.model",))
        expected = {"model": "gpt-5-mini", "requests": 1, "input_tokens": 10, "errors": updates - 1}
        assert {name: row[name] for name in expected} == expected
        assert not made.ledger.audit()


def test_usage_of_a_span_counts_where_no_generation_tells_it(tmp_path: Path) -> None:
    """It is the sum of what is below, and does not count on top of that; nor is it lost."""
    used = {"usage": {"input": 10, "output": 5}, "startTime": at(0), "endTime": at(2), "traceId": TRACE}
    outer = event(50, "span-create", 1, id="o", model="gpt-5-mini", **used)
    inner = event(51, "generation-create", 1, id="i", parentObservationId="o", model="gpt-5-mini", **used)
    for number, events in enumerate(([outer], [outer, inner], [inner, outer])):
        with world(tmp_path / str(number), SOURCE) as made:
            for one in events:
                send(made, one)
            assert made.totals() == {"calls": 1, "input_tokens": 10, "output_tokens": 5, "steps": 1}


@pytest.mark.parametrize(("said", "value"), [(True, 1.0), (False, 0.0), (1, 1.0)])
def test_a_score_that_is_true_or_false(said: object, value: float) -> None:
    """Langfuse has 1 and 0 for it; JSON's own words mean the same."""
    told = event(60, "score-create", 1, id="s", traceId=TRACE, name="right", dataType="BOOLEAN", value=said)
    (score,) = records_of(told, noticed())
    assert isinstance(score, Score)
    assert (score.value, score.type) == (value, "boolean")


def test_an_error_stays_one() -> None:
    """What failed has failed, whatever is told of it later."""
    failed, later = (
        call_of(EVENTS[4]),
        event(31, "generation-update", 9, id="obs-call-2", traceId=TRACE, metadata={"a": 1}),
    )
    for one, other in ((failed, call_of(later)), (call_of(later), failed)):
        call = merge(one, other)
        assert (call.status, call.error_message, call.latency_us) == ("rate_limit", "RateLimitError: 429", 100_000)


def test_an_update_without_its_beginning_is_an_estimate() -> None:
    """Until it is known when a call began, how long it took is no more than a guess, and marked as one."""
    call = call_of(UPDATED)
    assert (call.latency_estimated, call.started_at) == (True, to_us(START) + 700_000)


def test_tools_agents_steps_and_scores() -> None:
    """Observations of other types are what they say they are."""
    (tool,) = records_of(EVENTS[6], noticed())
    assert isinstance(tool, ToolCall)
    assert (tool.name, tool.status, tool.duration_us) == ("search", "ok", 100_000)
    step, shadow = records_of(EVENTS[0], noticed())
    assert isinstance(step, Step)
    assert isinstance(shadow, ModelCall)
    assert step.labels == {
        "plan": "pro",
        "trace_name": "support",
        "release": "v41",
        "tag.beta": "true",
        "tag.eu": "true",
        "tags": "beta, eu",
    }
    (score,) = records_of(EVENTS[9], noticed())
    assert isinstance(score, Score)
    assert (score.target, score.call_id, score.text, score.value) == ("call", "obs-call-1", "friendly", None)
    (run_,) = records_of(event(40, "agent-create", 1, id="a", name="researcher", startTime=at(0)), noticed())
    assert (run_.kind, getattr(run_, "agent", "")) == ("runs", "researcher")
    (embedding,) = records_of(event(41, "embedding-create", 1, id="m", model="text-embedding-3-small"), noticed())
    assert getattr(embedding, "operation", "") == "embeddings"


@pytest.mark.parametrize(
    ("usage", "says"),
    [
        ({"promptTokens": 5, "completionTokens": 7, "totalTokens": 12}, (5, 7, None)),
        ({"input": 5, "output": 7, "unit": "TOKENS", "inputCost": 0.25, "outputCost": 0.5}, (5, 7, 750_000_000)),
        ({"total": 12}, (None, None, None)),
    ],
)
def test_usage_of_old(usage: dict[str, Any], says: tuple[int | None, ...]) -> None:
    """The forms of usage that older SDKs send."""
    call = call_of(event(50, "generation-create", 1, id="g", model="m", usage=json.loads(json.dumps(usage))))
    assert (call.input_tokens, call.output_tokens, call.cost_reported) == says
    letters = call_of(event(51, "generation-create", 1, id="g", usage={"input": 800, "unit": "CHARACTERS"}))
    assert (letters.quantities, letters.input_tokens) == ({"characters": 800_000}, None)


def test_the_answer_names_every_event() -> None:
    """Each event is answered by its id, as the SDKs expect."""
    body, media_type = batch(
        EVENTS[0], {"id": "bad", "type": "trace-destroy", "timestamp": at(0), "body": {"id": "x"}}, EVENTS[1]
    )
    push = Ingestion()
    received = push.read(body, Sent(media_type, {}, now_us()))
    told = Told(3, 3, 0, 0, tuple(received.refusals), 1)
    answer = push.answer(told, push.names(body))
    said = json.loads(answer.body)
    assert answer.status == 207
    assert [one["id"] for one in said["successes"]] == [EVENTS[0]["id"], EVENTS[1]["id"]]
    assert said["errors"] == [
        {
            "id": "bad",
            "status": 400,
            "message": "type: is no type of event that is known: trace-destroy",
            "error": "Invalid request data",
        }
    ]


def test_a_score_by_itself() -> None:
    """A score is answered by its id, or with what is wrong with it."""
    push = Scores()
    body = json.dumps({"id": "s", "traceId": TRACE, "name": "fast", "value": 0.5}).encode()
    received = push.read(body, Sent("application/json", {}, now_us()))
    assert not received.refusals
    assert push.answer(Told(1, 1, 0, 0, (), 0), push.names(body)).body == b'{"id":"s"}'
    nameless = b'{"traceId": "t", "name": "fast", "value": 0.9}'
    (score,) = push.read(nameless, Sent("application/json", {}, now_us())).records
    assert push.names(nameless) == [score.native_id] == ["t:::fast:0.9"]
    assert push.names(b"no JSON") == [""]
    wrong = push.read(b'{"traceId": "t", "name": "fast"}', Sent("application/json", {}, now_us()))
    assert push.answer(Told(1, 0, 0, 0, tuple(wrong.refusals), 1), []).status == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"id": "g", "startTime": "then"}, "body.startTime"),
        ({"id": "g", "startTime": at(5), "endTime": at(1)}, "body.endTime"),
        ({"id": "g", "usage": {"input": -5}}, "body.usage.input"),
        ({"id": "g", "model": {"name": "x"}}, "body.model"),
    ],
)
def test_what_cannot_be_is_refused(body: dict[str, Any], field: str) -> None:
    """A body that cannot be believed is refused by the path of its field."""
    with pytest.raises(RecordError) as caught:
        call_of(event(60, "generation-create", 6, **body))
    assert caught.value.field == field
