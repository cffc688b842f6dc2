"""What stands beside the tokens and is billed, and whose it was: tiers, regions, searches, machine, account."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from generators.claude_json import Line, Read, answer, calls_of, prompt, tools_of
from tokometer.records import AgentRun


@pytest.mark.parametrize(
    ("tier", "speed", "expected"),
    [
        (None, None, ""),
        ("standard", None, "standard"),
        ("standard", "standard", "standard"),
        ("standard", "fast", "fast"),
        (None, "fast", "fast"),
        ("batch", "fast", "batch fast"),
        ("batch", "standard", "batch"),
        ("priority", None, "priority"),
    ],
)
def test_tier_and_speed_are_one_tier(read: Read, tier: str | None, speed: str | None, expected: str) -> None:
    """What is not standard of the two, joined where both are not."""
    (call,) = calls_of(read(answer(usage={"service_tier": tier, "speed": speed})))
    assert call.service_tier == expected


@pytest.mark.parametrize(
    ("geo", "expected"), [("us", "us"), ("global", "global"), ("not_available", ""), (None, ""), ("eu", "eu")]
)
def test_where_an_answer_was_made_is_its_region(read: Read, geo: str | None, expected: str) -> None:
    """In the provider's word; what is not available is not known. A later line can say it."""
    (call,) = calls_of(read(answer(usage={"inference_geo": geo})))
    assert call.region == expected
    (call,) = calls_of(read(answer(), answer(uuid="u2", usage={"inference_geo": geo}), answer(uuid="u3")))
    assert call.region == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"web_search_requests": 12, "web_fetch_requests": 3}, {"web_searches": 12_000}),
        ({"web_search_requests": 12.0}, {"web_searches": 12_000}),
        ({"web_search_requests": 0, "web_fetch_requests": 9}, None),
        ({"web_search_requests": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_searches_are_a_quantity_and_fetches_are_none(read: Read, stated: Any, expected: dict[str, int] | None) -> None:
    """In thousandths; counted once, however many lines repeat it."""
    line = answer(usage={"server_tool_use": stated})
    (call,) = calls_of(read(answer(), line, line | {"uuid": "u2"}))
    assert call.quantities == expected


def test_a_refusal_says_so(read: Read) -> None:
    """That it is not billed, the prices know."""
    (call,) = calls_of(read(answer(message={"stop_reason": "refusal"}, usage={"output_tokens": 0})))
    assert (call.stop_reason, call.status, call.input_tokens, call.output_tokens) == ("refusal", "ok", 3, 0)


TOOL = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}
RUN = {"status": "completed", "agentId": "a1", "totalTokens": 900}


def records(read: Read) -> tuple[str, str]:
    """The account and machine of everything that a transcript holds, which are the same."""
    result = [{"type": "tool_result", "tool_use_id": "t1", "content": "x"}]
    reading = read(answer(message={"content": [TOOL]}), prompt(result, toolUseResult=RUN))
    found = {(record.account, record.machine) for record in reading.records}
    assert len(reading.records) == 3
    assert any(isinstance(record, AgentRun) for record in reading.records)
    assert tools_of(reading)
    ((account, machine),) = found
    return account, machine


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"oauthAccount": {"emailAddress": "ada@example.org", "organizationName": "Engines"}}, "ada@example.org"),
        ({"oauthAccount": {"organizationName": "Engines", "organizationUuid": "0-1"}}, "Engines"),
        ({"oauthAccount": {"organizationUuid": "0-1", "accessToken": "secret"}}, "0-1"),
        ({"oauthAccount": None, "primaryApiKey": "secret"}, ""),
        ({"oauthAccount": "ada"}, ""),
        ([], ""),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_records_know_the_machine_and_the_login(
    read: Read, tmp_path: Path, config: Any, expected: str, inside: bool
) -> None:
    """The configuration lies in the folder or beside it; nothing else of it is read."""
    folder = tmp_path / "ada"
    (folder / ".claude").mkdir(parents=True)
    (folder / ".claude" / ".claude.json" if inside else folder / ".claude.json").write_text(json.dumps(config))
    assert records(read) == (expected, socket.gethostname())


def test_a_configuration_that_cannot_be_read_names_nobody(read: Read, tmp_path: Path) -> None:
    """A pipe is not waited for."""
    (tmp_path / "ada").mkdir()
    os.mkfifo(tmp_path / "ada" / ".claude.json")
    assert records(read)[0] == ""


def test_a_copy_keeps_the_machine_of_its_origin(read: Read) -> None:
    """Where it was first written is where it happened."""
    (old,) = calls_of(read(answer()))
    (new,) = calls_of(read(answer(sessionId="s2", forkedFrom={"sessionId": "s1"}), name="s2.jsonl"))
    assert {"machine", "account"} <= type(old).origin_fields
    assert old.origin < new.origin


def noticed(read: Read, *lines: Line) -> list[tuple[str, str, int, int]]:
    """Topic, name, count and offset of what was not understood."""
    return [
        (notice.topic, notice.name, notice.count, int(notice.place.rpartition(":")[2]))
        for notice in read(*lines).notices
    ]


@pytest.mark.parametrize(
    ("usage", "names"),
    [
        ({}, []),
        ({"cache_deleted_input_tokens": 5}, ["cache_deleted_input_tokens"]),
        ({"cache_creation": {"ephemeral_1d_input_tokens": 7}}, ["cache_creation.ephemeral_1d_input_tokens"]),
        ({"server_tool_use": {"code_execution_requests": 1}}, ["server_tool_use.code_execution_requests"]),
        ({"output_tokens_details": {"thinking_tokens": 1, "audio_tokens": 2}}, ["output_tokens_details.audio_tokens"]),
        ({"iterations": [{"type": "message", "seconds": 1.5}]}, ["iterations.seconds"]),
        ({"nested": {"deep": [{"units": 1}]}, "b": 2}, ["nested.deep.units", "b"]),
        ({"server_tool_use": {"web_search_requests": "many"}}, ["server_tool_use.web_search_requests"]),
        ({"server_tool_use": {"web_search_requests": -3}}, ["server_tool_use.web_search_requests"]),
        ({"inference_geo": 7}, ["inference_geo", "inference_geo"][:1]),
        ({"word": "text", "flag": True, "nothing": None, "empty": {}}, []),
    ],
)
def test_a_number_in_a_usage_that_no_rule_reads_is_noticed(read: Read, usage: Line, names: list[str]) -> None:
    """By its dotted key, with the place of the first; the answer counts all the same."""
    first = answer("msg_0", "req_0")
    again = answer(uuid="u2", usage=usage | {"input_tokens": 4})
    size = len(json.dumps(first)) + 1
    assert noticed(read, first, answer(usage=usage), again) == [("usage", name, 2, size) for name in names]
    assert [call.output_tokens for call in calls_of(read(first, answer(usage=usage), again))] == [5, 5]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ({"type": "summary", "summary": "x"}, []),
        ({"type": "progress", "data": {"message": {"usage": {"input_tokens": 3}}}}, []),
        ({"type": "attachment", "attachment": {}}, []),
        ({"type": "system", "subtype": "anything"}, []),
        ({"type": "model_call", "usage": {"input_tokens": 3}}, ["model_call"]),
        ({"type": "model_call", "timestamp": 5}, ["model_call"]),
        ({"usage": {"input_tokens": 3}}, ["(none)"]),
        ({"type": "x" * 500}, ["x" * 80]),
    ],
)
def test_a_line_of_a_type_that_nobody_knows_is_noticed(read: Read, line: Line, names: list[str]) -> None:
    """Types that are known to be without usage are silent."""
    assert noticed(read, line, line) == [("line", name, 2, 0) for name in names]


def test_more_strange_names_than_anyone_reads_are_counted_together(read: Read) -> None:
    """A file of something else does not fill the list."""
    found = noticed(read, *({"type": f"t{n}"} for n in range(150)))
    assert len(found) == 101
    assert found[-1][:3] == ("line", "others", 50)


@pytest.mark.parametrize("message", [{"role": "assistant"}, {}])
def test_an_assistant_line_without_a_type_is_read(read: Read, message: Line) -> None:
    """Whose message it is says what it is, or that it holds usage; a broken field in it changes nothing."""
    line = answer(message=message)
    del line["type"]
    for given in (line, line | {"cwd": 5}, line | {"type": None}):
        reading = read(given)
        assert [call.output_tokens for call in calls_of(reading)] == [5]
        assert reading.notices == []


def test_a_persons_line_without_a_type_is_read(read: Read) -> None:
    """By its role."""
    said = prompt()
    del said["type"]
    (call,) = calls_of(read(said, answer()))
    assert call.user_messages == 1


@pytest.mark.parametrize("model", [None, ""])
def test_an_answer_that_names_no_model_is_noticed(read: Read, model: str | None) -> None:
    """Once an answer, and not where another of its lines names it."""
    nameless = answer(message={"model": model})
    assert noticed(read, nameless, nameless | {"uuid": "u2"}) == [("model", "(none)", 1, 0)]
    (call,) = calls_of(read(nameless))
    assert (call.model, call.output_tokens) == ("", 5)
    reading = read(nameless, answer(uuid="u2"))
    assert reading.notices == []
    (call,) = calls_of(reading)
    assert call.model == "claude-sonnet-4-5-20250929"
