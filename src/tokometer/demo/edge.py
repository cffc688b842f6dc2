"""Names that want to break a page: markup, right to left, endless, emoji, empty; some records of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tokometer.demo.journal import MINUTE, SECOND
from tokometer.demo.rhythm import HOUR
from tokometer.records import AgentRun, JobRun, KnowledgeBase, ModelCall, Record, ToolCall

#: The project that all of it belongs to, so that one filter shows or hides it.
PROJECT: Final = "edge"
NAMES: Final = (
    '<img src=x onerror="document.title=1">',
    "نموذج تجريبي \u202egnp.exe",
    "a-name-that-goes-on-and-on-" * 19,
    "🦙🔥👩🏽‍🚀 llama",
    "",
)
_MESSAGES: Final = (
    '<script>document.title = "broken"</script> is not a known parameter & neither is "</td>"',
    "خطأ في الخادم: حاول مرة أخرى",
    "The request could not be read because " + "the value of the field before it was not closed and " * 10,
    "💥 The model fell over 🧯",
    "",
)
#: Calls with each name: an answer, an answer to a second question, and a failure.
_EACH: Final = 3
EDGE_CALLS: Final = _EACH * len(NAMES)
#: Demos with fewer calls than this do without.
_LEAST: Final = 1_000
_WITHIN: Final = 30 * HOUR


def edge_calls(calls: int) -> int:
    """How many of a demo's calls have such names."""
    return EDGE_CALLS if calls >= _LEAST else 0


def edge(tag: str, workspace: str, start: int, end: int) -> Iterator[Record]:
    """What has such names in the last hours of a window: of each an agent's run, its calls and a tool, and a job."""
    length = min(end - start, _WITHIN)
    for number, name in enumerate(NAMES):
        at = end - length * (number + 1) // (len(NAMES) + 1)
        yield from _Named(f"demo-{tag}-e{number}", workspace, name, _MESSAGES[number]).records(at)


class _Named:
    """The records with one name."""

    def __init__(self, prefix: str, workspace: str, name: str, message: str) -> None:
        self._prefix = prefix
        self._name = name
        self._message = message
        digits = prefix.encode().hex()
        self._span = f"{digits:0<16}"[-16:]
        self._common: dict[str, Any] = {
            "workspace": workspace,
            "source": "api",
            "trace_id": f"{digits:0<32}"[:32],
            "team": "platform",
            "environment": "staging",
        }
        self._whose: dict[str, Any] = {"session_id": prefix, "project": PROJECT, "agent": name, "user": name}

    def records(self, at: int) -> Iterator[Record]:
        """All of them, from `at` on."""
        name = self._name
        yield AgentRun(
            **self._common,
            **self._whose,
            native_id=f"{self._prefix}-r",
            started_at=at,
            ended_at=at + 2 * MINUTE,
            span_id=self._span,
            status="error",
            error_message=self._message,
            task=name,
            role="main",
            model=name,
        )
        for number in range(_EACH):
            yield self._call(at + number * 20 * SECOND, number)
        yield ToolCall(
            **self._common,
            **self._whose,
            native_id=f"{self._prefix}-t",
            started_at=at + 15 * SECOND,
            parent_id=self._span,
            name=name,
            server=name,
            status="error",
            error_message=self._message,
            duration_us=SECOND,
        )
        if name:
            yield self._base(at)
        yield JobRun(
            **self._common,
            native_id=f"{self._prefix}-j",
            started_at=at,
            job_id=f"edge-{self._prefix[-1]}",
            name=name,
            schedule="@once",
            status="error",
            error_type="error",
            error_message=self._message,
            delivery_status="not-requested",
            duration_us=2 * SECOND,
            next_run_at=at + 24 * HOUR,
        )

    def _base(self, at: int) -> KnowledgeBase:
        return KnowledgeBase(
            **self._common,
            native_id=f"{self._prefix}-k",
            started_at=at,
            name=self._name,
            description=self._message,
            documents=1,
            chunks=3,
            tokens=900,
            size_bytes=3_600,
            status="ready",
            project=PROJECT,
        )

    def _call(self, at: int, number: int) -> ModelCall:
        failed = number == _EACH - 1
        return ModelCall(
            **self._common,
            **self._whose,
            native_id=f"{self._prefix}-c{number}",
            started_at=at,
            span_id=f"{10 + number:x}{self._span[1:]}",
            parent_id=self._span,
            provider="openrouter",
            model=self._name,
            status="invalid_request" if failed else "ok",
            error_message=self._message if failed else "",
            http_status=400 if failed else 200,
            request_id=f"req_{self._prefix}{number}",
            latency_us=1_400_000,
            ttft_us=None if failed else 600_000,
            input_tokens=None if failed else 1_200,
            output_tokens=None if failed else 80,
            user_messages=int(number == 0),
            endpoint="/v1/chat/completions",
            api_key="…ed9e",
            knowledge_base=self._name,
        )
