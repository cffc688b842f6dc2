"""Records of every kind to try the measures on: crowded around changes of the clock, with gaps in every field."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Final

from generators.measured_beside import beside
from tokometer.records import STATUSES, AgentRun, Bill, JobRun, ModelCall, Record, Reported, Sample, ToolCall, to_us
from tokometer.records.basis import EXACT, UNPRICED, assumed

#: Moments around which calls crowd: both changes of New York's and of Lord Howe's clocks in 2025, and ends of periods.
CROWDED: Final = (
    datetime(2025, 3, 9, 7, tzinfo=UTC),
    datetime(2025, 11, 2, 6, tzinfo=UTC),
    datetime(2025, 4, 5, 15, tzinfo=UTC),
    datetime(2025, 10, 4, 15, 30, tzinfo=UTC),
    datetime(2025, 3, 31, 18, 30, tzinfo=UTC),
    datetime(2025, 1, 1, 0, tzinfo=UTC),
)
_HOUR: Final = 3_600_000_000
_PRICED: Final = (EXACT, EXACT, assumed("tier"), assumed("part", "tier"))
_UNPRICED: Final = (EXACT, *UNPRICED)
_MODELS: Final = ("claude-sonnet-4-5", "gpt-5", "llama-3.3-70b", "in-house", "")


def calls(seed: int, count: int) -> list[ModelCall]:
    """`count` calls of two workspaces, the same for the same seed."""
    random = Random(seed)
    return [_call(random, i) for i in range(count)]


def others(seed: int, count: int) -> list[Record]:
    """`count` records of each other kind."""
    random = Random(seed)
    made: list[Record] = []
    for i in range(count):
        made += [_tool(random, i), _run(random, i), _job(random, i), _sample(random, i), _bill(random, i)]
    # From another stream, so that the records above stay what they are.
    random = Random(seed + 1)
    for i in range(count):
        made += beside(random, i, _when(random))
    random = Random(seed + 2)
    return [*made, *(_reported(random, i) for i in range(count))]


def _when(random: Random) -> int:
    if random.random() < 0.1:
        return to_us(random.choice(CROWDED)) + random.choice((-1, 0, 1))
    spread = 3 * _HOUR if random.random() < 0.6 else 24 * 20 * _HOUR
    return to_us(random.choice(CROWDED)) + random.randint(-spread, spread)


def _maybe(random: Random, low: int, high: int, known: float = 0.8) -> int | None:
    return random.randint(low, high) if random.random() < known else None


def _call(random: Random, i: int) -> ModelCall:
    latency = _maybe(random, 1, 90_000_000)
    ttft = _maybe(random, 0, 2_000_000, 0.6)
    model = random.choice(_MODELS)
    output = _maybe(random, 0, 5_000)
    reported = _maybe(random, 0, 9_999_999_999, 0.2)
    priced = None if model == "in-house" else _maybe(random, 0, 9_999_999_999, 0.8)
    known = random.random() < 0.9
    return ModelCall(
        source=random.choice(("claude_code", "otlp")),
        native_id=f"call-{i}",
        workspace=random.choice(("default", "default", "default", "other")),
        started_at=_when(random),
        provider=random.choice(("anthropic", "openai", "groq")),
        model=model,
        operation=random.choice(("chat", "chat", "embeddings")),
        status=random.choice((*STATUSES, "ok", "ok", "ok", "ok", "ok", "ok")),
        latency_us=latency,
        ttft_us=ttft,
        input_tokens=_maybe(random, 0, 20_000) if known else None,
        cache_read_tokens=_maybe(random, 0, 90_000) if known else None,
        cache_write_5m_tokens=_maybe(random, 0, 9_000, 0.5) if known else None,
        cache_write_1h_tokens=_maybe(random, 0, 9_000, 0.3) if known else None,
        cache_write_unknown_tokens=_maybe(random, 0, 9_000, 0.2) if known else None,
        output_tokens=output if known else None,
        reasoning_tokens=None if output is None or not known else output // 3,
        estimated_tokens=_maybe(random, 1, 50_000, 0.3),
        user_messages=random.randint(0, 2),
        unsplit_tokens=_maybe(random, 0, 9_000, 0.1),
        parts=random.choice((None, None, {"input_audio": 12}, {"output_audio": 5, "input_image": 7})),
        quantities=random.choice((None, None, {"web_searches": 2_000}, {"images": 1_500, "web_searches": 1_000})),
        cost_reported=reported,
        cost_priced=priced,
        price_basis="" if reported is not None else random.choice(_UNPRICED if priced is None else _PRICED),
        revenue=_maybe(random, 0, 9_999_999_999, 0.4),
        service_tier=random.choice(("", "batch")),
        session_id=random.choice(("", *(f"session-{n}" for n in range(12)))),
        project=random.choice(("/work/site", "/work/Über", "")),
        git_branch=random.choice(("main", "")),
        agent=random.choice(("coder", "writer", "")),
        subagent=random.choice(("", "explorer")),
        user=random.choice(("ana", "ben", "")),
        team=random.choice(("search", "ads", "")),
        api_key=random.choice(("…ab12", "…cd34", "")),
        endpoint=random.choice(("/v1/messages", "/v1/chat/completions")),
        environment=random.choice(("production", "staging", "")),
        knowledge_base=random.choice(("", "handbook")),
    )


def _tool(random: Random, i: int) -> ToolCall:
    return ToolCall(
        source="claude_code",
        native_id=f"tool-{i}",
        started_at=_when(random),
        name=random.choice(("Bash", "Read", "mcp__search")),
        server=random.choice(("", "search")),
        status=random.choice(("ok", "ok", "error", "unknown")),
        duration_us=_maybe(random, 0, 60_000_000),
        lines_added=_maybe(random, 0, 100, 0.3),
        lines_removed=_maybe(random, 0, 100, 0.3),
        agent=random.choice(("coder", "writer")),
        project=random.choice(("/work/site", "")),
    )


def _run(random: Random, i: int) -> AgentRun:
    start = _when(random)
    length = _maybe(random, 0, 3_600_000_000)
    return AgentRun(
        source="otlp",
        native_id=f"run-{i}",
        started_at=start,
        agent=random.choice(("coder", "writer")),
        status=random.choice(("ok", "error", "running")),
        ended_at=None if length is None else start + length,
        role=random.choice(("main", "subagent")),
        stated_tokens=_maybe(random, 0, 100_000),
        stated_cost=_maybe(random, 0, 9_999_999_999),
    )


def _job(random: Random, i: int) -> JobRun:
    return JobRun(
        source="own",
        native_id=f"job-{i}",
        started_at=_when(random),
        job_id=f"job-{i % 3}",
        name=f"Backup {i % 3}",
        status=random.choice(("ok", "ok", "error", "skipped")),
        error_type=random.choice(("", "timeout")),
        duration_us=_maybe(random, 0, 60_000_000),
        agent=random.choice(("coder", "")),
    )


def _sample(random: Random, i: int) -> Sample:
    return Sample(
        source="own",
        native_id=f"sample-{i}",
        started_at=_when(random),
        metric=random.choice(("power", "queue")),
        # Quarters add up exactly, in whatever order.
        value=random.randint(0, 4_000) / 4,
        device=random.choice(("gpu-0", "gpu-1")),
    )


def _bill(random: Random, i: int) -> Bill:
    start = _when(random)
    more = Random(i)
    return Bill(
        source="own",
        native_id=f"bill-{i}",
        started_at=start,
        ended_at=start + 24 * _HOUR,
        provider=random.choice(("anthropic", "openai")),
        amount=random.randint(-9_999_999_999, 9_999_999_999),
        type=random.choice(("usage", "credit", "revenue", "adjustment")),
        line_item=random.choice(("tokens", "storage")),
        list_amount=more.choice((None, more.randint(0, 9_999_999_999))),
        token_type=more.choice(("", "input", "output")),
        quantity=more.choice((None, float(more.randint(0, 9_999)))),
        quantity_unit=more.choice(("", "images")),
    )


def _reported(random: Random, i: int) -> Reported:
    start = _when(random)
    return Reported(
        source="own",
        native_id=f"reported-{i}",
        started_at=start,
        ended_at=start + 24 * _HOUR,
        provider=random.choice(("anthropic", "openai")),
        report=random.choice(("usage", "costs")),
        model=random.choice(_MODELS),
        project=random.choice(("", "shop")),
        requests=random.choice((None, random.randint(0, 9_999))),
        input_tokens=random.choice((None, random.randint(0, 9_999_999))),
        cache_read_tokens=random.choice((None, random.randint(0, 9_999_999))),
        cache_write_1h_tokens=random.choice((None, random.randint(0, 9_999))),
        output_tokens=random.choice((None, random.randint(0, 9_999_999))),
        reasoning_tokens=random.choice((None, random.randint(0, 99))),
        unsplit_tokens=random.choice((None, random.randint(0, 9_999))),
        quantity=random.choice((None, float(random.randint(0, 9_999)))),
        quantity_unit=random.choice(("", "images")),
        estimated_cost=random.choice((None, random.randint(0, 9_999_999_999))),
    )
