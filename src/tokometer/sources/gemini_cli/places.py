"""Where Gemini CLI records chats, and what a path says of one.

`<home>/.gemini/tmp/<project>/chats/session-<time>-<id>.jsonl` (`.json` before), subagents one folder deeper, in one
that is named after their parent's session. The project's folder is named by the SHA-256 of its path, or by a short name
with the path in `.project_root`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from tokometer.host.regular import read_bytes
from tokometer.sources import folders

NAME: Final = "gemini_cli"
_CHATS: Final = "chats"
_ENDINGS: Final = (".json", ".jsonl")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SHORT: Final = 12
_MOST_BYTES: Final = 1 << 20
#: What only a chat has at its beginning; other tools record chats in folders of the same name.
_MARKS: Final = (b'"sessionId"', b'"projectHash"')
#: Folders of descendants, which have sources of their own.
_OTHERS: Final = frozenset({".qwen", ".iflow"})
_OWN: Final = frozenset({".gemini", *_OTHERS})
#: The id of a subagent's session ends with its name and six letters or digits: `…-codebase_investigator-x4k2p9`.
_SUBAGENT: Final = re.compile(r"(?:^|[-#\d])([A-Za-z_]\w*(?:-[A-Za-z_]\w*)*)-[a-z0-9]{1,6}$")


class Place(NamedTuple):
    """What the path of a chat says."""

    #: The session that this one works for; empty where it works for a person.
    parent: str
    project: str
    home: str


def roots(home: Path, env: Mapping[str, str]) -> list[Path]:
    """The folder of all projects' chats. `GEMINI_CLI_HOME` stands for the home folder.

    Tools that count what Gemini CLI used take it for `.gemini` itself, so that some set it so.
    """
    named = folders.setting(env, "GEMINI_CLI_HOME", home)
    return [home / ".gemini" / "tmp"] if named is None else [named / ".gemini" / "tmp", named / "tmp"]


def chats(root: Path) -> Iterator[Path]:
    """The chats below a folder, or the one that `root` is."""
    for path in folders.below(root, lambda name: name.endswith(_ENDINGS)):
        placed = path == root or _CHATS in (path.parent.name, path.parent.parent.name)
        if placed and _OTHERS.isdisjoint(path.parts) and is_chat(path):
            yield path


def is_chat(path: Path) -> bool:
    """Whether a file begins as a chat does. Where nobody else keeps any, less of that will do."""
    start = folders.head(path)
    enough = all if _OWN.isdisjoint(path.parts) else any
    return enough(mark in start for mark in _MARKS)


def place_of(path: Path) -> Place:
    """What the path of a chat says, with what lies beside it about its project."""
    chats_folder = path.parent
    parent = ""
    if chats_folder.name != _CHATS and chats_folder.parent.name == _CHATS:
        parent, chats_folder = chats_folder.name, chats_folder.parent
    folder = chats_folder.parent if chats_folder.name == _CHATS else None
    home = folders.home_above(path, ".gemini")
    return Place(parent, _project(folder, home) if folder is not None else "", home)


def subagent_of(session: str, parent: str) -> str:
    """The name of the subagent whose session this is; `subagent` where its id does not say."""
    found = _SUBAGENT.search(session.removeprefix(parent))
    return found[1] if found else "subagent"


def _project(folder: Path, home: str) -> str:
    try:
        path = read_bytes(folder / ".project_root", _MOST_BYTES).decode("utf-8", "replace").strip()
    except OSError:
        path = ""
    if not path and _HASH.fullmatch(folder.name):
        path = _hashed(folder, folder.name) or folder.name[:_SHORT]
    return folders.project(path or folder.name, home)


def _hashed(folder: Path, digest: str) -> str:
    """The path of which this is the hash, where the list of projects has it."""
    try:
        known = msgspec.json.decode(read_bytes(folder.parent.parent / "projects.json", _MOST_BYTES))
        paths = [path for path in known["projects"] if isinstance(path, str)]
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, RecursionError):
        return ""
    return next((path for path in paths if sha256(path.encode("utf-8", "replace")).hexdigest() == digest), "")
