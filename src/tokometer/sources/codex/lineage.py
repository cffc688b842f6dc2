"""Which thread a rollout belongs to, whom it descends from, and when each of them began.

A fork or subagent can start with a copy of its parent's whole history, stamped with the time of the copy. What tells
a copied turn from an own one is that Codex mints ids as UUIDv7: a turn that was minted before the thread existed is
someone else's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from tokometer.records import to_us
from tokometer.sources.codex.rows import BadLine, SessionMeta, decode, kind_of
from tokometer.sources.codex.terms import release_of
from tokometer.sources.frames import head_of

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_FILE: Final = re.compile(rf"rollout-(\d{{4}})-(\d\d)-(\d\d)T.*?({_UUID})\.jsonl(?:\.zst)?$")
_NAMED: Final = re.compile(rf"({_UUID})\.jsonl(?:\.zst)?$")
_SHAPE: Final = re.compile(_UUID)
#: The year 2100: an id that claims to be younger was not made by a clock.
_FAR: Final = 4_102_444_800_000_000
#: The first release whose threads name their parents and whose turns have ids of their own.
_MODERN: Final = (0, 100)
#: How many ancestors are looked up; nobody nests deeper.
DEPTH: Final = 16
#: How much of a parent's file is looked at for its own parents.
_HEADER: Final = 256 << 10


class Thread(NamedTuple):
    """One thread of a family: when it began (µs since the epoch, 0: unknown), and its id."""

    began: int
    id: str


class Origin(NamedTuple):
    """What a `session_meta` says of a thread's descent."""

    parent: str
    #: What kind of subagent it is; empty for a thread that a person talks to.
    subagent: str
    #: False for threads of a release that gave neither turns nor subagents ids: see docs/reference/sources-codex.md.
    modern: bool
    #: Its history lies in another file, wholly or in part, or is copied into this one.
    inherits: bool


class Ancestry(NamedTuple):
    """The threads that one descends from, the nearest first, and whether these are all."""

    threads: list[Thread]
    whole: bool


def minted(identifier: str) -> int | None:
    """When a UUIDv7 was made, in µs since the epoch; None for any other id."""
    if identifier[14:15] != "7" or not _SHAPE.fullmatch(identifier):
        return None
    at = int(identifier[:8] + identifier[9:13], 16) * 1000
    return at if at < _FAR else None


def thread_in(name: str) -> str:
    """The id in the name of a rollout file, or an empty string."""
    found = _NAMED.search(name)
    return found[1] if found else ""


def live_folder(sessions: Path, name: str) -> Path | None:
    """The folder in which a rollout of this name lies while it is not archived."""
    found = _FILE.search(name)
    return sessions.joinpath(found[1], found[2], found[3]) if found else None


def thread_of(meta: SessionMeta) -> Thread:
    """The thread that a `session_meta` introduces."""
    identifier = meta.id or ""
    began = minted(identifier)
    if began is None:
        began = to_us(meta.timestamp) if meta.timestamp else 0
    return Thread(began, identifier)


def origin_of(meta: SessionMeta) -> Origin:
    """The descent that a `session_meta` states."""
    spawn, subagent = _spawn_of(meta.source)
    parent = meta.parent_thread_id or meta.forked_from_id or str(spawn.get("parent_thread_id") or "")
    if subagent:
        subagent = meta.agent_role or str(spawn.get("agent_role") or "") or subagent
    inherits = bool(parent) or meta.history_base is not None
    modern = (
        bool(meta.parent_thread_id or meta.thread_source or meta.history_mode or meta.history_base or subagent)
        or release_of(meta.cli_version or "") >= _MODERN
    )
    return Origin(parent if parent != meta.id else "", subagent, modern, inherits)


def owner_of(turn: str, family: Iterable[tuple[int, str]]) -> str:
    """Which thread of a family ran a turn: the youngest that existed when it was minted.

    A turn whose id does not tell (an old release) is taken to be the oldest thread's, so that every copy of its rows
    gets the same owner.
    """
    threads = sorted(family)
    at = minted(turn)
    if at is None:
        return threads[0][1]
    return next((thread for began, thread in reversed(threads) if began <= at), threads[0][1])


def ancestry(path: Path, parent: str) -> Ancestry:
    """The threads that `parent` descends from and itself, as far as their files say (bounded by `DEPTH`).

    A parent whose file is gone ends the search; its id is then all that is known of it.
    """
    home = home_of(path)
    found: dict[str, Thread] = {}
    whole = bool(parent)
    while parent and parent not in found and len(found) < DEPTH:
        thread, above, there = Thread(minted(parent) or 0, parent), "", False
        for meta in _headers(find(home, parent)):
            if meta.id == parent:
                thread, above, there = thread_of(meta), above or origin_of(meta).parent, True
            elif meta.id and not above:
                above = meta.id
        found[parent] = thread
        whole = whole and there
        parent = above
    return Ancestry(list(found.values()), whole and not parent)


def home_of(path: Path) -> Path:
    """Codex's home folder, seen from a rollout inside it."""
    for folder in path.parents:
        if folder.name in ("sessions", "archived_sessions"):
            return folder.parent
    return path.parent


def project_of(path: Path, cwd: str) -> str:
    """The project that a working directory belongs to, as people would write it: `~/code/app`."""
    codex = home_of(path)
    home = str(codex.parent) if codex.name == ".codex" else ""
    if home and cwd.startswith(home) and cwd[len(home) : len(home) + 1] in ("", "/"):
        return f"~{cwd[len(home) :]}"
    return cwd


def find(home: Path, thread: str) -> Path | None:
    """The rollout of a thread: by date where its id tells it, else anywhere."""
    if not _SHAPE.fullmatch(thread):
        return None
    name = f"*{thread}.jsonl*"
    at = minted(thread)
    if at is not None:
        # The folders are named by local time, which is at most a day off.
        day = datetime.fromtimestamp(at / 1e6, UTC)
        for offset in (0, -1, 1):
            folder = home / "sessions" / (day + timedelta(days=offset)).strftime("%Y/%m/%d")
            for path in sorted(folder.glob(name)):
                return path
    for pattern in (f"sessions/*/*/*/{name}", f"archived_sessions/**/{name}", name):
        for path in sorted(home.glob(pattern)):
            return path
    return None


def _headers(path: Path | None) -> list[SessionMeta]:
    """The `session_meta` lines with which a rollout begins."""
    if path is None:
        return []
    try:
        data = head_of(path, _HEADER)
    except OSError:
        return []
    metas = []
    for line in data.split(b"\n")[:DEPTH]:
        try:
            kind = kind_of(line, 0, len(line)) if line else None
            if kind == ("session_meta", ""):
                metas.append(decode(kind, line).payload)
        except (BadLine, RecursionError):
            continue
    return metas


def _spawn_of(source: Any) -> tuple[dict[str, Any], str]:  # noqa: ANN401 - whatever JSON value Codex wrote
    """What `source` says of a subagent: how it was spawned, and its kind."""
    kind = source.get("subagent") if isinstance(source, dict) else None
    if isinstance(kind, str):
        return {}, kind
    if not isinstance(kind, dict) or not kind:
        return {}, ""
    name, detail = next(iter(kind.items()))
    if isinstance(detail, dict):
        return detail, "subagent" if name == "thread_spawn" else str(name)
    return {}, str(detail or name)
