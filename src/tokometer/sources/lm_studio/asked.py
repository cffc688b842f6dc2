"""What LM Studio answers: `/api/v1/models` (0.4 and later), `/api/v0/models` (from 0.3.6 on).

Formats: lmstudio.ai/docs/developer/rest, checked in November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from tokometer.records import Record
from tokometer.sources.inventory import Shelf, Told, parameters_in
from tokometer.sources.polling import checked, fetch_json
from tokometer.sources.protocol import Fetch, PollError, Reading, Target
from tokometer.sources.remembered import decoded, encoded
from tokometer.sources.series import Point, samples_of, series_of

NAME: Final = "lm_studio"
_PROVIDER: Final = "lmstudio"
_ADDRESS: Final = "http://127.0.0.1:1234"
_NOT_FOUND: Final = 404
_LOADED: Final = "lm_studio.model.loaded"
_CONTEXT: Final = "lm_studio.model.context"


class Memory(msgspec.Struct, array_like=True):
    """What is remembered of a server."""

    told: dict[str, Told] = msgspec.field(default_factory=dict)
    loaded: list[str] = msgspec.field(default_factory=list)


class LmStudioPoll:
    """Asks one LM Studio."""

    every: float = 30.0

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:  # noqa: ARG002 - it says so nowhere
        """Where LM Studio listens by itself."""
        return [Target("lm-studio", _ADDRESS, self.every)]

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:
        """Models on the disk as far as something is new of them, and which are in memory."""
        memory = decoded(state, Memory)
        shelf = Shelf(NAME, _PROVIDER, target, now)
        loaded: dict[str, list[int | None]] = {}
        for name, fields, instances in _models(fetch):
            shelf.put(name, **fields)
            if instances:
                loaded[name] = instances
        records: list[Record] = [*shelf.changes(memory.told)]
        for name in dict.fromkeys([*loaded, *memory.loaded]):
            records += _taken(name, loaded.get(name, []), target, shelf.machine, now)
        memory.loaded = list(loaded)
        return Reading(records, state=encoded(memory))


#: A model's name, the fields that are known of it, and the context of each of its instances in memory.
_Model = tuple[str, dict[str, Any], list[int | None]]


def _models(fetch: Fetch) -> list[_Model]:
    answer = fetch("/api/v1/models")
    # LM Studio answers paths that it does not know with 200 and an error.
    if answer.status != _NOT_FOUND:
        told = _json(checked(answer, "/api/v1/models"))
        if isinstance(told, dict) and isinstance(told.get("models"), list):
            return [_of_v1(one) for one in told["models"] if isinstance(one, dict) and _text(one.get("key"))]
    told = fetch_json(fetch, "/api/v0/models")
    if not isinstance(told, dict) or not isinstance(told.get("data"), list):
        raise PollError("answers, but not as LM Studio does: is something else at this address?")
    return [_of_v0(one) for one in told["data"] if isinstance(one, dict) and _text(one.get("id"))]


def _json(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _of_v1(one: Mapping[str, Any]) -> _Model:
    can = _table(one.get("capabilities"))
    instances = one.get("loaded_instances")
    loaded = [
        _whole(_table(instance.get("config")).get("context_length"))
        for instance in (instances if isinstance(instances, list) else [])
        if isinstance(instance, dict)
    ]
    quantisation = one.get("quantization")
    fields = {
        "title": _text(one.get("display_name")),
        "family": _text(one.get("architecture")),
        "size_bytes": _whole(one.get("size_bytes")) or None,
        "parameters": parameters_in(one.get("params_string")),
        "quantisation": _text(quantisation.get("name") if isinstance(quantisation, dict) else quantisation),
        "file_format": _text(one.get("format")),
        "context_window": _whole(one.get("max_context_length")) or None,
        "tools": _yes_no(can.get("trained_for_tool_use")),
        "vision": _yes_no(can.get("vision")),
        "installed": "yes",
        "status": "loaded" if loaded else "available",
        "labels": _labels(one, reasoning="reasoning" in can),
    }
    return one["key"], fields, loaded


def _of_v0(one: Mapping[str, Any]) -> _Model:
    told = one.get("capabilities")
    can = [word for word in told if isinstance(word, str)] if isinstance(told, list) else None
    loaded = [_whole(one.get("loaded_context_length"))] if one.get("state") == "loaded" else []
    fields = {
        "family": _text(one.get("arch")),
        "quantisation": _text(one.get("quantization")),
        "file_format": _text(one.get("compatibility_type")),
        "context_window": _whole(one.get("max_context_length")) or None,
        # Only models that can do something say what.
        "tools": "yes" if can and "tool_use" in can else "",
        "vision": "yes" if one.get("type") == "vlm" else "no" if one.get("type") in ("llm", "embeddings") else "",
        "installed": "yes",
        "status": "loaded" if loaded else "available",
        "labels": _labels(one),
    }
    return one["id"], fields, loaded


def _labels(one: Mapping[str, Any], *, reasoning: bool = False) -> dict[str, str] | None:
    kind = _text(one.get("type"))
    labels = {
        "publisher": _text(one.get("publisher")),
        "type": "embedding" if kind == "embeddings" else kind,
        "capabilities": "reasoning" if reasoning else "",
    }
    return {name: value for name, value in labels.items() if value} or None


def _taken(name: str, instances: list[int | None], target: Target, machine: str, now: int) -> Iterator[Record]:
    """How many instances of a model are in memory, and the longest context that one has."""
    labels = {"host.name": machine, "model": name, "provider": _PROVIDER}
    contexts = [context for context in instances if context is not None]
    told = [(_LOADED, float(len(instances)), "")]
    if contexts or not instances:
        told.append((_CONTEXT, float(max(contexts, default=0)), "tokens"))
    for metric, value, unit in told:
        yield from samples_of(series_of(metric, labels, unit, target.name), Point(now, value), NAME)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _yes_no(value: object) -> Literal["yes", "no", ""]:
    return "" if not isinstance(value, bool) else "yes" if value else "no"
