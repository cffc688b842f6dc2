"""Langfuse's scores: of a trace, an observation or a session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from tokometer.records import Record, RecordError, Score
from tokometer.sources.langfuse.part import Part

KNOWN: Final = frozenset(
    {
        *(
            "id",
            "traceId",
            "observationId",
            "sessionId",
            "name",
            "value",
            "stringValue",
            "dataType",
            "comment",
            "source",
        ),
        *("environment", "metadata", "timestamp", "configId", "queueId", "datasetRunId", "authorUserId"),
    }
)
_TYPES: Final[dict[str, Literal["number", "boolean", "category"]]] = {
    "NUMERIC": "number",
    "BOOLEAN": "boolean",
    "CATEGORICAL": "category",
    "TEXT": "category",
}
_AUTHORS: Final[dict[str, Literal["human", "model", "code", ""]]] = {"ANNOTATION": "human", "EVAL": "model"}


def score(part: Part) -> Iterable[Record]:
    """The record of a score."""
    part.unknown(KNOWN)
    body = part.body
    value = body.raw("value")
    if value is None and "stringValue" not in body:
        raise RecordError("body.value", "is missing")
    word = value if isinstance(value, str) else body.text("stringValue")
    stated = body.text("dataType")
    type_ = _TYPES.get(stated) or ("category" if isinstance(value, str) else "number")
    call, session, trace_id = body.text("observationId"), body.text("sessionId"), body.text("traceId")
    return [
        Score(
            **part.fields(part.name(), body.moment_utc("timestamp") or part.at),
            name=body.needed(body.text("name"), "name"),
            value=None if isinstance(value, str) else float(value) if isinstance(value, bool) else body.number("value"),
            text=word if type_ != "number" else "",
            type=type_,
            comment=body.message("comment"),
            target="call" if call else "session" if session and not trace_id else "trace" if trace_id else "",
            call_id=call,
            session_id=session,
            trace_id=trace_id,
            author=body.text("authorUserId"),
            author_type=_AUTHORS.get(body.text("source"), ""),
            labels=part.labels(),
        )
    ]
