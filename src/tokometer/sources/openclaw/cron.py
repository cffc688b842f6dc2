"""Scheduled jobs and their runs: the same entry in `cron/runs/<job>.jsonl`, in a database, and in a webhook's body.

A run is named by its job and the moment at which it began, wherever it is told. What a run says that it used is the
sum of calls that its session's transcript holds, so it is kept as their shadow: it counts only where the transcript is
gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, Literal, NamedTuple

from tokometer.host.regular import read_bytes
from tokometer.records import JobRun, ModelCall, Record, RecordError, status_of
from tokometer.records.providers import provider_of
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.openclaw.keys import key_of
from tokometer.sources.openclaw.places import SOURCE_NAME
from tokometer.sources.told import Told

JobStatus = Literal["ok", "error", "skipped", "running", "unknown"]

_STATUSES: Final[dict[str, JobStatus]] = {"ok": "ok", "error": "error", "skipped": "skipped"}
#: What is said of a run while it is not over.
_NOT_OVER: Final = frozenset({"started", "added", "updated", "removed", "scheduled", "queued"})
#: Of two tellings of one run the one that knows more is right: what a job says of its last run; an entry of the
#: history; the same, with the job that it is of beside it.
_LAST, _ENTRY, _NAMED = 1, 2, 3
_USAGE: Final = frozenset(
    {"input_tokens", "output_tokens", "total_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"}
)
#: What is larger is no list of jobs (bytes).
_MOST: Final = 64 << 20


class Job(NamedTuple):
    """What a job is."""

    id: str = ""
    name: str = ""
    schedule: str = ""
    agent: str = ""
    model: str = ""


def job_of(told: Told) -> Job:
    """The job that its own JSON describes.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    return Job(
        id=told.needed(told.text("id", "jobId"), "id"),
        name=told.text("name", "displayName"),
        schedule=schedule_of(told.within("schedule")),
        agent=told.text("agentId"),
        model=told.within("payload").text("model"),
    )


def schedule_of(told: Told) -> str:
    """When a job runs, in words: `0 7 * * * (Europe/Vienna)`, `every 30m`, `at 2026-03-02T07:00:00Z`."""
    kind = told.text("kind")
    if kind == "cron" or "expr" in told:
        zone = told.text("tz")
        return f"{told.text('expr')} ({zone})" if zone else told.text("expr")
    if kind == "every" or "everyMs" in told:
        return f"every {_span(told.whole('everyMs') or 0)}"
    at = told.text("at", "atMs")
    return f"at {at}" if at else kind


def _span(milliseconds: int) -> str:
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if milliseconds >= size and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


def run_name(job_id: str, began: int) -> str:
    """What names a run; `began` is in microseconds, of which OpenClaw knows milliseconds."""
    return f"run:{job_id}:{began // 1000}"


def records_of(told: Told, job: Job, noticed: Noticed, offset: int | None) -> Iterator[Record]:
    """A finished run, by its entry in the history; nothing where the entry is of something else.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    action = told.text("action")
    if action not in ("finished", ""):
        if action not in _NOT_OVER:
            noticed.add("event", f"cron action {action}", offset)
        return
    job_id = told.needed(told.text("jobId") or job.id, "jobId")
    ended, took = told.moment("ts"), told.milliseconds("durationMs")
    began = told.moment("runAtMs")
    if began is None:
        began = told.needed(ended, "runAtMs") - (took or 0)
    key = key_of(told.text("sessionKey"))
    session_id = told.text("sessionId") or key.run
    status = _STATUSES.get(told.text("status"), "unknown")
    run = JobRun(
        source=SOURCE_NAME,
        native_id=run_name(job_id, began),
        pinned=True,
        started_at=began,
        revision=_NAMED if job.name else _ENTRY,
        job_id=job_id,
        name=told.text("jobName") or job.name or job_id,
        schedule=job.schedule,
        status=status,
        duration_us=took,
        next_run_at=told.moment("nextRunAtMs") or None,
        agent=key.agent or job.agent,
        session_id=session_id,
        model=told.text("model") or job.model,
        provider=provider_of(told.text("provider")),
        labels=_labels(told),
    )
    _fail(run, told)
    yield run
    if "usage" in told and status != "skipped":
        yield from _fallback(told.within("usage"), run, noticed, offset)


def _fail(run: JobRun, told: Told) -> None:
    """What went wrong, with the run or with the delivery of what it said."""
    run.delivery_status = told.text("deliveryStatus")
    if not run.delivery_status and isinstance(told.raw("delivered"), bool):
        run.delivery_status = "delivered" if told.raw("delivered") else "not-delivered"
    run.error_message = told.message("error") or told.message("deliveryError")
    run.error_type = told.text("errorReason")
    if run.status == "error" and not run.error_type:
        run.error_type = status_of(None, run.error_message) if run.error_message else "unknown"


def _labels(told: Told) -> dict[str, str] | None:
    completed = told.text("completionStatus")
    return {"completion": completed} if completed and completed != "succeeded" else None


def _fallback(usage: Told, run: JobRun, noticed: Noticed, offset: int | None) -> Iterator[ModelCall]:
    """What the run used in all, for the case that nobody knows its calls any more."""
    for name in usage.beside(_USAGE):
        noticed.add("usage", f"usage.{name}", offset)
    counts = {name: usage.whole(name) for name in _USAGE}
    total = counts["total_tokens"]
    parts = [counts[name] for name in _USAGE if name not in ("total_tokens", "reasoning_tokens")]
    if not any(parts) and not total:
        return
    if not run.session_id:
        # Nobody could tell that its transcript has the same tokens.
        noticed.add("usage", "usage of a run without a session", offset)
        return
    yield ModelCall(
        source=SOURCE_NAME,
        native_id=run.native_id,
        started_at=run.started_at,
        group=f"session:{run.session_id}",
        shadow=True,
        provider=run.provider,
        model=run.model,
        operation="chat",
        input_tokens=counts["input_tokens"],
        cache_read_tokens=counts["cache_read_tokens"],
        cache_write_unknown_tokens=counts["cache_write_tokens"],
        output_tokens=counts["output_tokens"],
        unsplit_tokens=None if any(parts) else total,
        session_id=run.session_id,
        agent=run.agent,
        labels={"session_kind": "cron", "job": run.job_id, "told_by": "run history"},
    )


def last_run_of(told: Told, job: Job) -> JobRun | None:
    """What a job says of its last run: all that is known where there is no history.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    state = told.within("state") if "state" in told else told
    began = state.moment("lastRunAtMs")
    if not began:
        return None
    run = JobRun(
        source=SOURCE_NAME,
        native_id=run_name(job.id, began),
        pinned=True,
        started_at=began,
        revision=_LAST,
        job_id=job.id,
        name=job.name or job.id,
        schedule=job.schedule,
        status=_STATUSES.get(state.text("lastRunStatus", "lastStatus"), "unknown"),
        error_message=state.message("lastError"),
        delivery_status=state.text("lastDeliveryStatus"),
        duration_us=state.milliseconds("lastDurationMs"),
        next_run_at=state.moment("nextRunAtMs") or None,
        agent=job.agent,
        model=job.model,
    )
    if run.status == "error":
        run.error_type = status_of(None, run.error_message) if run.error_message else "unknown"
    return run


def items(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:  # noqa: ARG001 - as every document's
    """The jobs of a `jobs.json`, or what became of them in a `jobs-state.json`, each with its last run.

    Raises:
        RecordError: It is no such file.
    """
    jobs = json_object(content).get("jobs")
    states: Iterable[tuple[Job | None, object]]
    if isinstance(jobs, dict):
        known = _read_beside(path.with_name("jobs.json"))
        states = ((known.get(id_, Job(id_)), state) for id_, state in jobs.items())
    elif isinstance(jobs, list):
        states = ((None, job) for job in jobs)
    else:
        raise RecordError("jobs", "is not a list")
    for position, (job, state) in enumerate(states):
        yield Item(position, partial(_last, state, job))


def _last(state: object, job: Job | None) -> Iterable[Record]:
    if not isinstance(state, dict):
        raise RecordError("", "is not an object")
    told = Told(state)
    run = last_run_of(told, job or job_of(told))
    return () if run is None else (run,)


def jobs_beside(path: Path) -> dict[str, Job]:
    """The jobs by their ids, for a file of runs; none where they cannot be read."""
    return _read_beside(path.parent.parent / "jobs.json")


def _read_beside(jobs: Path) -> dict[str, Job]:
    try:
        status = jobs.stat()
    except OSError:
        return {}
    return _read(str(jobs), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=16)
def _read(path: str, _written: int, _size: int) -> dict[str, Job]:
    found: dict[str, Job] = {}
    try:
        jobs = json_object(read_bytes(path, _MOST)).get("jobs")
    except (OSError, RecordError):
        # Whoever reads the file itself says what is wrong with it.
        return found
    for one in jobs if isinstance(jobs, list) else ():
        try:
            job = job_of(Told(one))
        except (RecordError, AttributeError):
            continue
        found[job.id] = job
    return found
