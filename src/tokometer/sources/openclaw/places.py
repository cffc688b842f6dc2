"""Where OpenClaw keeps what it knows, and what the place of a file says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from tokometer.sources.folders import below, setting

SOURCE_NAME: Final = "openclaw"

#: What a file can be. `strange`: it lies where transcripts do, and no rule says what it is.
Kind = Literal["transcript", "sessions", "jobs", "runs", "agent", "state", "strange"]

#: Its folder, by its names in the order in which it had them, and the variables that name another.
FOLDERS: Final = (".openclaw", ".clawdbot", ".moltbot", ".moldbot")
_STATE_DIRS: Final = ("OPENCLAW_STATE_DIR", "CLAWDBOT_STATE_DIR", "MOLTBOT_STATE_DIR")
#: What is below it and holds usage. Workspaces lie beside, and are nobody's business.
_PARTS: Final = ("agents", "cron", "state", "tasks")

_AGENTS: Final = "agents"
_SESSIONS: Final = "sessions"
#: The jobs, and what became of them, which later releases keep apart.
_JOBS: Final = frozenset({"jobs.json", "jobs-state.json"})
_AGENT_DATABASE: Final = "openclaw-agent.sqlite"
_STATE_DATABASES: Final = frozenset({("state", "openclaw.sqlite"), ("tasks", "runs.sqlite")})
#: What becomes of a transcript's name: it is archived, put aside by a migration, compressed.
_TRANSCRIPT: Final = re.compile(
    r"(?P<session>[^.]+)(?P<copy>\.checkpoint\.[\w-]+)?\.jsonl"
    r"(?:\.(?:deleted|reset|bak|archived|migrated|imported)(?:[.\-][\w.:\-]*)?)?(?:\.zst)?"
)
#: Beside transcripts lie locks, half-written files and what a debugger wrote.
_PASSED_OVER: Final = re.compile(r".*(\.lock|\.tmp|\.trajectory(-path)?\.jsonl?|\.trajectory\.jsonl.*)$")
_RUNS: Final = re.compile(r"[^/]+\.jsonl(\.migrated)?")
_TOPIC: Final = "-topic-"


class Place(NamedTuple):
    """What a path says."""

    kind: Kind
    #: The agent whose it is; empty where it is of all.
    agent: str = ""
    #: The session, of a transcript whose first line is lost.
    session_id: str = ""
    #: Where the index of the agent's sessions lies.
    sessions: Path = Path()
    #: True for a copy that was made of a transcript before it was shortened: its calls count, it is no session.
    copy: bool = False


def roots(home: Path, env: Mapping[str, str]) -> list[Path]:
    """The folders that an installation for this home would write usage to; see `FileSource.roots`.

    `OPENCLAW_STATE_DIR` names the folder, `OPENCLAW_HOME` the home folder that it is in (dashboards take it for the
    folder itself). A profile has a folder of its own: `~/.openclaw-work`.
    """
    named = [path for name in _STATE_DIRS if (path := setting(env, name, home)) is not None]
    bases = named or list(_folders(home))
    other = setting(env, "OPENCLAW_HOME", home)
    if other is not None and not named:
        bases = [*_folders(other), *([other] if (other / "openclaw.json").exists() else ())]
    return [base / part for base in dict.fromkeys(bases) for part in _PARTS]


def _folders(home: Path) -> Iterator[Path]:
    yield from (home / name for name in FOLDERS)
    try:
        yield from sorted(path for path in home.glob(".openclaw-*") if path.is_dir())
    except OSError:
        return


def files(root: Path) -> Iterable[Path]:
    """The files below a folder that are read; see `FileSource.files`."""
    return (path for path in below(root, _may_be) if place_of(path) is not None)


def _may_be(name: str) -> bool:
    return ".json" in name or name.endswith(".sqlite")


def place_of(path: Path) -> Place | None:
    """What a path says; None where it is not one of these files."""
    parts, name = path.parts, path.name
    if parts[-2:] in _STATE_DATABASES:
        return Place("state")
    if parts[-3:-1] == ("cron", "runs") and _RUNS.fullmatch(name):
        return Place("runs")
    if parts[-2:-1] == ("cron",) and name.removesuffix(".migrated") in _JOBS:
        return Place("jobs")
    # A home folder can be below another that is called `agents`, so the last one counts.
    for at in range(len(parts) - 3, -1, -1):
        if parts[at] == _AGENTS:
            return _of_agent(Path(*parts[: at + 2]), parts[at + 2 :])
    return None


def _of_agent(folder: Path, rest: tuple[str, ...]) -> Place | None:
    name, agent = rest[-1], folder.name
    sessions = folder / _SESSIONS
    if name == _AGENT_DATABASE:
        return Place("agent", agent, sessions=sessions)
    if not rest[1:] or (rest[0] != _SESSIONS and "archive" not in rest[0]):
        return None
    if name.removesuffix(".migrated") == "sessions.json":
        return Place("sessions", agent, sessions=sessions)
    if ".jsonl" not in name or _PASSED_OVER.fullmatch(name):
        return None
    found = _TRANSCRIPT.fullmatch(name)
    if found is None:
        return Place("strange", agent)
    return Place("transcript", agent, found["session"].partition(_TOPIC)[0], sessions, bool(found["copy"]))
