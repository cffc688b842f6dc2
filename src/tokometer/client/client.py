"""The client: one method for each kind of record, and hooks for SDKs."""

from __future__ import annotations

import asyncio
import atexit
import os
import time
import uuid
from types import TracebackType
from typing import Any, Final, Self

from tokometer.client.outgoing import Outgoing, Stats, close_all
from tokometer.client.scopes import Scope, inherited

#: A year: nothing takes longer.
_LONGEST_MS: Final = 366 * 86_400_000
DEFAULT_URL: Final = "http://127.0.0.1:7420"


class Client:
    """Sends records to a Tokometer server from a thread of its own: no method here waits for the network, or raises.

    Args:
        url: The server's address; `$TOKOMETER_URL`, else http://127.0.0.1:7420.
        key: The API key; `$TOKOMETER_KEY`, else none.
        defaults: Fields that every record has unless it says otherwise: `project`, `team`, `environment`, …
        most: Records that may wait; what comes beyond them is dropped and counted.
        most_bytes: Bytes that may wait.
        batch: Records of one request.
        every: Seconds after which what waits is sent, however little it is.
        timeout: Seconds that the server may take to answer.
    """

    def __init__(
        self,
        url: str = "",
        key: str = "",
        *,
        most: int = 20_000,
        most_bytes: int = 64 << 20,
        batch: int = 500,
        every: float = 1.0,
        timeout: float = 10.0,
        **defaults: Any,  # noqa: ANN401 - any field of a record
    ) -> None:
        self._outgoing = Outgoing(
            url or os.environ.get("TOKOMETER_URL", "") or DEFAULT_URL,
            key or os.environ.get("TOKOMETER_KEY", ""),
            most=most,
            most_bytes=most_bytes,
            batch=batch,
            every=every,
            timeout=timeout,
        )
        self._defaults = defaults

    @property
    def stats(self) -> Stats:
        """How the sending goes: sent, refused, dropped, waiting, and why nothing arrives just now."""
        return self._outgoing.stats

    def call(self, model: str = "", **fields: Any) -> str:  # noqa: ANN401 - any field of a record
        """One request to a model, once it is answered. Fields: docs/reference/records.md; returns its id."""
        return self.record("calls", model=model, **fields)

    def tool(self, name: str, **fields: Any) -> str:  # noqa: ANN401
        """One use of a tool. Returns its id."""
        return self.record("tools", name=name, **fields)

    def score(self, name: str, value: object, **fields: Any) -> str:  # noqa: ANN401
        """A judgement of a call, session or trace. Returns its id."""
        return self.record("scores", name=name, value=value, **fields)

    def sample(self, metric: str, value: float, **fields: Any) -> str:  # noqa: ANN401
        """One reading of a gauge or counter. Returns its id."""
        return self.record("samples", metric=metric, value=value, **fields)

    def log(self, message: str, **fields: Any) -> str:  # noqa: ANN401
        """One line of a log. Returns its id."""
        return self.record("logs", message=message, **fields)

    def record(self, kind: str, **fields: Any) -> str:  # noqa: ANN401
        """One record of any kind (`calls`, `tools`, `runs`, `jobs`, …). Returns its id.

        What is None is left out. Without `started_at` it began now, or when its `latency_ms` says.
        """
        given = {
            **self._defaults,
            **inherited(),
            **{name: value for name, value in fields.items() if value is not None},
        }
        given.setdefault("id", uuid.uuid4().hex)
        if "started_at" not in given:
            now = time.time_ns() // 1_000
            took = given.get("latency_ms", given.get("duration_ms", 0))
            # A duration that is none is the server's to refuse.
            known = isinstance(took, (int, float)) and 0 <= took < _LONGEST_MS
            given["started_at"] = now - round(took * 1_000) if known else now
        self._outgoing.put(f"/api/records/{kind}", given)
        return str(given["id"])

    def send(self, path: str, item: dict[str, Any]) -> bool:
        """One item for any path of the server that takes JSON lines; False where it is dropped instead."""
        return self._outgoing.put(path, item)

    def agent(self, name: str, **fields: Any) -> Scope:  # noqa: ANN401
        """A run of an agent, as a block or a decorator: what happens inside is told as part of it.

        with meter.agent("researcher", task="find sources", project="atlas") as run: …
        """
        return Scope(self, "runs", name, fields)

    def job(self, name: str, **fields: Any) -> Scope:  # noqa: ANN401
        """A run of a scheduled job, as a block or a decorator.

        @meter.job("nightly-digest", schedule="0 3 * * *")
        """
        return Scope(self, "jobs", name, fields)

    def watch(self, sdk: Any) -> Any:  # noqa: ANN401 - a client of the OpenAI or Anthropic SDK
        """Tell of each request that a client of the OpenAI or Anthropic SDK makes, streams included; returns it.

        Raises:
            TypeError: It is neither.
        """
        from tokometer.client.sdks import watch

        return watch(self, sdk)

    def litellm(self) -> Any:  # noqa: ANN401 - a CustomLogger of LiteLLM
        """What tells of each request that LiteLLM makes: `litellm.callbacks.append(meter.litellm())`.

        Raises:
            ImportError: LiteLLM is not installed.
        """
        from tokometer.client.litellm import logger

        return logger(self)

    def flush(self, seconds: float = 10.0) -> bool:
        """Send what waits now, and wait for that; whether all of it was dealt with in time."""
        return self._outgoing.flush(seconds)

    async def flush_async(self, seconds: float = 10.0) -> bool:
        """The same without holding up the event loop."""
        return await asyncio.to_thread(self._outgoing.flush, seconds)

    def close(self, seconds: float = 10.0) -> bool:
        """Send what waits and end; what does not arrive in time is dropped and counted."""
        return self._outgoing.close(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)


atexit.register(close_all)
