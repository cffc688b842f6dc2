"""The Python client's hooks, with the real SDKs: each request once, with what it used, whatever way it is made."""

from __future__ import annotations

import time
from typing import Any

from clients.conftest import Run
from servers.provider import ANSWER, CACHED, INPUT, OUTPUT, PROMPT, READ, REASONING, WRITTEN
from servers.whole import Running

BY = "by=calls.model&by=calls.operation&by=calls.status"
MEASURES = (
    *("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens"),
    *("p50_latency", "unpriced"),
)

OPENAI = """
import asyncio, os
import openai
from tokometer.client import Client

meter = Client()
client = meter.watch(openai.OpenAI(max_retries=0))
ask = {"messages": [{"role": "user", "content": "hello"}]}
client.chat.completions.create(model="gpt-5.2", **ask)
told = {"stream": True, "stream_options": {"include_usage": True}}
for chunk in client.chat.completions.create(model="gpt-5.2-stream", **told, **ask):
    pass
for chunk in client.chat.completions.create(model="gpt-5.2-silent", stream=True, **ask):
    pass
assert client.chat.completions.with_raw_response.create(model="gpt-5.2-raw", **ask).parse().choices
client.responses.create(model="gpt-5.2-responses", input="hello")
with client.responses.create(model="gpt-5.2-responses-stream", input="hello", stream=True) as events:
    assert [event.type for event in events][-1] == "response.completed"
client.embeddings.create(model="text-embedding-3-small", input="hello")
for status in (429, 401, 400, 500):
    try:
        client.chat.completions.create(model=f"fail-{status}", **ask)
    except openai.APIStatusError as error:
        assert error.status_code == status

async def main():
    client = meter.watch(openai.AsyncOpenAI(max_retries=0))
    await client.chat.completions.create(model="gpt-5.2-async", **ask)
    stream = await client.chat.completions.create(
        model="gpt-5.2-async-stream", stream=True, stream_options={"include_usage": True}, **ask)
    assert isinstance(stream, openai.AsyncStream)
    async for chunk in stream:
        pass

asyncio.run(main())
assert meter.flush()
assert meter.stats.refused == meter.stats.dropped == 0, meter.stats
print(meter.stats.sent)
"""
ANTHROPIC = """
import asyncio
import anthropic
from tokometer.client import Client

meter = Client()
ask = {"max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}
client = meter.watch(anthropic.Anthropic(max_retries=0))
client.messages.create(model="claude-sonnet-4-5", **ask)
for event in client.messages.create(model="claude-sonnet-4-5-stream", stream=True, **ask):
    pass

async def main():
    client = meter.watch(anthropic.AsyncAnthropic(max_retries=0))
    async for event in await client.messages.create(model="claude-sonnet-4-5-async", stream=True, **ask):
        pass

asyncio.run(main())
assert meter.flush()
print(meter.stats.sent)
"""
LITELLM = """
import asyncio, os
import litellm
from tokometer.client import Client

meter = Client()
litellm.callbacks.append(meter.litellm())
ask = {"messages": [{"role": "user", "content": "hello"}], "api_base": os.environ["PROVIDER"] + "/v1", "max_retries": 0}

async def main():
    await litellm.acompletion(model="openai/gpt-5.2", **ask)
    told = {"stream": True, "stream_options": {"include_usage": True}}
    async for chunk in await litellm.acompletion(model="openai/gpt-5.2", **told, **ask):
        pass
    try:
        await litellm.acompletion(model="openai/fail-429", **ask)
    except litellm.RateLimitError:
        pass
    await asyncio.sleep(2)

asyncio.run(main())
assert meter.flush()
print(meter.stats.sent)
"""


def calls(server: Running) -> dict[tuple[str, str, str], dict[str, Any]]:
    """What is kept, by model, operation and status."""
    asked = "&".join(f"measure=calls.{name}" for name in MEASURES)
    rows = server.get(f"/api/query?{asked}&{BY}&since=all").json()["rows"]
    return {(row["model"], row["operation"], row["status"]): row for row in rows}


def used(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row's tokens."""
    return tuple(row[name] for name in MEASURES[1:6])


def test_the_openai_sdk_is_watched(run: Run, server: Running) -> None:
    """Chat, responses and embeddings, at once and streamed, sync and async: each once, with its tokens."""
    assert run(OPENAI).strip() == "13"
    found = calls(server)
    assert sum(row["requests"] for row in found.values()) == 13
    right = (PROMPT - CACHED, CACHED, 0, ANSWER, REASONING)
    for name in ("", "-stream", "-raw", "-responses", "-responses-stream", "-async", "-async-stream"):
        row = found[f"gpt-5.2{name}", "chat", "ok"]
        assert (row["requests"], used(row)) == (1, right), name
        assert row["p50_latency"] > 0
    silent = found["gpt-5.2-silent", "chat", "ok"]
    assert silent["unpriced"] == 1
    assert found["text-embedding-3-small", "embeddings", "ok"]["input_tokens"] == 8
    for status, name in ((429, "rate_limit"), (401, "auth_error"), (400, "invalid_request"), (500, "server_error")):
        assert found[f"fail-{status}", "chat", name]["requests"] == 1


def test_the_anthropic_sdk_is_watched(run: Run, server: Running) -> None:
    """Messages, at once and streamed, sync and async: each once, with the cache beside the input."""
    assert run(ANTHROPIC).strip() == "3"
    found = calls(server)
    for name in ("", "-stream", "-async"):
        assert used(found[f"claude-sonnet-4-5{name}", "chat", "ok"]) == (INPUT, READ, WRITTEN, OUTPUT, 0), name


def test_litellm_tells_of_each_request(run: Run, server: Running) -> None:
    """LiteLLM's SDK, with our logger among its callbacks: answered, streamed and failed requests, each once."""
    run(LITELLM)
    until = time.monotonic() + 20
    found = calls(server)
    while sum(row["requests"] for row in found.values()) < 3 and time.monotonic() < until:
        time.sleep(0.2)
        found = calls(server)
    answered = [row for (_, _, status), row in found.items() if status == "ok"]
    assert sum(row["requests"] for row in answered) == 2
    assert sum(row["output_tokens"] for row in answered) == 2 * ANSWER
    assert sum(row["cache_read_tokens"] for row in answered) == 2 * CACHED
    assert [row["requests"] for (_, _, status), row in found.items() if status == "rate_limit"] == [1]


NEITHER = """
from tokometer.client import Client
try:
    Client().watch({})
except TypeError as error:
    print(error)
"""


def test_what_is_no_sdk_is_told_so(run: Run) -> None:
    """Whoever watches something else is told at once."""
    assert "OpenAI or Anthropic" in run(NEITHER)
