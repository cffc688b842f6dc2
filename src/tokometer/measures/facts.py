"""What can be shown of a record itself, beside its dimensions: one line per fact, for feeds."""

# fmt: off
# ruff: noqa: E501 - a declaration is one line, so that adding one is, too

from __future__ import annotations

from typing import Final

from tokometer.ledger.schema import ALL_TOKENS
from tokometer.measures.fact import Fact, money, ms, number, share, text, time
from tokometer.measures.facts_counted import COUNTED
from tokometer.records.units import BYTES, COUNT, PERCENT, RATIO, TOKENS

_TOTAL: Final = " + ".join(f"CAST(coalesce({name}, 0) AS Int128)" for name in ALL_TOKENS)
_UNKNOWN: Final = " AND ".join(f"{name} IS NULL" for name in ALL_TOKENS)
_WRITES: Final = ("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_write_unknown_tokens")
_NO_WRITES: Final = " AND ".join(f"{name} IS NULL" for name in _WRITES)


_EVERY: Final = (
    time("at", "Time", "When it began.", sql="started_at"),
    text("id", "Id", "The record's id in the ledger.", sql="CAST(id AS VARCHAR)"),
    text("trace_id", "Trace", "The trace that it is part of."),
    text("span_id", "Span", "Its span in the trace."),
    text("parent_id", "Parent span", "The span that it was begun from."),
)
_MESSAGE: Final = text("error_message", "Error message", "What the error says.")
_DURATION: Final = ms("duration_ms", "Duration", "duration_us", "How long it took.")
_HTTP: Final = number("http_status", "HTTP status", description="The HTTP status.")
_REQUEST: Final = text("request_id", "Request id", "The request, as the provider names it.")
_CALL: Final = text("call_id", "Call id", "The model call that it is about, as its source names it.")
_FILLING: Final = (
    number("prompt_bytes", "Size in the prompt", BYTES, "Text that it put into the prompt, as far as its source tells."),
    number("prompt_image_tokens", "Picture tokens", TOKENS, "Tokens of the pictures that it put into the prompt."),
    text("thread", "Conversation", "Which of a session's conversations it is part of: a subagent's own id."),
)
_PARTS: Final = (
    number("chunks", "Chunks", COUNT, "Pieces that it is cut into."),
    number("tokens", "Tokens", TOKENS, "Tokens in it."),
    number("size_bytes", "Size", BYTES, "Its size."),
)

_OF: Final[dict[str, tuple[Fact, ...]]] = {
    "calls": (
        text("error_message", "Error message", "What the error says: by the call, else by details of its error.", detail="message"),
        text("error_code", "Error code", "The provider's own code, where details of the error are kept.", sql="''", detail="error_code"),
        text("error_class", "Error class", "The class of the error, where details of it are kept.", sql="''", detail="error_type"),
        text("stack_trace", "Stack trace", "Where in the program it happened, where details of the error are kept.", sql="''", detail="stack_trace"),
        number("http_status", "HTTP status", description="The HTTP status of the answer.", detail="http_status"),
        _REQUEST,
        number("attempt", "Attempt", COUNT, "Which attempt at the same thing it was, from 1."),
        text("stop_reason", "Stop reason", "Why the model stopped."),
        ms("latency_ms", "Latency", "latency_us", "How long it took."),
        ms("ttft_ms", "Time to first token", "ttft_us", "When it gave its first token."),
        number("input_tokens", "Input tokens", TOKENS, "Prompt tokens that no cache served or took."),
        number("cache_read_tokens", "Cache read tokens", TOKENS, "Prompt tokens served from the provider's cache."),
        number("cache_write_tokens", "Cache write tokens", TOKENS, "Prompt tokens written to the provider's cache.", sql=f"CASE WHEN {_NO_WRITES} THEN NULL ELSE {' + '.join(f'coalesce({name}, 0)' for name in _WRITES)} END"),
        number("output_tokens", "Output tokens", TOKENS, "Generated tokens, reasoning included."),
        number("reasoning_tokens", "Reasoning tokens", TOKENS, "Generated tokens that were reasoning."),
        number("total_tokens", "Total tokens", TOKENS, "Tokens of every bucket.", sql=f"CASE WHEN {_UNKNOWN} THEN NULL ELSE {_TOTAL} END"),
        number("estimated_tokens", "Estimated tokens", TOKENS, "Tokens that the client expected."),
        money("cost", "Cost", "What it cost: as reported, else as the price book computes it.", sql="cost_usd"),
        money("revenue", "Revenue", "What the caller was paid for it."),
        text("price_version", "Price version", "The version of the price book that priced it."),
    ),
    "tools": (_MESSAGE, _DURATION, _CALL, number("lines_added", "Lines added", COUNT), number("lines_removed", "Lines removed", COUNT), *_FILLING),
    "steps": (
        _MESSAGE,
        _DURATION,
        *_FILLING,
        number("tokens_before", "Tokens before", TOKENS, "Tokens of the prompt before a compaction."),
        number("tokens_after", "Tokens after", TOKENS, "Tokens of the prompt after it, where the source says."),
    ),
    "runs": (
        _MESSAGE,
        time("ended_at", "Ended"),
        ms("duration_ms", "Duration", "(MICROS(ended_at) - MICROS(started_at))", "How long it took; unknown while it runs."),
        text("task", "Task", "What the agent was asked to do."),
        number("stated_tokens", "Stated tokens", TOKENS, "Tokens that the source states for the whole run."),
        money("stated_cost", "Stated cost", "Cost that the source states for the whole run."),
    ),
    "jobs": (_MESSAGE, _DURATION, time("next_run_at", "Next run"), text("session_id", "Session", "The session that it ran in.")),
    "bills": (
        money("amount", "Amount", "What the line says, in US dollars; unknown where nobody knows the rate of its currency."),
        money("stated_amount", "Stated amount", "What the line says, in its own currency, where that is not US dollars."),
        money("unlisted", "Without a list price", "What the line says, where it does not tell what that is at list price.", sql="CASE WHEN list_amount IS NULL THEN amount END"),
        money("list_amount", "At list price", "What it would have cost at list price, where the bill tells."),
        time("ended_at", "Ended", "The end of what was billed."),
        share("quantity", "Quantity", RATIO),
    ),
    "reported": (
        time("ended_at", "Ended", "The end of what is reported."),
        number("requests", "Requests", COUNT, "Requests, where the report counts them."),
        number("input_tokens", "Input tokens", TOKENS, "Prompt tokens that no cache served or took."),
        number("cache_read_tokens", "Cache read tokens", TOKENS, "Prompt tokens served from the provider's cache."),
        number("cache_write_tokens", "Cache write tokens", TOKENS, "Prompt tokens written to the provider's cache.", sql=f"CASE WHEN {_NO_WRITES} THEN NULL ELSE {' + '.join(f'coalesce({name}, 0)' for name in _WRITES)} END"),
        number("cache_write_5m_tokens", "Cache writes for 5 minutes", TOKENS, "Of the cache writes those for five minutes."),
        number("cache_write_1h_tokens", "Cache writes for an hour", TOKENS, "Of the cache writes those for an hour."),
        number("cache_write_unknown_tokens", "Other cache writes", TOKENS, "Of the cache writes those of which nobody says for how long."),
        number("output_tokens", "Output tokens", TOKENS, "Generated tokens, reasoning included."),
        number("reasoning_tokens", "Reasoning tokens", TOKENS, "Generated tokens that were reasoning."),
        number("unsplit_tokens", "Other tokens", TOKENS, "Tokens of which nobody says in which direction they went."),
        number("total_tokens", "Total tokens", TOKENS, "Tokens of every bucket.", sql=f"CASE WHEN {_UNKNOWN} THEN NULL ELSE {_TOTAL} END"),
        money("estimated_cost", "Provider's estimate", "What the provider reckons that it cost."),
        share("quantity", "Quantity", RATIO),
    ),
    "samples": (share("value", "Value", RATIO, "The reading."),),
    "logs": (text("message", "Message", "The line."), _HTTP, _DURATION, _REQUEST, _CALL),
    "scores": (share("value", "Score", RATIO, "The score, where it is a number."), text("comment", "Comment"), _CALL, text("run_id", "Run")),
    "models": (
        text("title", "Name", "What its provider calls it for people."),
        number("size_bytes", "Size", BYTES, "What it takes on disk."),
        number("parameters", "Parameters", COUNT, "How many parameters it has."),
        number("context_window", "Context window", TOKENS, "The most tokens that fit into it."),
        number("max_output_tokens", "Longest output", TOKENS, "The most tokens that it generates at once."),
        share("progress", "Progress", PERCENT, "Share of a download that is done."),
        time("released_at", "Released"),
        time("installed_at", "Installed"),
        time("last_used_at", "Last used"),
    ),
    "knowledge_bases": (text("description", "Description"), number("documents", "Documents", COUNT), *_PARTS),
    "documents": (_MESSAGE, _DURATION, *_PARTS),
    "commits": (
        text("title", "Title", "The first line of its message."),
        text("refs", "Ticket", "The ticket that its trailers name."),
        text("number", "Change", "The number of the change that it is part of, where it says so."),
        number("files_changed", "Files changed", COUNT),
        number("lines_added", "Lines added", COUNT),
        number("lines_removed", "Lines removed", COUNT),
    ),
    "changes": (
        text("title", "Title", "Its title."),
        text("url", "Address", "Its page."),
        time("opened_at", "Opened"),
        time("merged_at", "Merged", sql="CASE WHEN state = 'merged' THEN merged_at END"),
        time("closed_at", "Closed", sql="CASE WHEN state = 'closed' THEN closed_at END"),
        ms("time_to_merge", "Time to merge", "time_to_merge_us", "How long it was open until it was merged."),
        money("cost", "Cost", "What its calls cost, of all time; unknown where it has none, or none with a price.", sql="cost_usd"),
        number("calls", "Calls", COUNT, "Calls that were made for it."),
        number("unpriced", "Unpriced calls", COUNT, "Calls of these that nobody knows the price of."),
        number("sessions", "Sessions", COUNT, "Sessions that worked on it."),
        number("commits", "Commits", COUNT),
        number("files_changed", "Files changed", COUNT),
        number("lines_added", "Lines added", COUNT),
        number("lines_removed", "Lines removed", COUNT),
    ),
    "error_details": (
        _HTTP,
        text("stack_trace", "Stack trace", "Where in the program it happened."),
        text("request", "Request", "What was sent, where that is kept."),
        text("response", "Response", "What came back, where that is kept."),
        _CALL,
        _REQUEST,
    ),
}

#: The facts of each cube, by name.
FACTS: Final[dict[str, dict[str, Fact]]] = {
    cube: {fact.name: fact for fact in (*_EVERY, *facts, *COUNTED.get(cube, ()))} for cube, facts in _OF.items()
}
#: What a feed shows where nobody says what.
SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "calls": ("at", "provider", "model", "status", "error_message", "latency_ms", "total_tokens", "cost"),
    "tools": ("at", "tool", "status", "error_message", "duration_ms", "agent"),
    "steps": ("at", "step", "type", "status", "error_message", "duration_ms"),
    "runs": ("at", "agent", "role", "status", "task", "duration_ms", "error_message"),
    "jobs": ("at", "job", "status", "error_type", "error_message", "duration_ms", "next_run_at"),
    "bills": ("at", "provider", "type", "line_item", "amount"),
    "reported": ("at", "provider", "report", "model", "project", "requests", "total_tokens", "quantity"),
    "samples": ("at", "metric", "host", "device", "value", "unit"),
    "logs": ("at", "level", "service", "logger", "message"),
    "scores": ("at", "score", "value", "verdict", "target", "model", "author"),
    "models": ("at", "provider", "model", "size_bytes", "parameters", "context_window", "tools", "installed", "last_used_at"),
    "knowledge_bases": ("at", "knowledge_base", "documents", "chunks", "tokens", "size_bytes", "status"),
    "documents": ("at", "knowledge_base", "document", "status", "error_message", "tokens", "size_bytes"),
    "commits": ("at", "repository", "title", "author", "agent", "lines_added", "lines_removed"),
    "changes": ("at", "change", "title", "state", "ticket", "author", "cost", "calls", "sessions", "time_to_merge"),
    "error_details": ("at", "provider", "model", "status", "error_type", "error_code", "message"),
}
