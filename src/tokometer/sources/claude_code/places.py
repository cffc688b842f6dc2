"""Where Claude Code keeps its transcripts, and what the place of one says about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tokometer.host.regular import read_bytes
from tokometer.sources import folders
from tokometer.sources.claude_code.account import account_of

_NOT_SLUG: Final = re.compile(r"[^A-Za-z0-9]")
#: The folder that Claude's desktop application keeps Cowork's sessions below.
COWORK: Final = "local-agent-mode-sessions"
#: Where Cherry Studio has Claude Code work, below its own folder: today, and before.
_CHERRY_STUDIO: Final = ("Data/Agents/.claude/projects", ".claude/projects")
_META_LIMIT: Final = 1 << 20


class _Meta(msgspec.Struct):
    """`agent-….meta.json`; the rest of it is not ours."""

    agentType: str | None = None  # noqa: N815 - the file's own name


@dataclass(frozen=True, slots=True)
class Place:
    """What a transcript's path says."""

    #: The session that the file belongs to; empty where only its lines know.
    session_id: str
    #: The kind of subagent whose own transcript this is; empty in a session's file.
    subagent: str
    #: The name of the project's folder: its path with everything but letters and digits replaced by `-`.
    slug: str
    #: The home folder of the person, as far as the path shows it.
    home: str
    #: The login of the configuration folder that the transcript lies in.
    account: str = ""
    #: The id of the subagent whose own transcript this is.
    thread: str = ""


def roots(home: Path, env: Mapping[str, str]) -> list[Path]:
    """The `projects` folders of the configuration folders in use, whether they exist yet or not.

    `CLAUDE_CONFIG_DIR` can list several, separated by commas, and may point straight at `projects`; `transcripts`
    beside that is some wrappers'. Cherry Studio has a configuration folder of its own, and Cowork one for each session.
    """
    named = [part.strip() for part in env.get("CLAUDE_CONFIG_DIR", "").split(",") if part.strip()]
    if named:
        bases = [home / part[2:] if part.startswith("~/") else home / part for part in named]
    else:
        config = env.get("XDG_CONFIG_HOME", "")
        bases = [(home / config if config else home / ".config") / "claude", home / ".claude"]
    found: dict[Path, None] = {}
    for base in bases:
        found[base if base.name == "projects" else base / "projects"] = None
    for base in bases:
        if base.name != "projects":
            found[base / "transcripts"] = None
    for base in folders.application_data(home, env, "CherryStudio"):
        found |= dict.fromkeys(base / inside for inside in _CHERRY_STUDIO)
    found[home / "Library" / "Application Support" / "Claude" / COWORK] = None
    return list(found)


def place_of(path: Path) -> Place:
    """What the path of a transcript says, with the type of a subagent from the file beside it."""
    parts = path.parts
    slug_at = len(parts) - 2
    session_id, subagent, thread = path.stem, "", ""
    if path.stem.startswith("agent-"):
        subagent, thread = _agent_type(path), path.stem.removeprefix("agent-")
        session_id = ""
        if "subagents" in parts[:-1]:
            folder = len(parts) - 2 - parts[-2::-1].index("subagents")
            session_id, slug_at = parts[folder - 1], folder - 2
    if "projects" in parts[:-1]:
        projects = len(parts) - 2 - parts[-2::-1].index("projects")
        slug_at = min(projects + 1, len(parts) - 2)
        config = Path(*parts[:projects])
        home = config.parent
        if home.name == ".config":
            home = home.parent
        return Place(session_id, subagent, parts[slug_at], str(home), account_of(config), thread)
    return Place(session_id, subagent, parts[slug_at] if slug_at >= 0 else "", "", thread=thread)


def project_of(cwd: str, place: Place) -> str:
    """The project that a working directory belongs to, as people would write it: `~/code/app`.

    The folder that the session was started in rather than the one that the shell is in now: the nearest one above
    `cwd` that the transcript's folder is named after. Without any `cwd` the folder's name itself.
    """
    if not cwd:
        return place.slug
    project, above = cwd, cwd
    while above:
        if _NOT_SLUG.sub("-", above) == place.slug:
            project = above
            break
        above = above.rpartition("/")[0]
    home = place.home
    if home and project.startswith(home) and project[len(home) : len(home) + 1] in ("", "/"):
        return f"~{project[len(home) :]}"
    return project


def _agent_type(path: Path) -> str:
    """The subagent's type; `subagent` where nothing says more."""
    try:
        meta = msgspec.json.decode(read_bytes(path.with_suffix(".meta.json"), _META_LIMIT), type=_Meta)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "subagent"
    return meta.agentType or "subagent"
