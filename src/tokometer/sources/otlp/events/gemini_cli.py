"""Gemini CLI's telemetry (docs/cli/telemetry.md of google-gemini/gemini-cli, 0.56).

Each answer is told twice, as `gemini_cli.api_response` and as the conventions' `gen_ai.client.inference.operation.
details`; only the first counts.
"""

from __future__ import annotations

from typing import Final

from tokometer.sources.otlp.events.declared import (
    CALL,
    FAILURE,
    NOTHING,
    TOOL,
    EventDialect,
    failed,
    line,
    nothing,
)

GEMINI_CLI: Final = EventDialect(
    title="Gemini CLI",
    prefix="gemini_cli.",
    scopes=("gemini-cli",),
    agent="gemini-cli",
    provider="google",
    others={"gen_ai.client.inference.operation.details": NOTHING},
    attributes={
        "ignored": "prompt prompt_length request_text response_text function_args content_length",
        "session": "session.id",
        "input": "input_token_count",
        "cache_read": "cached_content_token_count",
        "output": "output_token_count",
        "thoughts": "thoughts_token_count",
        "tool_input": "tool_token_count",
        "total": "total_token_count",
        "stop": "finish_reasons",
        "tool": "function_name",
        "tool_metadata": "metadata",
        "request_model": "model +model_name",
        "attempts": "total_attempts",
        "error_type": "+final_error_type",
        "before": "tokens_before",
        "after": "tokens_after",
    },
    events={
        "api_response": CALL,
        "api_error": FAILURE,
        "tool_call": TOOL,
        "chat.content_retry_failure": line("error", "no attempt gave an answer of use", "error_type", "attempts"),
        "chat.invalid_chunk": line("warning", "a part of an answer was invalid", "error_message"),
        "malformed_json_response": line("warning", "an answer was no JSON", "request_model"),
        "flash_fallback": line("warning", "it fell back to a smaller model"),
        "ripgrep_fallback": line("info", "it fell back to grep", "error_message"),
        "model_routing": line("warning", "no model could be chosen", "error_message", when=failed),
        "chat_compression": line("info", "the context was compacted", "before", "after"),
        **nothing(
            "config user_prompt api_request chat.content_retry slash_command slash_command.model next_speaker_check "
            "conversation_finished file_operation tool_output_truncated tool_output_masking edit_strategy "
            "edit_correction loop_detected loop_detection_disabled llm_loop_check agent.start agent.finish "
            "agent.recovery_attempt ide_connection extension_install extension_uninstall extension_enable "
            "extension_disable extension_update extension_config web_fetch_fallback_attempt hook_call "
            "startup_stats startup_performance rewind plan.execution approval_mode_switch approval_mode_duration "
            "llm_request keychain.availability token_storage.initialization onboarding.start onboarding.success"
        ),
    },
    notes=(
        "thoughts and the prompt of tools are beside input and output, as the Gemini API has it, and the total "
        "proves it; what it sends by the conventions beside its own events is not counted again"
    ),
)
