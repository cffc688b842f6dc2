"""The demo's history: what it promises whoever looks at it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TypeVar

import msgspec
import pytest

from generators.demo_history import CALLS, DAYS, NOW, records
from tokometer.demo import generate
from tokometer.demo.edge import PROJECT
from tokometer.demo.incidents import incidents
from tokometer.demo.models import MODELS
from tokometer.demo.rhythm import DAY, HOUR
from tokometer.demo.statements import ACCOUNTS
from tokometer.ledger import Batch
from tokometer.prices import PriceBook
from tokometer.records import (
    ERRORS,
    KINDS,
    AgentRun,
    Bill,
    Change,
    Commit,
    JobRun,
    LogLine,
    ModelCall,
    Record,
    Reported,
    Sample,
    ToolCall,
    check_time,
)
from tokometer.records.lengths import MAX_TEXT
from tokometer.records.providers import PROVIDERS, provider_of
from tokometer.records.values import check_unicode

R = TypeVar("R", bound=Record)


def of(history: Sequence[Record], kind: type[R]) -> list[R]:
    """The records of one kind."""
    return [record for record in history if isinstance(record, kind)]


def digest(found: Sequence[Record]) -> bytes:
    """Everything in the records, as bytes."""
    return msgspec.msgpack.encode([(record.kind, record) for record in found])


def test_the_same_arguments_give_the_same_bytes(book: PriceBook) -> None:
    """A seed is a history."""
    first = tuple(records(book, calls=900, days=6))

    assert digest(first) == digest(tuple(records(book, calls=900, days=6)))


def test_another_seed_is_another_history(book: PriceBook) -> None:
    """No two seeds share a record, but for changes and commits, which are the company's whatever the seed."""
    first, second = (
        {record.id for record in records(book, calls=500, days=3, seed=seed) if not isinstance(record, Change | Commit)}
        for seed in (1, 2)
    )

    assert not first & second


def test_every_kind_of_record_is_there(history: Sequence[Record]) -> None:
    """The demo fills every page, so it has every kind."""
    assert {record.kind for record in history} == set(KINDS)


@pytest.mark.parametrize(("days", "calls"), [(1, 0), (1, 1), (1, 700), (9, 250), (3, 4_000)])
def test_there_are_exactly_as_many_calls_as_asked_for(book: PriceBook, days: int, calls: int) -> None:
    """Not about as many."""
    assert sum(isinstance(record, ModelCall) for record in records(book, calls=calls, days=days)) == calls


@pytest.mark.parametrize("minutes", [0, 1, 29, 30, 31, 59])
def test_the_window_may_end_at_any_minute_of_an_hour(book: PriceBook, minutes: int) -> None:
    """A few minutes of a new hour do not have to hold an hour's sessions."""
    now = NOW + minutes * 60_000_000

    assert sum(isinstance(record, ModelCall) for record in records(book, calls=300, days=2, now=now)) == 300


def test_everything_happens_within_the_window(history: Sequence[Record]) -> None:
    """Nothing starts before it or ends after it."""
    for record in history:
        if isinstance(record, Bill | Reported):
            assert NOW - (DAYS + 1) * DAY <= record.started_at < record.ended_at <= NOW
            continue
        assert NOW - DAYS * DAY <= record.started_at <= NOW
        check_time(record.started_at, "started_at")
        if isinstance(record, LogLine):
            continue  # written when what it tells of was over
        took = getattr(record, "latency_us", None) or getattr(record, "duration_us", None) or 0
        assert record.started_at + took <= NOW
        assert (getattr(record, "ended_at", None) or NOW) <= NOW


def test_calls_come_in_order_of_time_in_batches_of_a_bounded_size(book: PriceBook) -> None:
    """So that whoever commits them needs little memory."""
    batches = list(generate(40, 20_000, 1, NOW, book=book))
    times = [record.started_at for batch in batches for record in batch.records if isinstance(record, ModelCall)]

    assert times == sorted(times)
    assert len(batches) > 1
    assert all(isinstance(batch, Batch) and len(batch.records) <= 20_000 for batch in batches)


def test_ids_are_unique_and_say_demo(history: Sequence[Record]) -> None:
    """Whoever meets one of these records in the wild can tell what it is; changes and commits have a forge's names."""
    made = [record for record in history if not isinstance(record, Change | Commit)]
    assert len({record.id for record in made}) == len(made)
    assert all(record.native_id.startswith("demo-") for record in made)


def test_every_record_is_valid(history: Sequence[Record]) -> None:
    """A record survives being encoded and decoded with all of its types and limits checked."""
    for record in history:
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=type(record)) == record


def test_text_is_clean(history: Sequence[Record]) -> None:
    """No NULs, no lone surrogates, nothing long, no key."""
    for record in history:
        for name in record.__struct_fields__:
            value = getattr(record, name)
            if isinstance(value, str):
                check_unicode(value)
                assert len(value) <= MAX_TEXT
                assert "sk-" not in value
    assert all(len(call.api_key) <= 5 for call in of(history, ModelCall))


def test_seventeen_providers_and_more_answer(history: Sequence[Record]) -> None:
    """As many as a large gateway has, each by its registered slug."""
    providers = {call.provider for call in of(history, ModelCall)}

    assert len(providers) >= 20
    assert providers <= set(PROVIDERS)
    assert all(provider_of(provider) == provider for provider in providers)


def test_three_models_make_most_of_the_calls(history: Sequence[Record]) -> None:
    """Use is skewed as it is in life, with a long tail."""
    recent = [call for call in of(history, ModelCall) if call.started_at > NOW - 14 * DAY]
    counts = Counter(call.model for call in recent)

    assert 0.48 < sum(count for _, count in counts.most_common(3)) / len(recent) < 0.7
    assert len(counts) > 40


def test_weekends_are_quieter_than_working_days(history: Sequence[Record]) -> None:
    """The week is visible."""
    by_weekday = Counter((call.started_at // DAY + 3) % 7 for call in of(history, ModelCall))

    assert max(by_weekday[5], by_weekday[6]) < 0.5 * min(by_weekday[day] for day in range(5))


def test_nights_are_quieter_than_days(history: Sequence[Record]) -> None:
    """The day is visible."""
    by_hour = Counter(call.started_at % DAY // HOUR for call in of(history, ModelCall))

    assert sum(by_hour[hour] for hour in (21, 22, 23, 0, 1)) < 0.45 * sum(by_hour[hour] for hour in (9, 10, 13, 14, 15))


def test_use_grows(history: Sequence[Record]) -> None:
    """The last week has more calls than the first."""
    weeks = Counter((NOW - call.started_at) // (7 * DAY) for call in of(history, ModelCall))

    assert weeks[0] > 1.2 * weeks[4]


def test_the_last_minutes_have_calls(history: Sequence[Record]) -> None:
    """Live pages look alive from the start, even early on a Sunday."""
    recent = [call for call in of(history, ModelCall) if call.started_at > NOW - 15 * 60_000_000]

    assert len(recent) >= 40
    assert len({call.provider for call in recent}) >= 10


def test_about_one_call_in_a_hundred_fails(history: Sequence[Record]) -> None:
    """And most of the rest is fine; every status occurs."""
    statuses = Counter(call.status for call in of(history, ModelCall))

    assert 0.006 < sum(statuses[status] for status in ERRORS) / CALLS < 0.016
    assert statuses["ok"] / CALLS > 0.98
    assert set(statuses) == {"ok", "cancelled", *ERRORS}


def test_incidents_stand_out(history: Sequence[Record]) -> None:
    """During the outage and the storm most calls to the provider fail; the day before they do not."""
    for incident in incidents(NOW - DAYS * DAY, NOW):
        calls = [call for call in of(history, ModelCall) if call.provider == incident.provider]
        during = [call for call in calls if incident.start <= call.started_at < incident.end]
        before = [call for call in calls if incident.start - DAY <= call.started_at < incident.start]

        assert NOW - 14 * DAY < incident.start < incident.end < NOW
        assert len(during) > 20
        assert failing(during) > 0.4
        assert failing(before) < 0.1


def failing(calls: Sequence[ModelCall]) -> float:
    """The share of calls that ended in an error."""
    return sum(call.status in ERRORS for call in calls) / len(calls)


def test_the_outage_times_out_and_the_storm_is_rate_limits(history: Sequence[Record]) -> None:
    """Each incident has its own face."""
    outage, storm = incidents(NOW - DAYS * DAY, NOW)
    calls = of(history, ModelCall)

    def faces(name: str, start: int, end: int) -> Counter[str]:
        return Counter(c.status for c in calls if c.provider == name and start <= c.started_at < end)

    assert {"timeout", "server_error"} <= set(faces(outage.provider, outage.start, outage.end))
    assert faces(storm.provider, storm.start, storm.end).most_common(1)[0][0] in {"rate_limit", "ok"}
    assert faces(storm.provider, storm.start, storm.end)["rate_limit"] > 10


def test_failed_calls_are_tried_again(history: Sequence[Record]) -> None:
    """A second attempt follows a failure in the same trace."""
    calls = of(history, ModelCall)
    failed = {(call.trace_id, call.model) for call in calls if call.status in ERRORS}
    again = [call for call in calls if call.attempt == 2]

    assert again
    assert all((call.trace_id, call.model) in failed for call in again)


def test_the_first_token_comes_before_the_last(history: Sequence[Record]) -> None:
    """Time to first token is never above the latency."""
    timed = [call for call in of(history, ModelCall) if call.ttft_us is not None]

    assert timed
    assert all(call.ttft_us <= call.latency_us for call in timed)  # type: ignore[operator]


def test_reasoning_is_a_part_of_the_output(history: Sequence[Record]) -> None:
    """Never more than all of it."""
    thinking = [call for call in of(history, ModelCall) if call.reasoning_tokens]

    assert thinking
    assert all(call.reasoning_tokens <= call.output_tokens for call in thinking)  # type: ignore[operator]


def test_coding_agents_live_from_their_cache(history: Sequence[Record]) -> None:
    """Most of what they send was sent before; Anthropic's cache writes are there too."""
    calls = [call for call in of(history, ModelCall) if call.source == "claude_code" and call.status == "ok"]
    read = sum(call.cache_read_tokens or 0 for call in calls)
    fresh = sum((call.input_tokens or 0) + (call.cache_write_5m_tokens or 0) for call in calls)

    assert read > 3 * fresh
    assert any(call.cache_write_1h_tokens for call in calls)


def test_agents_calls_and_tools_form_trees(history: Sequence[Record]) -> None:
    """The parent of a call or tool in a trace is a record of that trace."""
    spans = {record.span_id: record.trace_id for record in history if record.span_id}
    children = [record for record in history if record.parent_id]

    assert children
    assert all(spans[child.parent_id] == child.trace_id for child in children)
    assert {run.role for run in of(history, AgentRun)} >= {"main", "subagent", "scheduled"}
    assert {tool.status for tool in of(history, ToolCall)} >= {"ok", "error"}


def test_every_session_belongs_to_one_source_and_agent(history: Sequence[Record]) -> None:
    """Sessions hold together."""
    kept: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for call in of(history, ModelCall):
        if call.session_id:
            kept[call.session_id].add((call.source, call.agent))

    assert max(len(values) for values in kept.values()) == 1


def test_every_label_is_used(history: Sequence[Record]) -> None:
    """Each dimension of a call has several values to break it down by."""
    calls = of(history, ModelCall)
    for label, least in {
        "source": 5, "operation": 2, "project": 12, "agent": 8, "subagent": 3, "user": 60, "team": 7, "api_key": 20,
        "endpoint": 5, "environment": 3, "knowledge_base": 8, "git_branch": 4, "stop_reason": 4, "service_tier": 2,
    }.items():  # fmt: skip
        assert len({getattr(call, label) for call in calls} - ({""} if label != "service_tier" else set())) >= least, (
            label
        )


def test_some_clients_say_what_they_expect_to_use(history: Sequence[Record]) -> None:
    """Estimates are near the truth, above it on the whole."""
    told = [call for call in of(history, ModelCall) if call.estimated_tokens]
    used = sum((call.input_tokens or 0) + (call.cache_read_tokens or 0) + (call.output_tokens or 0) for call in told)

    assert len(told) > 500
    assert 0.9 < sum(call.estimated_tokens or 0 for call in told) / used < 1.4


def test_jobs_run_fail_and_are_skipped(history: Sequence[Record]) -> None:
    """Most fail seldom; the off-site copy always, because of the network."""
    jobs = of(history, JobRun)
    failures = Counter(job.job_id for job in jobs if job.status == "error")
    copies = [job for job in jobs if job.job_id == "off-site-copy"]

    assert {job.status for job in jobs} >= {"ok", "error", "skipped"}
    assert failures.most_common(1)[0] == ("off-site-copy", len(copies))
    assert all(job.error_type == "timeout" and "Network timeout" in job.error_message for job in copies)
    assert 0.85 < sum(job.status != "error" for job in jobs) / len(jobs) < 0.99
    assert all(job.next_run_at > job.started_at for job in jobs)  # type: ignore[operator]


def test_two_hosts_report_their_gpus(history: Sequence[Record]) -> None:
    """Power, use, memory and temperature, and what the inference servers say."""
    samples = of(history, Sample)

    assert {sample.host for sample in samples if sample.metric == "gpu.power"} == {"atlas-01", "atlas-02"}
    assert {sample.metric for sample in samples} >= {
        "gpu.utilisation",
        "gpu.memory.used",
        "gpu.temperature",
        "gpu.tensor.active",
        "server.requests.running",
        "system.uptime",
        "knowledge.documents",
        "ollama.model.size",
    }
    assert all(0 <= sample.value <= 1 for sample in samples if sample.metric == "gpu.utilisation")


def test_counters_only_grow(history: Sequence[Record]) -> None:
    """A counter never goes back, and those of tokens grow."""
    series: dict[tuple[str, str, str], list[float]] = {}
    for sample in of(history, Sample):
        if sample.mode == "counter":
            key = (sample.model, sample.metric, (sample.labels or {}).get("bucket", ""))
            series.setdefault(key, []).append(sample.value)
    for (_, metric, _), values in series.items():
        assert values == sorted(values)
        assert values[-1] > values[0] or metric.endswith(("_bucket", ".cooldowns"))


def test_known_models_are_priced_and_unknown_ones_are_not(history: Sequence[Record]) -> None:
    """Two models are in no catalogue; a model on the company's own machines costs nothing."""
    answered = [call for call in of(history, ModelCall) if call.status == "ok" and call.project != PROJECT]
    unpriced = {call.model for call in answered if call.cost is None}

    assert unpriced == {"halyard-preview-72b", "stealth/quiet-harbor"}
    assert {call.cost for call in answered if PROVIDERS[call.provider].local} == {0}


def test_the_company_spends_a_few_thousand_dollars_a_month(book: PriceBook) -> None:
    """At the demo's own size: 200,000 calls in 90 days; here a fortieth of it."""
    cost = sum(record.cost or 0 for record in records(book, calls=5_000, days=90) if isinstance(record, ModelCall))

    assert 1_000 < cost * 40 / 3 / 1e9 < 8_000


def test_gateway_calls_of_customers_earn_more_than_they_cost(history: Sequence[Record]) -> None:
    """There is revenue, and a margin."""
    sold = [call for call in of(history, ModelCall) if call.revenue is not None]

    assert sold
    assert {call.source for call in sold} == {"litellm"}
    assert sum(call.revenue or 0 for call in sold) > 1.5 * sum(call.cost or 0 for call in sold)


def test_bills_differ_from_what_was_metered_by_what_was_planted(history: Sequence[Record]) -> None:
    """A provider without an account bills what was metered, to the cent a line; those with one have their gaps."""
    bills = [bill for bill in of(history, Bill) if bill.type == "usage"]
    metered: defaultdict[tuple[str, int], int] = defaultdict(int)
    billed: defaultdict[tuple[str, int], int] = defaultdict(int)
    for call in of(history, ModelCall):
        metered[call.provider, call.started_at // DAY] += call.cost_priced or 0
    for bill in bills:
        billed[bill.provider, bill.started_at // DAY] += bill.amount

    lines = Counter((bill.provider, bill.started_at // DAY) for bill in bills)
    for (provider, day), amount in billed.items():
        if provider not in ACCOUNTS:
            assert abs(amount - metered[provider, day]) <= lines[provider, day] * 5_000_000, provider
    for provider in ("openai", "anthropic", "google", "openrouter", "bedrock"):
        days = [key for key in billed if key[0] == provider]
        assert sum(billed[key] for key in days) != sum(metered[key] for key in days)


def test_bills_have_top_ups_balances_and_a_credit(history: Sequence[Record]) -> None:
    """Balances follow from top-ups and use, and stay above nothing."""
    bills = of(history, Bill)

    assert {bill.type for bill in bills} >= {"usage", "balance", "credit"}
    assert all(bill.amount > 0 for bill in bills if bill.type == "balance")
    assert all(bill.amount < 0 for bill in bills if bill.type == "credit")


def test_launches_move_calls_from_one_model_to_the_next(history: Sequence[Record]) -> None:
    """At the start nobody calls the new model, at the end hardly anyone the old one."""
    calls = of(history, ModelCall)
    first = Counter(call.model for call in calls if call.started_at < NOW - (DAYS - 4) * DAY)
    last = Counter(call.model for call in calls if call.started_at > NOW - 4 * DAY)

    assert first["claude-opus-5-5"] == 0 < first["claude-opus-5"]
    assert last["claude-opus-5-5"] > 5 * last["claude-opus-5"]


@pytest.mark.parametrize(("days", "calls"), [(0, 10), (-1, 10), (3, -1)])
def test_impossible_sizes_are_refused(book: PriceBook, days: int, calls: int) -> None:
    """The message says which and why."""
    with pytest.raises(ValueError, match=r"days|calls"):
        next(generate(days, calls, 1, NOW, book=book))


def test_a_workspace_of_its_own(book: PriceBook) -> None:
    """Every record carries the workspace that was asked for."""
    found = [r for batch in generate(2, 50, 1, NOW, "elsewhere", book=book) for r in batch.records]

    assert {record.workspace for record in found} == {"elsewhere"}


def test_the_catalogue_of_the_demo_is_large(history: Sequence[Record]) -> None:
    """Some sixty models, every one of them called."""
    calls = of(history, ModelCall)

    assert 45 <= len(MODELS) <= 80
    assert {(m.provider, m.id) for m in MODELS} == {(c.provider, c.model) for c in calls if c.project != PROJECT}
