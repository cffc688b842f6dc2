"""Scheduled jobs: what runs when, how it fails, and the agents that some of them start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tokometer.demo.agents import perform
from tokometer.demo.company import Agent
from tokometer.demo.journal import MINUTE, SECOND, Exhausted, Journal
from tokometer.demo.models import JOBS, REVIEWS, Mix
from tokometer.demo.rhythm import DAY, HOUR
from tokometer.records import AgentRun, JobRun

_ALWAYS: Final = frozenset(range(7))
_WEEKDAYS: Final = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Job:
    """A scheduled job; times are UTC."""

    id: str
    name: str
    schedule: str
    hours: frozenset[int]
    minute: int
    team: str
    #: Median duration in seconds, where it starts no agent.
    seconds: int
    failing: float
    #: What its failures are: type and message.
    error: tuple[str, str]
    skipped: float = 0.0
    weekdays: frozenset[int] = field(default=_ALWAYS)
    #: The agent that it starts: name, task, median number of calls, tools.
    agent: Agent | None = None
    delivered: bool = False
    #: Fails every other time (it runs twice a day), whatever `failing` says.
    flapping: bool = False
    #: The models that its agent is run with, where they are not those of most jobs.
    models: Mix = JOBS


def _agent(name: str, team: str, project: str, calls: int, task: str, *tools: tuple[str, str]) -> Agent:
    return Agent(name, team, project, 0, 0.0, calls, (task,), tools)


_UNREACHABLE: Final = ("timeout", "Network timeout: the off-site host did not answer within 120 s")
_TIMED_OUT: Final = ("timeout", "Network timeout: the storage host did not answer within 120 s")
_REFUSED: Final = ("auth_error", "The token for the mail server has expired")
_LIMITED: Final = ("rate_limit", "Rate limit reached; gave up after 3 attempts")

SCHEDULE: Final = (
    Job(
        "workspace-backup", "Workspace backup", "20 */4 * * *", frozenset(range(0, 24, 4)), 20, "platform", 210, 0.04,
        _TIMED_OUT,
    ),
    Job(
        "off-site-copy", "Off-site copy", "10 3,15 * * *", frozenset({3, 15}), 10, "platform", 240, 1.0, _UNREACHABLE,
    ),
    Job(
        "cache-warm-up", "Cache warm-up", "50 5,17 * * *", frozenset({5, 17}), 50, "product", 45, 0.0,
        ("error", "The cache host ran out of memory"), flapping=True,
    ),
    Job(
        "ticket-review", "Ticket review", "25 */3 * * *", frozenset(range(0, 24, 3)), 25, "support", 60, 0.01, _LIMITED,
        agent=_agent("ticket-reviewer", "support", "ticket-triage", 3, "Review closed tickets", ("read_ticket", "")),
        models=REVIEWS,
    ),
    Job(
        "log-summary", "Log summary", "5 */2 * * *", frozenset(range(0, 24, 2)), 5, "platform", 30, 0.016, _LIMITED,
        0.02,
        agent=_agent("ops-watch", "platform", "infra", 2, "Summarise the logs", ("read_logs", "logs")), delivered=True,
    ),
    Job(
        "daily-digest", "Daily digest", "0 6 * * *", frozenset({6}), 0, "growth", 60, 0.02, _REFUSED,
        agent=_agent("digest", "growth", "site", 4, "Write the daily digest", ("search_feed", ""), ("write_page", "")),
        delivered=True,
    ),
    Job(
        "dependency-updates", "Dependency updates", "30 4 * * 1-5", frozenset({4}), 30, "platform", 300, 0.05,
        ("error", "The build failed after the update"), weekdays=_WEEKDAYS,
        agent=_agent("updater", "platform", "edge-gateway", 7, "Update dependencies", ("run_tests", "")),
    ),
    Job(
        "nightly-evaluation", "Nightly evaluation", "5 2 * * *", frozenset({2}), 5, "research", 1_500, 0.03, _LIMITED,
        agent=_agent("eval-runner", "research", "eval-lab", 12, "Run the evaluation suite", ("run_suite", "")),
    ),
    Job(
        "docs-reindex", "Docs re-index", "45 */6 * * *", frozenset(range(0, 24, 6)), 45, "research", 420, 0.02,
        ("error", "One document could not be parsed"), 0.06,
    ),
    Job(
        "invoice-matching", "Invoice matching", "15 5 * * 1-5", frozenset({5}), 15, "operations", 90, 0.03, _REFUSED,
        weekdays=_WEEKDAYS,
        agent=_agent("invoice-matcher", "operations", "invoice-matching", 5, "Match invoices", ("read_document", "")),
        delivered=True,
    ),
    Job(
        "churn-report", "Churn report", "0 7 * * 1", frozenset({7}), 0, "data", 240, 0.04, _TIMED_OUT,
        weekdays=frozenset({0}),
        agent=_agent("data-analyst", "data", "churn-model", 6, "Weekly churn report", ("run_query", "warehouse")),
        delivered=True,
    ),
    Job(
        "competitor-watch", "Competitor watch", "30 7 * * *", frozenset({7}), 30, "growth", 75, 0.03, _LIMITED, 0.05,
        agent=_agent("research-scout", "growth", "site", 5, "What is new elsewhere", ("web_search", "")),
        delivered=True,
    ),
)  # fmt: skip


def due(start: int, end: int) -> Iterator[tuple[int, Job]]:
    """The jobs that start in [start, end), with when."""
    for hour in range(start // HOUR * HOUR, end, HOUR):
        weekday = (hour // DAY + 3) % 7
        for job in SCHEDULE:
            at = hour + job.minute * MINUTE
            if start <= at < end and hour % DAY // HOUR in job.hours and weekday in job.weekdays:
                yield at, job


def next_run(job: Job, after: int) -> int:
    """When a job runs next after a time."""
    hour = after // HOUR * HOUR
    while True:
        at = hour + job.minute * MINUTE
        if at > after and hour % DAY // HOUR in job.hours and (hour // DAY + 3) % 7 in job.weekdays:
            return at
        hour += HOUR


def run_job(journal: Journal, at: int, moment: float, job: Job, *, agents: bool) -> JobRun | None:
    """Write one run of a job, with its agent's calls if `agents` allows them; None where it ends after the window."""
    rng = journal.rng
    at += int(rng.random() * 4 * SECOND)
    chance = rng.random()
    record = JobRun(
        workspace=journal.workspace,
        source="api",
        native_id=journal.native_id(),
        started_at=at,
        trace_id=journal.trace_id(),
        span_id=journal.span_id(),
        job_id=job.id,
        name=job.name,
        schedule=job.schedule,
        team=job.team,
        environment="production",
        agent=job.agent.name if job.agent else "",
        next_run_at=next_run(job, at),
        delivery_status="delivered" if job.delivered else "not-requested",
    )
    if chance < job.skipped:
        record.status, record.duration_us, record.delivery_status = "skipped", 0, "not-requested"
    elif _fails(job, at, chance):
        record.status = "error"
        record.error_type, record.error_message = job.error
        record.duration_us = 120 * SECOND if record.error_type == "timeout" else int(journal.heavy(9 * SECOND, 0.5))
        record.delivery_status = "not-delivered" if job.delivered else "not-requested"
    elif job.agent is not None and agents:
        run = _work(journal, at, moment, job, job.agent, record)
        record.status = "ok"
        record.duration_us = (run.ended_at or at) - at
        record.session_id, record.model = run.session_id, run.model
    else:
        record.status, record.duration_us = "ok", int(journal.heavy(job.seconds * SECOND, 0.3))
    return journal.job(record)


def _fails(job: Job, at: int, chance: float) -> bool:
    if job.flapping:
        return at // (12 * HOUR) % 2 == 0
    return chance < job.skipped + job.failing


def _work(journal: Journal, at: int, moment: float, job: Job, agent: Agent, record: JobRun) -> AgentRun:
    model = job.models.pick(journal.rng.random(), moment)
    record.provider = model.provider
    labels: dict[str, Any] = {
        "workspace": journal.workspace,
        "source": "api",
        "session_id": journal.session_id(),
        "trace_id": record.trace_id,
        "parent_id": record.span_id,
        "project": agent.project,
        "agent": agent.name,
        "user": "scheduler",
        "team": record.team,
        "endpoint": "/agents/run",
        "environment": "production",
    }
    try:
        return perform(journal, at, moment, agent, labels, model, role="scheduled", work=agent.tasks[0], helpers=None)
    except Exhausted:
        record.status, record.duration_us = "running", None
        journal.job(record)
        raise
