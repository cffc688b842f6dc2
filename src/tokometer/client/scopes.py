"""Agents and jobs as blocks of a program: what happens inside of one is told as part of it."""

from __future__ import annotations

import asyncio
import functools
import inspect
import secrets
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

if TYPE_CHECKING:
    from tokometer.client.client import Client

F = TypeVar("F", bound=Callable[..., Any])

#: What a record inside of a scope gets from it, unless it says otherwise.
_INHERITED: Final = (*("trace_id", "session_id", "agent", "project", "user", "team", "environment", "labels"),)
_CURRENT: Final[ContextVar[Scope | None]] = ContextVar("tokometer_scope", default=None)


def current() -> Scope | None:
    """The innermost scope that the caller runs in."""
    return _CURRENT.get()


def inherited() -> dict[str, Any]:
    """What a record made here has from the scopes around it."""
    scope = current()
    return {} if scope is None else {**scope.given, "parent_id": scope.span_id}


class Scope:
    """One run of an agent or a job: a block (`with`, `async with`), or a decorator of a function.

    What is raised inside makes it an error, and goes on. A scope that decorates a function is begun anew by each call.
    """

    def __init__(self, client: Client, kind: str, name: str, facts: Mapping[str, Any]) -> None:
        self._client = client
        self._kind = kind
        self._name = name
        self._facts = dict(facts)
        self._token: Token[Scope | None] | None = None
        self._status = ""
        self._message = ""
        self._started = 0
        self.span_id = ""
        #: What those inside inherit.
        self.given: dict[str, Any] = {}

    def skip(self, reason: str = "") -> None:
        """Say that there was nothing to do (jobs)."""
        self._status, self._message = "skipped", reason

    def fail(self, reason: str) -> None:
        """Say that it went wrong, though nothing is raised."""
        self._status, self._message = "error", reason

    def add(self, **facts: Any) -> None:  # noqa: ANN401 - any field of the record
        """Say more of it, by the names of the record's fields."""
        self._facts.update(facts)

    def __enter__(self) -> Self:
        above = current()
        facts = dict(self._facts)
        if self._kind == "runs":
            facts["agent"] = self._name
        self.given = {
            **({} if above is None else above.given),
            **{name: facts[name] for name in _INHERITED if facts.get(name)},
        }
        self.given.setdefault("trace_id", secrets.token_hex(16))
        self.given.setdefault("session_id", self.given["trace_id"])
        self.span_id = secrets.token_hex(8)
        self._above = "" if above is None else above.span_id
        self._started = time.time_ns() // 1_000
        self._began = time.monotonic_ns()
        self._token = _CURRENT.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _CURRENT.reset(self._token)
        took_ms = (time.monotonic_ns() - self._began) / 1e6
        status, message = self._status or "ok", self._message
        if error is not None:
            stopped = isinstance(error, (asyncio.CancelledError, KeyboardInterrupt, GeneratorExit))
            status, message = "cancelled" if stopped else "error", f"{type(error).__name__}: {error}"
        record = {**self.given, **self._facts, "status": status, "started_at": self._started}
        if self._kind == "runs":
            record |= {"agent": self._name, "ended_at": self._started + round(took_ms * 1_000)}
        else:
            # A job has no word for it.
            record |= {"status": "error" if status == "cancelled" else status, "duration_ms": took_ms}
            record |= {"name": self._name}
            record.setdefault("job_id", self._name)
        if message:
            record["error_message"] = message
        record |= {"span_id": self.span_id, "parent_id": self._above}
        self._client.record(self._kind, **record)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, function: F) -> F:
        """Make each call of a function a run of its own."""

        def anew() -> Scope:
            return Scope(self._client, self._kind, self._name, self._facts)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def later(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - the function's own
                with anew():
                    return await function(*given, **named)

            return later  # type: ignore[return-value]

        @functools.wraps(function)
        def now(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - the function's own
            with anew():
                return function(*given, **named)

        return now  # type: ignore[return-value]
