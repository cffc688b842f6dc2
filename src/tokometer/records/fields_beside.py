"""The fields of the kinds of record that stand beside the calls; see :mod:`tokometer.records.beside`."""

from __future__ import annotations

from typing import Final

from tokometer.records.field import Field, declared

_LOGS: Final = """
    message message|msg|body: what it says; kept are 500 characters, without keys
    level level|severity|severity_text|log_level: how grave it is; info unless you say
    text logger|component|name: what wrote it
    text service|service_name|application|app: the application
    text error_type|exception_type: the class of the error
    text route|http_route|path: the route that was asked for
    code http_status|status_code: the HTTP status of the reply
    ms duration_ms|latency_ms > duration_us: how long it took
    text request_id: the request
    text call_id: the model call that it is about
    text provider: the provider
    text model: the model
    text agent: the agent
"""
_SCORES: Final = """
    text name|metric: what was judged: helpfulness, faithfulness, …
    verdict value|score > -: the verdict: a number, true or false (1 or 0), or a word
    text text|label|string_value: the word, where the value is a number that stands for it
    text type|data_type > -: number, boolean or category; told from the value unless you say
    message comment|reason|explanation: why; kept are 500 characters, without keys
    text target|target_type > -: call, session, run or trace; told from the ids unless you say
    text call_id|observation_id: the call that is judged
    text run_id: the agent run that is judged
    text author|evaluator|judge|scorer: who judged
    text author_type|source_type > -: human, model or code
    text provider: the provider of what is judged
    text model: its model
    text agent: its agent
    text knowledge_base: the knowledge base that it drew on
"""
_MODELS: Final = """
    text provider: who offers it: ollama, openai, …
    text model|name|model_id: the model's id as the provider writes it
    text title|display_name: its name for people
    text family|model_family: its family; told from its id unless you say
    whole size_bytes|size: its size on disk
    parameters parameters|parameter_size|parameter_count: how many parameters it has
    text quantisation|quantization|quantization_level: how its weights are stored: Q4_K_M, fp8, …
    text file_format|format: gguf, safetensors, …
    whole context_window|context_length|max_context: tokens that fit into it
    whole max_output_tokens|max_tokens: tokens that it can answer with
    yesno tools|supports_tools|function_calling: whether it can call tools
    yesno vision|supports_vision: whether it reads images
    yesno installed|is_available: whether it is on the machine and can be used at once
    text status|state: available, downloading, beta, deprecated, …
    number progress: share of the download that is done, from 0 to 1
    text licence|license: its licence
    time released_at|release_date: when it came out
    time installed_at|installation_date|modified_at: when it was installed
    time last_used_at|last_used: when it was last used
"""
_KNOWLEDGE_BASES: Final = """
    text name|knowledge_base|collection: its name
    message description: what it holds; kept are 500 characters
    whole documents|document_count: how many documents
    whole chunks|chunk_count: into how many pieces they are cut
    whole tokens|token_count: their tokens
    whole size_bytes|size: their size
    text embedding_model|model: the model that it is searched with
    text provider: who serves that model
    text status|state: ready, building, …
    text project: the project
    text team: whose it is
    text environment|env: production, staging, …
"""
_DOCUMENTS: Final = """
    text knowledge_base|collection: the knowledge base that it is in
    text title|name|file_name: its title
    text path|url|uri|source_path: where it came from; its title where you do not say
    text media_type|mime_type|content_type: application/pdf, text/markdown, …
    text status > -: indexed, pending, failed, removed, unknown
    message error_message|error: why it could not be indexed
    whole chunks|chunk_count: into how many pieces it is cut
    whole tokens|token_count: its tokens
    whole size_bytes|size: its size
    ms duration_ms|processing_ms > duration_us: how long indexing it took
    text embedding_model|model: the model that made its vectors
    text provider: who serves that model
    text project: the project
    text user|user_id: who put it there
    text team: whose it is
    text environment|env: production, staging, …
"""
_ERROR_DETAILS: Final = """
    message message|error_message|error: what went wrong; kept are 500 characters, without keys
    text error_type|exception_type|type: the class of the error
    text error_code|code: the provider's own code
    text status > -: timeout, rate_limit, invalid_request, auth_error, server_error, cancelled; told from the rest
    code http_status|status_code: the HTTP status of the reply
    long stack_trace|stacktrace|traceback: where in the program it happened
    long request|request_body|request_payload: what was sent; kept only where TOKOMETER_KEEP_BODIES is on
    long response|response_body: what came back; likewise
    text call_id: the call that failed
    text request_id|response_id: the provider's id of the request
    text provider: the provider; taken from the model's name where that tells
    text model: the model
    text operation: chat, embeddings, …
    text endpoint: host or route of the API
    key api_key: the key used; masked at once
    text agent: the agent
"""
_COMMITS: Final = """
    text repository|repo|project_path: the repository, `owner/name`
    text sha|commit|hash: its hash
    text branch|head_branch|source_branch: the branch with which it came
    text number|pull_request|merge_request: the number of the change that it is part of
    message title|subject|message: the first line of its message; kept are 500 characters
    text refs|ticket: the ticket that it names
    text author|user: who wrote it
    text agent|co_author: the agent that wrote it with them
    text session_id|session: the session that it comes from
    whole files_changed|files: files that it changed
    whole lines_added|additions: lines that it added
    whole lines_removed|deletions: lines that it removed
    text project: the working folder
    text team: whose it is
    text environment|env: production, staging, …
"""
_CHANGES: Final = """
    text repository|repo|project_path: the repository, `owner/name`
    text number|pull_request|merge_request|iid: its number there, or what else it is known by
    text branch|head_branch|source_branch|head_ref: the branch that holds it
    text target_branch|base_branch|base_ref|target: the branch into which it is to go
    message title: its title; kept are 500 characters
    text url|html_url|web_url: its page
    text author|user: who asked for it
    text state|status > -: open, merged or closed; told from the times unless you say
    yesno draft|is_draft|work_in_progress: whether it is not yet to be looked at
    text ticket|issue: the ticket that it is for
    text refs: the ticket that its title or description names
    time opened_at|created: when it was opened
    time merged_at: when it was merged
    time closed_at: when it was closed, merged or not
    whole commits|commit_count: its commits
    whole files_changed|changed_files|files: files that it changes
    whole lines_added|additions: lines that it adds
    whole lines_removed|deletions: lines that it removes
    text project: the working folder
    text team: whose it is
    text environment|env: production, staging, …
"""
#: What is kept of an error detail only where keeping bodies is switched on.
BODIES: Final = ("request", "response")

#: What must be there, besides a time.
REQUIRED_BESIDE: Final[dict[str, tuple[str, ...]]] = {
    "logs": ("message",),
    "scores": ("name", "value"),
    "models": ("provider", "model"),
    "knowledge_bases": ("name",),
    "documents": ("knowledge_base", "title"),
    "error_details": ("message",),
    "commits": ("repository", "sha"),
    "changes": ("repository", "number"),
}


def fields_beside(common: str, whose: str) -> dict[str, tuple[Field, ...]]:
    """Kind of record → its fields: those of every kind, those that say for whom it was, and its own."""
    return {
        "logs": declared(common + whose + _LOGS),
        "scores": declared(common + whose + _SCORES),
        "models": declared(common + _MODELS),
        "knowledge_bases": declared(common + _KNOWLEDGE_BASES),
        "documents": declared(common + _DOCUMENTS),
        "error_details": declared(common + whose + _ERROR_DETAILS),
        "commits": declared(common + _COMMITS),
        "changes": declared(common + _CHANGES),
    }
