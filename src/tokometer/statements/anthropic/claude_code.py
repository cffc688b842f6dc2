"""Claude Code's analytics: who used it on a day for what, on which model, and what that would cost at list prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tokometer.records import Record, RecordError, Refusal, Reported, mistake, to_us
from tokometer.records.values import money
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.statements.buckets import pages
from tokometer.statements.lines import cents, line_id, whole_days
from tokometer.statements.protocol import SOURCE, Asked, Portion, Stated

REPORT: Final = "usage/claude_code"
_PATH: Final = "/organizations/usage_report/claude_code"
#: People of a page, at most.
_PAGE: Final = 1_000
_KNOWN: Final = frozenset(
    {
        *("date", "actor", "organization_id", "customer_type", "terminal_type", "core_metrics", "tool_actions"),
        *("model_breakdown", "subscription_type"),
    }
)
#: What is counted of a person's day: where it stands, and its unit.
_COUNTS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "sessions": (("core_metrics", "num_sessions"), "sessions"),
    "lines_added": (("core_metrics", "lines_of_code", "added"), "lines added"),
    "lines_removed": (("core_metrics", "lines_of_code", "removed"), "lines removed"),
    "commits": (("core_metrics", "commits_by_claude_code"), "commits"),
    "pull_requests": (("core_metrics", "pull_requests_by_claude_code"), "pull requests"),
}
_ACTIONS: Final = ("accepted", "rejected")


def claude_code(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """See :class:`tokometer.statements.Report`; one question a day, which is what it answers."""
    at = 0
    for day in whole_days(portion.since, min(portion.until, asked.now)):
        for page in pages(asked, _PATH, {"starting_at": day.date().isoformat(), "limit": _PAGE}):
            stated, noticed = Stated(), Noticed(SOURCE, f"{asked.title}: {REPORT}")
            for row in page:
                try:
                    told = Told(_object(row))
                    stated.records.extend(_records(told, day, asked))
                    for name in told.beside(_KNOWN):
                        noticed.add("field", name, at)
                except Exception as error:  # noqa: BLE001 - whatever it is, it is of this row, and the others count
                    wrong = mistake(error)
                    where = f"{asked.title}: {REPORT} {day.date()}"
                    stated.refusals.append(
                        Refusal(SOURCE, where, at, wrong.field, wrong.reason, to_us(asked.now), asked.workspace)
                    )
                at += 1
            stated.notices = noticed.all()
            yield stated


def _records(row: Told, day: datetime, asked: Asked) -> Iterable[Record]:
    actor = row.within("actor")
    user, key = actor.text("email_address"), actor.text("api_key_name")
    actor.needed(user or key, "email_address")
    terminal, customer = row.text("terminal_type"), row.text("customer_type")
    about = [("user", user), ("key", key), ("terminal", terminal), ("customer", customer)]
    beside = {"terminal": terminal, "customer_type": customer}

    def line(*more: tuple[str, str], **values: Any) -> Reported:  # noqa: ANN401 - fields of a line
        return Reported(
            source=SOURCE,
            native_id=line_id(asked.id, Reported.kind, REPORT, day, [*about, *more]),
            started_at=to_us(day),
            ended_at=to_us(day + timedelta(days=1)),
            provider=asked.provider,
            report=REPORT,
            user=user,
            api_key=key,
            operation="claude_code",
            labels={name: value for name, value in beside.items() if value} or None,
            **values,
        )

    for name, count, unit in _counted(row):
        yield line(("count", name), quantity=float(count), quantity_unit=unit)
    for model in row.each("model_breakdown"):
        tokens, cost = model.within("tokens"), model.within("estimated_cost")
        estimated = cents(cost, "amount") if cost.text("currency").upper() in ("", "USD") else None
        yield line(
            ("model", model.text("model")),
            model=model.text("model"),
            input_tokens=tokens.whole("input"),
            output_tokens=tokens.whole("output"),
            cache_read_tokens=tokens.whole("cache_read"),
            cache_write_unknown_tokens=tokens.whole("cache_creation"),
            estimated_cost=None if estimated is None else money(estimated),
        )


def _counted(row: Told) -> Iterator[tuple[str, int, str]]:
    for name, (path, unit) in _COUNTS.items():
        told = row
        for step in path[:-1]:
            told = told.within(step)
        if count := told.whole(path[-1]):
            yield name, count, unit
    for tool in row.within("tool_actions").plain:
        actions = row.within("tool_actions").within(tool)
        for action in _ACTIONS:
            if count := actions.whole(action):
                yield f"{tool}.{action}", count, f"edits {action}"


def _object(row: object) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise RecordError("", "is no object")
    return row
