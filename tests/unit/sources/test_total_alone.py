"""Usage of which only the total is stated: nobody says what went in and what came out, and it is not lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from generators.left import Step, document, lines
from tokometer.records import ModelCall
from tokometer.sources.registry import SOURCES

AT: Final = "2026-03-02T09:00:00Z"
MS: Final = 1_772_442_000_000
#: `6ba7b810-…`: an id that is unique by itself.
ID: Final = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def _entry(usage: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "provider": "openai", "model": "gpt-5.1", "timestamp": MS, "usage": usage}
    return {"type": "message", "id": "e-1", "timestamp": AT, "message": {**message, "stopReason": "stop"}}


SESSION: Final = {"type": "session", "version": 3, "id": "s-1", "timestamp": AT, "cwd": "/w"}
GEMINI: Final = {"type": "gemini", "id": ID, "timestamp": AT, "model": "gemini-2.5-pro", "tokens": {"total": 222}}
QWEN: Final = {
    "type": "assistant",
    "uuid": ID,
    "sessionId": "s-1",
    "cwd": "/w",
    "timestamp": AT,
    "model": "qwen3-coder-plus",
}
OPENCODE: Final = {
    "id": "msg_1",
    "sessionID": "ses_1",
    "role": "assistant",
    "modelID": "gpt-5.1",
    "providerID": "openai",
    "time": {"created": MS, "completed": MS + 9},
    "tokens": {"total": 222},
}
ROVO: Final = {
    "message_history": [
        {"kind": "response", "timestamp": AT, "model_name": "gpt-5.1", "usage": {"total_tokens": 222}, "parts": []}
    ]
}
JCODE: Final = {
    "id": "s-1",
    "model": "gpt-5.1",
    "messages": [{"id": "m-1", "role": "assistant", "timestamp": AT, "token_usage": {"total_tokens": 222}}],
}
GROK: Final = {
    "timestamp": MS // 1_000,
    "params": {
        "update": {
            "sessionUpdate": "turn_completed",
            "prompt_id": "p-1",
            "stop_reason": "end_turn",
            "usage": {"totalTokens": 222, "modelUsage": {"grok-code-fast-1": {"totalTokens": 222}}},
        }
    },
}
DROID: Final = {"model": "gpt-5.1", "providerLockTimestamp": AT, "tokenUsage": {"totalTokens": 222}}
BUDDY: Final = {
    "id": "l-1",
    "type": "message",
    "role": "assistant",
    "timestamp": MS,
    "sessionId": "s-1",
    "providerData": {"model": "gpt-5.1", "messageId": "m-1", "rawUsage": {"total_tokens": 222}},
}

#: Source → what it leaves behind.
LEFT: Final[Mapping[str, Step]] = {
    "openclaw": lines(".openclaw/agents/main/sessions/s-1.jsonl", SESSION, _entry({"totalTokens": 222})),
    "pi": lines(
        ".pi/agent/sessions/--w--/2026_s-1.jsonl", SESSION, _entry({"input": 0, "output": 0, "totalTokens": 222})
    ),
    "gemini_cli": lines(".gemini/tmp/ab12/chats/session-1.jsonl", {"sessionId": "s-1", "projectHash": "ab12"}, GEMINI),
    "qwen_code": lines(".qwen/projects/-w/chats/s-1.jsonl", QWEN | {"usageMetadata": {"totalTokenCount": 222}}),
    "opencode": document(".local/share/opencode/storage/message/ses_1/msg_1.json", OPENCODE),
    "rovo_dev": document(".rovodev/sessions/s-1/session_context.json", ROVO),
    "jcode": document(".jcode/sessions/session_1.json", JCODE),
    "grok_build": lines(".grok/sessions/%2Fw/s-1/updates.jsonl", GROK),
    "droid": document(".factory/sessions/-w/s-1.settings.json", DROID),
    "codebuddy": lines(".codebuddy/projects/-w/s-1.jsonl", BUDDY),
}


@pytest.mark.parametrize("name", LEFT)
def test_a_total_alone_is_kept_and_not_split(tmp_path: Path, name: str) -> None:
    """It counts, is in no bucket, and what it cost is not made up."""
    LEFT[name](tmp_path)
    found = SOURCES[name].found
    assert found is not None
    paths = [path for root in found.roots(tmp_path, {}) for path in found.files(root)]
    readings = [found.read(path, b"") for path in paths]
    assert not any(reading.refusals for reading in readings)
    [call] = [record for reading in readings for record in reading.records if isinstance(record, ModelCall)]
    assert call.unsplit_tokens == 222
    stated = {call.input_tokens, call.cache_read_tokens, call.output_tokens, call.cost_reported}
    assert stated <= {None, 0}
