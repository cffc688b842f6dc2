"""pi as a source of files: sessions in a folder for each project, subagents of some descendants one folder deeper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tokometer.records import ModelCall, Record, infer_provider
from tokometer.sources import folders
from tokometer.sources.jsonl import LinesReader, LinesSource
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.openclaw.entries import Session, SessionMemory
from tokometer.sources.openclaw.keys import Key
from tokometer.sources.openclaw.places import Place, place_of
from tokometer.sources.openclaw.sessions import NOTHING, Known

NAME: Final = "pi"
_SESSIONS: Final = "sessions"
#: The folders of pi and its descendants below the home folder, and the variables that name another.
_PROGRAMS: Final[dict[str, tuple[str, str]]] = {
    "pi": (".pi/agent", "PI_CODING_AGENT_DIR"),
    "omp": (".omp/agent", ""),
    "senpi": (".senpi/agent", "SENPI_CODING_AGENT_DIR"),
    "kimchi": (".config/kimchi/harness", "KIMCHI_CODING_AGENT_DIR"),
    "gjc": (".gjc/agent", "GJC_CODING_AGENT_DIR"),
    "prime-agent": (".prime/agent", "PRIME_AGENT_CODING_AGENT_DIR"),
}
#: Beside its sessions Prime Agent keeps those of the children that they asked.
_CHILDREN: Final = "session-artifacts"
_MARKS: Final = (b'"session"', b'"cwd"')
#: What the title of a session is before its first line, in some versions.
_HEAD: Final = 1 << 16


class PiReader(LinesReader[SessionMemory]):
    """One reading of one session."""

    Memory = SessionMemory

    def __init__(self, path: Path, memory: SessionMemory, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        program = _program_of(path)
        parent, known = _above(path), NOTHING
        if parent:
            known = Known(key=Key(kind="subagent"), label=path.stem)
        # The name ends with the session's id.
        place = Place("transcript", program, path.stem.rpartition("_")[2])

        def known_of(_: str) -> Known:
            return known

        home = folders.home_above(path, *(folder.partition("/")[0] for folder, _ in _PROGRAMS.values()))
        self._session = Session(place, memory, known_of, lambda _: parent, home, NAME)

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        if line.get("type") == "title":
            return ()
        return _as_ours(self._session.take(line, self.noticed, offset))

    def finish(self) -> Iterable[Record]:
        """See `LinesReader.finish`."""
        return _as_ours(self._session.finish())


class Pi(LinesSource):
    """Sessions of pi; see `sources.protocol.FileSource`."""

    name = NAME
    title = "pi"
    reader = PiReader

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of all projects' sessions, of pi and of each descendant."""
        found = {
            program: (folders.setting(env, variable, home) if variable else None) or home / folder
            for program, (folder, variable) in _PROGRAMS.items()
        }
        config = folders.setting(env, "GJC_CONFIG_DIR", home)
        others = [config / "agent" / _SESSIONS] if config is not None else []
        others += [folders.data_home(home, env) / "gjc" / _SESSIONS, found["prime-agent"] / _CHILDREN]
        return [*(folder / _SESSIONS for folder in found.values()), *others]

    def files(self, root: Path) -> Iterable[Path]:
        """The sessions below a folder, by how they begin; OpenClaw's are its own."""
        for path in folders.below(root, lambda name: name.endswith(".jsonl")):
            start = folders.head(path, _HEAD)
            if all(mark in start for mark in _MARKS) and place_of(path) is None and b'"version"' in start:
                yield path


FOUND: Final = Pi()


def _as_ours(records: Iterable[Record]) -> Iterator[Record]:
    """Records with the machine, and without costs that pi reckoned itself where the price book has the price."""
    for record in records:
        record.machine = host()
        if isinstance(record, ModelCall) and infer_provider(record.model):
            record.cost_reported = None
        yield record


def _program_of(path: Path) -> str:
    shown = path.as_posix()
    if "/gjc/sessions/" in shown:
        return "gjc"
    return next((name for name, (folder, _) in _PROGRAMS.items() if f"/{folder}/" in shown), NAME)


def _above(path: Path) -> str:
    """The session of which this is a subagent's: `<time>_<session>/<agent>.jsonl`, beside `<time>_<session>.jsonl`."""
    folder = path.parent
    if "_" in folder.name and folder.with_name(f"{folder.name}.jsonl").exists():
        return folder.name.rpartition("_")[2]
    return ""
