"""A turn of a thread (one task given to Codex, from prompt to answer) as an agent run."""

from __future__ import annotations

from tokometer.records import AgentRun
from tokometer.sources.codex.state import State, Turn


def run_of(turn: Turn, state: State, source: str, *, status: str = "running", ended_at: int | None = None) -> AgentRun:
    """The run that a turn is, as it stands; a finished one supersedes the running one."""
    return AgentRun(
        source=source,
        native_id=f"turn:{turn.owner}:{turn.id or turn.number}",
        started_at=turn.started_at,
        revision=int(ended_at is not None),
        origin=state.began,
        trace_id=turn.id,
        span_id=turn.id,
        agent=state.subagent or source,
        status=status,  # type: ignore[arg-type]
        error_message=turn.failed,
        ended_at=ended_at,
        role="subagent" if state.subagent else "main",
        session_id=state.thread,
        parent_session_id=state.parent,
        project=state.project,
        model=state.model,
        stated_tokens=turn.stated_tokens,
    )
