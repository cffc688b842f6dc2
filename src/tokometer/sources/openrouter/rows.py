"""Rows of OpenRouter's: a generation is a call; a day's activity of a model is a line of the bill, and no call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tokometer.records import Bill, Record
from tokometer.sources.generations import call_of
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

SOURCE: Final = "openrouter"
_DAY_US: Final = 86_400_000_000
_PREFIX: Final = "gen-"
ACTIVITY: Final = frozenset(
    {
        *(
            "date",
            "model",
            "model_permaslug",
            "endpoint_id",
            "provider_name",
            "usage",
            "byok_usage_inference",
            "requests",
        ),
        *("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens", "workspace_id", "byok_requests"),
    }
)


def is_generation(row: Mapping[str, Any]) -> bool:
    """Whether a row is a generation, of a look-up or of an activity export."""
    if "generation_id" in row:
        return "model_permaslug" in row
    name = row.get("id")
    if not isinstance(name, str) or "created_at" not in row:
        return False
    # Vercel's gateway tells of generations in the same words, under ids that begin otherwise.
    return name.startswith(_PREFIX) or ("native_tokens_prompt" in row and not name.startswith("gen_"))


def is_activity(row: Mapping[str, Any]) -> bool:
    """Whether a row adds up a day of a model."""
    return row.keys() >= {"date", "model", "usage", "requests"}


def records_of(row: Mapping[str, Any], noticed: Noticed, position: int | None = None) -> Iterable[Record]:
    """The record of a row.

    Raises:
        RecordError: It is of neither kind, or something in it cannot be believed.
    """
    told = Told(row)
    if is_activity(row):
        return [activity(told, noticed, position)]
    return [call_of(told, SOURCE, SOURCE, noticed, position)]


def activity(told: Told, noticed: Noticed, position: int | None = None) -> Bill:
    """A day of a model as OpenRouter bills it."""
    for name in told.beside(ACTIVITY):
        noticed.add("field", name, position)
    day = told.needed(_day(told), "date")
    model = told.text("model_permaslug", "model")
    requests = told.whole("requests") or 0
    byok = told.raw("byok_usage_inference")
    labels = {"upstream": told.text("provider_name"), "byok_usage_usd": str(byok) if byok else ""}
    parts = (
        told.text("date")[:10],
        model,
        told.text("endpoint_id"),
        told.text("provider_name"),
        told.text("workspace_id"),
    )
    return Bill(
        source=SOURCE,
        native_id=":".join(("activity", *parts)),
        started_at=day,
        ended_at=day + _DAY_US,
        # A day that goes on counts more requests the next time.
        revision=requests,
        provider=SOURCE,
        amount=told.needed(told.money("usage"), "usage"),
        line_item="usage",
        model=told.text("model", "model_permaslug"),
        project=told.text("workspace_id"),
        quantity=float(requests),
        quantity_unit="requests",
        labels={key: value for key, value in labels.items() if value} or None,
    )


def _day(told: Told) -> int | None:
    """The start of the day in UTC; it is written as a date, or as a time of it."""
    word = told.word("date")
    given = Told({"date": f"{word[:10]}T00:00:00Z"}) if word else told
    return given.moment("date")
