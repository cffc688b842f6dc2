"""`POST /api/public/ingestion`: a batch of events, answered event by event with 207; and scores by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tokometer.records import Record, RecordError, to_datetime
from tokometer.records.redaction import redacted
from tokometer.sources.jsonl import json_object
from tokometer.sources.langfuse.events import SOURCE, records_of
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Answer, Sent, Told
from tokometer.sources.pushing import JsonPush

PATH: Final = "/api/public/ingestion"
SCORES: Final = "/api/public/scores"
_MULTI_STATUS: Final = 207
_CREATED: Final = 201
_REFUSED: Final = 400
_LONGEST: Final = 400


class _Identified(msgspec.Struct):
    id: Any = ""


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw] = []


class Ingestion(JsonPush):
    """What the SDKs send up to version 2 (Python) and 3 (JavaScript), and scores of all versions."""

    path = PATH
    summary = "Events of Langfuse's SDKs: traces, observations and scores."
    source = SOURCE
    below = "batch"

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:  # noqa: ARG002
        """See `JsonPush.records`."""
        return records_of(item, noticed, index)

    def names(self, body: bytes) -> list[str]:
        """The ids of the events, in their order; empty for one that has none."""
        try:
            return [_id(raw) for raw in msgspec.json.decode(body, type=_Batch).batch]
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return []

    def answer(self, told: Told, answered: Iterable[str]) -> Answer:
        """Which events were taken and which were not, as Langfuse tells it; refused ones are not to be sent again."""
        ids = list(answered)
        wrong = {refusal.position: refusal for refusal in told.refusals}
        errors = [
            {
                "id": ids[at] if at < len(ids) else "",
                "status": _REFUSED,
                "message": redacted(f"{refusal.field}: {refusal.reason}".removeprefix(": "), _LONGEST),
                "error": "Invalid request data",
            }
            for at, refusal in wrong.items()
        ]
        successes = [{"id": id_, "status": _CREATED} for at, id_ in enumerate(ids) if at not in wrong]
        return Answer(_MULTI_STATUS, msgspec.json.encode({"successes": successes, "errors": errors}))

    def failure(self, status: int, reason: str) -> Answer:
        """See `Push.failure`."""
        said = redacted(reason, _LONGEST)
        return Answer(status, msgspec.json.encode({"message": said, "error": said}))


class Scores(JsonPush):
    """`POST /api/public/scores`: one score, as it stands in an event."""

    path = SCORES
    summary = "A score, as Langfuse's API takes it."
    source = SOURCE

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:
        """See `JsonPush.records`."""
        at = to_datetime(sent.now).isoformat()
        event = {"id": _named(item), "type": "score-create", "timestamp": item.get("timestamp") or at, "body": item}
        return records_of(event, noticed, index)

    def names(self, body: bytes) -> list[str]:
        """The id of the score: its own, else the one that it is kept under."""
        name = _id(body)
        if name:
            return [name]
        try:
            return [_named(json_object(body))]
        except RecordError:
            return [""]

    def answer(self, told: Told, answered: Iterable[str]) -> Answer:
        """The score's id, or what is wrong with it."""
        for refusal in told.refusals:
            said = redacted(f"{refusal.field}: {refusal.reason}".removeprefix(": "), _LONGEST)
            return Answer(_REFUSED, msgspec.json.encode({"message": said, "error": "Invalid request data"}))
        return Answer(200, msgspec.json.encode({"id": next(iter(answered), "")}))


def _id(raw: bytes | msgspec.Raw) -> str:
    try:
        given = msgspec.json.decode(raw, type=_Identified).id
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    return given if isinstance(given, str) else ""


def _named(item: dict[str, Any]) -> str:
    """What names a score without an id of its own: what it is of, and what it says."""
    parts = [str(item.get(key, "")) for key in ("traceId", "observationId", "sessionId", "name", "value")]
    return ":".join(parts)
