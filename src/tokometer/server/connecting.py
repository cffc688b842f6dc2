"""The ways in, as a page tells them: what to paste, with this machine's own address."""

from __future__ import annotations

import shlex
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokometer.server.received import shortened
from tokometer.sources.recipes import exporter, one_call
from tokometer.sources.registry import SOURCES

if TYPE_CHECKING:
    from tokometer.server.runtime import Runtime

#: Folders that a sentence names.
_FOLDERS = 4
#: Families whose files are exports, which are read where somebody names them.
_NAMED = frozenset({"gateways", "own"})


def ways(runtime: Runtime, url: str) -> dict[str, Any]:
    """What `connect.html` shows: whether and where transcripts are looked for, and commands for a server at `url`."""
    return {
        "discover": runtime.discover,
        "found": _found(runtime),
        "import_command": f"{_command()} import --data {shlex.quote(str(runtime.data))}",
        "exporter": exporter(url),
        "grpc": runtime.grpc,
        "one_call": one_call(url),
        "agents": [source.title for source in SOURCES.values() if source.found and source.family not in _NAMED],
        "tools": [
            {"title": source.title, "about": source.about, "recipe": source.recipe(url)}
            for source in SOURCES.values()
            if source.recipe and source.name != "otlp"
        ],
        "ship_command": f"tokometer ship --to {url}",
        "demo_command": f"{_command()} demo --port 0",
    }


@cache
def _command() -> str:
    """How this program is called in a shell: by its name where that is found, else by where it is."""
    installed = Path(sys.executable).with_name("tokometer")
    found = shutil.which("tokometer")
    if not installed.exists() or (found and Path(found).resolve() == installed.resolve()):
        return "tokometer"
    return shlex.quote(str(installed))


def _found(runtime: Runtime) -> str:
    """Which folders are watched, in a sentence."""
    if runtime.follower is None:
        return ""
    roots = [shortened(root, runtime.home) for root in runtime.follower.following.roots]
    if not roots:
        return "None of their folders is there yet; when one appears, it is read at once."
    more = f" and {len(roots) - _FOLDERS} more folders" if len(roots) > _FOLDERS else ""
    return f"Watching {', '.join(roots[:_FOLDERS])}{more}."
