"""By which ways in a call can be told, which of them are of one call, and whose word is taken."""

from __future__ import annotations

import re
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tokometer.records import ModelCall, ToolCall
from tokometer.records.tellings import settle
from tokometer.records.uses import settle_uses
from tokometer.records.ways import PRECEDENCE, WAYS, Also, Way, can_meet, read, way_of, written

SECOND = 1_000_000
REQUEST, MESSAGE = "req_011CSHoEeqs5C35K2UUqR7Fy", "msg_01XFDUDYJgAACzvnptvVoYEL"
DECISION = Path(__file__).resolve().parents[3] / "docs/decisions/018-one-call-two-ways-in.md"


def call(source: str, at: float = 0, input: int | None = 10, output: int | None = 1, **more: Any) -> ModelCall:  # noqa: A002
    """A call of a source, that began so many seconds after the first."""
    values = {"native_id": f"{source}@{at}", "started_at": int((1000 + at) * SECOND), **more}
    return ModelCall(source=source, input_tokens=input, output_tokens=output, **values)


def transcript(at: float = 0, **more: Any) -> ModelCall:
    """A call of a transcript, of session `s`."""
    return call("claude_code", at, **{"session_id": "s", **more})


def event(at: float = 0, **more: Any) -> ModelCall:
    """A call of a log event, of session `s`."""
    return call("otlp", at, **{"way": "event", "session_id": "s", **more})


def span(at: float = 0, **more: Any) -> ModelCall:
    """A span."""
    return call(
        "otlp",
        at,
        **{"trace_id": f"t{at}", "group": f"t{at}", "span_id": f"s{at}", "native_id": f"span{at}", **more},
    )


def gateway(at: float = 0, **more: Any) -> ModelCall:
    """A record of a gateway."""
    return call("litellm", at, **more)


#: What is told, and how many calls that is.
CASES: dict[str, tuple[list[ModelCall], int]] = {
    "the request's name": ([transcript(request_id=REQUEST), event(request_id=REQUEST)], 1),
    "whichever field it stands in": ([transcript(response_id=MESSAGE), span(request_id=MESSAGE)], 1),
    "two requests": ([transcript(request_id=REQUEST), event(request_id="req_017Bf3xT9uQw5mZk2Rt8YcVd")], 2),
    "a transcript that knows both names joins who knows one each": (
        [
            transcript(request_id=REQUEST, response_id=MESSAGE),
            event(request_id=REQUEST),
            gateway(response_id=MESSAGE),
            span(request_id=MESSAGE),
        ],
        1,
    ),
    "without it nobody knows": ([event(request_id=REQUEST), gateway(response_id=MESSAGE)], 2),
    "a long name is enough where tokens differ": (
        [transcript(request_id=REQUEST, input=10), event(request_id=REQUEST, input=12, output=7)],
        1,
    ),
    "but not where a way gives it to several calls": (
        [
            transcript(request_id=REQUEST, input=10, native_id="a"),
            transcript(30, request_id=REQUEST, input=20, native_id="b"),
            event(request_id=REQUEST, input=30),
        ],
        3,
    ),
    "where one of several has the tokens, it is that one": (
        [
            transcript(request_id=REQUEST, input=10, native_id="a"),
            transcript(30, request_id=REQUEST, input=20, native_id="b"),
            event(31, request_id=REQUEST, input=20),
        ],
        2,
    ),
    "a long name an hour and more later": ([transcript(request_id=REQUEST), event(4000, request_id=REQUEST)], 2),
    "a short name, the same time and tokens": (
        [span(request_id="chatcmpl-0"), gateway(1, response_id="chatcmpl-0")],
        1,
    ),
    "a short name, other tokens": (
        [span(request_id="chatcmpl-0"), gateway(1, response_id="chatcmpl-0", output=2)],
        2,
    ),
    "a short name, no tokens": (
        [span(request_id="chatcmpl-0", input=None, output=None), gateway(1, response_id="chatcmpl-0")],
        2,
    ),
    "a short name, another time": ([span(request_id="chatcmpl-0"), gateway(9, response_id="chatcmpl-0")], 2),
    "no name, one session, time and tokens": ([transcript(20), event()], 1),
    "a name on one side only": ([transcript(20, request_id=REQUEST), event()], 1),
    "names that cannot be compared": (
        [transcript(20, request_id=REQUEST), span(session_id="s", request_id=MESSAGE)],
        1,
    ),
    "no name, another session": ([transcript(), event(session_id="other")], 2),
    "no name, other tokens": ([transcript(), event(output=2)], 2),
    "no name, another time": ([transcript(90), event()], 2),
    "no name, a latency that was measured": ([transcript(90), event(latency_us=85 * SECOND)], 1),
    "no name and no tokens": ([transcript(input=None, output=None), event(input=None, output=None)], 2),
    "equal calls of one session, one to one": (
        [transcript(), transcript(20), transcript(40), event(1), event(21), event(41)],
        3,
    ),
    "more of them on one side": ([transcript(), transcript(20), transcript(40), event(21)], 3),
    "no names, and neither writes down its sessions": ([gateway(session_id="s"), span(session_id="s")], 2),
    "a program whose spans know no sessions": (
        [call("openclaw", 9, session_id="s", request_id=MESSAGE), span(program="openclaw")],
        1,
    ),
    "another program": ([call("openclaw", 9, session_id="s", request_id=MESSAGE), span(program="other")], 2),
    "another program whose spans know no sessions": (
        [transcript(9, request_id=REQUEST), span(program="openclaw")],
        2,
    ),
    "one way never tells twice": ([gateway(response_id=MESSAGE), gateway(1, response_id=MESSAGE)], 2),
    "nor do transcripts of two programs": (
        [transcript(request_id=REQUEST), call("codex", request_id=REQUEST, session_id="s")],
        2,
    ),
    "two sources of one kind": (
        [gateway(response_id=MESSAGE), call("helicone", response_id=MESSAGE)],
        1,
    ),
    "another workspace": (
        [transcript(request_id=REQUEST), event(request_id=REQUEST, workspace="other")],
        2,
    ),
    "what is embedded beside": (
        [span(request_id=REQUEST), gateway(response_id=REQUEST, operation="embeddings")],
        2,
    ),
    "an event below the span of its call": (
        [
            span(trace_id="t", group="t", span_id="a", request_id=MESSAGE),
            event(trace_id="t", group="t", parent_id="a", request_id=REQUEST),
            transcript(request_id=REQUEST),
        ],
        1,
    ),
    "an agent's sum over what a transcript tells, too": (
        [
            span(trace_id="t", group="t", span_id="a", shadow=True, input=20, output=2),
            span(1, trace_id="t", group="t", span_id="b", parent_id="a", request_id=MESSAGE),
            span(2, trace_id="t", group="t", span_id="c", parent_id="a", request_id=REQUEST),
            transcript(response_id=MESSAGE),
        ],
        2,
    ),
    "one span that came by two ways": (
        [
            span(trace_id="t", group="t", span_id="a"),
            call("langfuse", trace_id="t", group="t", span_id="a", output=None),
        ],
        1,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_how_many_calls_it_is(name: str) -> None:
    """Each rule by an example, whatever the order in which the tellings are known."""
    tellings, calls = CASES[name]
    answers = set()
    for order in list(permutations(range(len(tellings))))[:24]:
        found = [one for one in settle([tellings[at] for at in order], {}) if one is not None]
        answers.add(tuple(sorted((one.source, one.native_id, str(one.also_told)) for one in found)))
        assert len(found) == calls
    assert len(answers) == 1


def test_whose_word_is_taken() -> None:
    """Tokens of the transcript, latency as it was measured, cost and team of the gateway, labels of all."""
    tellings = [
        transcript(
            request_id=REQUEST,
            response_id=MESSAGE,
            cache_read_tokens=90,
            latency_us=9 * SECOND,
            latency_estimated=True,
            project="app",
            labels={"a": "1", "b": "1"},
        ),
        event(request_id=REQUEST, latency_us=8 * SECOND, cost_reported=5, user="ada", labels={"b": "2"}),
        span(request_id=MESSAGE, latency_us=7 * SECOND, ttft_us=SECOND, input=100),
        gateway(response_id=MESSAGE, latency_us=6 * SECOND, cost_reported=6, team="blue", user="key-1", input=100),
    ]
    for order in permutations(tellings):
        [found] = [one for one in settle(order, {}) if one is not None]
        assert (found.source, found.project, found.input_tokens, found.cache_read_tokens) == (
            *("claude_code", "app", 10, 90),
        )
        assert (found.latency_us, found.latency_estimated, found.ttft_us) == (7 * SECOND, False, SECOND)
        assert (found.cost_reported, found.team, found.user) == (6, "blue", "key-1")
        assert found.labels == {"a": "1", "b": "2"}
        assert (found.cost_priced, found.price_version) == (None, "")
        assert read(found.also_told) == [
            Also("otlp", "event", ()),
            Also("litellm", "gateway", ("cost", "whose")),
            Also("otlp", "span", ("latency",)),
        ]


def test_a_failed_attempt_is_not_the_one_that_went_well() -> None:
    """Of attempts that share their request's id each is told by who tells of the same outcome, in whatever order."""
    none: dict[str, Any] = {"input": None, "output": None, "status": "server_error"}
    attempts = [
        gateway(request_id=REQUEST, native_id="failed", **none),
        gateway(1, request_id=REQUEST, response_id=MESSAGE, native_id="well"),
        span(request_id=REQUEST, native_id="span failed", **none),
        span(1, request_id=MESSAGE, native_id="span well"),
    ]
    for told in permutations(attempts):
        counted = [call for call in settle(told, {}) if call is not None]
        assert {(call.native_id, call.status) for call in counted} == {
            ("span failed", "server_error"),
            ("span well", "ok"),
        }


def test_a_transcript_that_was_cut_off_learns_the_whole_answer() -> None:
    """A stream's first line states a token of output; telemetry knows them all."""
    [found] = [
        one
        for one in settle([transcript(request_id=REQUEST, output=1), event(request_id=REQUEST, output=300)], {})
        if one is not None
    ]
    assert (found.source, found.output_tokens) == ("claude_code", 300)
    assert read(found.also_told) == [Also("otlp", "event", ("tokens",))]


def test_one_way_alone_is_as_it_was_told() -> None:
    """The same object, where nobody else tells of it."""
    alone = transcript(request_id=REQUEST)
    assert settle([alone, event(request_id="req_017Bf3xT9uQw5mZk2Rt8YcVd")], {})[0] is alone


def test_uses_of_tools_by_their_names() -> None:
    """A transcript's and an event's are one use, with the time that running it took; two of one way are two."""
    told = [
        ToolCall(source="claude_code", native_id="a", use_id="toolu_1", name="Bash", started_at=1, duration_us=9),
        ToolCall(source="otlp", native_id="b", use_id="toolu_1", name="Bash", started_at=2, duration_us=5, way="event"),
        ToolCall(source="claude_code", native_id="c", use_id="toolu_1", name="Bash", started_at=3),
        ToolCall(source="otlp", native_id="d", use_id="", name="Bash", started_at=3, way="event"),
    ]
    for order in permutations(told):
        found = {one.native_id: one for one in settle_uses(order) if one is not None}
        assert found.keys() == {"a", "c", "d"}
        assert (found["a"].duration_us, found["c"].duration_us) == (5, None)
        assert read(found["a"].also_told) == [Also("otlp", "event", ("latency",))]


def test_ways_of_records() -> None:
    """By its word, else because it is a span, else by its source."""
    assert way_of(span()) == Way("otlp", "span")
    assert way_of(event()) == Way("otlp", "event")
    assert way_of(event(trace_id="t", group="t")) == Way("otlp", "event")
    assert way_of(transcript()) == Way("claude_code", "transcript")
    assert way_of(call("my-program")) == Way("my-program", "api")
    assert way_of(call("my-program", way="transcript")) == Way("my-program", "transcript")
    assert not can_meet(Way("a", "transcript"), Way("b", "transcript"))
    assert can_meet(Way("otlp", "span"), Way("otlp", "span"))


def test_other_ways_as_text() -> None:
    """What is written is read again, whatever a source is called."""
    others = [Also("my own: source", "api", ("cost", "tokens")), Also("otlp", "span", ())]
    assert read(written(others)) == others
    assert written([*others, *others]) == written(others)
    assert read("") == []
    assert read("nonsense\napi") == [Also("", "api", ())]


def test_the_decision_says_what_the_code_does() -> None:
    """The table of who wins what is the one that is used, and has every way."""
    names = {"record": "the record", "whose": "user"}
    for facts, order in PRECEDENCE.items():
        assert sorted(order) == sorted(WAYS)
        text = re.search(rf"^\| {names.get(facts, facts)}.*$", DECISION.read_text(), re.MULTILINE)
        assert text is not None
        assert ", ".join(order) in text.group()
