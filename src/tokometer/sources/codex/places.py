"""Where rollouts lie, under which names, and which of two copies is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tokometer.host.there import is_file
from tokometer.sources.codex.lineage import live_folder
from tokometer.sources.codex.rows import is_rollout
from tokometer.sources.folders import below
from tokometer.sources.frames import SUFFIX, head_of

#: How much of a file is looked at to tell whether it is a rollout.
HEAD: Final = 64 << 10
LIVE: Final = "sessions"
ARCHIVE: Final = "archived_sessions"
_ENDINGS: Final = (".jsonl", f".jsonl{SUFFIX}")
#: What lies beside rollouts and never held usage: notes of the system, files that are being written, and what the first
#: Codex (in TypeScript, until mid 2025) kept.
_HARMLESS: Final = re.compile(r"\..*|.*\.(?:tmp|lock|part)|rollout-.*\.json|desktop\.ini|Thumbs\.db", re.IGNORECASE)
_NUMBERS: Final = re.compile(r"[0-9a-f]{8,}|[0-9]+", re.IGNORECASE)


def rollouts(root: Path) -> Iterator[Path]:
    """The files under a folder that are to be read, or the one file that `root` is.

    Of two copies one is: the live one rather than the archived, the plain one rather than the compressed. Codex
    prefers them so as well.
    """
    if is_file(root):
        # Whoever names a file may name one of any tool.
        if is_named_rollout(root.name) or _looks_like_one(root):
            yield root
        return
    own = root.name in (LIVE, ARCHIVE)
    for path in _walk(root, all_files=own):
        if not may_be_rollout(path.name) or not _is_shadowed(path):
            yield path


def is_named_rollout(name: str) -> bool:
    """Whether a file is called what Codex calls a rollout."""
    return name.startswith("rollout-") and may_be_rollout(name)


def may_be_rollout(name: str) -> bool:
    """Whether a file could be a rollout by the end of its name."""
    return name.endswith(_ENDINGS)


def shape_of(name: str) -> str:
    """A file's name without what makes it different from others of its kind: `notes-#.txt`."""
    return _NUMBERS.sub("#", name)


def _looks_like_one(path: Path) -> bool:
    try:
        return may_be_rollout(path.name) and is_rollout(head_of(path, HEAD))
    except OSError:
        return False


def _walk(root: Path, *, all_files: bool) -> Iterator[Path]:
    """The files under a folder, those that are called rollouts or all that may hold anything."""
    return below(root, lambda name: is_named_rollout(name) or (all_files and not _HARMLESS.fullmatch(name)))


def _is_shadowed(path: Path) -> bool:
    """Whether the same rollout lies in a place or form that is preferred.

    An archived one may still lie where it was live: at the same relative place, or where its date puts it.
    """
    plain = path.name.removesuffix(SUFFIX)
    if plain != path.name and is_file(path.with_name(plain)):
        return True
    parts = path.parts
    if ARCHIVE not in parts:
        return False
    at = len(parts) - 1 - parts[::-1].index(ARCHIVE)
    sessions = Path(*parts[:at], LIVE)
    folders = [sessions.joinpath(*parts[at + 1 : -1]), live_folder(sessions, plain)]
    return any(folder is not None and is_file(folder / name) for folder in folders for name in (plain, plain + SUFFIX))
