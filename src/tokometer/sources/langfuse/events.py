"""An event of Langfuse's ingestion API → records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from tokometer.records import Record, RecordError
from tokometer.records.redaction import redacted
from tokometer.sources.langfuse.observations import observation
from tokometer.sources.langfuse.part import SOURCE, Part
from tokometer.sources.langfuse.scores import score
from tokometer.sources.langfuse.traces import trace
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

__all__ = ["SOURCE", "records_of"]

#: What an event makes or updates, where that is an observation: its type. The others say it in their body.
OBSERVATIONS: Final = (
    *("generation", "span", "event", "observation", "agent", "tool", "chain", "retriever", "evaluator", "embedding"),
    "guardrail",
)
#: Words of the SDK about itself.
_LOG: Final = "sdk-log"
_LONGEST: Final = 60


def records_of(item: dict[str, Any], noticed: Noticed, position: int | None = None) -> Iterable[Record]:
    """The records that an event means.

    Raises:
        RecordError: It is of no type that we know, or something in it cannot be believed.
    """
    event = Told(item)
    type_ = event.needed(event.word("type"), "type")
    if type_ == _LOG:
        return ()
    what, _, how = type_.rpartition("-")
    if how not in ("create", "update") or (what not in OBSERVATIONS and what not in ("trace", "score")):
        raise RecordError("type", f"is no type of event that is known: {redacted(type_, _LONGEST)}")
    body = event.within("body")
    if not body:
        raise RecordError("body", "is missing")
    part = Part(event, body, noticed, position)
    make: Callable[[Part], Iterable[Record]] | None = {"trace": trace, "score": score}.get(what)
    return make(part) if make is not None else observation(part, what)
