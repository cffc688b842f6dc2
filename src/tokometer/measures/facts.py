"""What can be shown of a record itself, beside its dimensions: one line per fact, for feeds."""

# fmt: off
# ruff: noqa: E501 - a declaration is one line, so that adding one is, too

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tokometer.ledger.schema import ALL_TOKENS
from tokometer.measures.result import ColumnType
from tokometer.records.units import BYTES, COUNT, MS, PERCENT, RATIO, TOKENS, USD, Unit

_TOTAL: Final = " + ".join(f"CAST(coalesce({name}, 0) AS Int128)" for name in ALL_TOKENS)
_UNKNOWN: Final = " AND ".join(f"{name} IS NULL" for name in ALL_TOKENS)
_WRITES: Final = ("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_write_unknown_tokens")
_NO_WRITES: Final = " AND ".join(f"{name} IS NULL" for name in _WRITES)


@dataclass(frozen=True, slots=True)
class Fact:
    """One column of a feed. `sql` is over the record's columns; unknown text is empty, anything else unknown is NULL."""

    name: str
    title: str
    type: ColumnType
    sql: str
    description: str = ""
    unit: Unit | None = None
    #: The column of `error_details` that tells it of a call where the call itself does not.
    detail: str = ""


def _text(name: str, title: str, description: str = "", *, sql: str = "", detail: str = "") -> Fact:
    return Fact(name, title, "text", sql or name, description, detail=detail)


def _number(name: str, title: str, unit: Unit | None = None, description: str = "", *, sql: str = "", detail: str = "") -> Fact:
    return Fact(name, title, "integer", sql or name, description, unit, detail)


def _time(name: str, title: str, description: str = "", *, sql: str = "") -> Fact:
    return Fact(name, title, "time", sql or name, description)


def _share(name: str, title: str, unit: Unit, description: str = "") -> Fact:
    return Fact(name, title, "number", name, description, unit)


def _money(name: str, title: str, description: str = "", *, sql: str = "") -> Fact:
    return Fact(name, title, "money", sql or name, description, USD)


def _ms(name: str, title: str, column: str, description: str = "") -> Fact:
    # With an exponent, the number is a DOUBLE to every engine.
    return Fact(name, title, "number", f"{column} / 1e3", description, MS)


_EVERY: Final = (
    _time("at", "Time", "When it began.", sql="started_at"),
    _text("id", "Id", "The record's id in the ledger.", sql="CAST(id AS VARCHAR)"),
    _text("trace_id", "Trace", "The trace that it is part of."),
    _text("span_id", "Span", "Its span in the trace."),
    _text("parent_id", "Parent span", "The span that it was begun from."),
)
_MESSAGE: Final = _text("error_message", "Error message", "What the error says.")
_DURATION: Final = _ms("duration_ms", "Duration", "duration_us", "How long it took.")
_HTTP: Final = _number("http_status", "HTTP status", description="The HTTP status.")
_REQUEST: Final = _text("request_id", "Request id", "The request, as the provider names it.")
_CALL: Final = _text("call_id", "Call id", "The model call that it is about, as its source names it.")
_PARTS: Final = (
    _number("chunks", "Chunks", COUNT, "Pieces that it is cut into."),
    _number("tokens", "Tokens", TOKENS, "Tokens in it."),
    _number("size_bytes", "Size", BYTES, "Its size."),
)

_OF: Final[dict[str, tuple[Fact, ...]]] = {
    "calls": (
        _text("error_message", "Error message", "What the error says: by the call, else by details of its error.", detail="message"),
        _text("error_code", "Error code", "The provider's own code, where details of the error are kept.", sql="''", detail="error_code"),
        _text("error_class", "Error class", "The class of the error, where details of it are kept.", sql="''", detail="error_type"),
        _text("stack_trace", "Stack trace", "Where in the program it happened, where details of the error are kept.", sql="''", detail="stack_trace"),
        _number("http_status", "HTTP status", description="The HTTP status of the answer.", detail="http_status"),
        _REQUEST,
        _number("attempt", "Attempt", COUNT, "Which attempt at the same thing it was, from 1."),
        _text("stop_reason", "Stop reason", "Why the model stopped."),
        _ms("latency_ms", "Latency", "latency_us", "How long it took."),
        _ms("ttft_ms", "Time to first token", "ttft_us", "When it gave its first token."),
        _number("input_tokens", "Input tokens", TOKENS, "Prompt tokens that no cache served or took."),
        _number("cache_read_tokens", "Cache read tokens", TOKENS, "Prompt tokens served from the provider's cache."),
        _number("cache_write_tokens", "Cache write tokens", TOKENS, "Prompt tokens written to the provider's cache.", sql=f"CASE WHEN {_NO_WRITES} THEN NULL ELSE {' + '.join(f'coalesce({name}, 0)' for name in _WRITES)} END"),
        _number("output_tokens", "Output tokens", TOKENS, "Generated tokens, reasoning included."),
        _number("reasoning_tokens", "Reasoning tokens", TOKENS, "Generated tokens that were reasoning."),
        _number("total_tokens", "Total tokens", TOKENS, "Tokens of every bucket.", sql=f"CASE WHEN {_UNKNOWN} THEN NULL ELSE {_TOTAL} END"),
        _number("estimated_tokens", "Estimated tokens", TOKENS, "Tokens that the client expected."),
        _money("cost", "Cost", "What it cost: as reported, else as the price book computes it.", sql="cost_usd"),
        _money("revenue", "Revenue", "What the caller was paid for it."),
        _text("price_version", "Price version", "The version of the price book that priced it."),
    ),
    "tools": (_MESSAGE, _DURATION, _CALL, _number("lines_added", "Lines added", COUNT), _number("lines_removed", "Lines removed", COUNT)),
    "steps": (_MESSAGE, _DURATION),
    "runs": (
        _MESSAGE,
        _time("ended_at", "Ended"),
        _ms("duration_ms", "Duration", "(MICROS(ended_at) - MICROS(started_at))", "How long it took; unknown while it runs."),
        _text("task", "Task", "What the agent was asked to do."),
        _number("stated_tokens", "Stated tokens", TOKENS, "Tokens that the source states for the whole run."),
        _money("stated_cost", "Stated cost", "Cost that the source states for the whole run."),
    ),
    "jobs": (_MESSAGE, _DURATION, _time("next_run_at", "Next run"), _text("session_id", "Session", "The session that it ran in.")),
    "bills": (_money("amount", "Amount", "What the line says, in US dollars."), _time("ended_at", "Ended", "The end of what was billed."), _share("quantity", "Quantity", RATIO), _text("quantity_unit", "Unit of the quantity")),
    "samples": (_share("value", "Value", RATIO, "The reading."),),
    "logs": (_text("message", "Message", "The line."), _HTTP, _DURATION, _REQUEST, _CALL),
    "scores": (_share("value", "Score", RATIO, "The score, where it is a number."), _text("comment", "Comment"), _CALL, _text("run_id", "Run")),
    "models": (
        _text("title", "Name", "What its provider calls it for people."),
        _number("size_bytes", "Size", BYTES, "What it takes on disk."),
        _number("parameters", "Parameters", COUNT, "How many parameters it has."),
        _number("context_window", "Context window", TOKENS, "The most tokens that fit into it."),
        _number("max_output_tokens", "Longest output", TOKENS, "The most tokens that it generates at once."),
        _share("progress", "Progress", PERCENT, "Share of a download that is done."),
        _time("released_at", "Released"),
        _time("installed_at", "Installed"),
        _time("last_used_at", "Last used"),
    ),
    "knowledge_bases": (_text("description", "Description"), _number("documents", "Documents", COUNT), *_PARTS),
    "documents": (_MESSAGE, _DURATION, *_PARTS),
    "commits": (
        _text("title", "Title", "The first line of its message."),
        _text("refs", "Ticket", "The ticket that its trailers name."),
        _text("number", "Change", "The number of the change that it is part of, where it says so."),
        _number("files_changed", "Files changed", COUNT),
        _number("lines_added", "Lines added", COUNT),
        _number("lines_removed", "Lines removed", COUNT),
    ),
    "changes": (
        _text("title", "Title", "Its title."),
        _text("url", "Address", "Its page."),
        _time("opened_at", "Opened"),
        _time("merged_at", "Merged", sql="CASE WHEN state = 'merged' THEN merged_at END"),
        _time("closed_at", "Closed", sql="CASE WHEN state = 'closed' THEN closed_at END"),
        _ms("time_to_merge", "Time to merge", "time_to_merge_us", "How long it was open until it was merged."),
        _money("cost", "Cost", "What its calls cost, of all time; unknown where it has none, or none with a price.", sql="cost_usd"),
        _number("calls", "Calls", COUNT, "Calls that were made for it."),
        _number("unpriced", "Unpriced calls", COUNT, "Calls of these that nobody knows the price of."),
        _number("sessions", "Sessions", COUNT, "Sessions that worked on it."),
        _number("commits", "Commits", COUNT),
        _number("files_changed", "Files changed", COUNT),
        _number("lines_added", "Lines added", COUNT),
        _number("lines_removed", "Lines removed", COUNT),
    ),
    "error_details": (
        _HTTP,
        _text("stack_trace", "Stack trace", "Where in the program it happened."),
        _text("request", "Request", "What was sent, where that is kept."),
        _text("response", "Response", "What came back, where that is kept."),
        _CALL,
        _REQUEST,
    ),
}

#: The facts of each cube, by name.
FACTS: Final[dict[str, dict[str, Fact]]] = {
    cube: {fact.name: fact for fact in (*_EVERY, *facts)} for cube, facts in _OF.items()
}
#: What a feed shows where nobody says what.
SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "calls": ("at", "provider", "model", "status", "error_message", "latency_ms", "total_tokens", "cost"),
    "tools": ("at", "tool", "status", "error_message", "duration_ms", "agent"),
    "steps": ("at", "step", "type", "status", "error_message", "duration_ms"),
    "runs": ("at", "agent", "role", "status", "task", "duration_ms", "error_message"),
    "jobs": ("at", "job", "status", "error_type", "error_message", "duration_ms", "next_run_at"),
    "bills": ("at", "provider", "type", "line_item", "amount"),
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
