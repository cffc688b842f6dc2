"""Where the demo's records are written down, and how one call to a model is made up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp, log
from random import Random
from typing import Any, Final
from zlib import crc32

from tokometer.demo.incidents import MESSAGES, Fate
from tokometer.demo.models import Model
from tokometer.records import AgentRun, JobRun, ModelCall, Record, Status, Step, ToolCall

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
#: A cached prompt is forgotten after this long without use.
CACHE_LIFE: Final = 5 * MINUTE

#: What a timeout took, in seconds.
_TIMEOUTS: Final = (60, 60, 60, 120)
#: Share of failures that are tried again, by status; anything else is the caller's fault and would fail again.
_TRIED_AGAIN: Final = {"rate_limit": 0.8, "server_error": 0.75, "timeout": 0.55}
_ATTEMPTS: Final = 3
#: How fast a prompt is read, in tokens per second.
_READING: Final = 14_000
_LN2: Final = log(2)


@dataclass(slots=True)
class Prompt:
    """What is sent to a model: how much of it is new, and how much the provider has cached."""

    fresh: int
    cached: int = 0
    #: Part of `fresh` that is written to the cache where the client marks it.
    kept: int = 0
    #: True where the client keeps its cache for an hour.
    long_lived: bool = False
    #: True where the client says beforehand what it expects to use.
    estimated: bool = False


@dataclass(slots=True)
class Answer:
    """How an exchange with a model ended."""

    ended_at: int
    ok: bool
    output: int
    span_id: str
    native_id: str


class Exhausted(Exception):
    """There is no room for another call before the end of the window, or in the number of calls asked for."""


@cache
def _habit(model: str) -> float:
    """By how much clients misjudge a model (the logarithm): most too much, some too little; from its name, to stay."""
    return 0.04 + 0.3 * (crc32(model.encode()) % 101 / 100 - 0.5)


class Journal:
    """Makes up records one after another and keeps them until they are taken.

    Nothing that ends after `until` is written; no more than `calls` model calls are.
    """

    def __init__(self, tag: str, workspace: str, rng: Random, fate: Fate, *, until: int, calls: int) -> None:
        self.rng = rng
        self.until = until
        self.left = calls
        self.written = 0
        self._tag = tag
        self.workspace = workspace
        self._fate = fate
        self._records: list[Record] = []
        self._numbers = 0

    def take(self) -> list[Record]:
        """What was written since the last time."""
        records, self._records = self._records, []
        return records

    # -- ids ---------------------------------------------------------------------------------------------------

    def native_id(self) -> str:
        """The next id; `demo-` says what it is."""
        self._numbers += 1
        return f"demo-{self._tag}-{self._numbers:07x}"

    def trace_id(self) -> str:
        """A new trace id, 32 hex digits."""
        return f"{self.rng.getrandbits(128):032x}"

    def span_id(self) -> str:
        """A new span id, 16 hex digits."""
        return f"{self.rng.getrandbits(64):016x}"

    def session_id(self) -> str:
        """A new session id."""
        bits = f"{self.rng.getrandbits(128):032x}"
        return f"demo-{bits[:8]}-{bits[8:12]}-{bits[12:24]}"

    # -- draws -------------------------------------------------------------------------------------------------

    def heavy(self, median: float, spread: float) -> float:
        """A draw with a heavy tail around `median`; `spread` is the standard deviation of its logarithm."""
        return median * exp(self.rng.gauss(0, spread))

    def wait(self, median_us: int) -> int:
        """A pause, in microseconds: exponential, with the median given."""
        return int(self.rng.expovariate(_LN2 / median_us))

    # -- records -----------------------------------------------------------------------------------------------

    def ask(
        self,
        model: Model,
        at: int,
        prompt: Prompt,
        labels: dict[str, Any],
        *,
        length: float = 1.0,
        stop: str = "",
        user_messages: int = 0,
    ) -> Answer:
        """One exchange with a model: a call, and up to two more when it fails.

        Args:
            model: who is asked.
            at: when, in microseconds since the epoch.
            prompt: what is sent.
            labels: fields that the session gives to all of its calls.
            length: how much longer than usual the answer is.
            stop: why the answer ended.
            user_messages: messages that people wrote since the previous call.

        Raises:
            Exhausted: the window or the number of calls is used up.
        """
        attempt = 1
        while True:
            status, slower = self._fate.draw(model, at)
            span, native = self.span_id(), self.native_id()
            if status in {"ok", "cancelled"}:
                return self._answered(
                    model,
                    at,
                    prompt,
                    labels,
                    span,
                    native,
                    attempt,
                    status,
                    slower * length,
                    slower,
                    stop,
                    user_messages,
                )
            rng = self.rng
            code, message = rng.choice(MESSAGES[status])
            if status == "timeout":
                latency = rng.choice(_TIMEOUTS) * SECOND + int(rng.random() * 400_000)
            else:
                latency = int(self.heavy(model.first_token * 700, 0.7) * slower)
            self._write(
                ModelCall(
                    **labels,
                    native_id=native,
                    span_id=span,
                    started_at=at,
                    provider=model.provider,
                    model=model.id,
                    status=status,
                    http_status=code,
                    error_message=message,
                    attempt=attempt,
                    request_id=f"req_{span}{native[-7:]}",
                    latency_us=latency,
                    user_messages=user_messages,
                ),
                at + latency,
            )
            ended = at + latency
            if attempt == _ATTEMPTS or rng.random() >= _TRIED_AGAIN.get(status, 0.0):
                return Answer(ended, ok=False, output=0, span_id=span, native_id=native)
            user_messages = 0
            at = ended + int(self.heavy(2**attempt * SECOND, 0.4))
            attempt += 1

    def _answered(
        self,
        model: Model,
        at: int,
        prompt: Prompt,
        labels: dict[str, Any],
        span: str,
        native: str,
        attempt: int,
        status: Status,
        length: float,
        slower: float,
        stop: str,
        user_messages: int,
    ) -> Answer:
        gauss = self.rng.gauss
        if model.speed:
            thought = int(model.thinking * exp(gauss(0, 1.0))) if model.thinking else 0
            output = int(model.answer * length / slower * exp(gauss(0, 0.95))) + 1 + thought
            first = int(model.first_token * 1_000 * exp(gauss(0, 0.42)) * slower) + prompt.fresh * SECOND // _READING
            latency = first + int(output * SECOND / model.speed * exp(gauss(0, 0.22)) * slower)
            ttft: int | None = first
            reasoning: int | None = thought if model.thinking else None
        else:
            output = 0
            latency = int(model.first_token * 1_000 * exp(gauss(0, 0.4)) * slower) + prompt.fresh * SECOND // 60_000
            ttft = reasoning = None
        if status == "cancelled":
            share = 0.1 + 0.8 * self.rng.random()
            output, latency, stop = int(output * share), int(latency * share), ""
            reasoning = None if reasoning is None else min(reasoning, output)
            if ttft is not None and ttft >= latency:
                ttft = None
        five = hour = read = None
        if model.caching == "marked":
            read = prompt.cached
            five, hour = (0, prompt.kept) if prompt.long_lived else (prompt.kept, 0)
            fresh = prompt.fresh - prompt.kept
        elif model.caching == "automatic":
            read, fresh = prompt.cached, prompt.fresh
        else:
            fresh = prompt.fresh + prompt.cached
        estimate = None
        if prompt.estimated:
            estimate = int((prompt.fresh + prompt.cached + output) * exp(gauss(_habit(model.id), 0.14)))
        ended = at + latency
        self._write(
            ModelCall(
                **labels,
                native_id=native,
                span_id=span,
                started_at=at,
                provider=model.provider,
                model=model.id,
                status=status,
                http_status=None if status == "cancelled" else 200,
                error_message="" if status == "ok" else MESSAGES["cancelled"][0][1],
                stop_reason=stop,
                attempt=attempt,
                request_id=f"req_{span}{native[-7:]}",
                latency_us=latency,
                ttft_us=ttft,
                input_tokens=fresh,
                cache_read_tokens=read,
                cache_write_5m_tokens=five,
                cache_write_1h_tokens=hour,
                output_tokens=output,
                reasoning_tokens=reasoning,
                estimated_tokens=estimate,
                user_messages=user_messages,
            ),
            ended,
        )
        return Answer(ended, ok=status == "ok", output=output, span_id=span, native_id=native)

    def tool(self, record: ToolCall) -> int:
        """Write down the use of a tool, and return when it ended."""
        ended = record.started_at + (record.duration_us or 0)
        if ended > self.until:
            raise Exhausted
        self._records.append(record)
        return ended

    def step(self, record: Step) -> None:
        """Write down what was put into a prompt, or that one was summed up."""
        if record.started_at <= self.until:
            self._records.append(record)

    def run(self, record: AgentRun) -> None:
        """Write down an agent's run; one that ends after the window is still running."""
        if record.ended_at is not None and record.ended_at > self.until:
            record.ended_at, record.status = None, "running"
        self._records.append(record)

    def job(self, record: JobRun) -> JobRun | None:
        """Write down a job's run; None for one that would end after the window."""
        if record.started_at + (record.duration_us or 0) > self.until:
            return None
        self._records.append(record)
        return record

    def _write(self, call: ModelCall, ended: int) -> None:
        if self.left <= 0 or ended > self.until:
            raise Exhausted
        self.left -= 1
        self.written += 1
        self._records.append(call)
