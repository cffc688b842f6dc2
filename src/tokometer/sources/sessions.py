"""Which session a request to a model is of, as far as its client says so: in headers, or in the name of its user.

Programs that keep transcripts tell gateways so. It is the same id as in their files, so that what a gateway and what a
transcript tell of one call can be found to be one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

#: Headers that clients send, the most exact first: Claude Code, Qwen Code, OpenCode and Kilo (two), Codex (a thread
#: before the session that began it; three generations), Open WebUI, and who has none of their own.
SESSION_HEADERS: Final = (
    *("x-claude-code-session-id", "x-qwen-code-session-id", "x-opencode-session", "x-session-affinity"),
    *("thread-id", "conversation_id", "session_id", "session-id", "x-openwebui-chat-id", "x-session-id"),
)
#: Claude Code's `metadata.user_id`, which Anthropic's API has for a user: of its device, account and session; in newer
#: versions the same as JSON.
_OF_CLAUDE_CODE: Final = re.compile(r"user_[\w-]{0,200}?_session_([A-Za-z0-9-]{8,64})")
_AS_JSON: Final = re.compile(r'\{.{0,400}"session_id":\s?"([A-Za-z0-9-]{8,64})".{0,400}\}', re.DOTALL)
_LONGEST: Final = 200


def session_in_headers(header: Callable[[str], str]) -> str:
    """The session that a request's headers name; `header` gives one by its name in lower case, or empty text."""
    found = next((said for name in SESSION_HEADERS if (said := header(name).strip())), "")
    return found if len(found) <= _LONGEST and found.isprintable() else ""


def session_in_user(user: str) -> str:
    """The session that stands in a user's name, as Claude Code writes it; empty where it is a name and no more."""
    found = _OF_CLAUDE_CODE.fullmatch(user) or _AS_JSON.fullmatch(user)
    return found[1] if found else ""


def told_apart(user: str, session: str) -> tuple[str, str]:
    """A user and a session, where the one may be named by the other: who is another in each session is nobody."""
    within = session_in_user(user)
    return ("", session or within) if within else (user, session)
