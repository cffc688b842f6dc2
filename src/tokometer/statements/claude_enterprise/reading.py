"""What the analytics API of a Claude Enterprise organisation says.

Format: platform.claude.com/docs/en/api/admin/analytics and support.claude.com, "Claude Enterprise Analytics API
reference guide", read in November 2026: `/v1/organizations/analytics/…` with the header `x-api-key`, pages by
`next_page` as `page`. `cost_report` and `usage_report` have buckets of a day with `results`, as the reports of Claude
Console have them; amounts are cents as text. `users` is a day of what people did, told three days later; `summaries`
has seats.
The names within a row of `users` were not seen in the reference itself, and are those that others read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tokometer.sources.polling import json_of
from tokometer.sources.told import Told
from tokometer.statements.lines import Lines, amount_of, cents, day_of, midnight, object_of, whole_days
from tokometer.statements.protocol import DAY, Asked, Portion, Stated

_ROOT: Final = "/v1/organizations/analytics"
_WRITTEN: Final = "%Y-%m-%dT%H:%M:%SZ"
_BUCKET: Final = frozenset({"starting_at", "ending_at", "results"})
_COST: Final = frozenset(
    {
        *("amount", "currency", "model", "product", "description", "cost_type", "token_type", "service_tier"),
        *("list_amount", "context_window", "inference_geo", "speed", "user_id", "requires_action"),
    }
)
_USAGE: Final = frozenset(
    {
        *("uncached_input_tokens", "cache_read_input_tokens", "cache_creation", "output_tokens", "model", "product"),
        *("context_window", "inference_geo", "speed", "server_tool_use", "service_tier", "requests", "request_count"),
    }
)
#: Where a number of a person's day stands → the unit under which it is kept, and what it was done with.
_DID: Final = {
    ("chat_metrics", "distinct_conversation_count"): ("conversations", "chat"),
    ("chat_metrics", "message_count"): ("messages", "chat"),
    ("claude_code_metrics", "core_metrics", "distinct_session_count"): ("sessions", "claude_code"),
    ("claude_code_metrics", "core_metrics", "commit_count"): ("commits", "claude_code"),
    ("claude_code_metrics", "core_metrics", "pull_request_count"): ("pull_requests", "claude_code"),
    ("claude_code_metrics", "core_metrics", "lines_of_code", "added_count"): ("lines_added", "claude_code"),
    ("claude_code_metrics", "core_metrics", "lines_of_code", "removed_count"): ("lines_deleted", "claude_code"),
}
_USER: Final = frozenset(
    {
        *("user", "chat_metrics", "claude_code_metrics", "web_search_count", "cowork_metrics", "office_metrics"),
        *("connector_metrics", "skill_metrics", "date"),
    }
)


def bill(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What was charged on each day, by product and model."""
    lines = Lines(asked, "bill")

    def take(day: datetime, told: Told) -> None:
        currency = (told.text("currency") or "USD").upper()
        amount = told.needed(cents(told, "amount"), "amount")
        about = {
            "model": told.text("model"),
            "line_item": told.text("product", "description", "cost_type") or "usage",
            "token_type": told.text("token_type"),
            "region": told.text("inference_geo"),
        }
        if currency == "USD":
            lines.bill(day, about, amount=amount, list_amount=cents(told, "list_amount"))
        else:
            lines.bill(day, {**about, "currency": currency}, stated_amount=amount)

    _buckets(asked, portion, "cost_report", lines, take, _COST)
    yield lines.stated()


def usage(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What was used on each day, by product and model."""
    lines = Lines(asked, "usage")

    def take(day: datetime, told: Told) -> None:
        written = told.within("cache_creation")
        about = {
            "model": told.text("model"),
            "operation": told.text("product"),
            "region": told.text("inference_geo"),
        }
        lines.usage(
            day,
            about,
            requests=told.whole("requests", "request_count"),
            input_tokens=told.whole("uncached_input_tokens"),
            cache_read_tokens=told.whole("cache_read_input_tokens"),
            cache_write_5m_tokens=written.whole("ephemeral_5m_input_tokens"),
            cache_write_1h_tokens=written.whole("ephemeral_1h_input_tokens"),
            output_tokens=told.whole("output_tokens"),
        )

    _buckets(asked, portion, "usage_report", lines, take, _USAGE)
    yield lines.stated()


def people(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What each person did on each day."""
    lines = Lines(asked, "people")
    for day in whole_days(portion.since, min(portion.until, midnight(asked.now) - timedelta(days=2))):
        for page in _pages(asked, "users", {"date": day.date().isoformat(), "limit": "1000"}):
            lines.read(page.raw("data"), lambda told, day=day: _did(lines, day, told), _USER)  # type: ignore[misc] # bound now
    yield lines.stated()


def seats(asked: Asked, _: Portion) -> Iterator[Stated]:
    """How many seats are assigned, and how many people use them."""
    lines = Lines(asked, "seats")
    told = _summary(asked)
    for name, metric in (
        ("assigned_seat_count", "claude.seats.assigned"),
        ("pending_invite_count", "claude.seats.invited"),
        ("daily_active_user_count", "claude.users.daily"),
        ("weekly_active_user_count", "claude.users.weekly"),
        ("monthly_active_user_count", "claude.users.monthly"),
    ):
        count = told.whole(name)
        lines.sample(metric, None if count is None else float(count), "seats" if ".seats." in metric else "users")
    yield lines.stated()


def check(asked: Asked) -> Mapping[str, Any]:
    """The seats of the organisation, as of the last day that is told."""
    told = _summary(asked)
    facts = {"seats": told.whole("assigned_seat_count"), "active": told.whole("monthly_active_user_count")}
    return {name: value for name, value in facts.items() if value is not None}


def _buckets(
    asked: Asked,
    portion: Portion,
    what: str,
    lines: Lines,
    take: Callable[[datetime, Told], None],
    known: frozenset[str],
) -> None:
    query = {
        "starting_at": portion.since.strftime(_WRITTEN),
        "ending_at": min(portion.until, midnight(asked.now) + DAY).strftime(_WRITTEN),
        "bucket_width": "1d",
        "group_by[]": ["product", "model"],
        "limit": "31",
    }

    def bucket(told: Told) -> None:
        day = day_of(told, "starting_at")
        lines.read(told.raw("results"), lambda row: take(day, row), known)

    for page in _pages(asked, what, query):
        lines.read(page.raw("data"), bucket, _BUCKET)


def _pages(asked: Asked, what: str, query: Mapping[str, Any]) -> Iterator[Told]:
    path, page = f"{_ROOT}/{what}", ""
    while True:
        answer = asked.ask(path, {**query, **({"page": page} if page else {})})
        told = object_of(json_of(answer, path), path)
        yield told
        page = told.word("next_page")
        if not page:
            return


def _did(lines: Lines, day: datetime, told: Told) -> None:
    user = told.within("user").text("email_address", "email", "id")
    counts = []
    for (*outer, name), (unit, way) in _DID.items():
        place = told
        for part in outer:
            place = place.within(part)
        counts.append((unit, way, amount_of(place, name)))
    for unit, way, count in counts:
        if count:
            lines.usage(day, {"user": user, "operation": way, "quantity_unit": unit}, quantity=count)


def _summary(asked: Asked) -> Told:
    """The newest day of the summaries; they are told three days later."""
    until = midnight(asked.now)
    dates = {"starting_date": (until - 7 * DAY).date().isoformat(), "ending_date": (until - 3 * DAY).date().isoformat()}
    path = f"{_ROOT}/summaries"
    told = object_of(json_of(asked.ask(path, dates), path), path)
    found = told.objects("data", "summaries")
    return found[-1] if found else Told({})
