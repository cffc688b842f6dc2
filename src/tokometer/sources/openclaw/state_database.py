"""The database of all agents (`state/openclaw.sqlite`): jobs, their runs, tasks and subagents.

Releases moved the history of jobs: first into `cron_run_logs`, then into the tasks of `task_runs`, with what a line of
the old history said in a column of JSON. Columns move, too; where one is missing what it said is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import AgentRun, JobRun, Record, RecordError
from tokometer.sources.database import DatabaseReader, Tables, later
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.openclaw.cron import Job, JobStatus, job_of, last_run_of, records_of, run_name
from tokometer.sources.openclaw.keys import key_of
from tokometer.sources.openclaw.places import SOURCE_NAME
from tokometer.sources.openclaw.sessions import STATED, Outcome
from tokometer.sources.openclaw.whose import Whose
from tokometer.sources.told import Told

_JOBS, _LOGS, _TASKS, _SUBAGENTS = "cron_jobs", "cron_run_logs", "task_runs", "subagent_runs"
#: Columns by the last of which a row is known to be new.
_WRITTEN: Final = {
    _LOGS: ("ts", "created_at"),
    _TASKS: ("last_event_at", "ended_at", "started_at", "created_at"),
    _SUBAGENTS: ("cleanup_completed_at", "ended_at", "started_at", "created_at"),
}
#: Names of a job's JSON → the columns that say the same.
_OF_JOB: Final = {"id": "job_id", "name": "name", "displayName": "display_name", "agentId": "agent_id"}
_OF_SCHEDULE: Final = {
    "kind": "schedule_kind",
    "expr": "schedule_expr",
    "tz": "schedule_tz",
    "everyMs": "every_ms",
    "at": "at",
}
_OF_STATE: Final = {
    "nextRunAtMs": "next_run_at_ms",
    "lastRunAtMs": "last_run_at_ms",
    "lastRunStatus": "last_run_status",
    "lastError": "last_error",
    "lastDurationMs": "last_duration_ms",
    "lastDeliveryStatus": "last_delivery_status",
}
_OF_LOG: Final = {
    "ts": "ts",
    "jobId": "job_id",
    "status": "status",
    "error": "error",
    "deliveryStatus": "delivery_status",
    "deliveryError": "delivery_error",
    "sessionId": "session_id",
    "sessionKey": "session_key",
    "runAtMs": "run_at_ms",
    "durationMs": "duration_ms",
    "nextRunAtMs": "next_run_at_ms",
    "model": "model",
    "provider": "provider",
}
_RUN_ID: Final = re.compile(r"cron:(?P<job>.+):(?P<at>\d{12,14})(?::.*)?")
#: How a task ended → how a run did, where nothing says more.
_ENDS: Final[dict[str, tuple[JobStatus, str]]] = {
    "running": ("running", ""),
    "succeeded": ("ok", ""),
    "failed": ("error", ""),
    "timed_out": ("error", "timeout"),
    "cancelled": ("error", "cancelled"),
    "lost": ("unknown", "lost"),
}
_DELIVERIES: Final = {"not_applicable": "not-requested", "failed": "not-delivered"}
_OUTCOMES: Final[dict[str, Outcome]] = {
    "running": "running",
    "queued": "running",
    "succeeded": "ok",
    "ok": "ok",
    "complete": "ok",
    "completed": "ok",
    "failed": "error",
    "error": "error",
    "timed_out": "error",
    "timeout": "error",
    "lost": "error",
    "cancelled": "cancelled",
    "killed": "cancelled",
}


class StateMemory(msgspec.Struct):
    """What is remembered of the database between two readings, by table: the last row that was read.

    When it was written (ms), and its number: what a migration brings is new, and old.
    """

    last: dict[str, tuple[int, int]] = {}


class StateReader(DatabaseReader[StateMemory]):
    """One reading of the database of all agents."""

    Memory = StateMemory

    def __init__(self, path: Path, tables: Tables, memory: StateMemory, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        self._jobs: dict[str, Job] = {}
        self._whose = Whose(path.parent.parent)

    def items(self) -> Iterable[Item]:
        """See `DatabaseReader.items`."""
        there = [table for table in (_JOBS, _LOGS, _TASKS, _SUBAGENTS) if self.tables.has(table)]
        if not there:
            self.noticed.add("file", "a database without jobs and tasks")
            return
        if self.tables.has(_JOBS, "job_id"):
            for row in list(self.tables.rows(f"SELECT rowid AS position, * FROM {_JOBS}")):
                yield Item(row["position"], lambda row=row: self._job(row))  # type: ignore[misc]
        self.tables.expect(_LOGS, "entry_json")
        if "detail" not in self.tables.columns(_TASKS):
            self.tables.expect(_TASKS, "detail_json")
        for table, records in ((_LOGS, self._log), (_TASKS, self._task), (_SUBAGENTS, self._subagent)):
            for row in self._new(table):
                yield Item(row["position"], lambda row=row, records=records: records(row))  # type: ignore[misc]

    def _new(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table that were written since the last reading, those of its last moment among them."""
        columns = [name for name in _WRITTEN[table] if name in self.tables.columns(table)]
        if not columns:
            return
        known = [f"coalesce({name}, 0)" for name in columns]
        written = f"max({', '.join(known)})" if len(known) > 1 else known[0]
        query = f"SELECT rowid AS position, *, {written} AS written FROM {table} WHERE written >= ? OR rowid > ?"
        for row in self.tables.rows(query, self.memory.last.get(table, (0, 0))):
            at, position = self.memory.last.get(table, (0, 0))
            self.memory.last[table] = later(at, row["written"]), max(position, row["position"])
            yield row

    # -- jobs ------------------------------------------------------------------------------------------------------

    def _job(self, row: Mapping[str, Any]) -> Iterable[Record]:
        described = _columns(row, _OF_JOB) | {
            "schedule": _columns(row, _OF_SCHEDULE),
            "payload": _columns(row, {"model": "payload_model"}),
        }
        told = described | _json(row, "job_json")
        told["state"] = _columns(row, _OF_STATE) | (told.get("state") or {}) | _json(row, "state_json")
        job = job_of(Told(told))
        self._jobs[job.id] = job
        run = last_run_of(Told(told), job)
        return () if run is None else (run,)

    def _log(self, row: Mapping[str, Any]) -> Iterable[Record]:
        entry = _columns(row, _OF_LOG) | _json(row, "entry_json")
        if "usage" not in entry and row.get("total_tokens"):
            entry["usage"] = {"total_tokens": row["total_tokens"]}
        return self._run(entry, row["position"])

    def _run(self, entry: dict[str, Any], position: int) -> Iterable[Record]:
        job = self._jobs.get(str(entry.get("jobId")), Job())
        return records_of(Told(entry), job, self.noticed, position)

    # -- tasks -----------------------------------------------------------------------------------------------------

    def _task(self, row: Mapping[str, Any]) -> Iterable[Record]:
        told = Told(row)
        if told.text("runtime") != "cron":
            return self._agents_task(told)
        detail = _json(row, "detail_json") or _json(row, "detail")
        if detail.get("kind") == "cron-run":
            known = {
                "jobId": row.get("source_id"),
                "ts": row.get("ended_at") or row.get("last_event_at") or row.get("created_at"),
                "sessionKey": row.get("child_session_key"),
                "error": row.get("error"),
                "runAtMs": row.get("started_at"),
            }
            said = {name: value for name, value in detail.items() if value is not None}
            return self._run({**known, **said, "action": "finished"}, row["position"])
        if "triggerFired" in detail or told.text("status") == "queued":
            # A look at whether there is something to do, or a run that is still to come.
            return ()
        return (self._bare_run(told),)

    def _bare_run(self, told: Told) -> JobRun:
        """A run of which the task alone tells: it runs, or was cut off."""
        named = _RUN_ID.fullmatch(told.text("run_id"))
        job_id = told.text("source_id") or (named["job"] if named else "")
        began = told.moment("started_at", "created_at")
        if named:
            began = int(named["at"]) * 1_000
        began = told.needed(began, "started_at")
        status, cause = _ENDS.get(told.text("status"), ("unknown", ""))
        job = self._jobs.get(job_id, Job())
        ended = told.moment("ended_at")
        delivery = told.text("delivery_status")
        return JobRun(
            source=SOURCE_NAME,
            native_id=run_name(told.needed(job_id, "source_id"), began),
            pinned=True,
            started_at=began,
            # Whatever else tells of it knows more.
            revision=0,
            job_id=job_id,
            name=job.name or told.text("label") or job_id,
            schedule=job.schedule,
            status=status,
            error_type=cause or ("unknown" if status == "error" else ""),
            error_message=told.message("error"),
            delivery_status=_DELIVERIES.get(delivery, delivery),
            duration_us=ended - began if ended is not None and ended >= began else None,
            agent=told.text("agent_id") or job.agent,
            session_id=key_of(told.text("child_session_key")).run,
            model=job.model,
        )

    def _agents_task(self, told: Told) -> Iterable[Record]:
        """A task that an agent, or a program that acts for it, was given; its session is the run."""
        key = told.text("child_session_key")
        session_id = self._whose.session_of(key)
        if not session_id:
            self.noticed.add("event", f"a task of runtime {told.text('runtime')} without a session")
            return ()
        status = _OUTCOMES.get(told.text("status"), "unknown")
        parent = told.text("requester_session_key", "owner_key")
        return (self._agent_run(told, key, session_id, parent, status, told.message("error")),)

    def _subagent(self, row: Mapping[str, Any]) -> Iterable[Record]:
        told = Told({**_columns(row, {name: name for name in row}), **_json(row, "payload_json")})
        key = told.text("child_session_key", "childSessionKey")
        session_id = self._whose.session_of(key)
        if not session_id:
            self.noticed.add("event", "a subagent without a session")
            return ()
        ended = told.moment("ended_at", "endedAt")
        outcome = _json(row, "outcome_json")
        said = Told(outcome, "outcome_json.") if outcome else told.within("outcome")
        status = _OUTCOMES.get(said.text("status"), "unknown" if ended else "running")
        parent = told.text("controller_session_key", "requester_session_key", "requesterSessionKey")
        return (self._agent_run(told, key, session_id, parent, status, said.message("error")),)

    def _agent_run(self, told: Told, key: str, session_id: str, parent: str, status: Outcome, wrong: str) -> AgentRun:
        began = told.needed(told.moment("started_at", "startedAt", "created_at", "createdAt"), "started_at")
        ended = told.moment("ended_at", "endedAt")
        named = key_of(key)
        return AgentRun(
            source=SOURCE_NAME,
            native_id=f"session:{session_id}",
            started_at=began,
            revision=STATED + (ended or began),
            agent=named.agent or told.text("agent_id") or "main",
            status=status,
            error_message=wrong,
            ended_at=ended,
            task=told.text("label", "task_name", "taskName"),
            role=named.kind,
            session_id=session_id,
            parent_session_id=self._whose.session_of(parent),
            model=told.text("model"),
            labels={"session_kind": named.kind} if named.kind else None,
        )


def _columns(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What the columns say, under the names of the JSON that they were taken out of."""
    return {name: row[column] for name, column in names.items() if row.get(column) is not None}


def _json(row: Mapping[str, Any], column: str) -> dict[str, Any]:
    text = row.get(column)
    if not text:
        return {}
    try:
        return json_object(text)
    except RecordError as error:
        raise RecordError(column, error.reason) from None
