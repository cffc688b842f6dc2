"""Which files are transcripts, and which are there that no rule reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from tokometer.host.regular import open_regular
from tokometer.host.there import is_file, is_folder
from tokometer.sources.claude_code.places import COWORK

_PROJECTS: Final = "projects"
_CONFIG: Final = ".claude"
#: How a configuration folder is called: `.claude`, `claude`, `.claude-work`.
_CONFIG_NAME: Final = re.compile(r"\.?claude([-_.].*)?")
#: Beside a session of Cowork: it repeats the transcripts.
_AUDIT: Final = "audit.jsonl"

#: Folders of files without usage: outputs of tools that were too long for a line, notes to later sessions.
_SILENT_FOLDERS: Final = frozenset({"tool-results", "memory", "session-memory"})
_SILENT_ENDINGS: Final = (".meta.json", ".lock", ".tmp")
_SILENT_NAMES: Final = frozenset({"sessions-index.json", _AUDIT})

#: Files that no rule reads, of one folder; more are not named.
_MOST_STRANGE: Final = 200
#: How far below the folder of Cowork a session's own folder can be.
_MOST_LEVELS: Final = 6
_SUFFIX: Final = re.compile(r"(\.[A-Za-z][A-Za-z0-9]{0,9}){1,2}$")
_FOLDER: Final = re.compile(r"[A-Za-z][A-Za-z_-]*")
#: How much of a file is looked at to tell whether it is a transcript, and by what.
_HEAD: Final = 64 << 10
_OF_A_LINE: Final = re.compile(
    rb'"(?:isSidechain|userType|leafUuid|requestId|parentUuid|snapshot|costUSD|cache_creation_input_tokens|'
    rb'isApiErrorMessage)"\s*:|"role"\s*:\s*"assistant"'
)
_OF_OTHERS: Final = re.compile(rb'"(?:usageMetadata|projectHash|parentId|session_meta|call_type)"\s*:')


def files_of(root: Path) -> Iterator[Path]:
    """Every transcript under a folder, at any depth, or the file itself; and what lies among them that no rule reads.

    Links to folders are not followed, so that none can lead in circles.
    """
    if not is_folder(root):
        if is_file(root) and (_is_certainly(root) or (_is_ours(root) and is_strange(root))):
            yield root
        return
    # `projects` beside other things of the tool: a user may name the configuration folder itself.
    if root.name != _PROJECTS and is_folder(root / _PROJECTS):
        root /= _PROJECTS
    if COWORK in root.parts and not _is_ours(root):
        for projects in _of_cowork(root):
            yield from _below(projects)
    else:
        yield from _below(root)


def is_transcript(path: Path) -> bool:
    """Whether a file holds a session or a subagent of one, by its path alone."""
    name = path.name
    if not name.endswith(".jsonl") or name.startswith("rollout-") or name == _AUDIT:
        return False
    return COWORK not in path.parts or _is_ours(path)


def _is_certainly(path: Path) -> bool:
    """Whether a file is a transcript, which outside of the tool's folders its name does not say."""
    return is_transcript(path) and (_is_ours(path) or _looks_like_one(path))


def _looks_like_one(path: Path) -> bool:
    """Whether a file begins as transcripts do. Other tools write lines of JSON, too, and some in much the same form."""
    try:
        with open_regular(path) as file:
            head = file.read(_HEAD) or b""
    except OSError:
        # Whoever reads it says why that cannot be done.
        return True
    if not head:
        return True
    return _OF_A_LINE.search(head) is not None and _OF_OTHERS.search(head) is None


def is_strange(path: Path) -> bool:
    """Whether a file among the transcripts is one that is not known to be without usage."""
    name = path.name
    if name.startswith(".") or name in _SILENT_NAMES or name.endswith(_SILENT_ENDINGS) or is_transcript(path):
        return False
    return _SILENT_FOLDERS.isdisjoint(_inside(path))


def shape_of(path: Path) -> str:
    """What a strange file is called without what is its own: `*.ndjson`, `records/*.json`."""
    found = _SUFFIX.search(path.name)
    folders = [part for part in _inside(path)[1:] if _FOLDER.fullmatch(part)]
    return "/".join([*folders[-1:], f"*{found.group() if found else ''}"])


def _is_ours(path: Path) -> bool:
    """Whether a path lies in the `projects` of what is called like a configuration folder, or is it."""
    parts = path.parts
    return any(part == _PROJECTS and _CONFIG_NAME.fullmatch(above) for above, part in pairwise(parts))


def _inside(path: Path) -> tuple[str, ...]:
    """The folders between `projects` and a file."""
    parts = path.parts[:-1]
    if _PROJECTS not in parts:
        return ()
    return parts[len(parts) - parts[::-1].index(_PROJECTS) :]


def _below(root: Path) -> Iterator[Path]:
    ours = _is_ours(root)
    waiting, room = [str(root)], _MOST_STRANGE if ours else 0
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    path = Path(entry.path)
                    if is_transcript(path) and (ours or _looks_like_one(path)):
                        yield path
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif room and entry.is_file(follow_symlinks=False) and is_strange(path):
                        room -= 1
                        yield path
        except OSError:
            # Gone or not ours to list; the folders around it are.
            continue


def _of_cowork(root: Path) -> Iterator[Path]:
    """The `projects` folders of Cowork's sessions: each session has a configuration folder, and much else beside it."""
    waiting = [(str(root), 0)]
    while waiting:
        folder, level = waiting.pop()
        projects = Path(folder) / _CONFIG / _PROJECTS
        if is_folder(projects):
            yield projects
        elif level < _MOST_LEVELS:
            try:
                with os.scandir(folder) as entries:
                    below = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
            except OSError:
                continue
            waiting.extend((path, level + 1) for path in below)
