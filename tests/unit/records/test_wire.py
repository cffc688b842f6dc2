"""Our own record format: what senders may write, and what is refused by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tokometer.records import KINDS, AgentRun, Bill, JobRun, ModelCall, RecordError, Sample, ToolCall, to_us
from tokometer.records.fields import FIELDS, REQUIRED
from tokometer.records.time import to_datetime
from tokometer.records.values import moment
from tokometer.records.wire import content_id, json_schema, record_from

NOW = 1_795_000_000_000_000
AT = "2026-11-01T12:00:00Z"
AT_US = 1_793_534_400_000_000


def call(**fields: Any) -> ModelCall:
    """The call that an object with these fields means."""
    record = record_from("calls", {"started_at": AT, "model": "gpt-4o", **fields})
    assert isinstance(record, ModelCall)
    return record


def refusal(kind: str = "calls", **fields: Any) -> RecordError:
    """Why an object with these fields is refused."""
    whole = {"started_at": AT, "model": "gpt-4o", **fields} if kind == "calls" else fields
    with pytest.raises(RecordError) as caught:
        record_from(kind, whole)
    return caught.value


def test_a_whole_call() -> None:
    """Every field that people expect lands where it belongs."""
    record = call(
        id="c-1",
        source="billing-export",
        ended_at="2026-11-01T13:00:01.5+01:00",
        ttft_ms=250.5,
        provider="Google",
        operation="embeddings",
        http_status=200,
        stop_reason="stop",
        attempt=2,
        request_id="r-1",
        input_tokens=1,
        cache_read_tokens=2,
        cache_write_tokens=3,
        cache_write_5m_tokens=4,
        cache_write_1h_tokens=5,
        output_tokens=60,
        reasoning_tokens=7,
        estimated_tokens=8,
        user_messages=1,
        cost_usd=Decimal("0.000000001"),
        revenue_usd="1.5",
        service_tier="batch",
        session_id="s",
        parent_session_id="p",
        project="shop",
        git_branch="main",
        agent="planner",
        subagent="searcher",
        user="ada",
        team="search",
        api_key="sk-0123456789abcdefWXYZ",
        endpoint="api.example.com",
        environment="production",
        knowledge_base="wiki",
        trace_id="t",
        span_id="s",
        parent_id="q",
        revision=3,
    )
    expected = ModelCall(
        source="billing-export",
        native_id="c-1",
        started_at=AT_US,
        latency_us=1_500_000,
        ttft_us=250_500,
        provider="google",
        model="gpt-4o",
        operation="embeddings",
        http_status=200,
        stop_reason="stop",
        attempt=2,
        request_id="r-1",
        input_tokens=1,
        cache_read_tokens=2,
        cache_write_unknown_tokens=3,
        cache_write_5m_tokens=4,
        cache_write_1h_tokens=5,
        output_tokens=60,
        reasoning_tokens=7,
        estimated_tokens=8,
        user_messages=1,
        cost_reported=1,
        revenue=1_500_000_000,
        service_tier="batch",
        session_id="s",
        parent_session_id="p",
        project="shop",
        git_branch="main",
        agent="planner",
        subagent="searcher",
        user="ada",
        team="search",
        api_key="…WXYZ",
        endpoint="api.example.com",
        environment="production",
        knowledge_base="wiki",
        trace_id="t",
        span_id="s",
        parent_id="q",
        revision=3,
    )
    assert record == expected


def test_the_other_kinds() -> None:
    """Tools, runs, jobs, samples and bills are read likewise."""
    tool = record_from("tools", {"timestamp": AT, "tool": "search", "duration_ms": 5, "status": "failed"})
    assert isinstance(tool, ToolCall)
    assert (tool.name, tool.duration_us, tool.status) == ("search", 5_000, "error")
    run = record_from("runs", {"time": AT, "name": "planner", "duration_ms": 1000, "cost_usd": "0.5"})
    assert isinstance(run, AgentRun)
    assert (run.agent, run.ended_at, run.stated_cost) == ("planner", AT_US + 10**6, 500_000_000)
    job = record_from("jobs", {"started_at": AT, "job_id": "nightly", "ended_at": AT, "provider": "OpenAI"})
    assert isinstance(job, JobRun)
    assert (job.job_id, job.duration_us, job.provider) == ("nightly", 0, "openai")
    sample = record_from("samples", {"at": AT, "metric": "power", "value": "1.5", "labels": {"gpu": 0}})
    assert isinstance(sample, Sample)
    assert (sample.value, sample.labels, sample.mode) == (1.5, {"gpu": "0"}, "gauge")
    bill = record_from("bills", {"started_at": AT, "provider": "openai", "amount_usd": "-3.25"})
    assert isinstance(bill, Bill)
    assert (bill.amount, bill.ended_at, bill.type) == (-3_250_000_000, AT_US, "usage")


@given(
    st.datetimes(min_value=to_datetime(1_500_000_000_000_000).replace(tzinfo=None)).filter(lambda at: at.year < 2100)
)
def test_a_time_is_the_same_however_it_is_written(at: Any) -> None:
    """RFC 3339 and Unix times in seconds, ms, µs and ns mean the same moment."""
    us = to_us(at)
    assert moment(at.isoformat() + "Z") == us
    assert moment(Decimal(us) / 10**6) == us
    assert moment(us // 1000) == us // 1000 * 1000
    assert moment(us) == us
    assert moment(us * 1000) == us
    assert abs(moment(us / 1e6) - us) <= 1


@pytest.mark.parametrize(
    ("value", "nano"),
    [
        (0, 0),
        (1, 10**9),
        (0.1, 10**8),
        ("0.000000001", 1),
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        (Decimal("12.345678901"), 12_345_678_901),
        ("999999999", 999_999_999 * 10**9),
        (1e-9, 1),
    ],
)
def test_money_is_exact_to_a_billionth(value: object, nano: int) -> None:
    """A cost given as a number or as decimal text keeps nine decimals; what is beyond is rounded half to even."""
    assert call(cost_usd=value).cost_reported == nano


def test_all_prompt_tokens_may_be_given_in_one() -> None:
    """`prompt_tokens` includes the cache, as many APIs count; the uncached rest is worked out."""
    record = call(prompt_tokens=100, cached_tokens=60, cache_write_tokens=10, completion_tokens=5)
    assert (record.input_tokens, record.cache_read_tokens, record.output_tokens) == (30, 60, 5)
    assert refusal(prompt_tokens=5, cached_tokens=6).field == "prompt_tokens"
    assert "not both" in refusal(prompt_tokens=5, input_tokens=6).reason


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "ok"),
        ({"status": "success"}, "ok"),
        ({"status": "rate_limit"}, "rate_limit"),
        ({"status": "error"}, "server_error"),
        ({"status": "failed", "http_status": 429}, "rate_limit"),
        ({"http_status": 401}, "auth_error"),
        ({"http_status": 200}, "ok"),
        ({"status": 200}, "ok"),
        ({"status": "429"}, "rate_limit"),
        ({"status": 200, "http_status": 503}, "server_error"),
        ({"error": "request timed out"}, "timeout"),
        ({"status": "Cancelled"}, "cancelled"),
    ],
)
def test_the_status_of_a_call(fields: dict[str, Any], status: str) -> None:
    """A status may be one of ours, plain success or failure, or be left to the HTTP status and the message."""
    assert call(**fields).status == status


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"input_tokens": -1}, "input_tokens", "is negative"),
    ({"input_tokens": 2**53 + 1}, "input_tokens", "2^53"),
    ({"input_tokens": 10**400}, "input_tokens", "2^53"),
    ({"output_tokens": Decimal("1E+400")}, "output_tokens", "infinite"),
    ({"output_tokens": Decimal("1E+200")}, "output_tokens", "2^53"),
    ({"input_tokens": 1.5}, "input_tokens", "has a fraction"),
    ({"input_tokens": "many"}, "input_tokens", "is text, not a whole number"),
    ({"input_tokens": float("nan")}, "input_tokens", "is NaN"),
    ({"input_tokens": True}, "input_tokens", "true or false"),
    ({"input_tokens": [1]}, "input_tokens", "a list"),
    ({"input_tokens": {}}, "input_tokens", "an object"),
    ({"latency_ms": -5}, "latency_ms", "is negative"),
    ({"latency_ms": 10**12}, "latency_ms", "more than a year"),
    ({"ttft_ms": float("inf")}, "ttft_ms", "infinite"),
    ({"cost_usd": -1}, "cost_usd", "is negative"),
    ({"cost_usd": "a dollar"}, "cost_usd", "is text, not a number"),
    ({"cost_usd": 10**10}, "cost_usd", "999,999,999"),
    ({"cost_usd": "NaN"}, "cost_usd", "is NaN"),
    ({"cost": 10**400}, "cost", "999,999,999"),
    ({"started_at": None}, "started_at", "is missing"),
    ({"started_at": 1}, "started_at", "before 2015"),
    ({"started_at": "1970-01-01T00:00:00Z"}, "started_at", "before 2015"),
    ({"started_at": "2999-01-01T00:00:00Z"}, "started_at", "in the future"),
    ({"started_at": "2026-11-01T12:00:00"}, "started_at", "no time zone"),
    ({"started_at": "2026-13-01T12:00:00Z"}, "started_at", "not a date and time that exists"),
    ({"started_at": "yesterday"}, "started_at", "not a time"),
    ({"started_at": float("nan")}, "started_at", "NaN"),
    ({"started_at": -5}, "started_at", "before 1970"),
    ({"started_at": 10**30}, "started_at", "too far"),
    ({"ended_at": "2026-11-01T11:00:00Z"}, "ended_at", "before started_at"),
    ({"ended_at": "2028-11-01T11:00:00Z"}, "ended_at", "more than a year"),
    ({"model": ""}, "model", "is missing"),
    ({"model": None}, "model", "is missing"),
    ({"model": {"name": "x"}}, "model", "an object, not text"),
    ({"user": "half \ud800 a character"}, "user", "lone surrogate"),
    ({"user": "a\0b"}, "user", "NUL"),
    ({"source": ""}, "source", "is empty"),
    ({"status": "meh"}, "status", "is not one of"),
    ({"http_status": 1000}, "http_status", "more than 999"),
    ({"reasoning_tokens": 5, "output_tokens": 4}, "reasoning_tokens", "more than output_tokens"),
    ({"timestamp": AT}, "timestamp", "says the same as started_at"),
    ({"output_token": 5}, "output_token", "did you mean output_tokens?"),
    ({"workspace": "other"}, "workspace", "is not a field"),
]


@pytest.mark.parametrize(("fields", "field", "reason"), BAD)
def test_what_cannot_be_believed_is_refused_by_name(fields: dict[str, Any], field: str, reason: str) -> None:
    """A bad value refuses its record, naming the field as the sender wrote it and saying what is wrong."""
    error = refusal(**fields)
    assert error.field == field
    assert reason in error.reason


@pytest.mark.parametrize("given_value", [None, 5, "text", [], True])
def test_a_record_is_an_object(given_value: object) -> None:
    """Anything else is refused, by what it is."""
    with pytest.raises(RecordError, match="a record is an object"):
        record_from("calls", given_value)


def test_a_key_is_masked_and_never_told() -> None:
    """An API key is cut to its last four characters, one already masked stays, and no refusal repeats it."""
    secret = "sk-ant-0123456789abcdef"
    assert secret not in repr(call(api_key=secret))
    assert call(api_key="…cdef").api_key == "…cdef"
    assert call(api_key="short").api_key == "…"
    error = refusal(api_key=secret, input_tokens=secret)
    assert secret not in str(error)


def test_prompts_and_answers_are_not_kept() -> None:
    """Content may come along and is dropped."""
    record = call(prompt="never kept", messages=[{"content": "never kept"}], response="never kept", metadata={"a": 1})
    assert "never kept" not in repr(record)


def test_a_record_without_an_id_is_known_by_its_content() -> None:
    """The same content is the same record, in any order of its fields; other content is another."""
    first = record_from("calls", {"started_at": AT, "model": "gpt-4o", "input_tokens": 1})
    again = record_from("calls", {"input_tokens": 1, "model": "gpt-4o", "started_at": AT})
    other = record_from("calls", {"input_tokens": 2, "model": "gpt-4o", "started_at": AT})
    assert first.id == again.id != other.id
    assert first.pinned
    assert not call(id="x").pinned
    assert content_id({"a": Decimal("1.5")}).startswith("content:")


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_says_what_is_taken(kind: str) -> None:
    """Each kind's JSON Schema is valid, has every field, and takes the least that we take."""
    schema = json_schema(kind)
    Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == {field.name for field in FIELDS[kind]}
    least: dict[str, Any] = {name: 1 if name in ("value", "amount") else "x" for name in REQUIRED[kind]}
    least["started_at"] = AT
    assert list(Draft202012Validator(schema).iter_errors(least)) == []
    assert record_from(kind, least).kind == kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_fills_one_that_the_record_has(kind: str) -> None:
    """The field table names only fields of the record, and no name twice."""
    targets = [field.target for field in FIELDS[kind] if field.target]
    assert set(targets) <= set(KINDS[kind].__struct_fields__)
    names = [name for field in FIELDS[kind] for name in (field.name, *field.aliases)]
    assert len(names) == len(set(names))
    assert len(targets) == len(set(targets))
