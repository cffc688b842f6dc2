"""Every attribute that we read, under every name that an instrumentation has given it.

An attribute has a *slot* (what it means here) and a *rank* (which name wins where a span carries several for one slot:
lower first; below zero it beats even the current convention, as Langfuse's own names do). Names come from the GenAI
semantic conventions in all their generations, OpenInference, OpenLLMetry, Langfuse, the Vercel AI SDK and Claude Code;
the `tokometer.*` ones are ours, for what no convention has a name for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from tokometer.records.ids import key_fingerprint
from tokometer.records.values import flag, message, milliseconds, moment, money, seconds, text, whole


class Attribute(NamedTuple):
    """How one attribute name is read."""

    name: str
    slot: str
    rank: int
    convert: Callable[[Any], Any]


class Reading(NamedTuple):
    """One attribute of a span, read. `error` says what is wrong with it, where something is."""

    slot: str
    rank: int
    value: Any
    error: str = ""
    name: str = ""


def _status_code(value: object) -> int:
    return whole(value, 999)


def _masked(value: object) -> str:
    return key_fingerprint(text(value))


def _json_moment(value: object) -> int:
    """Langfuse writes times as JSON, quotes included."""
    return moment(value.strip('"') if isinstance(value, str) else value)


def _long(value: object) -> str:
    """Text that is read and not kept (JSON inside an attribute)."""
    return value if isinstance(value, str) else ""


_T: Final = "traceloop.association.properties."
_M: Final = "ai.telemetry.metadata."

#: Slot → how it is read, and its names from the first choice to the last; `<` marks names that beat the first.
_SLOTS: Final[dict[str, tuple[Callable[[Any], Any], str]]] = {
    # what the span is
    "operation": (text, "gen_ai.operation.name"),
    "openinference_kind": (text, "openinference.span.kind"),
    "traceloop_kind": (text, "traceloop.span.kind"),
    "langfuse_type": (text, "langfuse.observation.type"),
    "request_type": (text, "llm.request.type"),
    "ai_operation": (text, "ai.operationId"),
    # which model
    "provider": (text, "gen_ai.provider.name gen_ai.system llm.provider llm.system ai.model.provider"),
    "model": (text, "<langfuse.observation.model.name gen_ai.response.model llm.response.model ai.response.model"),
    "request_model": (
        text,
        "gen_ai.request.model llm.model_name embedding.model_name llm.request.model ai.model.id model",
    ),
    "response_id": (text, "gen_ai.response.id llm.response.id ai.response.id request_id"),
    # tokens
    "input": (
        whole,
        "gen_ai.usage.input_tokens gen_ai.usage.prompt_tokens llm.usage.prompt_tokens llm.token_count.prompt "
        "ai.usage.inputTokens ai.usage.promptTokens ai.usage.tokens input_tokens",
    ),
    "output": (
        whole,
        "gen_ai.usage.output_tokens gen_ai.usage.completion_tokens llm.usage.completion_tokens "
        "llm.token_count.completion ai.usage.outputTokens ai.usage.completionTokens output_tokens",
    ),
    "cache_read": (
        whole,
        "gen_ai.usage.cache_read.input_tokens gen_ai.usage.cache_read_input_tokens gen_ai.usage.input_tokens.cached "
        "llm.usage.cache_read_input_tokens llm.token_count.prompt_details.cache_read ai.usage.cachedInputTokens "
        "cache_read_tokens",
    ),
    "cache_write": (
        whole,
        "gen_ai.usage.cache_creation.input_tokens gen_ai.usage.cache_write.input_tokens "
        "gen_ai.usage.cache_creation_input_tokens gen_ai.usage.input_tokens.cache_write "
        "llm.usage.cache_creation_input_tokens llm.token_count.prompt_details.cache_write cache_creation_tokens",
    ),
    "cache_write_5m": (whole, "gen_ai.usage.cache_creation.ephemeral_5m_input_tokens"),
    "cache_write_1h": (whole, "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens"),
    "reasoning": (
        whole,
        "gen_ai.usage.reasoning.output_tokens gen_ai.usage.reasoning_tokens gen_ai.usage.output_tokens.reasoning "
        "llm.usage.reasoning_tokens llm.token_count.completion_details.reasoning ai.usage.reasoningTokens",
    ),
    "total": (
        whole,
        "gen_ai.usage.total_tokens llm.usage.total_tokens llm.token_count.total ai.usage.totalTokens",
    ),
    "estimated": (whole, "tokometer.estimated_tokens"),
    "langfuse_usage": (_long, "langfuse.observation.usage_details"),
    # money
    "cost": (money, "gen_ai.usage.cost gen_ai.usage.total_cost llm.cost.total llm.usage.cost cost_usd"),
    "revenue": (money, "tokometer.revenue_usd"),
    "langfuse_cost": (_long, "langfuse.observation.cost_details"),
    # how fast
    "ttft": (
        seconds,
        "gen_ai.response.time_to_first_chunk gen_ai.server.time_to_first_token gen_ai.response.time_to_first_token "
        "llm.latency.time_to_first_token",
    ),
    "ttft_ms": (milliseconds, "ttft_ms ai.response.msToFirstChunk"),
    "first_token_at": (_json_moment, "langfuse.observation.completion_start_time"),
    # how it ended
    "error_type": (text, "error.type exception.type"),
    "error_message": (
        message,
        "error.message exception.message langfuse.observation.status_message error",
    ),
    "langfuse_level": (text, "langfuse.observation.level"),
    "http_status": (_status_code, "http.response.status_code http.status_code status_code"),
    "success": (flag, "success"),
    "stop": (
        text,
        "gen_ai.response.finish_reasons gen_ai.response.stop_reason llm.finish_reason llm.response.finish_reason "
        "ai.response.finishReason stop_reason",
    ),
    "attempt": (whole, "attempt"),
    # whose it is
    "session": (
        text,
        f"<langfuse.session.id gen_ai.conversation.id session.id {_T}session_id {_T}thread_id {_M}sessionId",
    ),
    "user": (text, f"<langfuse.user.id user.id enduser.id {_T}user_id {_M}userId"),
    "team": (text, f"tokometer.team team team.id team.name {_T}team {_M}team langfuse.trace.metadata.team"),
    "project": (text, f"tokometer.project openinference.project.name {_T}project {_M}project"),
    "service": (text, "service.name"),
    "environment": (
        text,
        "<langfuse.environment deployment.environment.name deployment.environment",
    ),
    "knowledge_base": (
        text,
        f"tokometer.knowledge_base gen_ai.data_source.id aws.bedrock.knowledge_base.id knowledge_base "
        f"{_T}knowledge_base",
    ),
    "api_key": (_masked, "tokometer.api_key"),
    "tier": (
        text,
        "openai.response.service_tier gen_ai.openai.response.service_tier openai.request.service_tier "
        "gen_ai.openai.request.service_tier",
    ),
    "host": (text, "server.address net.peer.name"),
    "port": (text, "server.port net.peer.port"),
    "url": (text, "gen_ai.openai.api_base llm.openai.api_base"),
    # agents and tools
    "agent": (text, "gen_ai.agent.name agent.name agent_name"),
    "agent_id": (text, "gen_ai.agent.id agent_id"),
    "parent_agent_id": (text, "parent_agent_id"),
    "workflow": (text, "gen_ai.workflow.name traceloop.workflow.name"),
    "entity": (text, "traceloop.entity.name"),
    "tool": (text, "gen_ai.tool.name tool.name ai.toolCall.name tool_name"),
    "tool_call_id": (text, "gen_ai.tool.call.id tool_call.id ai.toolCall.id tool_use_id"),
    "tool_server": (text, "mcp.server.name mcp_server.name mcp_server_name"),
}

#: What a resource says of all its spans.
RESOURCE_SLOTS: Final = frozenset(
    {"service", "environment", "project", "team", "user", "session", "knowledge_base", "agent", "api_key", "host"}
)


def _names() -> dict[str, Attribute]:
    names = {}
    for slot, (convert, spelled) in _SLOTS.items():
        rank = 0
        for name in spelled.split():
            if name.startswith("<"):
                names[name[1:]] = Attribute(name[1:], slot, -1, convert)
            else:
                names[name] = Attribute(name, slot, rank, convert)
                rank += 1
    return names


SLOTS: Final = frozenset(_SLOTS)
#: Attribute name → how it is read.
ATTRIBUTES: Final[dict[str, Attribute]] = _names()


def read(name: str, value: object) -> Reading | None:
    """An attribute's meaning, None where it has none for us or no value."""
    attribute = ATTRIBUTES.get(name)
    if attribute is None or value is None:
        return None
    try:
        return Reading(attribute.slot, attribute.rank, attribute.convert(value))
    except ValueError as error:
        return Reading(attribute.slot, attribute.rank, None, str(error), name)
