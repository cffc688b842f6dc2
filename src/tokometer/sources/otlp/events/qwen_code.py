"""Qwen Code's telemetry: Gemini CLI's under a name of its own, for models of anybody (QwenLM/qwen-code, 0.14)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tokometer.sources.otlp.events.declared import nothing
from tokometer.sources.otlp.events.gemini_cli import GEMINI_CLI

QWEN_CODE: Final = replace(
    GEMINI_CLI,
    title="Qwen Code",
    prefix="qwen-code.",
    scopes=("qwen-code",),
    agent="qwen_code",
    provider="",
    attributes={**GEMINI_CLI.attributes, "response_id": "response_id"},
    events={
        **GEMINI_CLI.events,
        **nothing(
            "api_cancel auth chat.content_retry.attempt subagent_execution skill_launch user_feedback user_retry"
        ),
    },
    notes=(
        "as Gemini CLI's; whether thoughts are inside the output, as OpenAI's API has it, is proven by the total, and "
        "the id of the answer is what its chats have"
    ),
)
