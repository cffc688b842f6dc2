"""Messages as OpenCode's second session engine keeps them (`session_message`), in the form of those before.

There each step of an answer is a row of its own, with its model in an object, what it wrote and used in `content`, and
errors by other names. A database can hold both forms, also of the same message: sessions that are carried over keep
the moment at which a message was begun, its model and its tokens, by which a call is named.

Source: `packages/core/src/session` of anomalyco/opencode, 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tokometer.sources.told import Told

#: What errors were called before.
_ERRORS: Final = {
    "aborted": "MessageAbortedError",
    "api": "APIError",
    "auth": "ProviderAuthError",
    "context_overflow": "ContextOverflowError",
    "output_length": "MessageOutputLengthError",
    "structured_output": "StructuredOutputError",
}


def message_of(told: Told) -> dict[str, Any]:
    """An answer as a message of before.

    Raises:
        RecordError: It is none.
    """
    model = told.within("model")
    found = {key: told.raw(key) for key in ("agent", "mode", "path", "time", "cost", "tokens", "finish")}
    found |= {
        "role": "assistant",
        "modelID": told.text("modelID") or model.text("id", "modelID"),
        "providerID": told.text("providerID") or model.text("providerID"),
    }
    if "error" in told:
        error = told.within("error")
        kind = error.text("name", "type")
        data = error.raw("data") if "data" in error else error.plain
        found["error"] = {"name": _ERRORS.get(kind, kind), "data": data}
    return found


def parts_of(told: Told) -> Iterator[Mapping[str, Any]]:
    """What an answer wrote and used, and the end of its step, as parts of before.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    for item in told.each("content"):
        kind, times = item.text("type"), item.within("time")
        span = {"start": times.raw("ran", "created"), "end": times.raw("completed")}
        if kind == "tool":
            state = item.within("state")
            wrong = state.raw("error")
            yield {
                "type": "tool",
                "callID": item.text("callID", "id"),
                "tool": item.text("name"),
                "state": {
                    "status": state.text("status"),
                    "time": span,
                    "error": wrong.get("message") if isinstance(wrong, dict) else wrong,
                },
            }
        elif kind in ("text", "reasoning"):
            yield {"type": kind, "time": span}
        else:
            yield {"type": kind}
