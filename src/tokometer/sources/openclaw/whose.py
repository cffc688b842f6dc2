"""Whose a session is: the ids behind the keys, which each agent knows of its own."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from tokometer.host.there import is_file
from tokometer.sources.database import opened
from tokometer.sources.openclaw.keys import key_of
from tokometer.sources.openclaw.sessions import id_of_key

_NODES: Final = "session_nodes"


class Whose:
    """The sessions of all agents below a folder, for one reading."""

    def __init__(self, base: Path) -> None:
        self._agents = base / "agents"
        self._found: dict[str, str] = {}

    def session_of(self, key: str) -> str:
        """The id of the session that a key means just now; empty where nobody knows."""
        if key not in self._found:
            self._found[key] = self._look(key) if key else ""
        return self._found[key]

    def _look(self, key: str) -> str:
        agent = key_of(key).agent
        if not agent or agent in (".", "..") or "/" in agent or "\\" in agent:
            return ""
        database = self._agents / agent / "agent" / "openclaw-agent.sqlite"
        if is_file(database):
            with suppress(OSError), opened(database) as tables:
                if tables.has(_NODES, "session_key", "current_session_id"):
                    query = f"SELECT current_session_id AS id FROM {_NODES} WHERE session_key = ?"
                    for row in tables.rows(query, (key,)):
                        return str(row["id"])
        return id_of_key(key, self._agents / agent / "sessions")
