"""Which lines are one answer where no request id says it: gateways that give every answer one id, copies, and reuse."""

from __future__ import annotations

from typing import Any

import pytest

from generators.claude_json import Line, Read, answer, calls_of, prompt
from tokometer.records import ModelCall
from tokometer.sources.claude_code.identity import is_unique

BEDROCK = "msg_bdrk_01QmVtGz8yTn3sPfK7dLwRcE"
SIDE = {"isSidechain": True}
VERTEX = "msg_vrtx_01XFDUDYJgAACzvnptvVoYEL"


@pytest.mark.parametrize(
    "message_id",
    [
        "msg_01XFDUDYJgAACzvnptvVoYEL",
        BEDROCK,
        VERTEX,
        "msg_4f9c1b7ae02d4d5f8e6a3c21",
        "msg_20261120131415b6c1d0e9a7f24c3e",
        "msg_fadecb193478205619483725",
    ],
)
def test_an_id_that_looks_random_is_one_answers(message_id: str) -> None:
    """Nobody else has it."""
    assert is_unique(message_id)


@pytest.mark.parametrize(
    "message_id",
    [
        "",
        "relay",
        "3b1f8a52-97c4-4e0d-a6b3-5f2d8c7e9014",
        "chatcmpl-3b1f8a52-97c4-4e0d-a6b3-5f2d8c7e9014",
        "chatcmpl-AbCdEf0123GhIjKlMnOpQrStUvWxY",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "msg_1",
        "msg_gateway",
        "msg_A1-advisor-3-lines",
        "chatcmpl-1",
        "msg_00000000000000000000",
        "00000000-0000-0000-0000-000000000000",
        "resp_aaaaaaaaaaaaaaaaaaaaaaaa",
        "a-constant-message-identifier",
        "gatewayconstantidentifier",
        "1763632820123456789",
    ],
)
def test_an_id_that_does_not_is_any_number_of_answers(message_id: str) -> None:
    """A word, a count, a time, zeros; what looks random and is a gateway's own."""
    assert not is_unique(message_id)


def said(at: str, *, session: str = "s1", **changes: Any) -> Line:
    """A prompt of a person."""
    return prompt(f"do it at {at}", timestamp=_time(at), sessionId=session, **changes)


def told(
    at: str, *tokens: int, message_id: str = "relay", request_id: str | None = None, session: str = "s1", **changes: Any
) -> Line:
    """A line of an answer: input, output, cache reads, cache writes."""
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    usage = dict.fromkeys(names, 0) | dict(zip(names, tokens, strict=False))
    values = {"timestamp": _time(at), "sessionId": session, "uuid": f"{session}-{at}-{tokens}"} | changes
    return answer(message_id, request_id, usage=usage, **values)


def used(at: str, tool: str = "t1", *, session: str = "s1") -> Line:
    """What a tool answered."""
    content: list[Line] = [{"type": "tool_result", "tool_use_id": tool, "content": "x"}]
    return prompt(content, timestamp=_time(at), sessionId=session, uuid=f"{session}-{at}-{tool}")


def outputs(calls: list[ModelCall]) -> list[int | None]:
    """The output of each call, in order of time."""
    return [call.output_tokens for call in sorted(calls, key=lambda call: (call.started_at, call.output_tokens))]


def _time(at: str) -> str:
    return f"2026-09-01T{at}Z"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1), said("09:01:00"), told("09:01:20", 11, 2)],
            [1, 2],
            id="a prompt between",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1), said("09:01:00"), told("09:01:20", 10, 1)],
            [1, 1],
            id="a prompt between, and the same usage",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 0, 0), said("09:01:00"), told("09:01:20", 0, 0)],
            [0, 0],
            id="a prompt between, and no usage stated",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1), used("09:00:25"), told("09:00:30", 15, 2)],
            [1, 2],
            id="a tool between, and a longer prompt",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 0, 1), used("09:00:25"), told("09:00:30", 0, 2)],
            [1, 2],
            id="a tool between, and no prompt stated",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1), used("09:00:25"), told("09:00:30", 10, 2)],
            [2],
            id="a tool between, and the same prompt: an answer that uses several",
        ),
        pytest.param(
            [said("09:00:00"), *(told(f"09:00:2{n}", 10, 8, 5, 3) for n in range(3))],
            [8],
            id="thinking, text and use of a tool",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1), told("09:00:22", 10, 90), used("09:00:23")],
            [90],
            id="early usage, then all of it",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 0, 1), told("09:00:22", 10, 90), used("09:00:23")],
            [90],
            id="early usage without the prompt",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1), told("09:00:22", 12, 90)],
            [90],
            id="early usage with a part of the prompt",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1, message={"stop_reason": "end_turn"}), told("09:00:40", 12, 90)],
            [1, 90],
            id="an answer that has ended does not go on with another prompt",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1), told("10:00:20", 12, 90)],
            [1, 90],
            id="an hour between, and another prompt",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1), told("09:00:20", 10, 1, uuid="other")],
            [1],
            id="a line written twice",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1), said("09:01:00"), told("09:00:20", 10, 1, uuid="other")],
            [1],
            id="a line written again, later in the file",
        ),
        pytest.param(
            [told("09:00:20", 10, 1, request_id="a"), told("09:00:40", 10, 1, request_id="b")],
            [1, 1],
            id="request ids of their own",
        ),
        pytest.param(
            [told("09:00:20", 10, 1, request_id="a"), told("09:00:20", 10, 1, uuid="other")],
            [1],
            id="the same answer with and without its request id",
        ),
        pytest.param(
            [told("09:00:20", 10, 1, uuid="other"), told("09:00:20", 10, 1, request_id="a")],
            [1],
            id="without and with it",
        ),
        pytest.param(
            [
                said("09:00:00"),
                told("09:00:20", 10, 1, request_id="a"),
                said("09:01:00"),
                told("09:01:20", 20, 2),
            ],
            [1, 2],
            id="some answers with a request id and others without",
        ),
        pytest.param(
            [
                said("09:00:00"),
                told("09:00:20", 10, 1),
                said("09:00:21", isSidechain=True),
                told("09:00:22", 7, 3, isSidechain=True),
                told("09:00:23", 10, 1),
                told("09:00:24", 7, 3, isSidechain=True),
            ],
            [1, 3],
            id="a sidechain among the session's lines",
        ),
        pytest.param(
            [said("09:00:00"), told("09:00:20", 10, 1), said("09:00:00"), told("09:00:22", 10, 1)],
            [1],
            id="a copy of an old prompt between",
        ),
        pytest.param(
            [
                said("09:00:00"),
                told("09:00:20", 10, 1),
                used("09:00:25"),
                told("09:00:20", 10, 1, uuid="other"),
                told("09:00:30", 15, 2),
            ],
            [1, 2],
            id="a copy of an old line between",
        ),
        pytest.param(
            [
                said("09:00:00"),
                told("09:00:20", 10, 1),
                prompt("a note", isMeta=True, timestamp=_time("09:00:21")),
                told("09:00:22", 10, 1),
            ],
            [1],
            id="a note to the model between",
        ),
    ],
)
def test_an_id_that_many_answers_have_names_each_with_its_time(
    read: Read, lines: list[Line], expected: list[int]
) -> None:
    """What stands between two lines and the prompt's tokens tell where an answer ends, wherever readings are cut."""
    whole = calls_of(read(*lines, name="whole.jsonl"))
    assert outputs(whole) == expected
    for cut in range(1, len(lines)):
        first = read(*lines[:cut], name=f"cut{cut}.jsonl")
        then = read(*lines[cut:], name=f"cut{cut}.jsonl", state=first.state)
        parts = calls_of(first, then)
        assert outputs(parts) == expected
        assert {call.native_id for call in parts} == {call.native_id for call in whole}
    by_line = [read(lines[0], name="lines.jsonl")]
    for line in lines[1:]:
        by_line.append(read(line, name="lines.jsonl", state=by_line[-1].state))
    assert outputs(calls_of(*by_line)) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param([told("09:00:20", 10, 1)], [told("11:00:20", 20, 2, session="s2")], [1, 2], id="two sessions"),
        pytest.param([told("09:00:20", 10, 1)], [told("11:00:20", 10, 1, session="s2")], [1, 1], id="equal usage"),
        pytest.param(
            [told("09:00:20", 10, 1)], [told("09:00:20", 20, 2, session="s2")], [1, 2], id="at the very same time"
        ),
        pytest.param([told("09:00:20", 10, 1)], [told("09:00:20", 10, 1)], [1], id="a copy"),
        pytest.param(
            [told("09:00:20", 10, 1)],
            [told("09:00:20", 10, 1, session="s2", forkedFrom={"sessionId": "s1"})],
            [1],
            id="a copy whose session and uuid were rewritten",
        ),
        pytest.param(
            [told("09:00:20", 10, 1, request_id="a")],
            [told("09:00:20", 10, 1, session="s2")],
            [1],
            id="a copy that lost its request id",
        ),
        pytest.param(
            [told("09:00:20", 10, 1, request_id="a")],
            [told("09:00:20", 10, 1, request_id="b", isSidechain=True)],
            [1],
            id="a sidechain that replays it",
        ),
        pytest.param(
            [told("09:00:20", 10, 1, request_id="a")],
            [told("09:10:20", 70, 2, request_id="b", isSidechain=True)],
            [1, 2],
            id="a sidechain's own answer",
        ),
        pytest.param(
            [told("09:00:20", 10, 1)],
            [
                told("09:10:20", 70, 2, isSidechain=True),
                used("09:10:30") | SIDE,
                told("09:10:40", 80, 3, isSidechain=True),
            ],
            [1, 2, 3],
            id="a sidechain's own answers without request ids",
        ),
        pytest.param(
            [told("09:00:20", 10, 1, message_id=BEDROCK)],
            [told("09:00:20", 10, 1, message_id=BEDROCK, isSidechain=True)],
            [1],
            id="a replay without request ids",
        ),
        pytest.param(
            [told("09:00:20", 10, 1, message_id=VERTEX), told("09:00:25", 10, 2, message_id=VERTEX)],
            [told("09:00:25", 10, 2, message_id=VERTEX, session="s2")],
            [2],
            id="a copy that begins in the middle of an answer whose id is unique",
        ),
    ],
)
def test_copies_in_other_files_are_told_from_other_answers(
    read: Read, first: list[Line], second: list[Line], expected: list[int]
) -> None:
    """By time and prompt, whichever file is read first."""
    one = read(said("08:00:00"), *first, name="s1.jsonl")
    two = read(said("08:00:00", session="s2", isSidechain=second[0]["isSidechain"]), *second, name="s2.jsonl")
    for readings in ((one, two), (two, one), (one, two, one)):
        assert outputs(calls_of(*readings)) == expected


@pytest.mark.parametrize("message_id", [BEDROCK, VERTEX])
def test_an_answer_of_another_cloud_is_one_whatever_stands_in_it(read: Read, message_id: str) -> None:
    """Its id is unique: results of tools and words of people between its lines do not end it."""
    lines = [
        said("09:00:00"),
        told("09:00:20", 10, 1, message_id=message_id),
        used("09:00:25"),
        told("09:00:30", 10, 5, message_id=message_id),
        said("09:00:35"),
        told("09:00:40", 10, 9, message_id=message_id),
    ]
    (call,) = calls_of(read(*lines))
    assert (call.native_id, call.output_tokens) == (f"{message_id}|", 9)
    (call,) = calls_of(read(*reversed(lines)))
    assert (call.native_id, call.output_tokens) == (f"{message_id}|", 9)


def test_an_id_that_looks_random_and_is_given_again_all_the_same(read: Read) -> None:
    """A gateway can copy an example's id: another prompt after what a person wrote is another answer."""
    lines = [
        said("09:00:00"),
        told("09:00:20", 10, 1, message_id=VERTEX),
        said("09:01:00"),
        told("09:01:20", 20, 2, message_id=VERTEX),
        used("09:01:30"),
        told("09:01:40", 30, 3, message_id=VERTEX),
    ]
    assert outputs(calls_of(read(*lines))) == [1, 2, 3]


def test_a_call_with_a_request_id_keeps_its_name(read: Read) -> None:
    """Ledgers know it by that."""
    calls = calls_of(read(told("09:00:20", 10, 1, request_id="a"), told("09:00:20", 10, 1, message_id=BEDROCK)))
    assert [call.native_id for call in calls] == ["relay|a", f"{BEDROCK}|"]
