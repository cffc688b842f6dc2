"""Every attribute that we read, under every name that an instrumentation has given it.

An attribute has a *slot* (what it means here) and a *rank* (which name wins where a span carries several for one slot:
lower first; below zero it beats even the current convention, as Langfuse's own names do). Names come from the GenAI
semantic conventions in all their generations, OpenInference, OpenLLMetry, Langfuse, the Vercel AI SDK and Claude Code;
the `tokometer.*` ones are ours, for what no convention has a name for. Those of tokens and costs stand in tables of
their own (:mod:`tokometer.sources.otlp.tokens`, :mod:`tokometer.sources.otlp.costs`); others where usage stands are
read by their words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from tokometer.records.counted_parts import thousandths
from tokometer.records.errors import mistake
from tokometer.records.ids import key_fingerprint
from tokometer.records.redaction import redacted
from tokometer.records.values import MOST_ATTEMPTS, flag, message, milliseconds, moment, money, seconds, text, whole
from tokometer.sources.answer_ids import answer_named
from tokometer.sources.otlp.costs import COST_KEYS, COST_OBJECTS, is_cost_part
from tokometer.sources.otlp.counts import count, is_number
from tokometer.sources.otlp.former import formerly
from tokometer.sources.otlp.object_keys import OBJECTS
from tokometer.sources.otlp.tokens import KEYS, PREFIXES, QUANTITY_SLOTS
from tokometer.sources.otlp.unread import UNREAD
from tokometer.sources.otlp.words import KNOWN, slot_of


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


def _attempt(value: object) -> int:
    return whole(value, MOST_ATTEMPTS)


def _answer(value: object) -> str | None:
    return answer_named(value) or None


def _masked(value: object) -> str:
    return key_fingerprint(text(value))


def _json_moment(value: object) -> int:
    """Langfuse writes times as JSON, quotes included."""
    return moment(value.strip('"') if isinstance(value, str) else value)


def _object(value: object) -> object:
    """An object, as JSON text or as a map; it is read with the span's other counts, and not kept."""
    return value if isinstance(value, (str, dict)) else ""


def _costs(value: object) -> object:
    """An object of costs; a number alone is its total."""
    return {"total": value} if is_number(value) or value in (0, "0") else _object(value)


def _quoted(value: object) -> str:
    """MLflow writes every value as JSON, quotes included."""
    return text(value).strip('"')


def _parameters(value: object) -> dict[str, str] | None:
    """Tier, region and speed among the parameters of a request, which stand as JSON in one attribute."""
    if isinstance(value, dict):
        said = {name: value.get(name) for name in _PARAMETERS}
        found = {name: word for name, word in said.items() if isinstance(word, str) and len(word) <= _WORD_LENGTH}
    elif isinstance(value, str):
        found = {name.replace("T", "_t").replace("G", "_g"): word for name, word in _PARAMETER.findall(value)}
    else:
        return None
    return found or None


def _unread(name: str) -> Callable[[Any], str | None]:
    """For an attribute that nothing reads: its name, where it holds a number."""
    shown = redacted(name, _NAME)
    return lambda value: shown if is_number(value) else None


#: The slot of what is nothing to us and never the same twice: it is not even decoded.
IGNORED: Final = "ignored"
#: Langfuse's name of the moment of the first token.
COMPLETION_BEGAN: Final = "langfuse.observation.completion_start_time"

_NAME: Final = 80
_WORD_LENGTH: Final = 40
_PARAMETERS: Final = ("service_tier", "inference_geo", "speed")
_PARAMETER: Final = re.compile(
    r'"(service_tier|serviceTier|inference_geo|inferenceGeo|speed)"\s*:\s*"([-_a-zA-Z0-9]{1,40})"'
)
_TIER_OF_RESPONSES: Final = (
    "openai.response.service_tier gen_ai.openai.response.service_tier gen_ai.response.service_tier "
    "gen_ai.usage.service_tier anthropic.response.service_tier gen_ai.anthropic.response.service_tier "
    "llm.response.service_tier gen_ai.usage.details.service_tier"
)
_TIER_OF_REQUESTS: Final = (
    "gen_ai.service_tier openai.request.service_tier gen_ai.openai.request.service_tier gen_ai.request.service_tier "
    "anthropic.request.service_tier gen_ai.anthropic.request.service_tier aws.bedrock.service_tier "
    "llm.request.service_tier langfuse.observation.metadata.service_tier service_tier"
)
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
    "mlflow_type": (_quoted, "mlflow.spanType"),
    "langsmith_kind": (text, "langsmith.span.kind"),
    "ai_operation": (text, "ai.operationId"),
    # which model
    "provider": (
        text,
        "gen_ai.provider.name gen_ai.system llm.provider llm.system ai.model.provider openclaw.provider "
        "mlflow.llm.provider",
    ),
    "model": (text, "<langfuse.observation.model.name gen_ai.response.model llm.response.model ai.response.model"),
    "request_model": (
        text,
        "gen_ai.request.model llm.model_name embedding.model_name llm.request.model ai.model.id mlflow.llm.model model "
        "openclaw.model",
    ),
    # What a client of LiteLLM's proxy called the model by, which the proxy puts into the answer, too; what it is
    "model_group": (text, "litellm.model_group"),
    "routed_model": (text, "litellm.provider.model"),
    # LiteLLM's own id of a request, by which its callback tells of what has no answer's id
    "litellm_call": (text, "litellm.call_id"),
    "response_id": (text, "gen_ai.response.id llm.response.id ai.response.id request_id"),
    # OpenInference and MLflow have the answer's id nowhere but in the answer, which is not kept; so has Langfuse
    "answer": (_answer, "output.value mlflow.spanOutputs langfuse.observation.output"),
    "instrumentation": (text, "telemetry.sdk.name"),
    # What Codex's span of an answer's last piece has, and no other of its spans
    "codex": (count, "codex.usage.total_tokens"),
    # money; tokens and costs stand in tables of their own
    "estimated": (whole, "tokometer.estimated_tokens"),
    "revenue": (money, "tokometer.revenue_usd"),
    # how fast
    "ttft": (
        seconds,
        "gen_ai.response.time_to_first_chunk gen_ai.server.time_to_first_token gen_ai.response.time_to_first_token "
        "llm.latency.time_to_first_token gen_ai.client.operation.time_to_first_chunk",
    ),
    "ttft_ms": (
        milliseconds,
        "ttft_ms ai.response.msToFirstChunk copilot_chat.time_to_first_token openclaw.model_call.time_to_first_byte_ms",
    ),
    "first_token_at": (_json_moment, COMPLETION_BEGAN),
    # how it ended
    "error_type": (text, "error.type exception.type openclaw.errorCategory"),
    "error_message": (
        message,
        "error.message exception.message langfuse.observation.status_message error openclaw.error",
    ),
    "langfuse_level": (text, "langfuse.observation.level"),
    "http_status": (_status_code, "http.response.status_code http.status_code status_code"),
    "success": (flag, "success"),
    "stop": (
        text,
        "gen_ai.response.finish_reasons gen_ai.response.stop_reason llm.finish_reason llm.response.finish_reason "
        "ai.response.finishReason stop_reason",
    ),
    "attempt": (_attempt, "attempt"),
    # whose it is
    "session": (
        text,
        f"<langfuse.session.id gen_ai.conversation.id session.id {_T}session_id {_T}thread_id {_M}sessionId "
        "openclaw.sessionId openclaw.sessionKey",
    ),
    "user": (text, f"<langfuse.user.id user.id enduser.id {_T}user_id {_M}userId llm.user"),
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
    "tier": (text, f"{_TIER_OF_RESPONSES} {_TIER_OF_REQUESTS}"),
    "parameters": (_parameters, "llm.invocation_parameters langfuse.observation.model.parameters"),
    "speed": (text, "gen_ai.usage.speed anthropic.speed gen_ai.request.speed gen_ai.anthropic.speed speed"),
    "region": (
        text,
        "gen_ai.usage.inference_geo gen_ai.response.inference_geo gen_ai.request.inference_geo anthropic.inference_geo "
        "gen_ai.anthropic.inference_geo langfuse.observation.metadata.inference_geo gen_ai.request.region "
        "gen_ai.usage.details.inference_geo inference_geo gen_ai.response.region aws.bedrock.region aws.region "
        "gcp.location gcp.vertex.location cloud.region",
    ),
    "machine": (text, "host.name"),
    "account": (text, "tokometer.account organization.id openai.organization gen_ai.openai.organization"),
    "host": (text, "server.address net.peer.name"),
    "port": (text, "server.port net.peer.port"),
    "url": (text, "gen_ai.openai.api_base llm.openai.api_base"),
    # agents and tools
    "agent": (text, "gen_ai.agent.name agent.name agent_name openclaw.agent"),
    "agent_id": (text, "gen_ai.agent.id agent_id"),
    "parent_agent_id": (text, "parent_agent_id"),
    "workflow": (text, "gen_ai.workflow.name traceloop.workflow.name"),
    "entity": (text, "traceloop.entity.name"),
    "tool": (text, "gen_ai.tool.name tool.name ai.toolCall.name tool_name openclaw.toolName"),
    "tool_call_id": (text, "gen_ai.tool.call.id gen_ai.tool.call_id tool_call.id ai.toolCall.id tool_use_id"),
    "tool_server": (text, "mcp.server.name mcp_server.name mcp_server_name"),
}

#: What a resource says of all its spans.
RESOURCE_SLOTS: Final = frozenset(
    {
        *("service", "environment", "project", "team", "user", "session", "knowledge_base", "agent", "api_key", "host"),
        *("machine", "account"),
    }
)


def _names() -> dict[str, Attribute]:
    names = {}
    spelled_out = {
        **_SLOTS,
        **{slot: (_reader(slot), " ".join(keys)) for slot, keys in (*KEYS.items(), *COST_KEYS.items())},
        **{name: (_object, name) for name in OBJECTS},
        **{name: (_costs, name) for name in COST_OBJECTS},
        "provider_metadata": (_object, "ai.response.providerMetadata"),
    }
    for slot, (convert, spelled) in spelled_out.items():
        rank = 0
        for name in spelled.split():
            if name.startswith("<"):
                names[name[1:]] = Attribute(name[1:], slot, -1, convert)
            else:
                names[name] = Attribute(name, slot, rank, convert)
                rank += 1
    for name in ("mlflow.llm.model", "mlflow.llm.provider"):
        names[name] = names[name]._replace(convert=_quoted)
    for name, attribute in list(names.items()):
        for former in formerly(name):
            names[former] = attribute._replace(name=former)
    return names


def _reader(slot: str) -> Callable[[Any], Any]:
    if slot == "currency":
        return text
    if slot in COST_KEYS:
        return money
    return thousandths if slot in QUANTITY_SLOTS else count


#: Attribute name → how it is read.
ATTRIBUTES: Final[dict[str, Attribute]] = _names()
SLOTS: Final = frozenset(attribute.slot for attribute in ATTRIBUTES.values())

#: After every name that a table has.
_BY_WORDS: Final = 1000
#: What a name ends with that says what it is wherever it stands → its slot; a cost that no table has is noticed.
_ENDS: Final = {
    "service_tier": "tier",
    "serviceTier": "tier",
    "inference_geo": "region",
    "inferenceGeo": "region",
    "web_search_requests": "web_searches",
    "webSearchRequests": "web_searches",
    ".cost": "",
    ".cost_usd": "",
    "_cost": "",
    ".cost.usd": "",
    "_cost_usd": "",
}
ENDINGS: Final = tuple(_ENDS)
#: Where people put what they like.
_LABELS: Final = re.compile(r"(?:^|\.)(?:metadata|properties|tags|labels)\.")
#: Under other names there may be any number of keys; those of usage are few.
_REMEMBERED: Final = 4096
_others: Final[dict[str, Attribute | None]] = {}


def attribute_of(name: str) -> Attribute | None:
    """How an attribute is read: as a table has it, by its words where usage stands; None is not at all."""
    attribute = ATTRIBUTES.get(name)
    if attribute is not None:
        return attribute
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), "")
    if not prefix and (not name.endswith(ENDINGS) or _LABELS.search(name)):
        return None
    try:
        return _others[name]
    except KeyError:
        if len(_others) >= _REMEMBERED:
            _others.clear()
        attribute = _others[name] = _by_words(name, prefix)
        return attribute


def _by_words(name: str, prefix: str) -> Attribute | None:
    if is_cost_part(name):
        return None
    slot = next((slot for ending, slot in _ENDS.items() if name.endswith(ending)), "")
    if slot in ("tier", "region"):
        return Attribute(name, slot, _BY_WORDS + ("request" in name), _short)
    if prefix and not slot:
        slot = slot_of(name[len(prefix) :])
    if slot == KNOWN:
        return None
    if not slot:
        return Attribute(name, UNREAD, _BY_WORDS, _unread(name))
    return Attribute(name, slot, _BY_WORDS, _numbers_alone(_reader(slot)))


def _short(value: object) -> str | None:
    return value if isinstance(value, str) and value.isprintable() and len(value) <= _WORD_LENGTH else None


def _numbers_alone(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`convert` for numbers; text that is none is something else under a name that looks like usage."""

    def converted(value: object) -> object:
        try:
            return convert(value)
        except ValueError:
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                raise
            return None

    return converted


def read(name: str, value: object, table: Mapping[str, Attribute] = ATTRIBUTES) -> Reading | None:
    """An attribute's meaning by a table, None where it has none for us or no value."""
    attribute = table.get(name) or attribute_of(name)
    if attribute is None or value is None:
        return None
    try:
        converted = attribute.convert(value)
    except ValueError as error:
        return Reading(attribute.slot, attribute.rank, None, str(error), name)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this attribute
        return Reading(attribute.slot, attribute.rank, None, mistake(error).reason, name)
    return None if converted is None else Reading(attribute.slot, attribute.rank, converted)
