"""SDKs in the shape of the real ones: blocks that make a request when they are entered, and what their streams say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tokometer.client.sdks import watch

START = {"type": "message_start", "message": {"id": "msg_1", "model": "m", "usage": {"input_tokens": 25}}}
DELTA = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn"},
    "usage": {"input_tokens": 0, "output_tokens": 15},
}


class Told:
    """What a client is told."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def record(self, kind: str, **fields: Any) -> None:
        """Keep it."""
        assert kind == "calls"
        self.calls.append(fields)


class Stream:
    """A stream of events, as the SDK keeps it: whoever reads text reads the same events."""

    def __init__(self) -> None:
        self._iterator: Any = iter([START, DELTA])

    def __iter__(self) -> Iterator[Any]:
        yield from self._iterator


class LaterStream:
    """The same of an event loop."""

    def __init__(self) -> None:
        self._iterator: Any = self._events()

    async def _events(self) -> AsyncIterator[Any]:
        for event in (START, DELTA):
            yield event

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for event in self._iterator:
            yield event


class Manager:
    """The block that `messages.stream` returns."""

    def __init__(self, fail: bool = False) -> None:
        self.fail = fail

    def __enter__(self) -> Stream:
        if self.fail:
            raise TimeoutError("too slow")
        return Stream()

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""


class LaterManager:
    """The same of an event loop."""

    async def __aenter__(self) -> LaterStream:
        return LaterStream()

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""


def sdk(name: str, **resources: Any) -> Any:
    """A client of an SDK, as far as it is looked at."""
    made = type(name, (), {"__module__": "anthropic._client"})()
    vars(made).update(resources)
    return made


def test_a_block_that_streams_is_told_of() -> None:
    """`with client.messages.stream(...)`: once, with what it used, and the block is of the SDK's class."""
    told = Told()
    messages = SimpleNamespace(stream=lambda **asked: Manager(fail=asked["model"] == "slow"))
    client = watch(told, sdk("Anthropic", base_url="https://api.anthropic.com", messages=messages))  # type: ignore[arg-type]
    block = client.messages.stream(model="m")
    assert isinstance(block, Manager)
    assert not told.calls
    with block as stream:
        assert len(list(stream)) == 2
    with pytest.raises(TimeoutError), client.messages.stream(model="slow"):
        pass
    done, slow = told.calls
    assert (done["input_tokens"], done["output_tokens"], done["response_id"]) == (25, 15, "msg_1")
    assert (done["stop_reason"], done["provider"]) == ("end_turn", "anthropic")
    assert (slow["status"], slow["model"]) == ("timeout", "slow")


def test_a_block_of_an_event_loop_is_told_of() -> None:
    """`async with client.messages.stream(...)`."""
    told = Told()
    beta = SimpleNamespace(messages=SimpleNamespace(stream=lambda **_: LaterManager()))

    async def main() -> None:
        client = watch(told, sdk("AsyncAnthropic", beta=beta))  # type: ignore[arg-type]
        async with client.beta.messages.stream(model="m") as stream:
            assert len([event async for event in stream]) == 2

    asyncio.run(main())
    assert [(call["input_tokens"], call["output_tokens"]) for call in told.calls] == [(25, 15)]
