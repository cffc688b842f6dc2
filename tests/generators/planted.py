"""Histories with savings planted in them, each with what exactly would have been saved; and frugal ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, Final

from tokometer.records import JobRun, ModelCall, ModelOnOffer, Record, Sample, Score, ToolCall, to_us

NOW: Final = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
MINUTE: Final = 60_000_000
DAY: Final = 1440 * MINUTE
BEGIN: Final = to_us(NOW) - 29 * DAY
OPUS, SONNET, HAIKU = "claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"
#: USD for a million tokens: input, output, cache read, cache write for five minutes; as their makers publish them.
LISTED: Final = {
    OPUS: ("5", "25", "0.5", "6.25"),
    SONNET: ("3", "15", "0.3", "3.75"),
    HAIKU: ("1", "5", "0.1", "1.25"),
}
#: What each rule was given to find, of which agent, and what it would have saved.
Found = dict[tuple[str, str], Decimal]


def usd(model: str, fresh: int = 0, out: int = 0, read: int = 0, write: int = 0) -> Decimal:
    """What tokens cost, by the lists above."""
    prices = [Decimal(price) for price in LISTED[model]]
    return (
        sum((price * tokens for price, tokens in zip(prices, (fresh, out, read, write), strict=True)), Decimal(0))
        / 1_000_000
    )


@dataclass
class Planted:
    """Records, and what is to be found in them."""

    records: list[Record] = field(default_factory=list)
    found: Found = field(default_factory=dict)

    def call(self, at: int, model: str = SONNET, *, provider: str = "anthropic", **more: Any) -> ModelCall:
        """A call at a microsecond, priced by whoever reads it."""
        made = ModelCall(
            source="t",
            native_id=f"c{len(self.records)}",
            started_at=at,
            provider=provider,
            model=model,
            **{"input_tokens": 1_000, "output_tokens": 100, **more},
        )
        self.records.append(made)
        return made

    def job(self, at: int, agent: str, model: str, status: Any = "ok", provider: str = "anthropic") -> None:
        """A run of an agent's job."""
        self.records.append(
            JobRun(
                source="t",
                native_id=f"j{len(self.records)}",
                started_at=at,
                job_id=agent,
                name=agent,
                agent=agent,
                model=model,
                provider=provider,
                status=status,
                duration_us=MINUTE,
            )
        )

    def tool(self, at: int, session: str, name: str, status: Any = "ok", size: int | None = None) -> None:
        """A use of a tool."""
        self.records.append(
            ToolCall(
                source="t",
                native_id=f"t{len(self.records)}",
                started_at=at,
                duration_us=1_000_000,
                name=name,
                status=status,
                prompt_bytes=size,
                session_id=session,
            )
        )


def planted() -> Planted:
    """One history with a saving of every kind, each of an agent of its own."""
    made = Planted()
    for plant in (_models, _caches, _prompts, _failures, _times, _providers, _knowledge, _idle):
        plant(made)
    return made


def _models(made: Planted) -> None:
    # The nightly review runs on Opus, and as well on Haiku; on the batch tier it would cost half.
    for at in range(200):
        made.call(BEGIN + at * 100 * MINUTE, OPUS, agent="reviewer")
        if at < 40:
            made.call(BEGIN + at * 100 * MINUTE + 1, HAIKU, agent="reviewer")
            for name in (OPUS, HAIKU):
                made.job(BEGIN + at * 100 * MINUTE, "reviewer", name)
    whole = 200 * usd(OPUS, 1_000, 100)
    made.found["cheaper_model", "reviewer"] = whole - 200 * usd(HAIKU, 1_000, 100)
    made.found["batch_tier", "reviewer"] = whole / 2
    # A job on Opus, that a model of its own machine has done as well.
    for at in range(100):
        made.call(BEGIN + at * 200 * MINUTE, OPUS, agent="summary")
        made.call(BEGIN + at * 200 * MINUTE + 1, "qwen3:8b", provider="ollama", agent="summary")
        made.job(BEGIN + at * 200 * MINUTE, "summary", OPUS)
        made.job(BEGIN + at * 200 * MINUTE, "summary", "qwen3:8b", provider="ollama")
    made.found["local_model", "summary"] = 100 * usd(OPUS, 1_000, 100)
    # Another maker's: gpt-5-mini is 0.25 and 2 dollars.
    for at in range(100):
        made.call(BEGIN + at * 200 * MINUTE, OPUS, agent="labels")
        made.job(BEGIN + at * 200 * MINUTE, "labels", OPUS)
        if at < 30:
            made.call(BEGIN + at * 200 * MINUTE + 1, "gpt-5-mini", provider="openai", agent="labels")
            made.job(BEGIN + at * 200 * MINUTE, "labels", "gpt-5-mini", provider="openai")
    made.found["other_model", "labels"] = 100 * (usd(OPUS, 1_000, 100) - Decimal("0.00045"))


def _caches(made: Planted) -> None:
    # One agent's prompts come from the cache, another's of the same length do not: half of what the first reaches.
    for at in range(100):
        made.call(BEGIN + at * 150 * MINUTE, agent="warm", input_tokens=1_000, cache_read_tokens=9_000)
        made.call(BEGIN + at * 150 * MINUTE + 5, agent="cold", input_tokens=10_000)
    made.found["caching", "cold"] = 100 * (usd(SONNET, 10_000) - usd(SONNET, 5_500, read=4_500))
    # Written to the cache by conversations that have one call.
    for at in range(60):
        session = f"once{at}"
        made.call(
            BEGIN + at * 300 * MINUTE, agent="once", session_id=session, input_tokens=0, cache_write_5m_tokens=20_000
        )
    made.found["unread_cache", "once"] = 60 * (usd(SONNET, write=20_000) - usd(SONNET, 20_000))


def _prompts(made: Planted) -> None:
    for at in range(10):
        begin, session = BEGIN + at * 2 * DAY, f"long{at}"
        # A person goes on with something else at 140,000 tokens, for three more calls.
        made.call(begin, agent="marathon", session_id=session, user_messages=1)
        for turn in range(3):
            asks = int(turn == 0)
            when = begin + (turn + 1) * MINUTE
            made.call(
                when, agent="marathon", session_id=session, input_tokens=140_000, output_tokens=0, user_messages=asks
            )
    made.found["oversized_context", "marathon"] = 30 * usd(SONNET, 40_000)
    for at in range(10):
        # The same file of 40,000 bytes, 10,000 tokens, read twice and sent in two more calls.
        begin, session = BEGIN + at * 2 * DAY, f"again{at}"
        made.call(begin, agent="forgetful", session_id=session)
        for turn in (1, 2):
            made.tool(begin + turn * MINUTE - 30_000_000, session, "Read", size=40_000)
            made.call(begin + turn * MINUTE, agent="forgetful", session_id=session, input_tokens=1_000 + turn * 10_000)
        made.call(begin + 3 * MINUTE, agent="forgetful", session_id=session, input_tokens=21_000)
    made.found["read_again", "forgetful"] = 10 * 2 * usd(SONNET, 10_000)
    for at in range(80):
        labels = {"prompt_hash": f"h{at % 20}"}
        made.call(BEGIN + at * 60 * MINUTE, agent="parrot", labels=labels, input_tokens=5_000)
    made.found["duplicate_prompts", "parrot"] = 60 * usd(SONNET, 5_000, 100)
    for at in range(10):
        # Five tasks one right after the other, each with a start of 8,000 tokens of its own.
        for task in range(5):
            when = BEGIN + at * 2 * DAY + task * 3 * MINUTE
            made.call(when, agent="dev", project="x", session_id=f"task{at}.{task}", input_tokens=8_000)
    made.found["batch_tasks", "dev"] = 10 * 4 * (usd(SONNET, 8_000) - usd(SONNET, read=8_000))
    for at in range(30):
        begin, session = BEGIN + at * 600 * MINUTE, f"cut{at}"
        made.call(begin, agent="terse", session_id=session, output_tokens=1_000, stop_reason="max_tokens")
        made.call(begin + MINUTE, agent="terse", session_id=session, output_tokens=2_000, stop_reason="end_turn")
    made.found["output_limit", "terse"] = 30 * usd(SONNET, 1_000, 1_000)


def _failures(made: Planted) -> None:
    for at in range(30):
        begin, session = BEGIN + at * 600 * MINUTE, f"retry{at}"
        for turn in range(3):
            made.call(
                begin + turn * MINUTE,
                HAIKU,
                agent="stubborn",
                session_id=session,
                status="server_error",
                input_tokens=50_000,
            )
        made.call(begin + 3 * MINUTE, HAIKU, agent="stubborn", session_id=session)
    made.found["retries", "stubborn"] = 90 * usd(HAIKU, 50_000, 100)
    made.found["failing", ""] = 90 * usd(HAIKU, 50_000, 100)
    for at in range(10):
        begin, session = BEGIN + at * 2 * DAY, f"stuck{at}"
        for turn in range(5):
            made.call(begin + turn * MINUTE, agent="stuck", session_id=session, input_tokens=20_000)
            made.tool(begin + turn * MINUTE + 1_000_000, session, "Bash", status="error")
    made.found["tool_loops", "stuck"] = 40 * usd(SONNET, 20_000, 100)


def _times(made: Planted) -> None:
    # At 09:00 half of a job's calls time out after they were paid for, at 03:00 one in twenty.
    for at in range(28):
        for hour, bad in ((9, 5), (3, 1)):
            for one in range(10):
                failed = one < bad if hour == 9 else (at * 10 + one) % 20 == 0
                when = BEGIN - BEGIN % DAY + (at + 1) * DAY + hour * 60 * MINUTE + one * MINUTE
                made.call(when, agent="export", status="timeout" if failed else "ok", input_tokens=5_000)
        made.job(BEGIN + at * DAY, "export", SONNET)
    made.found["job_hour", "export"] = (28 * 5 - 28 * 10 * Decimal("0.05")) * usd(SONNET, 5_000, 100)
    # DeepSeek asks half from 16:30 to 00:30 UTC.
    for at in range(28):
        for one in range(10):
            when = BEGIN - BEGIN % DAY + (at + 1) * DAY + 6 * 60 * MINUTE + one * MINUTE
            made.call(
                when, "deepseek-chat", provider="deepseek", agent="digest", input_tokens=100_000, output_tokens=10_000
            )
        made.job(BEGIN + at * DAY, "digest", "deepseek-chat", provider="deepseek")
    made.found["off_peak", "digest"] = 280 * (Decimal("0.038") - Decimal("0.019"))


def _providers(made: Planted) -> None:
    # The same open model of two providers: 0.35 and 0.75, or 0.039 and 0.18 dollars.
    for at in range(100):
        made.call(
            BEGIN + at * 100 * MINUTE, "gpt-oss-120b", provider="cerebras", input_tokens=100_000, output_tokens=10_000
        )
        made.call(BEGIN + at * 100 * MINUTE + 1, "openai/gpt-oss-120b", provider="openrouter", input_tokens=1_000)
    made.found["provider_price", ""] = 100 * (Decimal("0.0425") - Decimal("0.0057"))


def _knowledge(made: Planted) -> None:
    for at in range(60):
        for model in (SONNET, HAIKU):
            call = made.call(BEGIN + at * 300 * MINUTE, model, knowledge_base="handbook", input_tokens=4_000)
            if model == SONNET:
                made.call(BEGIN + at * 300 * MINUTE + 1, model, knowledge_base="handbook", input_tokens=4_000)
            made.records.append(
                Score(
                    source="t",
                    native_id=f"s{len(made.records)}",
                    started_at=call.started_at,
                    name="resolved",
                    type="boolean",
                    value=1.0 if model == HAIKU or at % 2 else 0.0,
                    knowledge_base="handbook",
                    model=model,
                    provider="anthropic",
                )
            )
    made.found["knowledge_base", ""] = 120 * (usd(SONNET, 4_000, 100) - usd(HAIKU, 4_000, 100))


def _idle(made: Planted) -> None:
    for name in ("qwen3:8b", "llama3:70b"):
        made.records.append(
            ModelOnOffer(
                source="t",
                native_id=name,
                started_at=BEGIN,
                provider="ollama",
                model=name,
                installed="yes",
                size_bytes=40_000_000_000,
            )
        )
    for at in range(200):
        for device, busy in (("0", 0.4), ("1", 0.0)):
            made.records.append(
                Sample(
                    source="t",
                    native_id=f"g{device}.{at}",
                    started_at=BEGIN + at * 200 * MINUTE,
                    metric="gpu.utilisation",
                    value=busy,
                    host="box",
                    device=device,
                )
            )


def frugal(seed: int) -> Iterator[Record]:
    """A history in which nothing could have been had for less: short prompts from the cache, and few failures."""
    random = Random(seed)
    made = Planted()
    agents = [f"agent{at}" for at in range(random.randint(1, 4))]
    model = random.choice((SONNET, HAIKU))
    for session in range(random.randint(20, 60)):
        agent = random.choice(agents)
        # Sessions of one agent and project keep their distance.
        begin = BEGIN + session * 400 * MINUTE
        size = random.randint(4_000, 20_000)
        written = random.randint(1_000, 3_000)
        calls = random.randint(6, 15)
        failed = random.randrange(calls) if random.random() < 0.05 else -1
        for turn in range(calls):
            made.call(
                begin + turn * MINUTE,
                model,
                agent=agent,
                project="x",
                session_id=f"s{session}",
                user_messages=int(turn % 3 == 0),
                input_tokens=random.randint(10, 200),
                cache_read_tokens=size + turn * written if turn else 0,
                cache_write_5m_tokens=written if turn else size,
                output_tokens=random.randint(50, 800),
                stop_reason="end_turn",
                status="rate_limit" if turn == failed else "ok",
            )
            made.tool(begin + turn * MINUTE + 1_000_000, f"s{session}", "Read", size=2_000 + turn * 17 + session)
    yield from made.records
