"""LiteLLM itself, with its generic API callback, against the whole server. Its models answer without a provider."""

from __future__ import annotations

from clients.conftest import Run
from servers.whole import Running

SCRIPT = """
import asyncio, litellm
from litellm.caching.caching import Cache
from litellm.integrations.generic_api.generic_api_callback import GenericAPILogger

async def main(form):
    logger = GenericAPILogger(log_format=form)
    litellm.callbacks = [logger]
    litellm.cache = Cache(type="local")
    def ask(what):
        question = {"role": "user", "content": f"And {what}, {form}?"}
        return {"model": "gpt-4o-mini", "messages": [question], "metadata": {"tags": ["beta"], "session_id": "s-1"}}

    await litellm.acompletion(mock_response="Then this.", **ask("then"))
    await asyncio.sleep(0.5)
    await litellm.acompletion(mock_response="Then this.", **ask("then"))
    answer = await litellm.acompletion(mock_response="Then this, and that.", stream=True, **ask("now"))
    async for _ in answer:
        pass
    try:
        await litellm.acompletion(mock_response="litellm.RateLimitError", **ask("never"))
    except litellm.RateLimitError:
        pass
    await asyncio.sleep(1)
    await logger.async_send_batch()

for form in ("json_array", "ndjson", "single"):
    asyncio.run(main(form))
"""


def test_the_callback(run: Run, server: Running) -> None:
    """Calls, streams, hits of its cache and errors, in each of its formats."""
    run(SCRIPT, GENERIC_LOGGER_ENDPOINT=f"{server.url}/v1/litellm")
    found = server.totals("calls.requests", "calls.errors", "calls.input_tokens", "calls.cost", "calls.sessions")
    # A call, the cache's answer, a stream and a failure, three times over.
    assert (found["requests"], found["errors"]) == (12, 3), server.get("/api/refused").text
    assert (found["input_tokens"] > 0, found["sessions"]) == (True, 1)
    assert float(found["cost"]) > 0
    assert server.get("/api/refused").json()["refused"] == []
