"""What the demo's applications say beside their calls: log lines, scores, details of errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final

from tokometer.demo.edge import PROJECT
from tokometer.demo.incidents import Incident
from tokometer.demo.journal import MINUTE, SECOND
from tokometer.demo.rhythm import DAY, HOUR
from tokometer.records import ERRORS, AgentRun, ErrorDetail, LogLine, ModelCall, Record, Score, Status, Step
from tokometer.records.beside import Level
from tokometer.records.lengths import MAX_TEXT

#: Nothing older than what would be kept is made up.
_LOGGED_FOR, _DETAILED_FOR = 14 * DAY, 7 * DAY
#: Share of the failures of which details are kept (all of the rare ones), and of slow answers that are logged.
_DETAILED, _NOTICED_SLOW = 0.6, 0.3
_RARE: Final = frozenset({"auth_error", "invalid_request"})
_SLOW: Final = 30 * SECOND
#: What is logged whatever is asked: once in so long, and in the last hour more often; also every other request then.
_SELDOM, _OFTEN, _LAST = 10 * MINUTE, 30 * SECOND, HOUR
_LOGGED: Final = 0.5
#: Quality of the models: the mean of the worst, and by how much others are better at most.
_WORST, _BETTER = 0.70, 0.25
_MOST_STARS: Final = 5

#: The class that a client raises, and the provider's code, by how a call ended.
_CLASSES: Final[dict[Status, tuple[str, str]]] = {
    "timeout": ("APITimeoutError", ""),
    "rate_limit": ("RateLimitError", "rate_limit_exceeded"),
    "invalid_request": ("BadRequestError", "invalid_request_error"),
    "auth_error": ("AuthenticationError", "invalid_api_key"),
    "server_error": ("InternalServerError", "server_error"),
}
_TRACE: Final = """Traceback (most recent call last):
  File "/srv/app/routes/{route}.py", line {line}, in handle
    answer = await client.complete(request)
  File "/srv/app/clients/{provider}.py", line 148, in complete
    raise {error}(reply.reason)
{error}: {message}"""
#: What the gateway says whatever happens: level, component, message.
_CHATTER: Final[tuple[tuple[Level, str, str], ...]] = (
    ("info", "gateway.routes", "Routes reloaded: 31 deployments"),
    ("info", "gateway.prices", "Price list is up to date"),
    ("debug", "gateway.cache", "Dropped 412 entries that nobody asked for"),
    ("info", "assistant.index", "Index refreshed in 2.1 s"),
    ("warning", "assistant.index", "One document could not be parsed and was left out"),
    ("trace", "gateway.pool", "12 connections are idle"),
    ("info", "gateway.health", "24 providers checked in 0.8 s"),
    ("info", "assistant.sessions", "Expired 3 sessions"),
    ("warning", "gateway.pool", "Waited 210 ms for a free connection"),
    ("error", "assistant.index", "The index could not be refreshed; trying again in a minute"),
)


class Beside:
    """Makes up what is said about calls and runs; the same for the same stream and the same records in their order."""

    def __init__(self, tag: str, workspace: str, rng: Random, end: int, troubles: tuple[Incident, ...] = ()) -> None:
        self._tag = tag
        self._workspace = workspace
        self._rng = rng
        self._end = end
        self._troubles = troubles
        self._numbers = 0

    def about(self, records: Sequence[Record]) -> list[Record]:
        """What is said about these records, of which nothing is after the end of the window."""
        made: list[Record] = []
        for record in records:
            if isinstance(record, ModelCall):
                made += self._call(record)
            elif isinstance(record, AgentRun) and record.role == "main" and record.ended_at is not None:
                made += self._run(record)
        return made

    def meanwhile(self, start: int, end: int) -> list[Record]:
        """What is logged in [start, end) whatever is asked: the usual, and what incidents make of it."""
        if end <= self._end - _LOGGED_FOR:
            return []
        rng = self._rng
        made = []
        step = _OFTEN if end > self._end - _LAST else _SELDOM
        for at in range(-(-start // step) * step, end, step):
            level, logger, message = rng.choice(_CHATTER)
            made.append(self._line(at, level, logger, message, service=logger.partition(".")[0]))
        made += [line for line in self._incidents() if start <= line.started_at < end]
        return [*made]

    def _incidents(self) -> Iterator[LogLine]:
        for trouble in self._troubles:
            if trouble.name == "limp":
                continue  # the end of the trouble before it
            name = trouble.provider
            answered = max(trouble.end - MINUTE, trouble.start + MINUTE)
            opened = trouble.start + min(2 * MINUTE, (trouble.end - trouble.start) // 3)
            for at, level, message in (
                (opened - MINUTE // 2, "warning", f"Error rate of {name} is above 20 % over the last minute"),
                (opened, "fatal", f"Circuit of {name} is open: its calls are sent elsewhere"),
                (answered, "info", f"Circuit of {name} is half open: trying one call in ten"),
                (trouble.end + (5 if trouble.name == "flap" else 3) * MINUTE, "info", f"Circuit of {name} is closed"),
            ):
                if at <= self._end:
                    yield self._line(at, level, "gateway.circuit", message, service="gateway", provider=name)  # type: ignore[arg-type]

    def _call(self, call: ModelCall) -> Iterator[Record]:
        rng = self._rng
        took = call.latency_us or 0
        at = call.started_at + took
        if call.knowledge_base and call.project != PROJECT:
            yield self._retrieval(call)
        if call.source == "litellm" and call.status == "ok" and at > self._end - _LAST and rng.random() < _LOGGED:
            message = f"POST {call.endpoint} 200 in {took // 1_000:,} ms"
            yield self._line(at, "info", "gateway.access", message, call=call, duration_us=took)
        if call.status in ERRORS:
            error, code = _CLASSES[call.status]
            if at > self._end - _LOGGED_FOR:
                message = f"{call.provider} did not answer {call.model}: {call.error_message}"
                level: Level = "warning" if call.status == "rate_limit" else "error"
                yield self._line(at, level, "gateway.upstream", message, call=call, error_type=error, duration_us=took)
            if at > self._end - _DETAILED_FOR and (rng.random() < _DETAILED or call.status in _RARE):
                yield self._detail(call, error, code)
        elif took > _SLOW and at > self._end - _LOGGED_FOR and rng.random() < _NOTICED_SLOW:
            message = f"Slow answer of {call.model}: {took / SECOND:.1f} s"
            yield self._line(at, "warning", "gateway.upstream", message, call=call, duration_us=took)
        elif call.status == "ok" and call.operation == "chat":
            yield from self._judged(call, at)

    def _retrieval(self, call: ModelCall) -> Step:
        """The search of a knowledge base for a call."""
        return Step(
            workspace=self._workspace,
            source="api",
            native_id=self._id(),
            started_at=call.started_at,
            trace_id=call.trace_id,
            parent_id=call.span_id,
            name=f"search {call.knowledge_base}",
            type="retriever",
            status="ok",
            duration_us=(call.latency_us or 0) // 20 + 1,
            session_id=call.session_id,
            project=call.project,
            agent=call.agent,
            user=call.user,
            team=call.team,
            environment=call.environment,
        )

    def _judged(self, call: ModelCall, at: int) -> Iterator[Score]:
        rng = self._rng
        quality = _quality(call.model)
        chance = rng.random()
        if call.knowledge_base and chance < 0.12:  # noqa: PLR2004 - a sample
            value = round(min(max(rng.gauss(quality, 0.12), 0.0), 1.0), 3)
            yield self._score(call, at, "faithfulness", value, target="call", author="judge", author_type="model")
        elif call.project == "assistant" and chance < 0.2:  # noqa: PLR2004
            stars = float(min(max(round(rng.gauss(1 + 4 * quality, 0.8)), 1), _MOST_STARS))
            comment = "It left out half of the question" if stars < 3 else ""  # noqa: PLR2004
            yield self._score(
                call, at, "helpfulness", stars, target="session", author=call.user, author_type="human", comment=comment
            )
        elif call.project == "assistant" and chance < 0.23:  # noqa: PLR2004
            word = "kind" if rng.random() < quality else rng.choice(("neutral", "curt"))
            yield self._score(call, at, "tone", None, text=word, target="call", author="judge", author_type="model")
        elif call.source == "litellm" and chance < 0.02:  # noqa: PLR2004
            liked = float(rng.random() < quality)
            yield self._score(call, at, "thumbs", liked, type="boolean", target="call", author_type="human")

    def _run(self, run: AgentRun) -> Iterator[Score]:
        if run.status not in ("ok", "error") or self._rng.random() > 0.25:  # noqa: PLR2004 - a sample
            return
        yield Score(
            workspace=self._workspace,
            source="api",
            native_id=self._id(),
            started_at=min((run.ended_at or run.started_at) + SECOND, self._end),
            trace_id=run.trace_id,
            name="resolved",
            value=float(run.status == "ok"),
            type="boolean",
            comment=run.error_message,
            target="run",
            run_id=run.native_id,
            session_id=run.session_id,
            author="acceptance-check",
            author_type="code",
            model=run.model,
            agent=run.agent,
            project=run.project,
            user=run.user,
            team=run.team,
            environment=run.environment,
        )

    def _score(self, call: ModelCall, at: int, name: str, value: float | None, **fields: Any) -> Score:  # noqa: ANN401
        about: dict[str, Any] = {"type": "number" if value is not None else "category", **_whose(call), **fields}
        return Score(
            workspace=self._workspace,
            source="api",
            native_id=self._id(),
            started_at=min(at + int(self._rng.expovariate(1 / (40 * SECOND))), self._end),
            trace_id=call.trace_id,
            name=name,
            value=value,
            call_id=call.native_id,
            provider=call.provider,
            model=call.model,
            knowledge_base=call.knowledge_base,
            **about,
        )

    def _detail(self, call: ModelCall, error: str, code: str) -> ErrorDetail:
        trace = _TRACE.format(
            route=call.project.replace("-", "_") or "handler",
            line=40 + len(call.model) * 3,
            provider=call.provider,
            error=error,
            message=call.error_message,
        )
        return ErrorDetail(
            workspace=self._workspace,
            source="api",
            native_id=self._id(),
            started_at=call.started_at,
            trace_id=call.trace_id,
            message=call.error_message,
            error_type=error,
            error_code=code,
            status=call.status,
            http_status=call.http_status,
            stack_trace=trace if call.source != "claude_code" else "",
            request=_request(call),
            response=_response(call, error, code),
            call_id=call.native_id,
            request_id=call.request_id,
            provider=call.provider,
            model=call.model,
            operation=call.operation,
            endpoint=call.endpoint,
            api_key=call.api_key,
            machine=call.machine,
            **_whose(call),
        )

    def _line(
        self,
        at: int,
        level: Level,
        logger: str,
        message: str,
        *,
        call: ModelCall | None = None,
        **fields: Any,  # noqa: ANN401
    ) -> LogLine:
        if call is not None:
            fields |= {
                "service": "gateway",
                "provider": call.provider,
                "model": call.model,
                "trace_id": call.trace_id,
                "call_id": call.native_id,
                "request_id": call.request_id,
                "http_status": call.http_status,
                "route": call.endpoint,
                "machine": call.machine,
                **_whose(call),
            }
        return LogLine(
            workspace=self._workspace,
            source="api",
            native_id=self._id(),
            started_at=at,
            level=level,
            logger=logger,
            message=message[:MAX_TEXT],
            **fields,
        )

    def _id(self) -> str:
        self._numbers += 1
        return f"demo-{self._tag}-k{self._numbers:06x}"


def _request(call: ModelCall) -> str:
    """What a program of the made-up company sent, as it is kept: without a key, and with words that mean nothing."""
    sent = {
        "headers": {"authorization": f"Bearer {call.api_key or '…'}", "x-request-id": call.request_id},
        "body": {
            "model": call.model,
            "stream": True,
            "max_tokens": 4_096,
            "messages": [
                {"role": "system", "content": f"You are the assistant of {call.project or 'the company'}."},
                {"role": "user", "content": "(generated) What has changed since the last release?"},
            ],
        },
    }
    return json.dumps(sent, indent=2, ensure_ascii=False)


def _response(call: ModelCall, error: str, code: str) -> str:
    """What came back; nothing where nothing did."""
    if call.http_status is None:
        return ""
    back = {"status": call.http_status, "body": {"error": {"type": error, "code": code, "message": call.error_message}}}
    return json.dumps(back, indent=2, ensure_ascii=False)


def _whose(call: ModelCall) -> dict[str, Any]:
    return {name: getattr(call, name) for name in ("session_id", "project", "agent", "user", "team", "environment")}


def _quality(model: str) -> float:
    """How good a model's answers are on the whole, from 0 to 1: made up from its name, so that it stays."""
    return _WORST + _BETTER * (sum(map(ord, model)) % 97) / 97
