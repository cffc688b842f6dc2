"""Attributes that become labels: those of a list, of spans and of resources.

Libraries have places for what their users add: metadata and tags. Those are known (:data:`KNOWN`), and their labels are
named as the user named them. Beside them the settings name attributes (`customer.id`, `app.*`), whose labels have the
attribute's whole name. What fills a field of a record is no label.
"""

from __future__ import annotations

import ast
import logging
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec

from tokometer.records.fields import NOT_KEPT
from tokometer.records.labels import TAGS, labels_from, metadata_from, tags_from
from tokometer.sources.litellm.operations import PUT_THERE
from tokometer.sources.otlp.attributes import ATTRIBUTES, RESOURCE_SLOTS
from tokometer.sources.otlp.former import nowadays

_LOG: Final = logging.getLogger(__name__)
#: Where a span's labels stand among its slots.
LABELS: Final = "labels"
#: What a resource says of all its spans.
SHARED: Final = RESOURCE_SLOTS | {LABELS}
#: What a name is followed by that stands for all that begin with it.
_STAR: Final = "*"

#: Attribute, or beginning of attributes, → what it holds, and who sends it.
KNOWN: Final[dict[str, tuple[str, str]]] = {
    "langfuse.trace.tags": ("tags", "Langfuse"),
    "langfuse.tags": ("tags", "Langfuse"),
    "langfuse.trace.metadata": ("object", "Langfuse"),
    "langfuse.trace.metadata.*": ("value", "Langfuse"),
    "langfuse.observation.metadata": ("object", "Langfuse"),
    "langfuse.observation.metadata.*": ("value", "Langfuse"),
    "langfuse.metadata.*": ("value", "Langfuse"),
    "langfuse.trace.name": ("value", "Langfuse"),
    "langfuse.release": ("value", "Langfuse"),
    "langfuse.version": ("value", "Langfuse"),
    "langfuse.observation.prompt.name": ("value", "Langfuse"),
    "langfuse.observation.prompt.version": ("value", "Langfuse"),
    "openclaw.channel": ("value", "OpenClaw"),
    "traceloop.association.properties.*": ("value", "OpenLLMetry"),
    "ai.telemetry.metadata.*": ("value", "Vercel AI SDK"),
    "metadata": ("object", "OpenInference"),
    "tag.tags": ("tags", "OpenInference"),
    "metadata.requester_metadata": ("request", "LiteLLM"),
    "metadata.spend_logs_metadata": ("object", "LiteLLM"),
    "metadata.request_tags": ("tags", "LiteLLM"),
    "metadata.user_api_key_alias": ("value", "LiteLLM"),
    "metadata.user_api_key_team_alias": ("value", "LiteLLM"),
    "langsmith.metadata.*": ("value", "LangSmith"),
    "langsmith.span.tags": ("tags", "LangSmith"),
    "logfire.tags": ("tags", "Logfire"),
}
#: What stands among a request's metadata and is no label: ids, and what a gateway put there.
_NOT_SAID: Final = PUT_THERE | {"session_id", "trace_id"}
#: JSON longer than this is content, not labels.
_LONGEST: Final = 16_384
#: Names that were looked up; there may be any number of them.
_REMEMBERED: Final = 4_096


class Labelling(NamedTuple):
    """How one attribute becomes labels."""

    #: The label's key, for a single value.
    key: str
    read: Callable[[str, Any], dict[str, str]]


def _value(key: str, given: object) -> dict[str, str]:
    value = _decoded(given)
    if key == TAGS and isinstance(value, list):
        return tags_from(value)
    return labels_from({key: value}, NOT_KEPT)


def _whole(key: str, given: object) -> dict[str, str]:
    value = _decoded(given)
    return metadata_from(value if isinstance(value, dict) else {key: value}, NOT_KEPT)


def _request(key: str, given: object) -> dict[str, str]:
    """What a client of a gateway says of its request, without what stands in fields and what the gateway put there."""
    value = _decoded(given)
    if not isinstance(value, dict):
        return labels_from({key: value}, NOT_KEPT)
    return metadata_from({name: said for name, said in value.items() if name not in _NOT_SAID}, NOT_KEPT)


def _tags(_key: str, given: object) -> dict[str, str]:
    return tags_from(_decoded(given))


def _as_it_is(key: str, given: object) -> dict[str, str]:
    return labels_from({key: given})


_READERS: Final = {"value": _value, "object": _whole, "request": _request, "tags": _tags}


class Labelled:
    """Which attributes become labels."""

    def __init__(self, chosen: Iterable[str] = (), *, known: bool = True) -> None:
        exact: dict[str, Labelling] = {}
        prefixes: list[tuple[str, str, Callable[[str, Any], dict[str, str]]]] = []
        for name, (what, _) in KNOWN.items() if known else ():
            bare = name.removesuffix(_STAR)
            if bare != name:
                prefixes.append((bare, bare, _READERS[what]))
            else:
                exact[name] = Labelling(name.removeprefix("metadata."), _READERS[what])
        for name in chosen:
            bare = name.removesuffix(_STAR)
            if bare != name:
                prefixes.insert(0, (bare, "", _as_it_is))
            else:
                exact[name] = Labelling(name, _as_it_is)
        self._exact = exact
        # The longest first: it says most.
        self._prefixes = sorted(prefixes, key=lambda prefix: -len(prefix[0]))
        self._beginnings = tuple(prefix for prefix, _, _ in self._prefixes)
        self._found: dict[str, Labelling | None] = {}

    def find(self, name: str) -> Labelling | None:
        """How an attribute becomes labels; None is not at all."""
        try:
            return self._found[name]
        except KeyError:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            found = self._found[name] = self._look_up(name)
            return found

    def _look_up(self, name: str) -> Labelling | None:
        for one in (name, nowadays(name)):
            if one in self._exact:
                return self._exact[one]
        if not name.startswith(self._beginnings):
            return None
        for prefix, cut, read in self._prefixes:
            if name.startswith(prefix) and len(name) > len(prefix):
                return Labelling(name.removeprefix(cut), read)
        return None


_used = Labelled()
_settled: tuple[tuple[str, ...], bool] = ((), True)
#: Called when other attributes become labels than before.
ON_CHANGE: Final[list[Callable[[], None]]] = []


def use(chosen: tuple[str, ...] = (), *, known: bool = True) -> None:
    """Let these attributes become labels in this process, beside those that are known unless `known` is false."""
    global _used, _settled
    if (chosen, known) == _settled:
        return
    _used, _settled = Labelled(chosen, known=known), (chosen, known)
    for forget in ON_CHANGE:
        forget()
    for name in chosen:
        if name in ATTRIBUTES:
            _LOG.warning("%s is the field %s already, and becomes no label", name, ATTRIBUTES[name].slot)


def labelling_of(name: str) -> Labelling | None:
    """How an attribute that fills no field becomes labels; None is not at all."""
    return _used.find(name)


def share(found: dict[str, Any], shared: Iterable[tuple[str, Any]]) -> None:
    """Give a span what its resource says, where it says nothing itself; labels are put together."""
    for slot, value in shared:
        own = found.setdefault(slot, value)
        if own is not value and slot == LABELS:
            found[LABELS] = {**value, **own}


def _decoded(given: object) -> object:
    """What JSON text stands for where it is an object or a list (LiteLLM writes them as Python does)."""
    if not isinstance(given, str) or given[:1] not in ("{", "[") or len(given) > _LONGEST:
        return given
    try:
        return msgspec.json.decode(given)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        try:
            value = ast.literal_eval(given)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return given
        return value if isinstance(value, dict | list) else given
