"""Which session a request is of, by what its client says."""

from __future__ import annotations

import pytest

from generators import otlp_spans
from tokometer.records import ModelCall
from tokometer.sources.otlp import decode_traces
from tokometer.sources.sessions import session_in_headers, session_in_user, told_apart

SESSION = "d2e70091-3007-41a3-a916-cb8b0d3098de"


@pytest.mark.parametrize(
    ("user", "session"),
    [
        (f"user_{'5d' * 32}_account__session_{SESSION}", SESSION),
        (f"user_{'5d' * 32}_account_0b1c7e11-3007-41a3-a916-cb8b0d3098de_session_{SESSION}", SESSION),
        (f"user_5d_account_0b1c_session_{SESSION}", SESSION),
        (f'{{"device_id":"a1","account_uuid":"","session_id":"{SESSION}"}}', SESSION),
        ("ada@example.com", ""),
        (f"user_{'x' * 5_000}_session_{SESSION}", ""),
        ("", ""),
    ],
)
def test_the_session_in_a_users_name(user: str, session: str) -> None:
    """Claude Code puts it behind its device and account, or into an object; anybody else's name holds none."""
    assert session_in_user(user) == session


@pytest.mark.parametrize(
    ("headers", "session"),
    [
        ({"x-claude-code-session-id": SESSION, "x-session-id": "other"}, SESSION),
        # Codex: a thread before the session that it began in.
        ({"session-id": "root", "thread-id": SESSION}, SESSION),
        ({"session_id": SESSION}, SESSION),
        ({"x-session-affinity": f" {SESSION} "}, SESSION),
        ({"x-session-id": "s" * 500}, ""),
        ({"x-request-id": "r"}, ""),
    ],
)
def test_the_session_in_headers(headers: dict[str, str], session: str) -> None:
    """The most exact one that there is."""
    assert session_in_headers(lambda name: headers.get(name, "")) == session


def test_who_is_named_by_a_session_is_nobody() -> None:
    """In spans and traces of gateways that Claude Code goes through, too; a session that is named beside it holds."""
    named = f"user_5d_account__session_{SESSION}"
    assert told_apart("ada", "s-1") == ("ada", "s-1")
    assert told_apart(named, "") == ("", SESSION)
    assert told_apart(named, "s-1") == ("", "s-1")
    span = otlp_spans.span(attributes={"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1, "llm.user": named})
    [call] = decode_traces(otlp_spans.protobuf(span), "protobuf").records
    assert isinstance(call, ModelCall)
    assert (call.user, call.session_id) == ("", SESSION)
