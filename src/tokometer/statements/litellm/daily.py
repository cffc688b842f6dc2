"""Spend and usage by day, model and key, as LiteLLM's proxy adds them up.

Format: litellm (1.8x), `litellm/types/proxy/management_endpoints/common_daily_activity.py`, read in November 2026:
`GET /user/daily/activity` pages over its rows, so that a day may stand on several pages; a model's `metrics` are broken
down by key, of which there may be only the largest: what they leave over is a line without a key, and what models leave
over of a day a line without a model. `prompt_tokens` hold what was read from and written to caches, unless that is more
than they are. A proxy that is too old for it answers 404, and is asked for `/spend/logs`, which adds up days by model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from tokometer.records import RecordError
from tokometer.sources.polling import fetch_json
from tokometer.sources.protocol import PollError
from tokometer.sources.told import Told
from tokometer.statements.lines import Lines, day_of, dollars, object_of
from tokometer.statements.protocol import DAY, Asked, Portion, Stated

PATH: Final = "/user/daily/activity"
OLD_PATH: Final = "/spend/logs"
_TEAMS: Final = "/team/list"
_PAGE: Final = 1_000
_COUNTS: Final = (
    *("spend", "prompt_tokens", "completion_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
    "api_requests",
)
#: What else metrics hold: parts of the above, and what LiteLLM reckons that it saved.
_BESIDE: Final = frozenset(
    {
        *("total_tokens", "successful_requests", "failed_requests", "total_response_time_ms", "timed_requests"),
        *("compression_saved_tokens", "compression_savings_spend", "prompt_caching_savings_spend"),
        *("gateway_injected_caching_savings_spend", "autorouter_savings_spend"),
    }
)
_ROW: Final = frozenset({"date", "metrics", "breakdown"})
_OLD_ROW: Final = frozenset({"startTime", "spend", "users", "models"})
_Counts = dict[str, Decimal]


def daily(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What each day cost and used, by model and key."""
    lines = Lines(asked, "daily")
    query = {"start_date": _written(portion.since), "end_date": _written(portion.until - DAY)}
    teams, page = teams_of(asked), 1
    while True:
        asked_for = {**query, "page": str(page), "page_size": str(_PAGE)}
        try:
            told = object_of(fetch_json(asked.ask, PATH, asked_for), PATH)
        except PollError as error:
            if error.status != HTTPStatus.NOT_FOUND or page > 1:
                raise
            _old(asked, lines, query)
            break
        lines.read(told.raw("results"), lambda row: _day(teams, lines, row), _ROW)
        metadata = told.within("metadata")
        if not metadata.yes("has_more") and page >= (metadata.whole("total_pages") or 1):
            break
        page += 1
    yield lines.stated()


def teams_of(asked: Asked) -> Mapping[str, str]:
    """The names of teams by their ids; none where the key may not ask."""
    found: dict[str, str] | None = asked.remembered.get("teams")
    if found is None:
        try:
            told = Told({"teams": fetch_json(asked.ask, _TEAMS)})
        except PollError as error:
            if not (error.secret or error.final):
                # Names that are missing only just now would make other lines of the same.
                raise
            told = Told({})
        found = {one.text("team_id"): one.text("team_alias") for one in told.objects("teams")}
        asked.remembered["teams"] = found
    return found


def _day(teams: Mapping[str, str], lines: Lines, row: Told) -> None:
    day = day_of(row, "date")
    left = _counts(lines, row.within("metrics"))
    models = row.within("breakdown").within("models")
    read: list[tuple[dict[str, str], _Counts]] = []
    for model in models.plain:
        part = models.within(model)
        of_model = _counts(lines, part.within("metrics"))
        left = _less(left, of_model)
        keys = part.within("api_key_breakdown")
        for key in keys.plain:
            of_key = _counts(lines, keys.within(key).within("metrics"))
            of_model = _less(of_model, of_key)
            read.append(({"model": model, **_whose(teams, key, keys.within(key).within("metadata"))}, of_key))
        read.append(({"model": model}, of_model))
    # Only now: a day of which something cannot be believed is refused as a whole.
    for about, counts in [*read, ({}, left)]:
        if any(counts.values()):
            _keep(lines, day, about, counts)


def _keep(lines: Lines, day: datetime, about: dict[str, str], counts: _Counts) -> None:
    whole = {name: int(counts[name]) for name in _COUNTS[1:]}
    read, written = whole["cache_read_input_tokens"], whole["cache_creation_input_tokens"]
    prompt = whole["prompt_tokens"]
    lines.bill(day, {**about, "line_item": "usage"}, amount=counts["spend"])
    lines.usage(
        day,
        about,
        requests=whole["api_requests"],
        input_tokens=prompt - read - written if prompt >= read + written else prompt,
        cache_read_tokens=read,
        cache_write_unknown_tokens=written,
        output_tokens=whole["completion_tokens"],
    )


def _whose(teams: Mapping[str, str], key: str, metadata: Told) -> dict[str, str]:
    team = metadata.text("team_id")
    return {
        "api_key": metadata.text("key_alias") or key,
        "team": teams.get(team) or team,
        "user": metadata.text("user_email", "user_id"),
    }


def _counts(lines: Lines, metrics: Told) -> _Counts:
    for name in metrics.beside({*_COUNTS, *_BESIDE}):
        # What is 0 says nothing that could be lost.
        if metrics.raw(name):
            lines.noticed.add("field", f"metrics.{name}")
    found = {name: dollars(metrics, name) or Decimal(0) for name in _COUNTS}
    if any(value < 0 for value in found.values()):
        raise RecordError(f"{metrics.path}spend", "is negative, or something beside it")
    return found


def _less(all_of_it: _Counts, part: _Counts) -> _Counts:
    """What a part leaves over: floats of many rows differ by less than anybody pays."""
    rest = {name: value - part[name] for name, value in all_of_it.items()}
    if abs(rest["spend"]) < Decimal("1e-9"):
        rest["spend"] = Decimal(0)
    return {name: max(value, Decimal(0)) for name, value in rest.items()}


def _old(asked: Asked, lines: Lines, query: Mapping[str, str]) -> None:
    last = (datetime.fromisoformat(query["end_date"]) + DAY).date().isoformat()
    rows = fetch_json(asked.ask, OLD_PATH, {"start_date": query["start_date"], "end_date": last, "summarize": "true"})

    def take(row: Told) -> None:
        day = day_of(row, "startTime")
        if not query["start_date"] <= day.date().isoformat() <= query["end_date"]:
            return
        models: dict[str, Any] = {name: dollars(row.within("models"), name) for name in row.within("models").plain}
        rest = (dollars(row, "spend") or Decimal(0)) - sum(
            (value or Decimal(0) for value in models.values()), Decimal(0)
        )
        for model, spend in {**models, "": rest if rest > Decimal("1e-9") else None}.items():
            if spend:
                lines.bill(day, {"model": model, "line_item": "usage"}, amount=spend)

    lines.read(rows, take, _OLD_ROW)


def _written(at: datetime) -> str:
    return at.date().isoformat()
