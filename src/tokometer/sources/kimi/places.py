"""Where sessions of Kimi lie, and what lies beside them."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from tokometer.host.regular import read_bytes
from tokometer.sources import folders

NAME: Final = "kimi"
WIRE: Final = "wire.jsonl"
_MOST_BYTES: Final = 16 << 20


class Place(NamedTuple):
    """What the path of a session says, with what lies beside it."""

    session: str
    project: str
    #: The subagent whose lines these are (Kimi Code keeps each in a file of its own).
    agent: str
    #: The model that is configured now (Kimi CLI does not write down which one answered).
    model: str


def place_of(path: Path) -> Place:
    """What a path says."""
    if path.parent.parent.name == "agents":
        return _code(path)
    session, group = path.parent, path.parent.parent
    base = group.parent.parent
    known = _json(base / "kimi.json")
    paths = [one.get("path") for one in known.get("work_dirs") or () if isinstance(one, dict)]
    found = next((one for one in paths if isinstance(one, str) and _digest(one) in group.name), "")
    return Place(session.name, folders.project(found, str(base.parent)), "", _configured(base))


def _code(path: Path) -> Place:
    """`<base>/sessions/<workspace>/<session>/agents/<agent>/wire.jsonl`."""
    session = path.parent.parent.parent
    base = session.parent.parent.parent
    listed = _json(base / "workspaces.json").get("workspaces")
    workspace = listed.get(session.parent.name) if isinstance(listed, dict) else None
    root = workspace.get("root") if isinstance(workspace, dict) else ""
    agent = "" if path.parent.name in ("main", "root", "default") else path.parent.name
    return Place(session.name, folders.project(str(root or ""), str(base.parent)), agent, "")


def _configured(base: Path) -> str:
    """The model that Kimi CLI is set to use."""
    settings = _json(base / "config.json")
    if not settings:
        try:
            settings = msgspec.toml.decode(read_bytes(base / "config.toml", _MOST_BYTES))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return ""
    name = settings.get("default_model") or settings.get("model") or ""
    models = settings.get("models")
    chosen = models.get(name) if isinstance(models, dict) else None
    model = chosen.get("model") if isinstance(chosen, dict) else name
    return model if isinstance(model, str) else ""


def _digest(path: str) -> str:
    return md5(path.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _json(path: Path) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(read_bytes(path, _MOST_BYTES))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
