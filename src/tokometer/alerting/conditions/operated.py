"""Conditions on how things run: error budgets, scheduled jobs, and what is asked or read by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tokometer.alerting.condition import Condition, Inquiry, Param, Reading, declare
from tokometer.alerting.figures import named
from tokometer.alerting.rule import Terms
from tokometer.alerting.situation import Situation
from tokometer.judgement.burn import BURN_RATE
from tokometer.judgement.schedules import Cron, Every, due_after, schedule_of, zone_of
from tokometer.measures import Feed
from tokometer.records.units import TIMES, show

_LEVELS: Final = ("ok", "notice", "warning", "critical")
#: Runs that are looked through.
_RUNS: Final = 5_000


def _burn(terms: Terms, situation: Situation) -> Inquiry:
    matter = situation.matter(terms.each, terms.where, "72h", terms.tz)
    rows = yield from BURN_RATE.inquire(matter, situation.settings)
    wanted = _LEVELS.index(terms.given["level"])
    worst: dict[str, dict[str, Any]] = {}
    for row in rows:
        value = named(row, terms.each)
        if value not in worst or _rank(row) > _rank(worst[value]):
            worst[value] = row
    readings = []
    for value, row in worst.items():
        holds = _rank(row) >= wanted
        of = str(row["objective"]).replace("_", " ")
        words = f"the error budget of {of} burns {show(row['burn_1h'], TIMES)} too fast over 1 hour, "
        words += f"{show(row['burn_6h'], TIMES)} over 6 hours"
        readings.append(Reading(value=value, holds=holds, over=not holds, measured=row["burn_1h"], words=words))
    return readings


def _rank(row: Mapping[str, Any]) -> int:
    return _LEVELS.index(row["alert"]) if row["alert"] in _LEVELS else -1


BURN: Final = declare(
    Condition(
        name="burn_rate",
        title="An error budget burns too fast",
        meaning=(
            "`judgement.burn_rate` is at a level or worse: over a long and a short window at once, so that what has "
            "stopped is not told"
        ),
        read=_burn,
        phrase="burns its error budget at the level {level}",
        measure="calls.error_rate",
        each="any",
        dimensions=BURN_RATE.by,
        takes=(
            Param(
                name="level", title="Level", form="word", words=("critical", "warning", "notice"), default="critical"
            ),
        ),
        example={"each": "provider", "level": "warning"},
    )
)


def _runs(terms: Terms, since: str) -> Feed:
    return Feed(
        cube="jobs",
        columns=("job_id", "job", "at", "status", "schedule", "next_run_at", "error_message"),
        where=terms.where,
        since=since,
        tz=terms.tz,
        limit=_RUNS,
    )


def _by_job(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The runs of each job, the newest first."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["at"], reverse=True):
        found.setdefault(str(row["job"] or row["job_id"] or ""), []).append(row)
    return found


def _failing(terms: Terms, _situation: Situation) -> Inquiry:
    [result] = yield (_runs(terms, terms.window),)
    readings = []
    for job, runs in _by_job(result.rows).items():
        ended = [run for run in runs if run["status"] in ("ok", "error")]
        failed = next((place for place, run in enumerate(ended) if run["status"] == "ok"), len(ended))
        holds = failed >= terms.given["runs"]
        cause = str(ended[0]["error_message"] or "")[:200] if failed else ""
        words = (
            f"failed {failed:,} times in a row{f': {cause}' if cause else ''}" if failed else "its last run succeeded"
        )
        readings.append(Reading(value=job, holds=holds, over=not failed, measured=failed, words=words))
    return readings


FAILING: Final = declare(
    Condition(
        name="job_failing",
        title="A scheduled job fails",
        meaning="so many runs of a job in a row have failed; over with the next one that succeeds; told of each job",
        read=_failing,
        phrase="has failed {runs} times in a row",
        measure="jobs.failed",
        each="job",
        window="7d",
        takes=(Param(name="runs", title="Runs in a row", form="whole", default=1, least=1, most=1_000),),
        example={"runs": 2},
    )
)


def _missed(terms: Terms, situation: Situation) -> Inquiry:
    [result] = yield (_runs(terms, terms.window),)
    readings = []
    for job, runs in _by_job(result.rows).items():
        due = _due(runs, terms.tz)
        if due is None:
            continue
        late = situation.now - due
        holds = late > timedelta(minutes=terms.given["grace_minutes"])
        words = f"was due {due.astimezone(terms.zone):%-d %b, %H:%M} and has not run"
        readings.append(
            Reading(
                value=job,
                holds=holds,
                over=not holds,
                measured=max(0.0, late.total_seconds() / 60),
                words=words if holds else "ran when it was due",
            )
        )
    return readings


def _due(runs: Sequence[Mapping[str, Any]], tz: str) -> datetime | None:
    """When the run after the last one is due: as that one says, else by its schedule; None where neither tells."""
    last = runs[0]
    if last["next_run_at"] is not None:
        found: datetime = last["next_run_at"]
        return found
    schedule = schedule_of(last["schedule"] or "")
    if isinstance(schedule, Every):
        return last["at"] + schedule.interval  # type: ignore[no-any-return]
    if not isinstance(schedule, Cron):
        return None
    zone = zone_of(schedule, (), [run["at"] for run in reversed(runs[:20])], ("UTC", tz))
    # A run that begins when it is due, or a moment before, is that one.
    return due_after(schedule, last["at"] + timedelta(minutes=1), zone)


MISSED: Final = declare(
    Condition(
        name="job_missed",
        title="A scheduled job has not run",
        meaning="the next run of a job is due, by its last run or its schedule, and has not come; told of each job",
        read=_missed,
        phrase="has not run {grace_minutes} after it was due",
        measure="jobs.runs",
        each="job",
        window="7d",
        takes=(
            Param(
                name="grace_minutes", title="Later than", form="whole", default=60, least=1, most=10_080, unit="minutes"
            ),
        ),
        example={"grace_minutes": 30},
    )
)


def _sync(_terms: Terms, situation: Situation) -> Inquiry:
    yield ()
    return [
        Reading(
            value=one.title or one.name,
            holds=one.failing,
            over=not one.failing,
            words=one.problem[:300] if one.failing else "answers",
        )
        for one in situation.syncs
    ]


SYNC: Final = declare(
    Condition(
        name="sync_failing",
        title="A sync fails",
        meaning="a target that is asked by itself does not answer, or cannot be read; told of each target",
        read=_sync,
        phrase="does not answer, or cannot be read",
        page="/sources",
        each="source",
        filtered=False,
        past=False,
        example={"for_minutes": 15},
    )
)
