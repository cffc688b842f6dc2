"""Sessions: a row of the database, or a file of its own before."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from tokometer.host.regular import read_bytes
from tokometer.records import AgentRun, RecordError
from tokometer.sources.folders import home_above, project
from tokometer.sources.jsonl import json_object
from tokometer.sources.opencode.messages import AGENT, Session
from tokometer.sources.opencode.places import SOURCE_NAME
from tokometer.sources.told import Told

_MOST: Final = 16 << 20

Outcome = Literal["ok", "error", "cancelled", "running", "unknown"]


def home_of(path: Path) -> str:
    """The home folder that OpenCode's own is in, as far as a path shows it."""
    return home_above(path, ".local")


def session_of(told: Told, id_: str, home: str) -> Session:
    """What a session says of itself, in its row or in its file.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    return Session(
        id=id_,
        parent_id=told.text("parentID", "parent_id"),
        project=project(told.text("directory"), home),
        title=told.text("title"),
        started_at=told.moment("time_created") or told.within("time").moment("created") or 0,
    )


def run_of(told: Told, session: Session, *, status: Outcome, error: str, model: str, revision: int) -> AgentRun | None:
    """A session as a run of its agent; None where nobody knows when it began.

    What it states of its tokens is the sum of its messages, and shown beside them.
    """
    if not session.started_at:
        return None
    names = ("tokens_input", "tokens_output", "tokens_reasoning", "tokens_cache_read", "tokens_cache_write")
    tokens = [count for name in names if (count := told.whole(name)) is not None]
    agent = told.text("agent")
    return AgentRun(
        source=SOURCE_NAME,
        native_id=f"session:{session.id}",
        started_at=session.started_at,
        revision=revision,
        agent=(agent or "subagent") if session.parent_id else AGENT,
        status=status,
        error_message=error,
        ended_at=told.moment("time_updated") or told.within("time").moment("updated"),
        role="subagent" if session.parent_id else "main",
        session_id=session.id,
        parent_session_id=session.parent_id,
        project=session.project,
        model=model,
        stated_tokens=sum(tokens) or None,
        stated_cost=told.money("cost") or None,
    )


def session_beside(storage: Path, session_id: str) -> Session:
    """What is known of the session of a message in a file; its id alone where its own file cannot be read."""
    for folder in _projects(storage):
        path = folder / f"{session_id}.json"
        try:
            written = path.stat().st_mtime_ns
        except OSError:
            continue
        return _read(str(path), session_id, written)
    return Session(session_id)


def _projects(storage: Path) -> list[Path]:
    try:
        return sorted((storage / "session").iterdir())
    except OSError:
        return []


@lru_cache(maxsize=4096)
def _read(path: str, session_id: str, _written: int) -> Session:
    try:
        content: Mapping[str, Any] = json_object(read_bytes(path, _MOST))
        return session_of(Told(content), session_id, home_of(Path(path)))
    except (OSError, RecordError):
        # Whoever reads the file itself says what is wrong with it.
        return Session(session_id)
