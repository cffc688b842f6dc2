"""Chats of Copilot in editors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generators.left import lines
from generators.sources.copilot_chat import (
    BEGAN,
    DOCUMENT,
    FILE,
    FIRST,
    ONE,
    PLACE,
    SECOND,
    SESSION,
    added,
    initial,
    put,
    request,
    result,
)
from tokometer.records import ModelCall
from tokometer.sources.copilot_chat.found import FOUND
from tokometer.sources.protocol import Reading


def read(home: Path, *values: Any) -> Reading:
    """A chat of these lines, read from its start."""
    if values:
        lines(FILE, *values)(home)
    return FOUND.read(home / FILE, b"")


def calls(reading: Reading) -> list[ModelCall]:
    """Its calls."""
    return [record for record in reading.records if isinstance(record, ModelCall)]


def test_a_request_has_what_was_said_of_it_last(tmp_path: Path) -> None:
    """Whatever the order of corrections; its own counts go before those of its result."""
    FIRST(tmp_path)
    [call] = calls(read(tmp_path))
    assert (call.input_tokens, call.output_tokens, call.reasoning_tokens) == (900, 80, 50)
    assert (call.started_at, call.latency_us, call.ttft_us) == ((BEGAN + 1_000) * 1_000, 5_000_000, 800_000)
    assert (call.provider, call.model, call.session_id, call.project) == (
        *("copilot", "claude-sonnet-4.5"),
        *(SESSION, "/home/ada/code/engine"),
    )


def test_a_chat_goes_on_where_it_was_left(tmp_path: Path) -> None:
    """Corrections point at requests by their place, which is remembered; only what is new is told."""
    FIRST(tmp_path)
    left = read(tmp_path).state
    SECOND(tmp_path)
    again = calls(FOUND.read(tmp_path / FILE, left))
    assert [(call.native_id, call.model) for call in again] == [
        (f"{SESSION}|r2", "gpt-5"),
        (f"{SESSION}|r4", "claude-sonnet-4.5"),
    ]


@pytest.mark.parametrize(
    ("named", "provider", "model", "noticed"),
    [
        ("copilot/gpt-5", "copilot", "gpt-5", False),
        ("copilot/auto", "copilot", "", True),
        # A key of one's own.
        ("anthropic/claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5", False),
    ],
)
def test_who_answered_is_in_the_models_name(
    tmp_path: Path, named: str, provider: str, model: str, *, noticed: bool
) -> None:
    """Copilot's choice is no model."""
    reading = read(tmp_path, initial(request("r1", 1, modelId=named, result=result(10, 1))))
    assert [(call.provider, call.model) for call in calls(reading)] == [(provider, model)]
    assert bool(reading.notices) == noticed


def test_a_request_that_says_no_tokens_is_none_yet(tmp_path: Path) -> None:
    """Nobody knows what it used."""
    assert not read(tmp_path, initial(ONE)).records


def test_what_failed_had_used_its_tokens(tmp_path: Path) -> None:
    """With what went wrong."""
    failed = result(10, 1) | {"errorDetails": {"message": "Rate limited"}}
    [call] = calls(read(tmp_path, initial(request("r1", 1, result=failed))))
    assert (call.status, call.error_message, call.input_tokens) == ("rate_limit", "Rate limited", 10)


def test_a_correction_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    """The lines around it count."""
    reading = read(tmp_path, initial(), put("requests", 7, "completionTokens", value=1), added(ONE | result(1, 1)))
    assert [(refusal.field, refusal.reason) for refusal in reading.refusals] == [
        ("k", "points at a request that is not there")
    ]


def test_only_chats_are_looked_for_in_a_workspace(tmp_path: Path) -> None:
    """Extensions keep a lot beside them."""
    for step in (PLACE, FIRST, *DOCUMENT.steps):
        step(tmp_path)
    lines(FILE.replace("chatSessions", "some.extension/chatSessions"), initial(ONE))(tmp_path)
    found = [path.relative_to(tmp_path).as_posix() for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)]
    assert FILE in found
    assert len(found) == 3
