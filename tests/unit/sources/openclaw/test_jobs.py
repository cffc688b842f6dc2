"""OpenClaw's scheduled jobs: how their runs ended, and that what they used counts once."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

from generators.sources.openclaw import (
    AT_NIGHT,
    GONE,
    JOB,
    JOBS,
    NIGHTLY,
    NIGHTLY_ENTRIES,
    RUNS,
    START,
    Used,
    answer,
    append,
    in_sessions,
    run,
    write,
)
from tokometer.records import JobRun, ModelCall
from tokometer.sources.openclaw.cron import schedule_of
from tokometer.sources.openclaw.found import FOUND
from tokometer.sources.protocol import Reading
from tokometer.sources.told import Told

MS = 1_000
HISTORY = f".openclaw/cron/runs/{JOB}.jsonl"


def history(home: Path, *entries: dict[str, Any]) -> Reading:
    """Write a history and read it."""
    append(HISTORY, entries)(home)
    return FOUND.read(home / HISTORY, b"")


def runs(reading: Reading) -> list[JobRun]:
    """The runs in it."""
    return [record for record in reading.records if isinstance(record, JobRun)]


def test_a_run_says_how_it_ended_and_why(tmp_path: Path) -> None:
    """Outcome, cause, duration, delivery, next run, session and model; its job says name, schedule and agent."""
    write(".openclaw/cron/jobs.json", JOBS)(tmp_path)
    good, failed, skipped, late = runs(history(tmp_path, *RUNS))
    assert (good.name, good.schedule, good.agent) == ("Nightly digest", "0 9 * * * (Europe/Vienna)", "main")
    assert (good.status, good.duration_us, good.delivery_status) == ("ok", 60_000 * MS, "delivered")
    assert (good.session_id, good.model, good.provider) == (NIGHTLY, "gpt-5.2", "openai")
    assert good.next_run_at == (START + 3_600_000 + 86_400_000) * MS
    assert (failed.status, failed.error_type, failed.error_message) == ("error", "rate_limit", "429 rate limit")
    assert skipped.status == "skipped"
    assert (late.status, late.delivery_status, late.error_message) == ("ok", "not-delivered", "chat not found")


def test_a_cause_is_read_off_the_message_where_none_is_stated(tmp_path: Path) -> None:
    """Older histories have the message alone."""
    [failed] = runs(history(tmp_path, run(START, status="error", error="Request timed out")))
    assert failed.error_type == "timeout"


def test_the_last_run_of_a_job_is_the_one_of_its_history(tmp_path: Path) -> None:
    """A job tells of its last run under the name that the history gives it, and knows less of it."""
    write(".openclaw/cron/jobs.json", JOBS)(tmp_path)
    [last] = runs(FOUND.read(tmp_path / ".openclaw/cron/jobs.json", b""))
    told = runs(history(tmp_path, *RUNS))[-1]
    assert last.native_id == told.native_id
    assert last.revision < told.revision


def test_what_a_run_used_is_the_shadow_of_its_sessions_calls(tmp_path: Path) -> None:
    """Its tokens are those of the session's transcript: they have the same group, and count only without it."""
    reading = history(tmp_path, *RUNS)
    shadows = {record.session_id: record for record in reading.records if isinstance(record, ModelCall)}
    assert shadows.keys() == {NIGHTLY, GONE}
    assert all(shadow.shadow for shadow in shadows.values())
    append(in_sessions(f"{NIGHTLY}.jsonl"), NIGHTLY_ENTRIES)(tmp_path)
    told = FOUND.read(tmp_path / in_sessions(f"{NIGHTLY}.jsonl"), b"")
    [call] = [record for record in told.records if isinstance(record, ModelCall)]
    assert (call.group, call.shadow) == (shadows[NIGHTLY].group, False)
    assert call.input_tokens == shadows[NIGHTLY].input_tokens == AT_NIGHT.input


def test_it_counts_once_whatever_comes_first(tmp_path: Path) -> None:
    """Transcript before history, history before transcript: the transcript's call is the one that counts."""
    from tokometer.collect.committing import commit_all
    from tokometer.ledger import Batch
    from tokometer.ledger.opening import open_ledger

    append(in_sessions(f"{NIGHTLY}.jsonl"), NIGHTLY_ENTRIES)(tmp_path)
    parts = [history(tmp_path, RUNS[0]).records, FOUND.read(tmp_path / in_sessions(f"{NIGHTLY}.jsonl"), b"").records]
    for number, order in enumerate(permutations(parts)):
        ledger = open_ledger(tmp_path / f"data{number}")
        try:
            for records in order:
                commit_all(ledger, Batch(records=list(records)))
            assert ledger.stats()["calls"] == 1
        finally:
            ledger.close()


def test_a_run_that_names_no_job_is_of_the_one_that_its_file_names(tmp_path: Path) -> None:
    """A history is one job's."""
    [nameless] = runs(history(tmp_path, RUNS[0] | {"jobId": None}))
    assert nameless.job_id == JOB


def test_what_a_run_used_counts_beside_calls_that_do_not_say(tmp_path: Path) -> None:
    """A request that failed used nothing that the transcript tells of, so the run's sum is all there is."""
    failed = answer("2", START + 3_601_000, Used(), model="gpt-5.2", stop="error", wrong="503 overloaded")
    append(in_sessions(f"{NIGHTLY}.jsonl"), [*NIGHTLY_ENTRIES[:2], failed])(tmp_path)
    told = FOUND.read(tmp_path / in_sessions(f"{NIGHTLY}.jsonl"), b"")
    [call] = [record for record in told.records if isinstance(record, ModelCall)]
    assert (call.status, call.group, call.input_tokens) == ("server_error", "", None)


def test_usage_without_a_session_is_noticed_and_not_counted(tmp_path: Path) -> None:
    """Nobody could tell whether its transcript was counted already."""
    reading = history(tmp_path, run(START, status="ok", usage={"input_tokens": 5, "output_tokens": 1}))
    assert [notice.name for notice in reading.notices] == ["usage of a run without a session"]
    assert not [record for record in reading.records if isinstance(record, ModelCall)]


def test_what_is_no_finished_run_is_none(tmp_path: Path) -> None:
    """A run that began is told again when it ends; an action that nobody knows is noticed."""
    reading = history(tmp_path, run(START) | {"action": "started"}, run(START) | {"action": "pondered"})
    assert not reading.records
    assert [notice.name for notice in reading.notices] == ["cron action pondered"]


def test_schedules_are_written_as_people_read_them() -> None:
    """Expressions with their zone, intervals with their unit, single times as they are; old spellings as well."""
    assert schedule_of(Told({"kind": "every", "everyMs": 1_800_000})) == "every 30m"
    assert schedule_of(Told({"kind": "every", "everyMs": 1_500})) == "every 1500ms"
    assert schedule_of(Told({"kind": "cron", "expr": "*/5 * * * *"})) == "*/5 * * * *"
    assert schedule_of(Told({"kind": "at", "at": "2026-09-01T07:00:00Z"})) == "at 2026-09-01T07:00:00Z"
    assert schedule_of(Told({"kind": "at", "atMs": START})) == f"at {START}"
