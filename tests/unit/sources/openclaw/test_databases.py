"""OpenClaw's databases: rows that move, columns that are missing, and what is told by several tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from generators.left import database
from generators.sources.openclaw import (
    AGENT_DATABASE,
    AGENT_SCHEMA,
    CHILD,
    FORK,
    FORK_ENTRIES,
    JOB,
    JOBS,
    MAIN,
    MAIN_ENTRIES,
    START,
    STATE_DATABASE,
    STATE_SCHEMA,
    TASK_SCHEMA,
    WINDOWS,
    entries_as_rows,
    jobs,
    nodes,
    subagents_task,
    text,
    write,
)
from tokometer.records import AgentRun, JobRun, ModelCall, Record
from tokometer.sources.openclaw.found import FOUND
from tokometer.sources.protocol import Reading

MS = 1_000


def of(kind: type[Record], reading: Reading) -> list[Any]:
    """The records of a kind."""
    return [record for record in reading.records if isinstance(record, kind)]


def agent(home: Path, state: bytes = b"", **rows: Any) -> Reading:
    """Put rows into an agent's database, and read it."""
    database(AGENT_DATABASE, AGENT_SCHEMA, rows)(home)
    return FOUND.read(home / AGENT_DATABASE, state)


def shared(home: Path, state: bytes = b"", **rows: Any) -> Reading:
    """Put rows into the database of all agents, and read it."""
    database(STATE_DATABASE, STATE_SCHEMA + TASK_SCHEMA, rows)(home)
    return FOUND.read(home / STATE_DATABASE, state)


def test_what_was_read_is_not_read_again(tmp_path: Path) -> None:
    """A second reading gives what was added, in the order in which entries stand, with what was remembered."""
    first = agent(tmp_path, transcript_events=entries_as_rows(MAIN, MAIN_ENTRIES[:5]))
    later = agent(tmp_path, first.state, transcript_events=entries_as_rows(MAIN, MAIN_ENTRIES[5:], 5))
    assert (len(of(ModelCall, first)), len(of(ModelCall, later))) == (1, 1)
    assert not agent(tmp_path, later.state).records


def test_rows_whose_numbers_are_given_again_are_not_missed(tmp_path: Path) -> None:
    """A session that was deleted frees the numbers of its rows; what is written under them is read."""
    first = agent(tmp_path, transcript_events=entries_as_rows(MAIN, MAIN_ENTRIES))
    with closing(sqlite3.connect(tmp_path / AGENT_DATABASE)) as connection, connection:
        connection.execute("DELETE FROM transcript_events")
    later = agent(tmp_path, first.state, transcript_events=entries_as_rows(FORK, FORK_ENTRIES[-2:]))
    assert len(of(ModelCall, later)) == 1


def test_a_session_is_told_by_its_window_and_the_entry_of_its_key(tmp_path: Path) -> None:
    """Outcome, label, times and parent come from whichever has them; the parent's key is its session's id."""
    reading = agent(tmp_path, session_nodes=nodes(), session_windows=WINDOWS)
    runs = {run.session_id: run for run in of(AgentRun, reading)}
    child = runs[CHILD]
    assert (child.status, child.role, child.task, child.parent_session_id) == ("ok", "subagent", "look it up", MAIN)
    assert (runs[MAIN].role, (runs[MAIN].labels or {})["channel"]) == ("main", "telegram")


def test_a_subagents_run_is_its_sessions(tmp_path: Path) -> None:
    """The task, the row of the subagent and the session are one run, found by the session's key."""
    agent(tmp_path, session_nodes=nodes(), session_windows=WINDOWS)
    [run] = of(AgentRun, shared(tmp_path, task_runs=[subagents_task()]))
    assert (run.native_id, run.status, run.task) == (f"session:{CHILD}", "ok", "look it up")
    assert (run.parent_session_id, run.ended_at) == (MAIN, (START + 8_000) * MS)


def test_a_subagent_whose_session_is_gone_is_noticed(tmp_path: Path) -> None:
    """Under another name it would be a second run of the same."""
    reading = shared(tmp_path, task_runs=[subagents_task()])
    assert not reading.records
    assert [notice.name for notice in reading.notices] == ["a task of runtime subagent without a session"]


def task(**more: Any) -> dict[str, Any]:
    """A run of the job as a task."""
    row = {
        "task_id": "t",
        "runtime": "cron",
        "source_id": JOB,
        "owner_key": "",
        "run_id": f"cron:{JOB}:{START}",
        "task": "sum up",
        "status": "running",
        "delivery_status": "not_applicable",
        "created_at": START - 5,
        "started_at": START,
    }
    return row | more


def test_a_run_that_runs_is_the_one_that_ends(tmp_path: Path) -> None:
    """While it runs the task alone tells of it; its name is the one that the history gives it."""
    first = shared(tmp_path, cron_jobs=jobs(), task_runs=[task()])
    running = next(run for run in of(JobRun, first) if run.status == "running")
    detail = {"kind": "cron-run", "status": "ok", "runAtMs": START, "durationMs": 1_000}
    ended = task(status="succeeded", ended_at=START + 1_000, detail_json=text(detail))
    later = shared(tmp_path, first.state, task_runs=[ended])
    [done] = [run for run in of(JobRun, later) if run.native_id == running.native_id]
    assert (done.status, done.duration_us, done.name) == ("ok", 1_000 * MS, "Nightly digest")
    assert done.revision > running.revision


def test_a_run_that_was_cut_off_says_so(tmp_path: Path) -> None:
    """A task that timed out, was cancelled or got lost has no entry of a history."""
    rows = [
        task(task_id=status, run_id=f"cron:{JOB}:{START + at}", status=status, ended_at=START + 9_000)
        for at, status in enumerate(("timed_out", "cancelled", "lost"))
    ]
    found = {run.error_type: run.status for run in of(JobRun, shared(tmp_path, task_runs=rows))}
    assert found == {"timeout": "error", "cancelled": "error", "lost": "unknown"}


def test_a_look_without_cause_is_no_run(tmp_path: Path) -> None:
    """A job with a trigger is looked at again and again; only when the trigger fires, it runs."""
    quiet = task(status="succeeded", detail_json=text({"storeKey": "cron", "triggerFired": False}))
    assert not of(JobRun, shared(tmp_path, task_runs=[quiet]))


def test_older_rows_say_it_in_columns(tmp_path: Path) -> None:
    """Where there is no JSON the columns say what they do."""
    log = {
        "store_key": "cron",
        "job_id": JOB,
        "seq": 1,
        "ts": START + 500,
        "status": "error",
        "error": "overloaded",
        "session_id": MAIN,
        "run_at_ms": START,
        "total_tokens": 321,
        "entry_json": "{}",
        "created_at": START,
    }
    job = jobs()[0] | {"job_json": "{}", "state_json": "{}", "schedule_expr": "0 9 * * *"}
    reading = shared(tmp_path, cron_jobs=[job], cron_run_logs=[log])
    [run] = of(JobRun, reading)
    assert (run.name, run.schedule, run.status, run.error_message) == (
        "Nightly digest",
        "0 9 * * *",
        "error",
        "overloaded",
    )
    [used] = of(ModelCall, reading)
    assert (used.unsplit_tokens, used.input_tokens, used.shadow) == (321, None, True)


def test_a_database_of_something_else_is_noticed(tmp_path: Path) -> None:
    """A release that moved everything is said to have done so."""
    database(AGENT_DATABASE, "CREATE TABLE IF NOT EXISTS other (a)", {})(tmp_path)
    assert [notice.topic for notice in FOUND.read(tmp_path / AGENT_DATABASE, b"").notices] == ["file"]


def test_what_became_of_jobs_can_stand_beside_them(tmp_path: Path) -> None:
    """Later releases keep the jobs in one file, and their states in another."""
    [job] = JOBS["jobs"]
    apart = {name: value for name, value in job.items() if name != "state"}
    write(".openclaw/cron/jobs.json", {"version": 1, "jobs": [apart]})(tmp_path)
    write(".openclaw/cron/jobs-state.json", {"version": 1, "jobs": {JOB: {"state": job["state"]}}})(tmp_path)
    assert not FOUND.read(tmp_path / ".openclaw/cron/jobs.json", b"").records
    [run] = FOUND.read(tmp_path / ".openclaw/cron/jobs-state.json", b"").records
    assert isinstance(run, JobRun)
    assert (run.name, run.status) == ("Nightly digest", "ok")
