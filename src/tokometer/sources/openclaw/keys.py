"""Session keys: what OpenClaw calls a conversation, whichever session it is in just now.

`agent:main:main`, `agent:main:telegram:group:-100`, `agent:main:subagent:<uuid>`, `agent:main:cron:<job>:run:<uuid>`,
`hook:<uuid>`; older ones lack the agent.
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: Words that stand in a key instead of a channel, and what such a session is for.
_KINDS: Final[dict[str, str]] = {
    "main": "main",
    "global": "main",
    "subagent": "subagent",
    "acp": "subagent",
    "cron": "cron",
    "hook": "hook",
    "heartbeat": "heartbeat",
    "dashboard": "operator",
    "explicit": "operator",
    "node": "node",
}
#: Sessions of these kinds are spoken to by programs; what stands there as a user's message is no person's.
BY_PROGRAMS: Final = frozenset({"subagent", "cron", "hook", "heartbeat"})
_AGENT: Final = "agent"
_RUN: Final = "run"


class Key(NamedTuple):
    """What a session's key says."""

    agent: str = ""
    #: `main`, `channel`, `subagent`, `cron`, `hook`, `heartbeat`, …; empty where there is no key.
    kind: str = ""
    channel: str = ""
    job: str = ""
    #: The run of a job that the session was made for: its id is the session's.
    run: str = ""


def key_of(text: str) -> Key:
    """What a key says; nothing of what it does not say is guessed."""
    parts = text.split(":")
    agent = ""
    if parts[0] == _AGENT and parts[2:]:
        agent, parts = parts[1], parts[2:]
    if not parts[0]:
        return Key(agent)
    if parts[-1] == "heartbeat":
        return Key(agent, "heartbeat")
    if "subagent" in parts:
        return Key(agent, "subagent")
    kind = _KINDS.get(parts[0])
    if kind == "cron":
        run = parts[parts.index(_RUN) + 1] if _RUN in parts[:-1] else ""
        return Key(agent, "cron", job=parts[1] if len(parts) > 1 else "", run=run)
    if kind is not None:
        return Key(agent, kind)
    return Key(agent, "channel", channel=parts[0]) if len(parts) > 1 else Key(agent, "session")
