"""Our own record format: an object as a sender writes it → a record.

One object is believed or refused as a whole; a refusal names the field as the sender wrote it. Fields that we do not
know are refused with the nearest one that we do, because a misspelt `output_token` would silently be lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from hashlib import blake2b
from typing import Any, Final, get_args, get_type_hints

from tokometer.records.counted_parts import finish_counts
from tokometer.records.errors import RecordError
from tokometer.records.families import family_of
from tokometer.records.field import Field
from tokometer.records.fields import FIELDS, NOT_KEPT, REQUIRED
from tokometer.records.fields_beside import BODIES
from tokometer.records.kinds import KINDS, Record
from tokometer.records.model_ids import infer_provider
from tokometer.records.providers import provider_of
from tokometer.records.redaction import redacted
from tokometer.records.status import STATUSES, Status, status_of
from tokometer.records.time import check_time
from tokometer.records.values import MAX_DURATION_US, name_of

DEFAULT_SOURCE: Final = "api"
_USD: Final = "USD"

_OK: Final = frozenset({"ok", "success", "succeeded", "completed", "done"})
_FAILED: Final = frozenset({"error", "failed", "failure", "ko"})
_HTTP: Final = re.compile("[1-5][0-9][0-9]")
_ENDED_AT_TARGETS: Final = {
    "calls": "latency_us",
    "tools": "duration_us",
    "steps": "duration_us",
    "jobs": "duration_us",
}
#: What other senders call the states of a document.
_DOCUMENT_STATES: Final = {
    **dict.fromkeys((*_OK, "processed", "ready"), "indexed"),
    **dict.fromkeys(_FAILED, "failed"),
    **dict.fromkeys(("processing", "queued", "indexing", "new"), "pending"),
    "deleted": "removed",
}
#: What forges call the states of a change.
_CHANGE_STATES: Final = {"opened": "open", "reopened": "open", "locked": "open", "declined": "closed"}
#: What a score can be of, and the field that holds its id: the narrowest first.
_TARGETS: Final = {"call": "call_id", "run": "run_id", "session": "session_id", "trace": "trace_id"}
#: The types of scores, by other words for them.
_SCORE_TYPES: Final = {"numeric": "number", "categorical": "category", "bool": "boolean", "text": "category"}
_AUTHOR_TYPES: Final = {"annotation": "human", "user": "human", "eval": "model", "llm": "model", "api": "code"}


def record_from(
    kind: str,
    given: object,
    *,
    workspace: str = "default",
    left_out: set[str] | None = None,
    bodies: bool = False,
) -> Record:
    """The record that an object means. `kind` is a key of `KINDS`.

    The names of fields that are not kept are added to `left_out`; without `bodies`, those of requests and responses are
    among them.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    if not isinstance(given, dict):
        raise RecordError("", f"a record is an object, this is {name_of(given)}")
    reader = _Reader(kind, given, () if bodies or kind != "error_details" else BODIES)
    if left_out is not None:
        left_out.update(reader.left_out)
    values = reader.values()
    started_at = reader.required("started_at")
    values["started_at"] = check_time(started_at, reader.spelling("started_at"))
    for name in REQUIRED[kind]:
        reader.required(name)
    if not values.setdefault("source", DEFAULT_SOURCE):
        raise RecordError(reader.spelling("source"), "is empty")
    _finish(kind, reader, values)
    labels = {**(reader.get("tags") or {}), **(reader.get("metadata") or {}), **(reader.get("labels") or {})}
    if labels:
        values["labels"] = labels
    identity = KINDS[kind].identity
    if identity:
        # As last told, whatever the order in which it is told.
        values.setdefault("revision", values["started_at"])
        values.setdefault("native_id", f"{kind}:{json.dumps([values.get(name, '') for name in identity])}")
    if not values.get("native_id"):
        # Its content is its id: sent twice it counts once. The time is part of it, so a copy has the same one.
        values["native_id"] = content_id(given)
        values["pinned"] = True
    return KINDS[kind](workspace=workspace, **values)


def content_id(given: Mapping[str, object]) -> str:
    """The id of a record whose sender gave none: a hash of what it says, whatever the order of its fields."""
    canonical = json.dumps(given, sort_keys=True, separators=(",", ":"), default=str)
    return "content:" + blake2b(canonical.encode(), digest_size=16).hexdigest()


class _Reader:
    """The fields of one object, found by any of their names."""

    def __init__(self, kind: str, given: Mapping[str, object], not_kept: Sequence[str] = ()) -> None:
        self._kind = kind
        self._given = given
        self._spelling: dict[str, str] = {}
        self._read: dict[str, Any] = {}
        #: Fields with something in them that we do not keep.
        self.left_out: list[str] = []
        names = _names(kind)
        for key, value in given.items():
            field = names.get(key)
            if field is None:
                if key in NOT_KEPT:
                    if value not in (None, "", [], {}):
                        self.left_out.append(key)
                    continue
                raise RecordError(_shown(key), _unknown(key, kind))
            if value is None:
                continue
            if field.name in self._spelling:
                raise RecordError(key, f"says the same as {self._spelling[field.name]}; send one of them")
            if field.name in not_kept:
                if value not in ("", [], {}):
                    self.left_out.append(field.name)
                continue
            self._spelling[field.name] = key
            try:
                self._read[field.name] = field.type.convert(value)
            except ValueError as error:
                raise RecordError(key, str(error)) from None

    def values(self) -> dict[str, Any]:
        """Record field → value, of those fields that are taken as they are."""
        return {
            field.target: self._read[field.name]
            for field in FIELDS[self._kind]
            if field.target and field.name in self._read
        }

    def get(self, name: str) -> Any:  # noqa: ANN401 - as many types as fields
        """A field's value, None where it is not given."""
        return self._read.get(name)

    def given(self, name: str) -> object:
        """A field's value as it was sent."""
        return self._given.get(self.spelling(name))

    def required(self, name: str) -> Any:  # noqa: ANN401 - as many types as fields
        """A field's value, refusing a record that lacks it."""
        value = self._read.get(name)
        if value is None or value == "":
            raise RecordError(self.spelling(name), "is missing")
        return value

    def spelling(self, name: str) -> str:
        """The field's name as the sender wrote it."""
        return self._spelling.get(name, name)


def _finish(kind: str, reader: _Reader, values: dict[str, Any]) -> None:
    """What takes more than one field."""
    start = values["started_at"]
    end = reader.get("ended_at")
    if end is not None:
        if end < start:
            raise RecordError(reader.spelling("ended_at"), "is before started_at")
        if kind not in ("bills", "reported") and end - start > MAX_DURATION_US:
            raise RecordError(reader.spelling("ended_at"), "is more than a year after started_at; is the unit wrong?")
        target = _ENDED_AT_TARGETS.get(kind)
        if target is not None:
            values.setdefault(target, end - start)
    finish = _FINISHES.get(kind)
    if finish is not None:
        finish(reader, values)
        return
    if kind == "runs" and end is None and reader.get("duration_ms") is not None:
        values["ended_at"] = start + reader.get("duration_ms")
    if kind == "samples":
        _choose(reader, values, "mode", kind)
    else:
        _choose(reader, values, "status", kind)
    if "provider" in values:
        values["provider"] = provider_of(values["provider"])


def _finish_billed(_: _Reader, values: dict[str, Any]) -> None:
    values.setdefault("ended_at", values["started_at"])
    values["provider"] = provider_of(values["provider"])


def _finish_bill(reader: _Reader, values: dict[str, Any]) -> None:
    _finish_billed(reader, values)
    _choose(reader, values, "type", "bills")
    said = values.get("currency", _USD)
    # What is no currency is left as it is: it may be something that has to be masked, which another spelling hides.
    values["currency"] = said.upper() if len(said) == len(_USD) and said.isalpha() else said
    if values["currency"] != _USD and not reader.spelling("amount").endswith("_usd"):
        # What it is in US dollars is for those to say who know the rate of its day.
        values["stated_amount"], values["amount"] = values["amount"], None


def _finish_call(reader: _Reader, values: dict[str, Any]) -> None:
    values["status"] = _call_status(reader, values)
    prompt = reader.get("prompt_tokens")
    if prompt is not None:
        if "input_tokens" in values:
            raise RecordError(
                "prompt_tokens", "includes the cache and input_tokens does not; send one of them, not both"
            )
        cached = sum(
            values.get(name, 0)
            for name in (
                "cache_read_tokens",
                "cache_write_5m_tokens",
                "cache_write_1h_tokens",
                "cache_write_unknown_tokens",
            )
        )
        if cached > prompt:
            raise RecordError("prompt_tokens", "is less than the cache tokens that it includes")
        values["input_tokens"] = prompt - cached
    if values.get("reasoning_tokens", 0) > values.get("output_tokens", 0):
        raise RecordError(reader.spelling("reasoning_tokens"), "is more than output_tokens, of which it is a part")
    finish_counts(reader.get, reader.spelling, values)
    values["provider"] = provider_of(values.get("provider", "")) or infer_provider(values["model"])
    values["attempt"] = max(1, values.get("attempt", 1))


def _finish_log(reader: _Reader, values: dict[str, Any]) -> None:  # noqa: ARG001 - one form for all
    values["provider"] = provider_of(values.get("provider", ""))


def _finish_score(reader: _Reader, values: dict[str, Any]) -> None:
    verdict = reader.get("value")
    if isinstance(verdict, str):
        values.setdefault("text", verdict)
    else:
        values["value"] = verdict
    values["type"] = (
        "category" if isinstance(verdict, str) else "boolean" if isinstance(reader.given("value"), bool) else "number"
    )
    _choose(reader, values, "type", "scores", _SCORE_TYPES)
    values["target"] = next((target for target, name in _TARGETS.items() if values.get(name)), "")
    _choose(reader, values, "target", "scores", {"observation": "call", "generation": "call", "span": "call"})
    _choose(reader, values, "author_type", "scores", _AUTHOR_TYPES)
    values["provider"] = provider_of(values.get("provider", "")) or infer_provider(values.get("model", ""))


def _finish_model(reader: _Reader, values: dict[str, Any]) -> None:
    values["provider"] = provider_of(values["provider"])
    values["family"] = values.get("family") or family_of(values["model"])
    if not 0 <= values.get("progress", 0) <= 1:
        raise RecordError(reader.spelling("progress"), "is not between 0 and 1")


def _finish_knowledge(reader: _Reader, values: dict[str, Any]) -> None:
    values["provider"] = provider_of(values.get("provider", ""))
    if "title" in values:
        values["path"] = values.get("path") or values["title"]
        _choose(reader, values, "status", "documents", _DOCUMENT_STATES)


def _finish_error(reader: _Reader, values: dict[str, Any]) -> None:
    said = {**values, "error_message": f"{values.get('error_type', '')} {values['message']}"}
    status = _call_status(reader, said)
    # A detail of an error is of one, whatever the reply's status was.
    values["status"] = status_of(None, said["error_message"]) if status == "ok" else status
    values["provider"] = provider_of(values.get("provider", "")) or infer_provider(values.get("model", ""))


def _finish_commit(reader: _Reader, values: dict[str, Any]) -> None:  # noqa: ARG001 - one form for all
    values.setdefault("native_id", values["sha"])


def _finish_change(reader: _Reader, values: dict[str, Any]) -> None:
    values.setdefault("native_id", f"{values['repository']}#{values['number']}")
    merged, closed, start = values.get("merged_at"), values.get("closed_at"), values["started_at"]
    values["state"] = "merged" if merged is not None else "closed" if closed is not None else "open"
    _choose(reader, values, "state", "changes", _CHANGE_STATES)
    if values["state"] == "open":
        values.setdefault("opened_at", start)
        return
    name = f"{values['state']}_at"
    ended = values.setdefault(name, start if closed is None else closed)
    if ended > start:
        # Whoever sends one row a change says first when it was opened.
        values.setdefault("opened_at", start)
        values["started_at"] = ended
    if values.get("opened_at", ended) > ended:
        raise RecordError(reader.spelling(name), "is before it was opened")


_FINISHES: Final[dict[str, Callable[[_Reader, dict[str, Any]], None]]] = {
    "calls": _finish_call,
    "logs": _finish_log,
    "scores": _finish_score,
    "models": _finish_model,
    "knowledge_bases": _finish_knowledge,
    "documents": _finish_knowledge,
    "error_details": _finish_error,
    "bills": _finish_bill,
    "reported": _finish_billed,
    "commits": _finish_commit,
    "changes": _finish_change,
}


def _call_status(reader: _Reader, values: Mapping[str, Any]) -> Status:
    word = reader.get("status") or ""
    folded = word.lower()
    for status in STATUSES:
        if folded == status:
            return status
    http = values.get("http_status")
    if _HTTP.fullmatch(folded):
        # Who posts what HTTP said calls it a status.
        http, folded = http if http is not None else int(folded), ""
    if folded in _OK:
        return "ok"
    if folded and folded not in _FAILED:
        raise RecordError(reader.spelling("status"), f"is not one of {', '.join(STATUSES)}")
    failed = http is not None and http >= 400  # noqa: PLR2004 - where HTTP's errors begin
    if not folded and not failed and not values.get("error_message"):
        return "ok"
    return status_of(http if failed else None, values.get("error_message", ""))


def _choose(
    reader: _Reader, values: dict[str, Any], name: str, kind: str, words: Mapping[str, str] | None = None
) -> None:
    """Take a field that is one of a closed list of words; `words` are others for them."""
    word = reader.get(name)
    if not word:
        return
    choices = _choices(kind, name)
    folded = word.lower()
    if words is not None:
        folded = words.get(folded, folded)
    elif name == "status":
        folded = "ok" if folded in _OK else "error" if folded in _FAILED else folded
    if folded not in choices:
        raise RecordError(reader.spelling(name), f"is not one of {', '.join(choices)}")
    values[name] = folded


@cache
def _choices(kind: str, name: str) -> tuple[str, ...]:
    return get_args(get_type_hints(KINDS[kind])[name])


@cache
def _names(kind: str) -> dict[str, Field]:
    return {name: field for field in FIELDS[kind] for name in (field.name, *field.aliases)}


def _unknown(key: str, kind: str) -> str:
    near = get_close_matches(key[:64], _names(kind), 1)
    return f"is not a field of {kind}" + (f"; did you mean {near[0]}?" if near else "")


def _shown(key: str) -> str:
    return redacted(key, 64)


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one record of a kind, as `POST /api/records/{kind}` takes it (aliases left out)."""
    properties = {}
    for field in FIELDS[kind]:
        properties[field.name] = {**field.type.schema, "description": field.meaning}
    for name in ("status", "state", "type", "mode", "target", "author_type"):
        if name in properties and (choices := _choices(kind, name)):
            properties[name]["enum"] = [*choices, *(("error",) if kind in ("calls", "error_details") else ())]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": KINDS[kind].__name__,
        "type": "object",
        "properties": properties,
        "required": ["started_at", *REQUIRED[kind]],
        "additionalProperties": False,
    }


__all__ = ["DEFAULT_SOURCE", "content_id", "json_schema", "record_from"]
