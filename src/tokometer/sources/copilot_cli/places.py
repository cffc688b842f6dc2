"""Where Copilot CLI keeps what it knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

from tokometer.host.there import is_file
from tokometer.sources.folders import head, setting

SOURCE_NAME: Final = "copilot_cli"

Kind = Literal["events", "store", "telemetry"]

STORE: Final = "session-store.db"
_STATE: Final = "session-state"
_EVENTS: Final = "events.jsonl"
_TELEMETRY: Final = "otel"
#: Words that the telemetry of Copilot has near its beginning, and nobody else's.
_MARKS: Final = (b"github.copilot", b"github-copilot")


def roots(home: Path, env: Mapping[str, str]) -> list[Path]:
    """Its folder, and the file that its telemetry is written to where that is elsewhere; see `FileSource.roots`."""
    base = setting(env, "COPILOT_HOME", home) or home / ".copilot"
    exported = setting(env, "COPILOT_OTEL_FILE_EXPORTER_PATH", home)
    return [base, *([exported] if exported is not None and base not in exported.parents else ())]


def files(root: Path) -> Iterator[Path]:
    """Its store, the events of its sessions, and its telemetry."""
    if is_file(root):
        if kind_of(root) is not None or _is_telemetry(root):
            yield root
        return
    if is_file(root / STORE):
        yield root / STORE
    for folder in (root / _STATE, root if root.name == _STATE else None):
        for path in _listed(folder):
            events = path / _EVENTS
            if is_file(events):
                yield events
            elif path.suffix == ".jsonl" and is_file(path):
                yield path
    for folder in (root / _TELEMETRY, root if root.name == _TELEMETRY else None):
        yield from (path for path in _listed(folder) if path.suffix == ".jsonl" and is_file(path))


def kind_of(path: Path) -> Kind | None:
    """What a file is by its place; None where that does not tell."""
    if path.name == STORE:
        return "store"
    if path.name == _EVENTS and path.parent.parent.name == _STATE:
        return "events"
    if path.suffix == ".jsonl" and path.parent.name == _STATE:
        return "events"
    if path.suffix == ".jsonl" and path.parent.name == _TELEMETRY:
        return "telemetry"
    return None


def session_of(events: Path) -> str:
    """The session that a file of events is of, by its place."""
    return events.parent.name if events.name == _EVENTS else events.stem


def store_beside(events: Path) -> Path:
    """The store of the folder that a file of events lies in."""
    state = events.parent.parent if events.name == _EVENTS else events.parent
    return state.parent / STORE


def _is_telemetry(path: Path) -> bool:
    if path.suffix != ".jsonl":
        return False
    start = head(path, 16 << 10)
    return b'"type":"span"' in start.replace(b" ", b"") and any(mark in start for mark in _MARKS)


def _listed(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
