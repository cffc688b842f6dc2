"""What Ollama (0.33) answers: `/api/tags` (its disk), `/api/ps` (its memory), `/api/show` (one model), `/api/version`.

Formats: docs.ollama.com/api, checked in November 2026. What a model is stays the same as long as its digest does, so
each is asked for once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import Record
from tokometer.records.values import moment
from tokometer.sources.inventory import Shelf, Told, parameters_in
from tokometer.sources.noticed import Noticed
from tokometer.sources.ollama.described import Described, described, yes_no
from tokometer.sources.polling import fetch_json
from tokometer.sources.protocol import Fetch, PollError, Reading, Target
from tokometer.sources.remembered import decoded, encoded
from tokometer.sources.series import Point, samples_of, series_of

NAME: Final = "ollama"
_ADDRESS: Final = "http://127.0.0.1:11434"
_PORT: Final = 11_434
#: New models that are asked about at once; the others come with the next question.
_MOST_SHOWN: Final = 25


class Loaded(msgspec.Struct, array_like=True):
    """A model in memory: until when, by what Ollama said; and since when that was another time (µs)."""

    until: str
    used_at: int


class Memory(msgspec.Struct, array_like=True):
    """What is remembered of a server."""

    told: dict[str, Told] = msgspec.field(default_factory=dict)
    #: By digest.
    models: dict[str, Described] = msgspec.field(default_factory=dict)
    loaded: dict[str, Loaded] = msgspec.field(default_factory=dict)


class OllamaPoll:
    """Asks one Ollama."""

    every: float = 30.0

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:  # noqa: ARG002 - it is not in the home folder
        """Where Ollama listens by itself, or where `OLLAMA_HOST` says, as Ollama's own client reads it."""
        return [Target("ollama", address_in(env.get("OLLAMA_HOST", "")), self.every)]

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:
        """Models on the disk as far as something is new of them, and what those in memory take."""
        memory = decoded(state, Memory)
        tags, running = _models(fetch_json(fetch, "/api/tags")), _models(fetch_json(fetch, "/api/ps"))
        noticed = Noticed(NAME, target.url)
        shelf = Shelf(NAME, NAME, target, now)
        _describe(tags, memory, fetch, noticed)
        used = _used(running, memory, now)
        in_memory = {_name(one) for one in running}
        for one in tags:
            name = _name(one)
            model = memory.models.get(str(one.get("digest")), Described())
            shelf.put(name, **_fields(one, model), status="loaded" if name in in_memory else "available")
            if name in used:
                shelf.used(name, used[name])
        records: list[Record] = [*shelf.changes(memory.told)]
        records += _taken(running, memory, target, shelf.machine, now)
        return Reading(records, notices=noticed.all(), state=encoded(memory))


def address_in(told: str) -> str:
    """The address that `OLLAMA_HOST` means: a scheme, a host or a port alone may be missing."""
    text = told.strip().strip("\"'").rstrip("/")
    if not text:
        return _ADDRESS
    scheme, _, rest = text.rpartition("://")
    host, _, path = rest.partition("/")
    if host.isdecimal():
        host = f":{host}"
    name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not colon or not port.isdecimal():
        name, port = host.rstrip(":"), "443" if scheme == "https" else "80" if scheme == "http" else str(_PORT)
    # It listens everywhere, and is asked here.
    name = "127.0.0.1" if name in ("", "0.0.0.0", "[::]") else name  # noqa: S104
    return f"{scheme or 'http'}://{name}:{port}{f'/{path}' if path else ''}"


def _models(answer: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    models = answer.get("models") if isinstance(answer, dict) else None
    if not isinstance(models, list):
        raise PollError("answers, but not as Ollama does: is something else at this address?")
    return [one for one in models if isinstance(one, dict) and _name(one)]


def _name(one: Mapping[str, Any]) -> str:
    name = one.get("model") or one.get("name")
    return name if isinstance(name, str) else ""


def _describe(tags: list[dict[str, Any]], memory: Memory, fetch: Fetch, noticed: Noticed) -> None:
    """Ask what new models are, and forget those that are gone."""
    digests = {str(one.get("digest")): _name(one) for one in tags}
    memory.models = {digest: known for digest, known in memory.models.items() if digest in digests}
    new = [digest for digest in digests if digest not in memory.models]
    for digest in new[:_MOST_SHOWN]:
        try:
            answer = fetch_json(fetch, "/api/show", body={"model": digests[digest]})
        except PollError:
            # It may have been removed in this moment; it is asked about again the next time.
            continue
        memory.models[digest] = model = described(answer)
        for word in model.unknown:
            noticed.add("field", f"capabilities.{word}")


def _fields(one: Mapping[str, Any], model: Described) -> dict[str, Any]:
    """What is known of a model on the disk."""
    details = one.get("details")
    details = details if isinstance(details, dict) else {}
    elsewhere = bool(one.get("remote_host") or one.get("remote_model"))
    labels = {"capabilities": ", ".join(model.capabilities), "parameters": model.settings}
    return {
        "title": model.title,
        "family": _text(details.get("family")) or model.family,
        "size_bytes": None if elsewhere else _whole(one.get("size")),
        "parameters": model.parameters or parameters_in(details.get("parameter_size")),
        "quantisation": _text(details.get("quantization_level")),
        "file_format": _text(details.get("format")),
        "context_window": model.context_window,
        "tools": yes_no(model, "tools"),
        "vision": yes_no(model, "vision"),
        # What runs in Ollama's cloud has a name here, and nothing else.
        "installed": "no" if elsewhere else "yes",
        "licence": model.licence,
        "installed_at": _moment(one.get("modified_at")),
        "labels": {name: value for name, value in labels.items() if value} or None,
    }


def _used(running: list[dict[str, Any]], memory: Memory, now: int) -> dict[str, int]:
    """When each model in memory was last used: the time until which it stays moves with every use."""
    found = {}
    for one in running:
        name, until = _name(one), str(one.get("expires_at"))
        before = memory.loaded.get(name)
        found[name] = before.used_at if before and before.until == until else now
        memory.loaded[name] = Loaded(until, found[name])
    return found


def _taken(running: list[dict[str, Any]], memory: Memory, target: Target, machine: str, now: int) -> Iterator[Record]:
    """What each model takes of the memory; once 0 where it was there before and is not now."""
    taken = {_name(one): one for one in running}
    for name in list(memory.loaded):
        one = taken.get(name)
        for metric, key, unit in (
            ("ollama.model.vram", "size_vram", "By"),
            ("ollama.model.memory", "size", "By"),
            ("ollama.model.context", "context_length", "tokens"),
        ):
            value = 0 if one is None else _whole(one.get(key))
            if value is not None:
                labels = {"host.name": machine, "model": name, "provider": NAME}
                yield from samples_of(series_of(metric, labels, unit, target.name), Point(now, float(value)), NAME)
        if one is None:
            del memory.loaded[name]


def _text(value: object) -> str:
    return value if isinstance(value, str) and value != "unknown" else ""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _moment(value: object) -> int | None:
    try:
        return moment(value) or None
    except ValueError:
        return None
