"""Scheduled jobs one by one: expected against actual runs, what a good run costs, and why runs fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.judgement.keeping import Run, is_flapping, kept, turns
from tokometer.judgement.schedules import Cron, schedule_of, zone_of
from tokometer.measures import Feed, Filter, Query, Question, Result
from tokometer.measures.query import MOST_VALUES
from tokometer.records.units import COUNT, PERCENT, SECONDS, USD
from tokometer.records.wording import pattern
from tokometer.settings import Settings

_JOBS: Final = "jobs"
#: Runs that are looked at, the newest; older ones of the window are not judged.
MOST_RUNS: Final = 20_000
#: A job that ran within so long before the window, and not in it, is still expected to run.
LOOK_BACK: Final = timedelta(days=35)
#: Sessions whose cost is asked for, in questions of :data:`MOST_VALUES`.
_MOST_SESSIONS: Final = 5 * MOST_VALUES
#: With so many runs missing since the last one, a job has stopped.
STOPPED: Final = 3
#: Below this share of good runs, a job is worrying though its last run was good.
GOOD: Final = 0.95
_CRITICAL: Final = ("stopped", "missed", "failing")
_COLUMNS: Final = (
    *("job_id", "job", "at", "status", "schedule", "error_type", "error_message"),
    *("duration_ms", "next_run_at", "session_id"),
)
_Asked = Generator[tuple[Question, ...], tuple[Result, ...], Any]


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    found = yield from _runs(matter)
    if found is None:
        return []
    by_job, since, now, known = found
    costs = yield from _costs(matter, by_job, since)
    rows = [_row(job, runs, since, now, costs, known=job in known, zone=matter.tz) for job, runs in by_job.items()]
    return sorted(rows, key=lambda row: (_rank(row["state"]), -(row["missed"] or 0), -row["failed"], row["job"]))


def _runs(matter: Matter) -> _Asked:
    """The runs of each job, the oldest first; from when and until when they are judged; which jobs were there before.

    A job that did not run in the window has its last run before it.
    """
    where = matter.where_in(_JOBS)
    if where is None:
        return None
    feed = Feed(
        cube=_JOBS,
        columns=_COLUMNS,
        where=where,
        since=matter.since,
        until=matter.until,
        tz=matter.tz,
        limit=MOST_RUNS,
    )
    [ran] = yield (feed,)
    since = ran.rows[-1]["at"] if len(ran.rows) == MOST_RUNS else ran.meta.since
    before = Query(
        measures=("jobs.runs",),
        by=("jobs.job_id",),
        where=where,
        since=(since - LOOK_BACK).isoformat(),
        until=since.isoformat(),
        tz=matter.tz,
    )
    [earlier] = yield (before,)
    known = {row["job_id"] for row in earlier.rows if row["runs"]}
    by_job: dict[str, list[Mapping[str, Any]]] = {}
    for row in reversed(ran.rows):
        by_job.setdefault(row["job_id"], []).append(row)
    gone = tuple(sorted(known - by_job.keys()))[:MOST_VALUES]
    if gone:
        only = Filter("jobs.job_id", "in", gone)
        [last] = yield (
            Feed(
                cube=_JOBS,
                columns=_COLUMNS,
                where=(*where, only),
                since=before.since,
                until=before.until,
                tz=matter.tz,
                limit=MOST_RUNS,
            ),
        )
        for row in last.rows:
            by_job.setdefault(row["job_id"], [row])
    return by_job, since, min(matter.now, ran.meta.until), known


def _costs(matter: Matter, by_job: Mapping[str, Sequence[Mapping[str, Any]]], since: datetime) -> _Asked:
    """What the calls of the runs' sessions cost, by session; of sessions without a priced call nothing is told."""
    sessions = list(dict.fromkeys(run["session_id"] for runs in by_job.values() for run in runs if run["session_id"]))
    sessions = sessions[-_MOST_SESSIONS:]
    if not sessions:
        return {}
    answers = yield tuple(
        Query(
            measures=("calls.cost", "calls.requests"),
            by=("calls.session",),
            where=(Filter("calls.session", "in", tuple(sessions[at : at + MOST_VALUES])),),
            since=since.isoformat(),
            until=matter.until,
            tz=matter.tz,
        )
        for at in range(0, len(sessions), MOST_VALUES)
    )
    return {row["session"]: row["cost"] for answer in answers for row in answer.rows if row["requests"]}


def _row(
    job: str,
    told: Sequence[Mapping[str, Any]],
    since: datetime,
    now: datetime,
    costs: Mapping[str, Decimal | None],
    *,
    known: bool,
    zone: str,
) -> Row:
    last = told[-1]
    runs = [one for one in told if one["at"] >= since]
    schedule = schedule_of(last["schedule"] or "")
    # What it did under another schedule says nothing about this one.
    current = next((at for at, one in enumerate(reversed(told)) if one["schedule"] != last["schedule"]), len(told))
    judged = [_run(one) for one in told[len(told) - current :]]
    if isinstance(schedule, Cron):
        following = [run.following for run in judged if run.following is not None]
        zone = zone_of(schedule, following[-20:], [run.at for run in judged[-20:]], ("UTC", zone))
    held = kept(schedule, judged, since, now, zone=zone, known=known and current == len(told))
    statuses = [one["status"] for one in runs]
    counts = Counter(statuses)
    failed = [one for one in runs if one["status"] == "error"]
    causes = Counter(cause_of(one) for one in failed)
    ended = counts["ok"] + counts["error"]
    cost = _cost(runs, costs)
    row: Row = {
        "jobs": None if held is None or not held.expected else (held.on_time + held.late) / held.expected,
        "job": last["job"] or job,
        "job_id": job,
        "schedule": last["schedule"],
        "zone": zone if isinstance(schedule, Cron) else "",
        "runs": len(runs),
        "ok": counts["ok"],
        "failed": counts["error"],
        "skipped": counts["skipped"],
        "success": counts["ok"] / ended if ended else None,
        "turns": turns(statuses),
        "cost": cost,
        "cost_per_success": None if cost is None or not counts["ok"] else cost / counts["ok"],
        "cause": causes.most_common(1)[0][0] if causes else "",
        "cause_count": causes.most_common(1)[0][1] if causes else None,
        "last_run": last["at"],
        "last_status": last["status"],
        **{name: None if held is None else getattr(held, name) for name in _HELD},
        "overdue": None if held is None or held.overdue is None else held.overdue.astimezone(last["at"].tzinfo),
        "worst_delay": None if held is None else held.worst.total_seconds(),
        "next_due": None if held is None or held.following is None else held.following.astimezone(last["at"].tzinfo),
    }
    return row | {"state": _state(row, statuses, late=held is not None and held.last_late)}


_HELD: Final = ("expected", "on_time", "late", "missed", "extra", "missing", "overdue")


def _run(one: Mapping[str, Any]) -> Run:
    took = one["duration_ms"]
    return Run(
        one["at"], one["status"], None if took is None else timedelta(milliseconds=float(took)), one["next_run_at"]
    )


def _cost(runs: Sequence[Mapping[str, Any]], costs: Mapping[str, Decimal | None]) -> Decimal | None:
    sessions = {one["session_id"] for one in runs if one["session_id"] in costs}
    known = [cost for one in sessions if (cost := costs[one]) is not None]
    return sum(known, Decimal(0)) if known else None


def cause_of(run: Mapping[str, Any]) -> str:
    """What a failed run says, without what varies from one to the next; the kind of error where it says nothing."""
    return pattern(str(run["error_message"] or "")) or str(run["error_type"] or "") or "no reason given"


def _state(row: Row, statuses: Sequence[str], *, late: bool) -> str:
    ended = [status for status in statuses if status in ("ok", "error")]
    missing = row["missing"] or 0
    holds = {
        "stopped": missing >= STOPPED or (missing > 0 and not row["runs"]),
        "missed": missing > 0,
        "flapping": is_flapping(statuses),
        "failing": bool(ended) and ended[-1] == "error",
        "late": late,
        "no run": not ended,
        "unsteady": bool(row["missed"]) or (row["success"] or 0) < GOOD,
    }
    return next((state for state, held in holds.items() if held), "ok")


_STATES: Final = ("stopped", "missed", "failing", "flapping", "late", "unsteady", "no run", "ok")


def _rank(state: str) -> int:
    return _STATES.index(state)


def _standing(row: Row, _: Settings) -> Standing:
    if row["state"] in _CRITICAL:
        return "critical"
    return {"ok": "good", "no run": "none"}.get(row["state"], "warning")  # type: ignore[return-value]


def _failures(matter: Matter, _: Settings) -> Inquiry:
    where = matter.where_in(_JOBS)
    if where is None:
        return []
    [failed] = yield (
        Feed(
            cube=_JOBS,
            columns=_COLUMNS,
            where=(*where, Filter("jobs.status", "=", ("error",))),
            since=matter.since,
            until=matter.until,
            tz=matter.tz,
            limit=MOST_RUNS,
        ),
    )
    found: dict[tuple[str, str], Row] = {}
    for one in failed.rows:  # the newest first
        cause, kind = cause_of(one), one["error_type"] or ""
        row = found.setdefault(
            (cause, kind),
            {
                "job_failures": 0,
                "cause": cause,
                "error_type": kind,
                "example": one["error_message"] or "",
                "jobs": [],
                "last": one["at"],
            },
        )
        row["job_failures"] += 1
        row["first"] = one["at"]
        name = one["job"] or one["job_id"]
        row["jobs"] += [] if name in row["jobs"] else [name]
    rows = sorted(found.values(), key=lambda row: (-row["job_failures"], row["cause"]))
    for row in rows:
        row["share"] = row["job_failures"] / len(failed.rows)
        row["of_jobs"], row["jobs"] = len(row["jobs"]), ", ".join(sorted(row["jobs"]))
    return rows


def _no_standing(_row: Row, _: Settings) -> Standing:
    return "none"


JOBS: Final = Judgement(
    name="jobs",
    title="Runs that began when due",
    unit=PERCENT,
    better="higher",
    description=(
        "Each scheduled job: how many runs its schedule calls for and how many there were, on time, late or missed, "
        "whether it fails or goes on and off, and what a good run costs. A schedule is a cron expression (kept as "
        "Debian's cron does, changes of clocks included), an interval, or what a run says of the next one."
    ),
    formula=(
        "runs that began in the time between when they were due and the next due time / runs that were due. Late: by "
        "more than a tenth of that time (1 to 15 minutes). Missed: none until an hour, and as long as its runs take, "
        "after it was due. A schedule without a zone is held against UTC and the viewer's zone, and the one counts "
        "that fits its runs. Flapping: of the last 21 runs, 30 % turned from good to bad or back, 4 at least. Cost: "
        "all calls of the sessions that the runs name, failed runs included, for each run that ended well. At most "
        f"{MOST_RUNS:,} runs are looked at; a job that ran in the {LOOK_BACK.days} days before is expected to go on"
    ),
    by=("",),
    facts=(
        text("job", "the job", "Job"),
        text("job_id", "its id"),
        text(
            "state",
            "`ok`, `stopped` (three runs missing since the last one, or none in the window), `missed`, `failing` (its "
            "last run), `flapping`, `late`, `unsteady` (missed or failed earlier), `no run`",
            "State",
        ),
        text("schedule", "when it runs, as its source says", "Schedule"),
        text("zone", "the clock that a cron expression was held against", "Zone"),
        Fact("expected", COUNT, "integer", "Expected", "runs that were due; unknown where nothing says when"),
        Fact("runs", COUNT, "integer", "Runs", "runs that there were"),
        Fact("on_time", COUNT, "integer", "On time", "runs that began when they were due"),
        Fact("late", COUNT, "integer", "Late", "runs that began late"),
        Fact("missed", COUNT, "integer", "Missed", "runs that did not begin"),
        Fact("extra", COUNT, "integer", "Extra", "runs beside those that were due"),
        Fact("worst_delay", SECONDS, title="Latest by", meaning="how late the latest run began"),
        Fact("missing", COUNT, "integer", "Missing now", "runs missed since the last one"),
        Fact("overdue", None, "time", "Overdue since", "since when"),
        Fact("next_due", None, "time", "Next due", "when it is due next"),
        Fact("ok", COUNT, "integer", "Successful", "runs that ended well"),
        Fact("failed", COUNT, "integer", "Failed", "runs that ended in an error"),
        Fact("skipped", COUNT, "integer", "Skipped", "runs that did not take place"),
        share("success", "runs that ended well / runs that ended", "Success"),
        Fact("turns", COUNT, "integer", "Turns", "how often the last runs went from good to bad or back"),
        Fact("cost", USD, "money", "Cost", "of the calls of its runs' sessions; unknown where none are known"),
        Fact("cost_per_success", USD, "money", "Cost per good run", "the same for each run that ended well"),
        text("cause", "what most of its failed runs say, without what varies", "Cause"),
        Fact("cause_count", COUNT, "integer", "Failures with that cause", "how many of them"),
        Fact("last_run", None, "time", "Last run", "when it ran last"),
        text("last_status", "how that ended", "Last status"),
    ),
    thresholds=(
        f"critical: stopped, missed or failing; warning: flapping, late, or below {GOOD:.0%} good runs or any missed"
    ),
    cube=_JOBS,
    inquire=_inquire,
    standing=_standing,
)

JOB_FAILURES: Final = Judgement(
    name="job_failures",
    title="Failed runs",
    unit=COUNT,
    type="integer",
    better="lower",
    description="Why scheduled jobs fail: their failed runs by what they say, without ids, numbers and quoted names.",
    formula=(
        f"failed runs with the same message but for what varies, and the same kind of error; of the last {MOST_RUNS:,}"
    ),
    by=("",),
    facts=(
        text("cause", "what they say; `…` stands for what varies", "Cause"),
        text("error_type", "the kind of error", "Kind"),
        text("jobs", "the jobs that failed so", "Jobs"),
        Fact("of_jobs", COUNT, "integer", "Number of jobs", "how many these are"),
        share("share", "of all failed runs", "Share"),
        Fact("first", None, "time", "First", "the first such failure of the window"),
        Fact("last", None, "time", "Last", "the last one"),
        text("example", "what the last one says", "Example"),
    ),
    thresholds="none: one failure can be too many",
    cube=_JOBS,
    inquire=_failures,
    standing=_no_standing,
)
