"""Seats, and what people do with them.

Format: docs.github.com/rest/copilot (`/orgs/{org}/copilot/billing`, `/billing/seats` in pages of 100, and the reports
of usage metrics `/copilot/metrics/reports/users-1-day?day=…`), version 2026-03-10, read in November 2026. A report is
`download_links` to files of a line of JSON a person; they are fetched without the key, which would break their
signature. A day whose report is not made yet answers 404 or 204.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import msgspec

from tokometer.records import to_us
from tokometer.sources.polling import checked, fetch_json, json_of
from tokometer.sources.protocol import PollError
from tokometer.sources.told import Told
from tokometer.statements.lines import Lines, amount_of, object_of, whole_days
from tokometer.statements.protocol import Asked, Portion, Stated

_PAGE: Final = 100
#: A seat that nobody has used for so long is idle.
_IDLE_US: Final = 30 * 86_400_000_000
_SEAT: Final = frozenset(
    {
        *("assignee", "organization", "assigning_team", "pending_cancellation_date", "last_activity_at"),
        *("last_activity_editor", "last_authenticated_at", "created_at", "updated_at", "plan_type"),
    }
)
#: Number of a row → the unit under which it is kept.
_UNITS: Final = {
    "user_initiated_interaction_count": "interactions",
    "code_generation_activity_count": "suggestions",
    "code_acceptance_activity_count": "acceptances",
    "loc_suggested_to_add_sum": "lines_suggested",
    "loc_added_sum": "lines_accepted",
    "loc_deleted_sum": "lines_deleted",
    "ai_credits_used": "ai_credits_by_person",
}
_ROW: Final = frozenset(
    {
        *(*_UNITS, "day", "report_day", "user_id", "user_login", "organization_id", "enterprise_id"),
        *("loc_suggested_to_delete_sum", "used_agent", "used_chat", "used_cli", "used_copilot_cloud_agent"),
        *(
            "used_copilot_coding_agent",
            "report_start_day",
            "report_end_day",
            "assumed_user_initiated_interaction_count",
        ),
        *("totals_by_ide", "totals_by_feature", "totals_by_language_feature", "totals_by_language_model"),
        *("totals_by_model_feature", "totals_by_cli", "ai_adoption_phase"),
    }
)
_decode: Final = msgspec.json.Decoder().decode


def seats(asked: Asked, _: Portion) -> Iterator[Stated]:
    """How many seats there are now, how many of them are used, and whose they are."""
    lines = Lines(asked, "seats")
    told = object_of(fetch_json(asked.ask, f"{_org(asked)}/billing"), "billing")
    plan, breakdown = told.text("plan_type"), told.within("seat_breakdown")
    for name in ("total", "active_this_cycle", "inactive_this_cycle", "added_this_cycle", "pending_cancellation"):
        count = breakdown.whole(name)
        lines.sample(f"copilot.seats.{name}", None if count is None else float(count), "seats", plan=plan)
    idle, teams, listed = 0, Counter[str](), 0

    def take(seat: Told) -> None:
        nonlocal idle
        last = seat.moment("last_activity_at")
        idle += last is None or to_us(asked.now) - last > _IDLE_US
        teams[seat.within("assigning_team").text("name", "slug")] += 1

    for page in _seat_pages(asked):
        listed += lines.read(page.raw("seats"), take, _SEAT)
    lines.sample("copilot.seats.listed", float(listed), "seats", plan=plan)
    lines.sample("copilot.seats.idle", float(idle), "seats", plan=plan)
    for team, count in teams.items():
        lines.sample("copilot.seats.of_team", float(count), "seats", team=team or "assigned one by one")
    yield lines.stated()


def people(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What each person did on each day."""
    lines = Lines(asked, "people")
    for day in whole_days(portion.since, min(portion.until, asked.now)):
        for link in _links(asked, day):
            body = checked(asked.ask(link), "the report's file")
            lines.read([_row(line) for line in body.splitlines() if line.strip()], partial(_use, lines, day), _ROW)
    yield lines.stated()


def check(asked: Asked) -> Mapping[str, Any]:
    """The organisation's plan and seats."""
    told = object_of(fetch_json(asked.ask, f"{_org(asked)}/billing"), "billing")
    breakdown = told.within("seat_breakdown")
    return {
        "plan": told.text("plan_type"),
        "seats": breakdown.whole("total"),
        "used this cycle": breakdown.whole("active_this_cycle"),
    }


def _seat_pages(asked: Asked) -> Iterator[Told]:
    read, page = 0, 1
    while True:
        query = {"page": str(page), "per_page": str(_PAGE)}
        told = object_of(fetch_json(asked.ask, f"{_org(asked)}/billing/seats", query), "seats")
        yield told
        count = len(told.objects("seats"))
        read, page = read + count, page + 1
        if not count or read >= (told.whole("total_seats") or 0):
            return


def _links(asked: Asked, day: datetime) -> list[str]:
    path = f"{_org(asked)}/metrics/reports/users-1-day"
    try:
        answer = asked.ask(path, {"day": day.date().isoformat()})
    except PollError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return []
        raise
    if answer.status == HTTPStatus.NO_CONTENT:
        return []
    links = object_of(json_of(answer, path), path).raw("download_links")
    if not isinstance(links, list):
        raise PollError(f"{path} answers without links to its files")
    return [link for link in links if isinstance(link, str)]


def _row(line: bytes) -> object:
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise PollError("the report's file holds a line that is not JSON") from None


def _use(lines: Lines, day: datetime, told: Told) -> None:
    if (told.text("day", "report_day") or day.date().isoformat())[:10] != day.date().isoformat():
        # It is read with its own day.
        return
    user = told.text("user_login", "user_id")
    counts = [(unit, amount_of(told, name)) for name, unit in _UNITS.items()]
    for unit, count in counts:
        if count:
            lines.usage(day, {"user": user, "quantity_unit": unit}, quantity=count)


def _org(asked: Asked) -> str:
    return f"/orgs/{quote(asked.options.get('organisation', ''), safe='')}/copilot"
