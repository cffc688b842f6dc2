"""The fields of our own record format: what each is called, what it takes, and which field of a record it fills."""

from __future__ import annotations

from typing import Final

from tokometer.records.field import NOT_KEPT, Field, declared
from tokometer.records.fields_beside import REQUIRED_BESIDE, fields_beside

_COMMON: Final = """
    text id|native_id > native_id: your id of the record; the same id again replaces it
    text source: where it comes from, `api` unless you say; ids are yours within a source
    time started_at|timestamp|time|at|start_time|created_at|ts: when it began
    text trace_id: the trace it is part of
    text span_id: its span
    text parent_id|parent_span_id: the span above it
    revision revision: of two versions the higher one is right; equal: the later one to arrive
    text machine|hostname: the machine on which it happened
    text account|organization|organisation: the login, organisation or subscription that it ran under
    text region|inference_geo: where it was served: a cloud's region, or the provider's own word
    labels labels > -: whatever else you want to filter and group by
    metadata metadata > -: labels too, as other software names them; `labels` go before
    tags tags > -: labels too: `tag.x` is `true` for each, and `tags` is all of them
"""
_WHOSE: Final = """
    text session_id|session|conversation_id: the session or conversation
    text project: the project
    text user|user_id: who asked
    text team: whose budget
    text environment|env: production, staging, …
"""

_CALLS: Final = f"""{_COMMON}{_WHOSE}
    time ended_at|end_time > -: when it ended; gives the latency where `latency_ms` does not
    ms latency_ms|duration_ms > latency_us: from request to the last token
    ms ttft_ms|time_to_first_token_ms > ttft_us: from request to the first token
    text provider: who answered; taken from the model's name where that tells
    text model: the model's id as the provider writes it
    text operation: `chat` unless you say: generate_content, text_completion, embeddings, …
    text status > -: ok, timeout, rate_limit, invalid_request, auth_error, server_error, cancelled; `error`, or HTTP's
    message error_message|error: what the provider said
    code http_status|status_code: the HTTP status of the reply
    text stop_reason|finish_reason: why the model stopped
    attempt attempt: 1 for the first try
    text request_id: the provider's id of the request
    text response_id|generation_id: the provider's id of the answer (`msg_…`, `chatcmpl-…`, `resp_…`, `gen-…`)
    whole input_tokens: prompt tokens that were neither read from nor written to the cache
    whole prompt_tokens > -: all prompt tokens, the cache included; instead of `input_tokens`
    whole cache_read_tokens|cached_tokens: prompt tokens read from the cache
    whole cache_write_tokens|cache_creation_tokens > cache_write_unknown_tokens: to the cache, for how long is unknown
    whole cache_write_5m_tokens: written to the cache for five minutes
    whole cache_write_1h_tokens: written to the cache for an hour
    whole output_tokens|completion_tokens: tokens of the answer, reasoning included
    whole reasoning_tokens: of the output tokens those spent on reasoning
    whole total_tokens > -: all tokens; alone where you do not know what went in and what came out, else their sum
    whole unsplit_tokens: tokens beside those above of which you do not know whether they went in or came out
    whole input_audio_tokens|audio_input_tokens > -: of `input_tokens` those that are audio
    whole input_image_tokens|image_input_tokens > -: of `input_tokens` those that are images
    whole input_video_tokens|video_input_tokens > -: of `input_tokens` those that are video
    whole cache_read_audio_tokens|cached_audio_tokens > -: of `cache_read_tokens` those that are audio
    whole cache_read_image_tokens|cached_image_tokens > -: of `cache_read_tokens` those that are images
    whole output_audio_tokens|audio_output_tokens > -: of `output_tokens` those that are audio
    whole output_image_tokens|image_output_tokens > -: of `output_tokens` those that are images
    whole output_video_tokens|video_output_tokens > -: of `output_tokens` those that are video
    counts parts > -: the same by name, `{{"input_audio": 3000}}`
    amount web_searches|web_search_requests > -: searches of the web by the provider
    amount file_searches|file_search_requests > -: searches of stored files by the provider
    amount images|images_generated > -: images made
    amount seconds|audio_seconds > -: seconds of audio or video
    amount pages|pages_processed > -: pages read
    amount characters > -: characters spoken or read
    counts quantities > -: the same by name, and what else is billed and is not tokens, `{{"container_hours": 0.5}}`
    whole estimated_tokens: what you expected to use in all
    whole user_messages: messages that people wrote since the session's last call
    money cost_usd|cost > cost_reported: what it cost, where you know; else it is priced
    money revenue_usd|revenue > revenue: what you were paid for it
    text service_tier: batch, flex, priority, …
    text parent_session_id: the session that this one came from
    text git_branch: the branch
    text agent: the agent
    text subagent: the subagent
    text thread|thread_id: the conversation within the session, where it has several: the subagent's own id
    key api_key > api_key: the key used; masked at once
    text endpoint: host of the API
    text knowledge_base: the knowledge base that was asked
"""
_TOOLS: Final = f"""{_COMMON}{_WHOSE}
    text name|tool: the tool's name
    text server|mcp_server: the MCP server that offers it
    text status > -: ok, error, cancelled, unknown
    message error_message|error: what went wrong
    time ended_at|end_time > -: when it ended; gives the duration where `duration_ms` does not
    ms duration_ms > duration_us: how long it took
    text call_id: the model call that asked for it
    text use_id|tool_use_id|tool_call_id: the model's id of this use (`toolu_…`, `call_…`)
    whole lines_added: lines of code added
    whole lines_removed: lines of code removed
    whole prompt_bytes|result_bytes: bytes of text of its result, as it went into the prompt
    whole prompt_image_tokens: tokens of the pictures in its result
    text agent: the agent
    text subagent: the subagent
    text thread|thread_id: the conversation within the session, as for a call
"""
_STEPS: Final = f"""{_COMMON}{_WHOSE}
    text name: the step's name
    text type|step_type: what kind of step: chain, task, retriever, …; memory, skill, attachment or compaction
    text status > -: ok, error, cancelled, unknown
    message error_message|error: what went wrong
    time ended_at|end_time > -: when it ended; gives the duration where `duration_ms` does not
    ms duration_ms > duration_us: how long it took
    text trigger: what set it off: `auto` or `manual`, of a compaction
    whole prompt_bytes: bytes of text that it put into the prompt
    whole prompt_image_tokens: tokens of the pictures that it put into the prompt
    whole tokens_before|pre_tokens: tokens of the prompt before a compaction
    whole tokens_after|post_tokens: tokens of the prompt after it
    text agent: the agent
    text subagent: the subagent
    text thread|thread_id: the conversation within the session, as for a call
"""
_RUNS: Final = f"""{_COMMON}{_WHOSE}
    text agent|name: the agent's name
    text status > -: ok, error, cancelled, running, unknown
    message error_message|error: what went wrong
    time ended_at|end_time: when it ended
    ms duration_ms > -: gives the end where `ended_at` does not
    text task: a short name of the task, not its prompt
    text role: main, subagent, workflow, …
    text parent_session_id: the session that started it
    text model: the model it runs on
    whole stated_tokens|total_tokens: its tokens as you count them; shown beside the calls, never added
    money stated_cost_usd|cost_usd > stated_cost: its cost as you count it; likewise
"""
_JOBS: Final = f"""{_COMMON}
    text job_id|job: the job
    text name: its name
    text schedule: when it runs, as its scheduler writes it
    text status > -: ok, error, skipped, running, unknown
    text error_type: the kind of error
    message error_message|error: what went wrong
    text delivery_status: what became of its message
    time ended_at|end_time > -: when it ended; gives the duration where `duration_ms` does not
    ms duration_ms > duration_us: how long it took
    time next_run_at: when it runs next
    text agent: the agent
    text session_id|session: the session
    text model: the model
    text provider: the provider
    text team: whose budget
    text environment|env: production, staging, …
"""
_SAMPLES: Final = f"""{_COMMON}
    text metric|name: what was read
    number value: the reading
    text unit: its unit
    text mode > -: gauge, counter for one that only grows, or delta for what was added since the one before
    text host: the machine
    text device: the device
    text model: the model
    text provider: the provider
"""
_BILLS: Final = f"""{_COMMON}
    text provider: whose bill
    signed amount|amount_usd|cost_usd > amount: how much, in the line's currency
    time ended_at|end_time: the end of the period
    text type > -: usage, credit, top_up, balance, adjustment, revenue
    text currency: USD unless you say
    text line_item|description: what for
    text model: the model
    text project: the project
    text team: whose budget
    text invoice|invoice_id: the invoice
    number quantity: how many
    text quantity_unit|unit: of what
    signed list_amount|list_cost: what it would have cost at list price, in US dollars
    text report: the report that it is a line of
    text api_key|api_key_id: the provider's own name of the API key
    text user|user_id: the provider's own name of the person
    text service_tier|tier: standard, batch, priority, flex
    text token_type: input, cache_read, cache_write, output
"""
_REPORTED: Final = f"""{_COMMON}
    text provider: who reports it
    time ended_at|end_time: the end of what is reported
    text report: the report that it is a line of
    text model: the model
    text project|project_id|workspace_id: the provider's project
    text api_key|api_key_id: the provider's own name of the API key
    text user|user_id: the provider's own name of the person
    text team: whose it is
    text service_tier|tier: standard, batch, priority, flex
    text operation: chat, embeddings, images, …
    whole requests|num_model_requests: requests
    whole input_tokens|uncached_input_tokens: prompt tokens that no cache served or took
    whole cache_read_tokens|cache_read_input_tokens: prompt tokens served from the cache
    whole cache_write_5m_tokens: prompt tokens written to the cache for five minutes
    whole cache_write_1h_tokens: prompt tokens written to the cache for an hour
    whole cache_write_tokens > cache_write_unknown_tokens: prompt tokens written to the cache
    whole output_tokens: generated tokens, reasoning included
    whole reasoning_tokens: generated tokens that were reasoning
    whole total_tokens > unsplit_tokens: tokens of which nobody says in which direction they went
    number quantity: how many of another unit
    text quantity_unit|unit: of what
    money estimated_cost: what the provider reckons that it cost, in US dollars
"""

#: Kind of record → its fields.
FIELDS: Final[dict[str, tuple[Field, ...]]] = {
    "calls": declared(_CALLS),
    "tools": declared(_TOOLS),
    "runs": declared(_RUNS),
    "steps": declared(_STEPS),
    "jobs": declared(_JOBS),
    "samples": declared(_SAMPLES),
    "bills": declared(_BILLS),
    "reported": declared(_REPORTED),
    **fields_beside(_COMMON, _WHOSE),
}
#: What must be there, besides a time.
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "calls": ("model",),
    "tools": ("name",),
    "runs": ("agent",),
    "steps": ("name",),
    "jobs": ("job_id",),
    "samples": ("metric", "value"),
    "bills": ("provider", "amount"),
    "reported": ("provider",),
    **REQUIRED_BESIDE,
}

__all__ = ["FIELDS", "NOT_KEPT", "REQUIRED"]
