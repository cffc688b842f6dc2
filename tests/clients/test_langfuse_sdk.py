"""Langfuse's own SDKs, with nothing changed but their host, against the whole server."""

from __future__ import annotations

from clients.conftest import BESIDE, Run
from servers.whole import Running

#: Version 2 sends events; since 3 it sends OTLP, and scores as events.
EVENTS = """
from datetime import datetime, timedelta, timezone
from langfuse import Langfuse
client = Langfuse()
assert client.auth_check()
start = datetime.now(timezone.utc) - timedelta(seconds=30)
trace = client.trace(name="support", user_id="ada", session_id="s-1", tags=["beta"])
span = trace.span(name="chain")
call = span.generation(name="answer", model="gpt-4o-mini", start_time=start)
client.flush()
call.end(
    end_time=start + timedelta(seconds=2),
    completion_start_time=start + timedelta(seconds=0.5),
    usage_details={"input": 60, "input_cached_tokens": 40, "output": 20},
)
span.end()
failed = trace.generation(name="answer", model="gpt-4o-mini", level="ERROR", status_message="rate limit")
failed.end()
trace.score(name="helpful", value=1)
client.flush()
"""
SPANS = """
from langfuse import get_client
client = get_client()
assert client.auth_check()
with client.start_as_current_observation(as_type="generation", name="answer", model="gpt-4o-mini") as call:
    call.update(usage_details={"input": 60, "input_cached_tokens": 40, "output": 20})
    client.score_current_trace(name="helpful", value=1)
client.flush()
client.shutdown()
"""


def keys(server: Running) -> dict[str, str]:
    """What is set so that an SDK sends here."""
    return {
        "LANGFUSE_HOST": server.url,
        "LANGFUSE_BASE_URL": server.url,
        "LANGFUSE_PUBLIC_KEY": "pk-lf-any",
        "LANGFUSE_SECRET_KEY": "sk-lf-any",
    }


def test_events(run: Run, server: Running) -> None:
    """Version 2: what began in one request and ended in another is one call, and the trace says whose it is."""
    run(EVENTS, PYTHONPATH=str(BESIDE), **keys(server))
    found = server.totals(
        *("calls.requests", "calls.errors", "calls.input_tokens", "calls.cache_read_tokens", "calls.output_tokens"),
        *("calls.p50_latency", "calls.p50_ttft", "calls.sessions"),
    )
    assert (found["requests"], found["errors"], found["sessions"]) == (2, 1, 1)
    assert (found["input_tokens"], found["cache_read_tokens"], found["output_tokens"]) == (60, 40, 20)
    assert 400 < found["p50_ttft"] < 600
    assert server.totals("scores.scores")["scores"] == 1


def test_spans(run: Run, server: Running) -> None:
    """Versions from 3 on: spans by OTLP, scores as events."""
    run(SPANS, **keys(server))
    found = server.totals("calls.requests", "calls.input_tokens", "calls.cache_read_tokens", "calls.output_tokens")
    assert (found["requests"], found["input_tokens"], found["cache_read_tokens"], found["output_tokens"]) == (
        1,
        60,
        40,
        20,
    )
    assert server.totals("scores.scores")["scores"] == 1
