"""Whose rows a rollout holds: its own thread's, or copies of an ancestor's.

Three cases. A thread that descends from nobody: all rows are its own. A thread of a release that gives turns ids: what
comes before its own first turn is inherited, lies in the ancestor's own rollout as well, and is not read. A thread of
an older release: rows are given to the thread that ran them, under ids that are the same in every copy, so that the
ledger keeps one of them.

All of that asks ids when they were made. Where those of a family contradict each other, or say nothing, the numbers of
a row are what is left: the rows of a thread that may hold a copy are the eldest's, under ids that every copy has.
"""

from __future__ import annotations

from pathlib import Path

from tokometer.records import to_us
from tokometer.records.providers import provider_of
from tokometer.records.redaction import redacted
from tokometer.sources.codex.lineage import ancestry, minted, origin_of, owner_of, project_of, thread_of
from tokometer.sources.codex.rows import SessionMeta
from tokometer.sources.codex.state import State
from tokometer.sources.codex.terms import said

_SECOND = 1_000_000
_FAR = 1 << 62
#: What is kept of a program's name and version.
_LONGEST = 60


def introduce(state: State, meta: SessionMeta, path: Path) -> None:
    """Take a `session_meta`: the first of a file names its thread, another thread's heads a copy of that one's history.

    A thread repeats its own when it is resumed; that says nothing new.
    """
    if state.met:
        if meta.id and meta.id != state.thread and not state.own:
            state.copied = True
            state.parent = state.parent or meta.id
            above = origin_of(meta).parent
            state.highest, state.rooted = above or meta.id, not above
            _adopt(state, meta.id, path)
            if state.eldest:
                _doubt(state, path)
        return
    origin = origin_of(meta)
    state.met = True
    if meta.id:
        state.thread, state.began = meta.id, thread_of(meta).began
    state.stated_at = to_us(meta.timestamp) if meta.timestamp else state.began
    state.family = [(state.began, state.thread)]
    state.parent, state.subagent = origin.parent, origin.subagent
    state.inherits, state.modern = origin.inherits, origin.modern
    state.forked = bool(meta.forked_from_id) or meta.history_base is not None
    state.project = project_of(path, meta.cwd or "")
    state.branch = (meta.git.branch or "") if meta.git else ""
    state.provider = provider_of(meta.model_provider or "")
    state.client, state.release = redacted(meta.originator or "", _LONGEST), redacted(meta.cli_version or "", _LONGEST)
    state.model = said(meta.model) or state.model
    _adopt(state, origin.parent, path)


def owner(state: State) -> str:
    """The thread that wrote the present row first; empty where that is an ancestor with a rollout of its own."""
    if not _may_copy(state):
        return state.thread
    if state.eldest:
        return state.eldest
    if state.modern:
        return state.thread if state.own else ""
    return owner_of(state.turn, state.family)


def is_certain(state: State) -> bool:
    """Whether :func:`owner` knows, or only gives every copy of a row the same answer (turns without ids)."""
    if not _may_copy(state):
        return True
    return not state.eldest and (state.modern or minted(state.turn) is not None)


def enter(state: State, turn: str, started: float | str | None, path: Path) -> None:
    """A turn begins or goes on; the first that can only be the thread's own ends what was inherited.

    `started` is when Codex says that the turn began, in seconds since the epoch; copies keep it.
    """
    state.turn = turn or state.turn
    if state.own or state.eldest:
        return
    at = minted(turn)
    if at is not None and state.began:
        state.dated = True
        state.own = at >= state.began
        # Most turns that were copied are the parent's: its files are looked for only where one is older than it.
        if not state.own and state.modern and at < (minted(state.parent) or _FAR) and at < _dawn(state, path):
            _doubt(state, path)
    elif isinstance(started, float) and state.began:
        state.own = started >= state.stated_at // _SECOND
    elif not state.dated:
        state.own = not state.copied
        if turn and state.modern and _may_copy(state):
            _doubt(state, path)


def _may_copy(state: State) -> bool:
    """Whether rows of the rollout can be copies.

    Where ids tell nothing, a thread that somebody spawned has none unless the other's `session_meta` is among them.
    """
    return state.copied or (state.forked if state.eldest else state.inherits)


def _adopt(state: State, parent: str, path: Path) -> None:
    """Learn a parent and its ancestors. Only releases whose turns have no ids need to know them."""
    if not parent:
        return
    made = minted(state.thread)
    if not state.eldest and made is not None and made <= (minted(parent) or 0):
        # A thread that is no younger than what it descends from.
        _doubt(state, path)
    if state.modern:
        return
    known = {thread for _, thread in state.family}
    state.family += [(began, thread) for began, thread in ancestry(path, parent).threads if thread not in known]


def _doubt(state: State, path: Path) -> None:
    """Ask ids of this family for times no more."""
    above = ancestry(path, state.highest or state.parent).threads
    state.own, state.eldest = False, above[-1].id if above else state.parent or state.thread


def _dawn(state: State, path: Path) -> int:
    """When the eldest of the family began, before which there can be no turn; 0 where not all of it is known."""
    if state.dawn is None:
        above = ancestry(path, state.highest or state.parent)
        known = above.whole or state.rooted
        state.dawn = min((began for began, _ in above.threads), default=0) if known else 0
    return state.dawn
