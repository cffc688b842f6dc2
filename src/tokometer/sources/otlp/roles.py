"""What a span is to a meter: a model call, an agent's run, a tool's run, or nothing.

Tokens are counted on model calls only. Spans around them (agents, workflows, chains, a client's retry wrapper) often
carry the sum of what is below them, so they group and are not counted on top (`records.tellings`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from tokometer.records.redaction import masked
from tokometer.sources.litellm.operations import MODEL_CALLS, OTHERS, plain
from tokometer.sources.otlp.object_keys import OBJECTS
from tokometer.sources.otlp.span import Span
from tokometer.sources.otlp.tokens import QUANTITY_SLOTS
from tokometer.sources.otlp.tokens import SLOTS as TOKEN_SLOTS

Role = Literal["call", "agent", "workflow", "tool", "statement", "sum", ""]


class Part(NamedTuple):
    """A span's role, and for a model call which operation it is."""

    role: Role
    operation: str = ""


_NOTHING: Final = Part("")
_CHAT: Final = Part("call", "chat")
_EMBEDDINGS: Final = Part("call", "embeddings")
_COMPLETION: Final = Part("call", "text_completion")
_RERANK: Final = Part("call", "rerank")
_AGENT: Final = Part("agent", "invoke_agent")
_WORKFLOW: Final = Part("workflow", "invoke_workflow")
_TOOL: Final = Part("tool", "execute_tool")
#: The sum of what a run used, told by a span that stands beside the run's calls.
_STATEMENT: Final = Part("statement", "invoke_agent")
#: A chain, a step or a wrapper that says what was used below it, and is no call itself.
_SUM: Final = Part("sum", "invoke_agent")
_SUM_OF_EMBEDDINGS: Final = Part("sum", "embeddings")

#: gen_ai.operation.name
_OPERATIONS: Final = {
    "chat": _CHAT,
    "completion": _COMPLETION,
    "create_agent": _NOTHING,
    "embedding": _EMBEDDINGS,
    "embeddings": _EMBEDDINGS,
    "execute_tool": _TOOL,
    "fetch_response": _NOTHING,
    "generate_content": Part("call", "generate_content"),
    "invoke_agent": _AGENT,
    "invoke_workflow": _WORKFLOW,
    "plan": _NOTHING,
    "rerank": _RERANK,
    "retrieval": _NOTHING,
    "text_completion": _COMPLETION,
    # Semantic Kernel's of old, and those of libraries that name the API which they call
    "chat.completions": _CHAT,
    "chat.streaming_completions": _CHAT,
    "chat_completion": _CHAT,
    "text.completions": _COMPLETION,
    "text.streaming_completions": _COMPLETION,
    "responses": _CHAT,
    "messages": _CHAT,
    # Gemini CLI's own
    "agent_call": _AGENT,
    "llm_call": _CHAT,
    "schedule_tool_calls": _NOTHING,
    "system_prompt": _NOTHING,
    "tool_call": _TOOL,
    "user_prompt": _NOTHING,
    # The Vercel AI SDK's own, since 7: a round of an agent, of which it can tell the sum
    "agent_step": _NOTHING,
}
#: openinference.span.kind: only LLM and EMBEDDING are counted.
_OPENINFERENCE: Final = {"LLM": _CHAT, "EMBEDDING": _EMBEDDINGS, "AGENT": _AGENT, "TOOL": _TOOL}
#: llm.request.type
_REQUESTS: Final = {
    "chat": _CHAT,
    "completion": _COMPLETION,
    "embedding": _EMBEDDINGS,
    "rerank": _RERANK,
}
#: traceloop.span.kind; a task is a step of a workflow
_TRACELOOP: Final = {"agent": _AGENT, "tool": _TOOL, "workflow": _WORKFLOW}
#: langfuse.observation.type
_LANGFUSE: Final = {"generation": _CHAT, "embedding": _EMBEDDINGS, "agent": _AGENT, "tool": _TOOL}
#: mlflow.spanType
_MLFLOW: Final = {"LLM": _CHAT, "CHAT_MODEL": _CHAT, "EMBEDDING": _EMBEDDINGS, "AGENT": _AGENT, "TOOL": _TOOL}
#: langsmith.span.kind
_LANGSMITH: Final = {"llm": _CHAT, "embedding": _EMBEDDINGS, "tool": _TOOL}
#: Span names of Claude Code's own traces
_CLAUDE_CODE: Final = {
    "claude_code.interaction": _AGENT,
    "claude_code.llm_request": _CHAT,
    "claude_code.tool": _TOOL,
}
#: Span names of OpenClaw's, where its operation does not say it, or says another.
_OPENCLAW: Final = {
    "openclaw.model.usage": _STATEMENT,
    "openclaw.run": _AGENT,
    "openclaw.tool.execution": _TOOL,
}


def part_of(span: Span) -> Part:
    """The part that a span plays; one that means nothing to a meter (HTTP, a database) plays none.

    One that is no call and says what was used is the sum of calls, which counts as far as none of them is known.
    """
    part = _said(span)
    if part.role or span.found.keys().isdisjoint(_USAGE) or span.found.get("operation") in _AGAIN:
        return part
    if not word_of(span):
        return part  # `usage.total` can be of anything
    # What embeds has no answer that could be counted.
    return _SUM_OF_EMBEDDINGS if span.found.keys() & _USAGE <= {"input", "total"} else _SUM


def _said(span: Span) -> Part:  # noqa: C901, PLR0911 - one line a dialect
    found = span.found
    operation = found.get("operation")
    if span.name.startswith("openclaw.") and span.name in _OPENCLAW:
        return _OPENCLAW[span.name]
    if operation is not None and "langfuse_type" not in found:
        part = _OPERATIONS.get(operation)
        if part is not None:
            return part
    if "codex" in found:
        return _CHAT
    if span.name.startswith("claude_code."):
        return _CLAUDE_CODE.get(span.name, _NOTHING)
    if "langfuse_type" in found:
        return _named(_LANGFUSE, found["langfuse_type"], str.lower)
    if "openinference_kind" in found:
        return _named(_OPENINFERENCE, found["openinference_kind"], str.upper)
    if "request_type" in found:
        return _REQUESTS.get(found["request_type"]) or _litellm(found["request_type"])
    if "traceloop_kind" in found:
        return _named(_TRACELOOP, found["traceloop_kind"], str.lower)
    if "ai_operation" in found:
        return _vercel(found["ai_operation"])
    if "mlflow_type" in found:
        return _named(_MLFLOW, found["mlflow_type"], str.upper)
    if "langsmith_kind" in found:
        return _named(_LANGSMITH, found["langsmith_kind"], str.lower)
    return _guess(found, operation)


def _named(parts: Mapping[str, Part], word: str, folded: Callable[[str], str]) -> Part:
    """The part that a dialect's word means, also where it is spelled in other letters than its dialect has."""
    return parts.get(word) or parts.get(folded(word), _NOTHING)


def _litellm(call_type: str) -> Part:
    """LiteLLM says by which of its own functions it was asked (`aembedding`); all but calls of models is a step."""
    word = plain(call_type)
    if word in MODEL_CALLS:
        return Part("call", MODEL_CALLS[word])
    return _NOTHING if word.startswith(OTHERS) else _CHAT


def _vercel(operation: str) -> Part:
    """The Vercel AI SDK has an outer span with the sum and an inner one (`….doGenerate`) for each request."""
    if operation == "ai.toolCall":
        return _TOOL
    inner = operation.rpartition(".")[2]
    if inner == "doEmbed":
        return _EMBEDDINGS
    return _CHAT if inner in ("doGenerate", "doStream") else _NOTHING


def _guess(found: dict[str, Any], operation: str | None) -> Part:
    """Spans that say what they used without saying what they are: conventions up to 1.30 had no operation."""
    if found.keys().isdisjoint(_USAGE):
        return _NOTHING
    if operation is not None:
        return Part("call", operation)
    if "provider" in found or "request_model" in found or "model" in found:
        return _EMBEDDINGS if found.keys() & _USAGE == {"input"} else _CHAT
    return _NOTHING


#: Operations that tell again of an answer which was made before.
_AGAIN: Final = frozenset({"fetch_response"})
#: What only a model call has.
_USAGE: Final = frozenset(TOKEN_SLOTS) | QUANTITY_SLOTS.keys() | OBJECTS.keys()
#: Words of the dialects that mean nothing to a meter, by slot; others are noticed.
_SILENT: Final = {
    "operation": frozenset(
        {
            *("create_agent", "fetch_response", "plan", "retrieval", "search_memory", "create_memory", "update_memory"),
            *("delete_memory", "create_memory_store", "delete_memory_store", "upsert_memory"),
            *("schedule_tool_calls", "system_prompt", "user_prompt", "agent_step"),
        }
    ),
    "openinference_kind": frozenset({"CHAIN", "RETRIEVER", "RERANKER", "GUARDRAIL", "EVALUATOR", "PROMPT", "UNKNOWN"}),
    "langfuse_type": frozenset({"span", "event", "chain", "retriever", "evaluator", "guardrail"}),
    "traceloop_kind": frozenset({"task", "unknown"}),
    "mlflow_type": frozenset({"CHAIN", "RETRIEVER", "RERANKER", "PARSER", "UNKNOWN", "MEMORY", "WORKFLOW", "TASK"}),
    "langsmith_kind": frozenset({"chain", "retriever", "prompt", "parser"}),
}
_SPOKEN: Final = frozenset(_SILENT)


def unexplained_usage(span: Span) -> bool:
    """Whether a span that plays no part holds what looks like tokens, and nothing that says whose they are."""
    found = span.found
    return any(found[slot] for slot in found.keys() & _USAGE) and not word_of(span)


def unknown_word(found: dict[str, Any]) -> str:
    """What a span that plays no part says of itself that no rule knows, as `attribute value`; mostly nothing."""
    if found.keys().isdisjoint(_SPOKEN):
        return ""
    for slot, silent in _SILENT.items():
        word = found.get(slot)
        if word and word not in silent and word.swapcase() not in silent:
            return f"{_NAMES[slot]} {word}"
    return ""


_NAMES: Final = {
    "operation": "gen_ai.operation.name",
    "openinference_kind": "openinference.span.kind",
    "langfuse_type": "langfuse.observation.type",
    "traceloop_kind": "traceloop.span.kind",
    "mlflow_type": "mlflow.spanType",
    "langsmith_kind": "langsmith.span.kind",
}


#: Where the dialects say what kind of a span it is.
_WORDS: Final = (
    "langfuse_type",
    "openinference_kind",
    "traceloop_kind",
    "mlflow_type",
    "langsmith_kind",
    "ai_operation",
    "operation",
    "request_type",
)
#: What the names of spans begin with of those who say it there.
_OWN: Final = ("claude_code.", "openclaw.")


def word_of(span: Span) -> str:
    """What a span of one of the dialects says that it is; empty for any other span."""
    found = span.found
    for slot in _WORDS:
        if found.get(slot):
            word = str(found[slot])
            return word.lower() if word.isupper() and masked(word) == word else word
    return span.name.partition(".")[2] if span.name.startswith(_OWN) else ""
