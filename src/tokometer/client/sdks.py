"""The OpenAI and Anthropic SDKs: a client's methods are put behind ones that tell of each request once it has ended.

What the SDK returns is returned unchanged, and what it raises is raised. A stream is told of when it ends, with what it
said of its usage by then; where it says nothing (OpenAI's chat without `stream_options.include_usage`) tokens are
unknown.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from tokometer.client.outgoing import LOG
from tokometer.client.usages import anthropic_usage, failure, openai_usage, value

if TYPE_CHECKING:
    from tokometer.client.client import Client

#: What is watched: the way to the method, and what its requests are.
_OPENAI: Final[tuple[tuple[str, str], ...]] = (
    ("chat.completions.create", "chat"),
    ("chat.completions.parse", "chat"),
    ("responses.create", "chat"),
    ("responses.parse", "chat"),
    ("completions.create", "text_completion"),
    ("embeddings.create", "embeddings"),
    # Not the same object as without `beta`, and the only one of older releases that parses.
    ("beta.chat.completions.create", "chat"),
    ("beta.chat.completions.parse", "chat"),
)
_ANTHROPIC: Final[tuple[tuple[str, str], ...]] = (
    ("messages.create", "chat"),
    ("messages.stream", "chat"),
    ("beta.messages.create", "chat"),
    ("beta.messages.stream", "chat"),
)
#: Methods that return a block, which makes the request when it is entered.
_BLOCKS: Final = ("messages.stream", "beta.messages.stream")
_PROVIDERS: Final = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "openrouter.ai": "openrouter",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.mistral.ai": "mistral",
    "api.together.xyz": "together",
    "api.fireworks.ai": "fireworks",
    "api.x.ai": "xai",
}


def watch(client: Client, sdk: Any) -> Any:  # noqa: ANN401
    """See :meth:`Client.watch`."""
    made_by = {kind.__module__.partition(".")[0] for kind in type(sdk).__mro__}
    if "openai" in made_by:
        methods, usage = _OPENAI, openai_usage
    elif "anthropic" in made_by:
        methods, usage = _ANTHROPIC, anthropic_usage
    else:
        raise TypeError(f"a client of the OpenAI or Anthropic SDK can be watched, not {type(sdk).__name__}")
    for way, operation in methods:
        *above, name = way.split(".")
        resource = value(sdk, *above)
        method = getattr(resource, name, None)
        if method is None or getattr(method, "_tokometer", False):
            continue
        behind = _block if way in _BLOCKS else _behind
        setattr(resource, name, behind(client, sdk, method, operation, usage))
    return sdk


def _block(
    client: Client,
    sdk: Any,  # noqa: ANN401
    method: Callable[..., Any],
    operation: str,
    usage: Callable[[Any], dict[str, Any]],
) -> Callable[..., Any]:
    """A method that returns a block: the block stays what it is, and looks at the stream that it gives."""

    @functools.wraps(method)
    def now(*given: Any, **named: Any) -> Any:  # noqa: ANN401
        manager = method(*given, **named)
        try:
            _look_at(manager, lambda: _Request(client, sdk, operation, usage, named))
        except Exception:  # noqa: BLE001 - a meter's mistake must not be the program's
            LOG.warning("a stream of the SDK cannot be watched: its requests are not told of")
        return manager

    now._tokometer = True  # type: ignore[attr-defined]  # noqa: SLF001 - a mark of ours
    return now


def _look_at(manager: Any, begun: Callable[[], _Request]) -> None:  # noqa: ANN401
    """Tell of the request that a block makes when it is entered, and of its stream."""
    kind = type(manager)

    def enter(self: Any) -> Any:  # noqa: ANN401
        request = begun()
        try:
            stream = kind.__enter__(self)
        except BaseException as error:
            request.failed(error)
            raise
        return request.answered(stream)

    async def enter_later(self: Any) -> Any:  # noqa: ANN401
        request = begun()
        try:
            stream = await kind.__aenter__(self)
        except BaseException as error:
            request.failed(error)
            raise
        return request.answered(stream)

    entered = {"__aenter__": enter_later} if hasattr(kind, "__aenter__") else {"__enter__": enter}
    manager.__class__ = type(kind.__name__, (kind,), {"__module__": kind.__module__, **entered})


def _behind(
    client: Client,
    sdk: Any,  # noqa: ANN401
    method: Callable[..., Any],
    operation: str,
    usage: Callable[[Any], dict[str, Any]],
) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(inspect.unwrap(method)) or "Async" in type(sdk).__name__:

        @functools.wraps(method)
        async def later(*given: Any, **named: Any) -> Any:  # noqa: ANN401
            request = _Request(client, sdk, operation, usage, named)
            try:
                answer = await method(*given, **named)
            except BaseException as error:
                request.failed(error)
                raise
            return request.answered(answer)

        later._tokometer = True  # type: ignore[attr-defined]  # noqa: SLF001 - a mark of ours
        return later

    @functools.wraps(method)
    def now(*given: Any, **named: Any) -> Any:  # noqa: ANN401
        request = _Request(client, sdk, operation, usage, named)
        try:
            answer = method(*given, **named)
        except BaseException as error:
            request.failed(error)
            raise
        return request.answered(answer)

    now._tokometer = True  # type: ignore[attr-defined]  # noqa: SLF001 - a mark of ours
    return now


class _Request:
    """One request: when it began, and what became of it. Nothing in here raises into the program."""

    def __init__(
        self,
        client: Client,
        sdk: Any,  # noqa: ANN401
        operation: str,
        usage: Callable[[Any], dict[str, Any]],
        asked: dict[str, Any],
    ) -> None:
        self._client = client
        self._usage = usage
        self._told = False
        self._began = time.monotonic_ns()
        host = urlsplit(str(getattr(sdk, "base_url", ""))).hostname or ""
        self._facts: dict[str, Any] = {
            "started_at": time.time_ns() // 1_000,
            "model": asked.get("model") if isinstance(asked.get("model"), str) else "",
            "operation": operation,
            "endpoint": host,
            "provider": "azure" if "Azure" in type(sdk).__name__ else _PROVIDERS.get(host),
            "service_tier": asked.get("service_tier") if isinstance(asked.get("service_tier"), str) else None,
        }

    def failed(self, error: BaseException) -> None:
        """It was not answered."""
        self._tell(failure(error))

    def answered(self, answer: Any) -> Any:  # noqa: ANN401
        """It was answered, at once or by a stream, which is given back in the form that the SDK gives it."""
        try:
            if hasattr(answer, "_iterator"):
                # Of the SDKs' own streams: they stay what they are, and are looked at on their way.
                inner = answer._iterator  # noqa: SLF001 - there is no other way to keep the stream's type
                answer._iterator = self._later(inner) if hasattr(inner, "__anext__") else self._now(inner)  # noqa: SLF001
            elif hasattr(answer, "http_response") and callable(getattr(answer, "parse", None)):
                self._tell(self._of(answer.parse()))
            else:
                self._tell(self._of(answer))
        except Exception as error:  # noqa: BLE001 - a meter's mistake must not be the program's
            self._tell({"error_message": f"the answer could not be read: {type(error).__name__}"})
        return answer

    def _now(self, inner: Iterator[Any]) -> Iterator[Any]:
        seen = _Seen(self)
        try:
            for event in inner:
                seen.take(event)
                yield event
        except BaseException as error:
            seen.ended(error)
            raise
        seen.ended(None)

    async def _later(self, inner: AsyncIterator[Any]) -> AsyncIterator[Any]:
        seen = _Seen(self)
        try:
            async for event in inner:
                seen.take(event)
                yield event
        except BaseException as error:
            seen.ended(error)
            raise
        seen.ended(None)

    def _of(self, answer: Any) -> dict[str, Any]:  # noqa: ANN401
        """What an answer says of itself."""
        choices = value(answer, "choices")
        return {
            "response_id": value(answer, "id"),
            "model": value(answer, "model"),
            "service_tier": value(answer, "service_tier"),
            "stop_reason": value(choices[0], "finish_reason") if choices else value(answer, "stop_reason"),
            "request_id": getattr(answer, "_request_id", None),
            **self._usage(value(answer, "usage")),
        }

    def elapsed_ms(self) -> float:
        """Since it began."""
        return (time.monotonic_ns() - self._began) / 1e6

    def tell(self, facts: dict[str, Any]) -> None:
        """Tell of it, once."""
        self._tell(facts)

    def of(self, answer: Any) -> dict[str, Any]:  # noqa: ANN401
        """See :meth:`_of`."""
        return self._of(answer)

    def _tell(self, facts: dict[str, Any]) -> None:
        if self._told:
            return
        self._told = True
        known = {name: fact for name, fact in facts.items() if fact is not None}
        self._client.record("calls", **{**self._facts, "latency_ms": self.elapsed_ms(), **known})


class _Seen:
    """What the events of a stream have said so far, whichever SDK they are of."""

    def __init__(self, request: _Request) -> None:
        self._request = request
        self._facts: dict[str, Any] = {}

    def take(self, event: Any) -> None:  # noqa: ANN401
        """Look at an event that passes by."""
        try:
            self._facts.setdefault("ttft_ms", self._request.elapsed_ms())
            # Anthropic's start and the events of responses hold the answer; of chat the chunk is one.
            for holder in (value(event, "message"), value(event, "response"), event):
                if holder is not None:
                    said = {name: fact for name, fact in self._request.of(holder).items() if fact is not None}
                    if holder is event and value(event, "type"):
                        # Deltas say only what has changed.
                        said.pop("response_id", None)
                        said["stop_reason"] = value(event, "delta", "stop_reason") or said.get("stop_reason")
                    # A count of nothing takes back no count: servers alike tell the input at the start only.
                    self._facts.update(
                        {
                            name: fact
                            for name, fact in said.items()
                            if fact is not None and (fact != 0 or not self._facts.get(name))
                        }
                    )
        except Exception:  # noqa: BLE001 - a meter's mistake must not be the program's
            self._facts.setdefault("error_message", "an event of the stream could not be read")

    def ended(self, error: BaseException | None) -> None:
        """Tell of it."""
        self._request.tell({**self._facts, **({} if error is None else failure(error))})
