"""Which session a request is of, by what its client says."""

from __future__ import annotations

import pytest

from tokometer.sources.sessions import session_in_headers, session_in_user

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
