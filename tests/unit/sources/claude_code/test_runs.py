"""Runs of a model inside one answer: which the top of its usage holds, and which are calls of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from generators.claude_json import Line, Read, answer, calls_of
from tokometer.records import ModelCall
from tokometer.sources import Reading

EXECUTOR, ADVISOR, HELPER = "claude-sonnet-4-6", "claude-opus-4-8", "claude-haiku-4-5"
#: (id, model, input, output, cache reads, cache writes) of a call.
Shown = tuple[str, str, int | None, int | None, int | None, int | None]


def run(kind: str | None, *tokens: int, model: str | None = None, **more: Any) -> Line:
    """One entry: input, output, cache reads, cache writes."""
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    found = dict(zip(names, tokens, strict=False))
    if len(tokens) > 3:
        found["cache_creation"] = {"ephemeral_5m_input_tokens": tokens[3], "ephemeral_1h_input_tokens": 0}  # type: ignore[assignment]
    return ({} if kind is None else {"type": kind}) | ({} if model is None else {"model": model}) | found | more


def told(top: Sequence[int], iterations: Any, **changes: Any) -> Line:
    """An answer of the executor with this at the top of its usage."""
    message = {"model": changes.pop("model", EXECUTOR), "stop_reason": "end_turn"}
    usage = run(None, *top) | {"iterations": iterations} | changes.pop("usage", {})
    return answer(message=message, usage=usage, **changes)


def shown(calls: Sequence[ModelCall]) -> list[Shown]:
    """What matters of calls."""
    return [
        (
            call.native_id.removeprefix("msg_1|req_1"),
            call.model,
            call.input_tokens,
            call.output_tokens,
            call.cache_read_tokens,
            (call.cache_write_5m_tokens or 0) + (call.cache_write_1h_tokens or 0),
        )
        for call in calls
    ]


PLAIN = [run("message", 2, 60, 96, 4), run("message", 2, 440, 104, 4)]
TOP = (4, 500, 200, 8)
MAIN = ("", EXECUTOR, *TOP)


@pytest.mark.parametrize(
    ("top", "iterations", "expected"),
    [
        pytest.param(TOP, None, [MAIN], id="null"),
        pytest.param(TOP, [], [MAIN], id="empty"),
        pytest.param(TOP, [run("message", *TOP)], [MAIN], id="one plain run that is the top"),
        pytest.param(TOP, PLAIN, [MAIN], id="plain runs that the top sums up"),
        pytest.param(TOP, [None, *PLAIN], [MAIN], id="an entry that is null"),
        pytest.param(TOP, [run(None, *TOP)], [MAIN], id="a run that does not say what it is"),
        pytest.param(
            TOP,
            [PLAIN[0], run("advisor_message", 150, 80, 0, 0, model=ADVISOR), PLAIN[1]],
            [MAIN, ("|advisor_message1", ADVISOR, 150, 80, 0, 0)],
            id="an advisor of another model",
        ),
        pytest.param(
            TOP,
            [
                PLAIN[0],
                run("advisor_message", 150, 80, 0, 0, model=ADVISOR),
                PLAIN[1],
                run("advisor_message", 160, 90, 5, 6, model=HELPER),
            ],
            [MAIN, ("|advisor_message1", ADVISOR, 150, 80, 0, 0), ("|advisor_message2", HELPER, 160, 90, 5, 6)],
            id="two advisors",
        ),
        pytest.param(
            TOP,
            [*PLAIN, run("advisor_message", 150, 80, 0, 0)],
            [MAIN, ("|advisor_message1", EXECUTOR, 150, 80, 0, 0)],
            id="an advisor that names no model is of the answer's",
        ),
        pytest.param(
            TOP,
            [*PLAIN, run("advisor_message", 0, 0, 0, 0, model=ADVISOR)],
            [MAIN],
            id="a run that used nothing is no call",
        ),
        pytest.param(
            (20, 9, 0, 0),
            [run("compaction", 180, 35, 0, 0, model=EXECUTOR), run("message", 20, 9, 0, 0, model=EXECUTOR)],
            [("", EXECUTOR, 200, 44, 0, 0)],
            id="a compaction is a part of its request",
        ),
        pytest.param(
            (20, 9, 0, 0),
            [run("compaction", 180, 35, 0, 0, model=f"{EXECUTOR}-20260101[1m]"), run("message", 20, 9, 0, 0)],
            [("", EXECUTOR, 200, 44, 0, 0)],
            id="the same model in another spelling",
        ),
        pytest.param(
            (20, 9, 0, 0),
            [run("compaction", 180, 35, 0, 0, model=HELPER), run("message", 20, 9, 0, 0)],
            [("", EXECUTOR, 20, 9, 0, 0), ("|compaction1", HELPER, 180, 35, 0, 0)],
            id="a compaction by another model",
        ),
        pytest.param(
            (200, 44, 0, 0),
            [run("compaction", 180, 35, 0, 0), run("message", 20, 9, 0, 0)],
            [("", EXECUTOR, 200, 44, 0, 0)],
            id="a compaction that the top holds already",
        ),
        pytest.param(
            (30, 5, 0, 0),
            [run("message", 30, 0, 0, 0, model=ADVISOR), run("fallback_message", 30, 5, 0, 0, model=EXECUTOR)],
            [("", EXECUTOR, 30, 5, 0, 0), ("|message1", ADVISOR, 30, 0, 0, 0)],
            id="the top is of the model that took over",
        ),
        pytest.param(
            (30, 2, 0, 0),
            [run("message", 30, 2, 0, 0), run("fallback_message", 31, 5, 0, 0, model=ADVISOR)],
            [("", EXECUTOR, 30, 2, 0, 0), ("|fallback_message1", ADVISOR, 31, 5, 0, 0)],
            id="the top is of the model that was asked",
        ),
        pytest.param(
            (61, 7, 0, 0),
            [run("message", 30, 2, 0, 0), run("fallback_message", 31, 5, 0, 0, model=ADVISOR)],
            [("", EXECUTOR, 61, 7, 0, 0)],
            id="the top holds a fallback already",
        ),
        pytest.param(
            TOP,
            [*PLAIN, run("judge", 7, 8, 0, 0, model=HELPER)],
            [MAIN, ("|judge1", HELPER, 7, 8, 0, 0)],
            id="an unknown run that the top does not hold",
        ),
        pytest.param(
            (11, 508, 200, 8),
            [*PLAIN, run("judge", 7, 8, 0, 0)],
            [("", EXECUTOR, 11, 508, 200, 8)],
            id="an unknown run that the top holds",
        ),
        pytest.param(
            (2, 500, 96, 4),
            PLAIN,
            [("", EXECUTOR, 4, 500, 200, 8)],
            id="a top that has the prompt of the first run only",
        ),
        pytest.param((0, 0, 0, 0), PLAIN, [MAIN], id="a top that says nothing"),
        pytest.param(
            (4, 30, 200, 8),
            [*PLAIN, run("advisor_message", 150, 80, 0, 0, model=ADVISOR)],
            [("", EXECUTOR, 4, 30, 200, 8), ("|advisor_message1", ADVISOR, 150, 80, 0, 0)],
            id="a top that is half written",
        ),
    ],
)
def test_runs_that_the_top_does_not_hold_are_counted(
    read: Read, top: Sequence[int], iterations: Any, expected: list[Shown]
) -> None:
    """By the numbers: once, with the model that they name."""
    assert shown(calls_of(read(told(top, iterations)))) == expected


ADVISED = [PLAIN[0], run("advisor_message", 150, 80, 0, 0, model=ADVISOR), PLAIN[1]]
BESIDE = ("|advisor_message1", ADVISOR, 150, 80, 0, 0)


def test_a_run_is_counted_once_however_many_lines_repeat_it(read: Read) -> None:
    """And once however many sessions hold copies, for the session that wrote it first."""
    lines = [told(TOP, ADVISED, uuid=f"u{n}", timestamp=f"2026-09-01T10:00:0{n}Z") for n in range(3)]
    old = read(*lines)
    new = read(*(line | {"sessionId": "s2", "forkedFrom": {"sessionId": "s1"}} for line in lines), name="s2.jsonl")
    for readings in ((old,), (old, new), (new, old)):
        calls = calls_of(*readings)
        assert shown(calls) == [MAIN, BESIDE]
        assert {call.session_id for call in calls} == {"s1"}
    assert [call.group for call in calls_of(old)][1].endswith("|advisor_message1")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_early_lines_can_know_of_fewer_runs(read: Read, order: tuple[int, ...]) -> None:
    """The fullest line is right, wherever it stands, read at once or line by line."""
    lines = [
        told((2, 60, 96, 4), PLAIN[:1], uuid="a"),
        told((2, 60, 96, 4), ADVISED[:2], uuid="b"),
        told(TOP, ADVISED, uuid="c"),
    ]
    ordered = [lines[at] for at in order]
    assert shown(calls_of(read(*ordered))) == [MAIN, BESIDE]
    readings = [read(ordered[0], name="parts.jsonl")]
    for line in ordered[1:]:
        readings.append(read(line, name="parts.jsonl", state=readings[-1].state))
    assert sorted(shown(calls_of(*readings))) == sorted([MAIN, BESIDE])


def test_runs_of_a_replayed_answer_count_with_it(read: Read) -> None:
    """A sidechain that replays its parent's answer replays its runs; without its parent both count."""
    main = read(told(TOP, ADVISED))
    side = read(told(TOP, ADVISED, requestId="req_9", isSidechain=True), name="agent-1.jsonl")
    for readings in ((main, side), (side, main)):
        assert shown(calls_of(*readings)) == [MAIN, BESIDE]
    assert [call.model for call in calls_of(side)] == [EXECUTOR, ADVISOR]


def test_runs_of_an_answer_without_a_request_count_with_it(read: Read) -> None:
    """A copy that lost its request's id adds nothing."""
    named = read(told(TOP, ADVISED))
    nameless = read(told(TOP, ADVISED, requestId=None, sessionId="s2"), name="s2.jsonl")
    for readings in ((named, nameless), (nameless, named)):
        assert shown(calls_of(*readings)) == [MAIN, BESIDE]
    assert [call.model for call in calls_of(nameless)] == [EXECUTOR, ADVISOR]


@pytest.mark.parametrize(
    ("entry", "field", "beside"),
    [
        (5, "message.usage.iterations[1]", 0),
        ([], "message.usage.iterations[1]", 0),
        (run("advisor_message", -1, 8, model=ADVISOR), "message.usage.iterations[1].input_tokens", 0),
        (run("advisor_message", model=ADVISOR, output_tokens="8k"), "message.usage.iterations[1].output_tokens", 0),
        (run("advisor_message", model=ADVISOR, cache_creation=3), "message.usage.iterations[1].cache_creation", 0),
        (run("advisor_message", 150, 80, model=ADVISOR, service_tier=7), "", 1),
        (run("advisor_message", model=ADVISOR, input_tokens=150.0, output_tokens=80.0), "", 1),
        (run("advisor_message", model=ADVISOR, input_tokens="150", output_tokens="80"), "", 1),
    ],
)
def test_a_broken_run_costs_nothing_but_itself(read: Read, entry: Any, field: str, beside: int) -> None:
    """It is refused with its place, and the answer and the runs around it count; what can be done without is."""
    reading = read(told(TOP, [PLAIN[0], entry, PLAIN[1], run("advisor_message", 1, 2, 0, 0, model=HELPER)]))
    assert [refusal.field for refusal in reading.refusals] == ([field] if field else [])
    calls = _calls(reading)
    assert shown(calls)[0] == MAIN
    assert [call.model for call in calls[1:]] == [ADVISOR] * beside + [HELPER]


@pytest.mark.parametrize("iterations", [{"type": "message"}, "many", 7])
def test_runs_that_are_no_list_are_refused_and_the_answer_counts(read: Read, iterations: Any) -> None:
    """One refusal, however many lines repeat it."""
    reading = read(told(TOP, iterations), told(TOP, iterations, uuid="u2"))
    assert [refusal.field for refusal in reading.refusals] == ["message.usage.iterations"]
    assert shown(_calls(reading)) == [MAIN]


def test_runs_beyond_what_can_be_counted_are_refused(read: Read) -> None:
    """Their sum must be a number of tokens, too."""
    reading = read(told((20, 9, 0, 0), [run("compaction", 2**53, 1, 0, 0), run("message", 20, 9, 0, 0)]))
    assert [refusal.field for refusal in reading.refusals] == ["message.usage.iterations"]
    assert shown(_calls(reading)) == [("", EXECUTOR, 20, 9, 0, 0)]


def test_an_unknown_kind_of_run_is_noticed(read: Read) -> None:
    """By its type, with the place of the line."""
    reading = read(told(TOP, [*PLAIN, run("judge", 7, 8, 0, 0)]))
    (notice,) = reading.notices
    assert (notice.source, notice.topic, notice.name, notice.count) == ("claude_code", "event", "judge", 1)
    assert Path(notice.place).name == "s1.jsonl:0"


def test_a_run_says_itself_where_and_how_it_was_served(read: Read) -> None:
    """What it does not say holds as for its answer; what only the answer's own runs say holds for the answer."""
    advisor = run("advisor_message", 1, 2, 0, 0, model=ADVISOR)
    own = {
        "inference_geo": "eu",
        "service_tier": "batch",
        "speed": "fast",
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 9},
        "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
        "output_tokens_details": {"thinking_tokens": 1},
    }
    facts = {"inference_geo": "us", "service_tier": "standard"}
    main, plain, special = _calls(read(told(TOP, [*PLAIN, advisor, advisor | own], usage=facts)))
    assert (plain.region, plain.service_tier, plain.quantities) == ("us", "standard", None)
    assert (special.region, special.service_tier, special.quantities) == ("eu", "batch fast", {"web_searches": 2000})
    assert (special.cache_write_5m_tokens, special.cache_write_1h_tokens, special.reasoning_tokens) == (3, 4, 1)
    assert (special.session_id, special.started_at, special.provider) == (main.session_id, main.started_at, "anthropic")
    assert (special.operation, special.latency_us, special.user_messages) == ("chat", None, 0)
    inner = [entry | {"inference_geo": "us", "server_tool_use": {"web_search_requests": 1}} for entry in PLAIN]
    (call,) = _calls(read(told(TOP, inner)))
    assert (call.region, call.quantities) == ("us", {"web_searches": 2000})


@pytest.mark.parametrize(("stated", "expected"), [(2, [2, 3]), (5, [5, 0]), (None, [2, 3])])
def test_searches_of_runs_are_not_counted_twice(read: Read, stated: int | None, expected: list[int]) -> None:
    """The answer's own count is of its own runs, or of all: its number says which."""

    def searched(count: int) -> Line:
        return {"server_tool_use": {"web_search_requests": count}}

    advisor = run("advisor_message", 1, 2, 0, 0, model=ADVISOR) | searched(3)
    usage = {} if stated is None else searched(stated)
    calls = _calls(read(told(TOP, [PLAIN[0] | searched(2), PLAIN[1], advisor], usage=usage)))
    assert [(call.quantities or {}).get("web_searches", 0) for call in calls] == [count * 1000 for count in expected]


def test_a_model_that_declined_is_a_refusal(read: Read) -> None:
    """Another model takes over only where one refused: then what it read is not billed, which the prices decide."""
    entries = [run("message", 30, 0, 0, 0, model=ADVISOR), run("fallback_message", 30, 5, 0, 0, model=EXECUTOR)]
    calls = _calls(read(told((30, 5, 0, 0), entries)))
    assert [(call.model, call.stop_reason) for call in calls] == [(EXECUTOR, "end_turn"), (ADVISOR, "refusal")]


def _calls(reading: Reading) -> list[ModelCall]:
    return [record for record in reading.records if isinstance(record, ModelCall)]
