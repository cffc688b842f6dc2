"""Helicone's own logger for Python, with nothing changed but its endpoint, against the whole server."""

from __future__ import annotations

from clients.conftest import BESIDE, Run
from servers.whole import Running

SCRIPT = """
import asyncio, os
from helicone_helpers import HeliconeManualLogger

headers = {"Helicone-User-Id": "ada", "Helicone-Session-Id": "s-1"}
logger = HeliconeManualLogger(api_key="any", headers=headers, logging_endpoint=os.environ["TOKOMETER_URL"])
usage = {"prompt_tokens": 100, "completion_tokens": 20}
answer = {"id": "chatcmpl-Hb27xKq01pZ93vTf", "model": "gpt-4o-mini", "usage": usage}
logger.log_request({"model": "gpt-4o-mini"}, lambda recorder: recorder.append_results(answer), provider="openai")
builder = logger.log_builder({"model": "gpt-4o-mini", "stream": True}, {"Helicone-Property-Feature": "search"})
builder.add_chunk({"id": "chatcmpl-Zq83kLq2Zt94XvPd", "model": "gpt-4o-mini", "choices": [{"delta": {}}]})
builder.add_chunk({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
asyncio.run(builder.send_log())
logger.log_request({"_type": "tool", "toolName": "find"}, lambda recorder: recorder.append_results({"found": 1}))
"""


def test_the_logger(run: Run, server: Running) -> None:
    """A call, a stream and a tool, with whose they are."""
    said = run(SCRIPT, PYTHONPATH=str(BESIDE))
    found = server.totals("calls.requests", "calls.input_tokens", "calls.output_tokens", "calls.sessions")
    assert (found["requests"], found["input_tokens"], found["output_tokens"]) == (2, 110, 25), said
    assert (found["sessions"], server.totals("tools.calls")["calls"]) == (1, 1)
