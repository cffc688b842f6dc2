"""Mux as a source of files, and what it adds up of a workspace as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from tokometer.host.regular import read_bytes
from tokometer.records import ModelCall, Record, RecordError, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.documents import DocumentSource, Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import charged, covering, total

NAME: Final = "mux"
_FILE: Final = "session-usage.json"
_MARK: Final = b'"byModel"'
_PARTS: Final = ("input", "cached", "cacheCreate", "output", "reasoning")
_MOST_BYTES: Final = 16 << 20


class Mux(DocumentSource):
    """Workspaces of Mux; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Mux"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of sessions."""
        return [(folders.setting(env, "MUX_ROOT", home) or home / ".mux") / "sessions"]

    def files(self, root: Path) -> Iterable[Path]:
        """What the workspaces below a folder used."""
        for path in folders.below(root, lambda name: name == _FILE):
            if _MARK in folders.head(path, 1 << 20):
                yield path

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
        """A call for each model of a workspace."""
        document = Told(json_object(content))
        last = document.within("lastRequest").moment("timestamp")
        project, created = _workspace(path)
        for at, name in enumerate(document.within("byModel").plain):
            used = document.within("byModel").within(name)
            yield Item(at, partial(_call, used, name, path.parent.name, project, created, last, noticed))


FOUND: Final = Mux()


def _call(
    used: Told, name: str, workspace: str, project: str, created: int | None, last: int | None, noticed: Noticed
) -> Iterator[Record]:
    for key in used.beside(frozenset({*_PARTS, "model"})):
        noticed.add("usage", f"byModel.{key}")
    tokens = {part: used.within(part).whole("tokens") or 0 for part in _PARTS}
    if not any(tokens.values()):
        return
    by, _, model = name.rpartition(":") if name.count(":") == 1 else name.partition(":")
    costs = [used.within(part).money("cost_usd") for part in _PARTS]
    call = ModelCall(
        source=NAME,
        native_id=f"{workspace}|{name}",
        # A workspace that is not in the list (any more) is known by its last request only.
        started_at=used.needed(created if created is not None else last, "lastRequest.timestamp"),
        machine=host(),
        provider=(provider_of(by) if by else "") or infer_provider(model),
        model=model,
        input_tokens=tokens["input"],
        cache_read_tokens=tokens["cached"],
        cache_write_unknown_tokens=tokens["cacheCreate"],
        # Mux takes reasoning out of the output.
        output_tokens=tokens["output"] + tokens["reasoning"],
        reasoning_tokens=tokens["reasoning"],
        cost_reported=charged(model, sum(cost for cost in costs if cost)),
        session_id=workspace,
        project=project,
        agent=NAME,
    )
    yield covering(call, updated_at=total(call))


def _workspace(path: Path) -> tuple[str, int | None]:
    """The project of a workspace and when it was made, as the application's settings say; empty where they do not."""
    try:
        settings = Told(json_object(read_bytes(path.parent.parent.parent / "config.json", _MOST_BYTES)))
    except (OSError, RecordError):
        return "", None
    home = folders.home_above(path, ".mux")
    listed: Any = settings.raw("projects")
    for one in listed if isinstance(listed, list) else ():
        folder, value = one if isinstance(one, list) and len(one) == 2 else ("", None)  # noqa: PLR2004 - a pair
        workspaces = value.get("workspaces") if isinstance(value, dict) else None
        for workspace in workspaces if isinstance(workspaces, list) else ():
            if isinstance(workspace, dict) and path.parent.name == workspace.get("id") and isinstance(folder, str):
                try:
                    created = Told(workspace).moment("createdAt")
                except RecordError:
                    created = None
                return folders.project(folder, home), created
    return "", None
