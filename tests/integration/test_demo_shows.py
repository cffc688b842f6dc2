"""The demo shows every panel something, and the edge cases too: each of them asked of a real ledger, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from generators.demo_history import CALLS, DAYS, NOW
from tokometer.demo import Spending, generate, live
from tokometer.demo.edge import NAMES
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Query, run
from tokometer.prices import PriceBook
from tokometer.records import ERRORS, to_datetime
from tokometer.records.providers import PROVIDERS
from tokometer.settings import FILE_NAME, Settings, read_settings

Rows = list[dict[str, Any]]
MINUTE = 60_000_000
#: The demo is played on for so long: until the flapping provider has been gone once more.
PLAYED = 11 * 60


@dataclass(frozen=True)
class Demo:
    """A demo as one meets it: its history, its settings, and some minutes of live play."""

    ledger: Ledger
    settings: Settings

    def ask(self, *measures: str, minutes: float = 0, **rest: Any) -> Rows:
        """The rows of a query, asked so many minutes after the history's end."""
        return ask(self.ledger, *measures, minutes=minutes, **rest)


def ask(ledger: Ledger, *measures: str, minutes: float = 0, **rest: Any) -> Rows:
    """The rows of a query."""
    when = to_datetime(NOW + int(minutes * MINUTE))
    return run(ledger, Query.parse({"measures": list(measures), **rest}), now=when).rows


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A small demo, kept."""
    folder = tmp_path_factory.mktemp("demo")
    book = PriceBook.open(None, None)
    spending = Spending(NOW)
    ledger = DuckDBLedger(folder / "ledger.duckdb")
    for batch in generate(DAYS, CALLS, 1, NOW, book=book):
        ledger.commit(batch)
        spending.add(batch.records)
    spending.write(folder)
    played = [record for batch in islice(live(1, NOW, per_second=1.0, book=book), PLAYED) for record in batch.records]
    ledger.commit(Batch(records=played))
    ledger.settle()
    yield Demo(ledger, read_settings(folder / FILE_NAME))
    ledger.close()


def column(rows: Rows, name: str) -> set[Any]:
    """The values of one column."""
    return {row[name] for row in rows}


def by(rows: Rows, name: str, value: str) -> dict[str, dict[str, Any]]:
    """One column by another."""
    return {row[name]: row[value] for row in rows}


Case = Callable[[Demo], bool]


def seventeen_providers(demo: Demo) -> bool:
    """As many as the six dashboards have places for."""
    found = column(demo.ask("calls.requests", by="calls.provider", since="30d"), "provider")
    return len(found) >= 17 and found <= set(PROVIDERS)


def a_provider_without_traffic(demo: Demo) -> bool:
    """Called in the last month, and not in the last week."""
    month = column(demo.ask("calls.requests", by="calls.provider", since="30d"), "provider")
    week = column(demo.ask("calls.requests", by="calls.provider", since="7d"), "provider")
    return "novita" in month - week


def bad_minutes_in_a_row(demo: Demo) -> bool:
    """Two incidents in the last week: in two minutes in a row more than half of the calls of a provider failed."""
    found = 0
    for provider, hours in (("google", 24 * 8), ("openai", 30)):
        rows = demo.ask(
            "calls.succeeded",
            "calls.requests",
            since=f"{hours}h",
            grain="minute",
            where=[f"calls.provider = {provider}"],
        )
        bad = [2 * row["succeeded"] < row["requests"] for row in rows if row["requests"]]
        found += any(first and second for first, second in pairwise(bad))
    return found == 2


def ten_failures_in_a_minute(demo: Demo, minutes: float = 0) -> bool:
    """Enough to open the circuit of the flapping provider in the last hour before `minutes`."""
    rows = demo.ask("calls.errors", minutes=minutes, since="5m", where=["calls.provider = together"])
    return bool(rows[0]["errors"] >= demo.settings.breaker.failures)


def a_circuit_that_opens_live(demo: Demo) -> bool:
    """While the demo is played on, the provider is gone again."""
    return ten_failures_in_a_minute(demo, minutes=PLAYED / 60)


def models_with_issues(demo: Demo) -> bool:
    """Two models fail more often than one call in twenty."""
    rows = demo.ask("calls.error_rate", "calls.requests", by="calls.model", since="30d")
    rates = by(rows, "model", "error_rate")
    return rates["halyard-preview-72b"] > 0.05 and rates["stealth/quiet-harbor"] > 0.03


def an_unpriced_model(demo: Demo) -> bool:
    """Nobody priced it: the cost of its answers is unknown, not nothing."""
    rows = demo.ask("calls.cost", by="calls.model", since="30d", where=["calls.status = ok"])
    return by(rows, "model", "cost")["halyard-preview-72b"] is None


def local_models(demo: Demo) -> bool:
    """Sizes are known, and whether they can call tools."""
    rows = demo.ask(
        "models.size", "models.with_tools", by="models.model", where=["models.provider = ollama"], since="all"
    )
    return all(row["size"] > 0 for row in rows) and column(rows, "with_tools") == {0, 1}


def gpus_at_work(demo: Demo) -> bool:
    """Utilisation, power, memory and tensor activity of four devices in the last quarter of an hour."""
    rows = demo.ask("samples.mean", by=["samples.metric", "samples.host", "samples.device"], since="15m")
    metrics = ("gpu.utilisation", "gpu.power", "gpu.memory.used", "gpu.tensor.active")
    return all(sum(row["metric"] == metric for row in rows) == 4 for metric in metrics)


def gpus_live(demo: Demo) -> bool:
    """They report while the demo is played on."""
    rows = demo.ask("samples.readings", minutes=PLAYED / 60, since="3m", where=["samples.metric = gpu.utilisation"])
    return bool(rows[0]["readings"] >= 8)


def work_of_the_gpus(demo: Demo) -> bool:
    """The models on the inference servers work through enough tokens for a share of the devices' peak to be seen."""
    rows = demo.ask("calls.prompt_tokens", "calls.cost", by="calls.model", since="7d", where=["calls.provider = vllm"])
    worked = by(rows, "model", "prompt_tokens")
    return min(worked["Qwen/Qwen3.8-27B"], worked["openai/gpt-oss-20b"]) > 300_000


def estimates_over_and_under(demo: Demo) -> bool:
    """Some models take more than clients expect, most take less."""
    rows = demo.ask("calls.estimate_ratio", by="calls.model", since="30d")
    ratios = [row["estimate_ratio"] for row in rows if row["estimate_ratio"] is not None]
    return sum(ratio > 1.03 for ratio in ratios) >= 2 and sum(ratio < 0.97 for ratio in ratios) > len(ratios) / 2


def revenue_of_some_teams(demo: Demo) -> bool:
    """Customers pay for some teams' calls; others have none, or a rate card."""
    earned = by(demo.ask("calls.revenue", by="calls.team", since="30d"), "team", "revenue")
    cards = {card.team for card in demo.settings.rate_cards}
    return earned["product"] > 0 and not earned["data"] and cards == {"data", "operations"}


def every_type_of_error(demo: Demo) -> bool:
    """In the last week, each."""
    return set(ERRORS) <= column(demo.ask("calls.requests", by="calls.status", since="7d"), "status")


def every_type_of_error_has_details(demo: Demo) -> bool:
    """With a class, a message and a stack trace; a code where there is one."""
    rows = demo.ask("error_details.errors", "error_details.with_stack_trace", by="error_details.status", since="7d")
    codes = column(demo.ask("error_details.errors", by="error_details.error_code", since="7d"), "error_code")
    return set(ERRORS) <= column(rows, "status") and all(row["with_stack_trace"] for row in rows) and len(codes) >= 4


def logs_flow(demo: Demo) -> bool:
    """Fifty lines of the last quarter of an hour, of several levels, at the start and while it is played on."""
    for minutes in (0.0, PLAYED / 60):
        rows = demo.ask("logs.lines", by="logs.level", minutes=minutes, since="15m")
        if not {"info", "warning", "error"} <= column(rows, "level") or sum(row["lines"] for row in rows) < 50:
            return False
    return True


def requests_and_errors_live(demo: Demo) -> bool:
    """Every minute has calls of several providers, and the last quarter of an hour errors."""
    until = PLAYED / 60
    rows = demo.ask("calls.requests", minutes=until, since="8m", grain="minute")
    errors = demo.ask("calls.errors", minutes=until, since="15m")[0]["errors"]
    providers = column(demo.ask("calls.requests", by="calls.provider", minutes=until, since="5m"), "provider")
    return all(row["requests"] > 10 for row in rows[1:-1]) and errors > 0 and len(providers) > 8


def agents_finish_and_fail(demo: Demo) -> bool:
    """With durations and a cost of their calls."""
    rows = demo.ask("runs.runs", "runs.success_rate", "runs.mean_duration", by="runs.agent", since="30d")
    own = [row for row in rows if row["agent"] in {"research-scout", "ticket-triage", "data-analyst", "test-writer"}]
    cost = by(demo.ask("calls.cost", by="calls.agent", since="30d"), "agent", "cost")
    return (
        len(own) == 4
        and all(row["mean_duration"] > 0 and cost[row["agent"]] > 0 for row in own)
        and any(row["success_rate"] < 1 for row in own)
    )


def helpers_of_agents(demo: Demo) -> bool:
    """Agents start others."""
    return bool(demo.ask("runs.runs", since="7d", where=["runs.role = subagent"])[0]["runs"] > 5)


def a_job_that_flaps(demo: Demo) -> bool:
    """It fails every other time."""
    rows = demo.ask("jobs.ok", "jobs.failed", since="7d", where=["jobs.job_id = cache-warm-up"])
    return abs(rows[0]["ok"] - rows[0]["failed"]) <= 1 and rows[0]["ok"] >= 6


def a_job_that_always_fails(demo: Demo) -> bool:
    """For one reason, and more often than any other."""
    rows = demo.ask(
        "jobs.failed", "jobs.ok", by=["jobs.job_id", "jobs.error_type"], since="7d", where=["jobs.status = error"]
    )
    worst = max(rows, key=lambda row: row["failed"])
    ok = demo.ask("jobs.ok", since="30d", where=["jobs.job_id = off-site-copy"])[0]["ok"]
    return (worst["job_id"], worst["error_type"]) == ("off-site-copy", "timeout") and ok == 0


def skipped_jobs(demo: Demo) -> bool:
    """Some do not take place."""
    return bool(demo.ask("jobs.skipped", since="7d")[0]["skipped"])


def knowledge_bases_and_models(demo: Demo) -> bool:
    """Every base is drawn on by several models."""
    rows = demo.ask("calls.requests", by=["calls.knowledge_base", "calls.model"], since="30d")
    models = {
        base: sum(row["knowledge_base"] == base for row in rows)
        for base in column(rows, "knowledge_base") - {"", *NAMES}
    }
    return len(models) >= 8 and min(models.values()) >= 2


def tools_that_fail(demo: Demo) -> bool:
    """Now and then."""
    rows = demo.ask("tools.calls", "tools.errors", by="tools.tool", since="30d")
    return len(rows) > 15 and sum(row["errors"] > 0 for row in rows) > 5


def people_and_sessions(demo: Demo) -> bool:
    """Every large model has sessions, and people write messages."""
    measures = ("calls.sessions", "calls.user_messages", "calls.requests")
    rows = demo.ask(*measures, by="calls.model", since="30d", order="-calls.requests", limit=10)
    return all(row["sessions"] > 0 for row in rows) and sum(row["user_messages"] for row in rows) > 100


def weekday_peaks(demo: Demo) -> bool:
    """An hour of a working day has several times as many calls as another one, of those who write code."""
    rows = demo.ask(
        "calls.requests", by=["calls.weekday", "calls.hour"], since="30d", tz="Europe/Berlin",
        where=["calls.source = claude_code"],
    )  # fmt: skip
    working = [row["requests"] for row in rows if row["weekday"] <= 5 and 9 <= row["hour"] < 18]
    return sum(working) / 45 > 2 * (sum(row["requests"] for row in rows) - sum(working)) / (7 * 24 - 45)


def a_cheaper_one_does_as_well(demo: Demo) -> bool:
    """One job's agent is run with a family's dearest models and with its cheapest; both answer, at other prices."""
    found = [
        demo.ask(
            "calls.cost_per_request", "calls.success_rate", "calls.requests", since="30d",
            where=["calls.agent = ticket-reviewer", f"calls.model prefix {family}"],
        )[0]
        for family in ("claude-opus", "claude-haiku")
    ]  # fmt: skip
    return (
        min(row["requests"] for row in found) > 30
        and found[0]["cost_per_request"] > 3 * found[1]["cost_per_request"]
        and min(row["success_rate"] for row in found) > 0.95
    )


def a_model_that_hardly_caches(demo: Demo) -> bool:
    """Though others of its family live from their cache."""
    shares = by(demo.ask("calls.cache_hit_share", by="calls.model", since="30d"), "model", "cache_hit_share")
    return shares["global.anthropic.claude-sonnet-5-5"] < 0.25 and shares["claude-sonnet-5-5"] > 0.8


def batch_and_interactive(demo: Demo) -> bool:
    """Some calls are made at the batch tier; those of jobs, for which nobody waits, could be and are not."""
    tiers = column(demo.ask("calls.requests", by="calls.service_tier", since="30d"), "service_tier")
    jobs = demo.ask("calls.requests", since="30d", where=["calls.user = scheduler", "calls.service_tier != batch"])
    return "batch" in tiers and jobs[0]["requests"] > 50


def names_that_break_pages(demo: Demo) -> bool:
    """As names of models, agents, jobs, tools, people and knowledge bases; few of each, all in one project."""
    names = set(NAMES)
    where = {cube: [f"{cube}.project = edge"] for cube in ("calls", "runs", "tools")}
    return (
        names == column(demo.ask("calls.requests", by="calls.model", since="7d", where=where["calls"]), "model")
        and names
        == column(demo.ask("calls.requests", by="calls.knowledge_base", where=where["calls"]), "knowledge_base")
        and names == column(demo.ask("runs.runs", by="runs.agent", where=where["runs"]), "agent")
        and names == column(demo.ask("tools.calls", by="tools.tool", where=where["tools"]), "tool")
        and names <= column(demo.ask("jobs.runs", by="jobs.job"), "job")
        and demo.ask("calls.requests", where=where["calls"])[0]["requests"] == 15
        and any("<script>" in row["message"] for row in demo.ask("error_details.errors", by="error_details.message"))
    )


def objectives_met_and_missed(demo: Demo) -> bool:
    """All calls together meet every objective; the provider with the outage, the flapping one and a slow one do not."""
    slo = demo.settings.slo
    whole = demo.ask("calls.error_rate", "calls.p95_latency", since="30d")[0]
    rows = demo.ask("calls.error_rate", "calls.p95_latency", "calls.requests", by="calls.provider", since="30d")
    missed = {row["provider"] for row in rows if row["error_rate"] > demo.settings.slo_for(row["provider"]).error_rate}
    slow = {
        row["provider"] for row in rows if row["p95_latency"] > demo.settings.slo_for(row["provider"]).p95_latency_ms
    }
    held = {row["provider"] for row in rows if row["requests"] > 100} - missed
    return (
        whole["error_rate"] < slo.error_rate
        and whole["p95_latency"] < slo.p95_latency_ms
        and {"google", "together"} <= missed
        and {"anthropic", "mistral", "bedrock"} <= held
        and 1 <= len(slow) <= 5
    )


def a_budget_that_will_not_do(demo: Demo) -> bool:
    """What is spent in a month is a little more than the monthly budget; some budgets of parts will do."""
    budget = demo.settings.budget
    month = float(demo.ask("calls.cost", since="28d")[0]["cost"]) / 28 * 30
    providers = by(demo.ask("calls.cost", by="calls.provider", since="28d"), "provider", "cost")
    over = {name: float(providers[name]) / 28 * 30 > float(amount) for name, amount in budget.providers}
    assert budget.monthly is not None
    return 1 < month / float(budget.monthly) < 1.2 and set(over.values()) == {True, False} and bool(budget.teams)


def devices_and_models_are_known(demo: Demo) -> bool:
    """Peak, power and an hour's price of every GPU; active parameters of what runs on the inference servers."""
    gpus = [demo.settings.device_for(name) for name in ("NVIDIA L40S", "NVIDIA L4", "NVIDIA RTX A6000")]
    served = [demo.settings.model_for(name) for name in ("Qwen/Qwen3.8-27B", "openai/gpt-oss-20b", "llama3.1:8b")]
    return all(gpu is not None for gpu in gpus) and all(one is not None and one.active_parameters for one in served)


CASES: tuple[Case, ...] = (
    seventeen_providers,
    a_provider_without_traffic,
    bad_minutes_in_a_row,
    ten_failures_in_a_minute,
    a_circuit_that_opens_live,
    models_with_issues,
    an_unpriced_model,
    local_models,
    gpus_at_work,
    gpus_live,
    work_of_the_gpus,
    estimates_over_and_under,
    revenue_of_some_teams,
    every_type_of_error,
    every_type_of_error_has_details,
    logs_flow,
    requests_and_errors_live,
    agents_finish_and_fail,
    helpers_of_agents,
    a_job_that_flaps,
    a_job_that_always_fails,
    skipped_jobs,
    knowledge_bases_and_models,
    tools_that_fail,
    people_and_sessions,
    weekday_peaks,
    a_cheaper_one_does_as_well,
    a_model_that_hardly_caches,
    batch_and_interactive,
    names_that_break_pages,
    objectives_met_and_missed,
    a_budget_that_will_not_do,
    devices_and_models_are_known,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_demo_shows(demo: Demo, case: Case) -> None:
    """Each of these can be seen in it."""
    assert case(demo), case.__doc__


def test_playing_it_twice_changes_nothing(tmp_path: Path) -> None:
    """The same minutes of live play, committed again, leave every total as it was."""
    ledger = DuckDBLedger(tmp_path / "ledger.duckdb")
    book = PriceBook.open(None, None)
    try:
        for batch in generate(2, 1_200, 1, NOW, book=book):
            ledger.commit(batch)
        totals = []
        for _ in range(2):
            for batch in islice(live(1, NOW, book=book), 60):
                ledger.commit(batch)
            ledger.settle()
            totals.append(
                [ask(ledger, "calls.requests", "calls.cost", "calls.total_tokens", "calls.errors", minutes=5),
                 ask(ledger, "runs.runs", minutes=5), ask(ledger, "logs.lines", minutes=5),
                 ask(ledger, "samples.readings", minutes=5)]
            )  # fmt: skip
        assert totals[0] == totals[1]
        assert totals[0][0][0]["requests"] > 1_200
    finally:
        ledger.close()
