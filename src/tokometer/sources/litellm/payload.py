"""A `StandardLoggingPayload` of LiteLLM → records.

Written after LiteLLM 1.83 to 1.109 (`litellm/types/utils.py`). Prompts, answers, addresses of callers and traces of its
own code stand in it as well; nothing of those is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tokometer.records import (
    ModelCall,
    Record,
    Sample,
    Status,
    Step,
    ToolCall,
    infer_provider,
    key_fingerprint,
    status_of,
)
from tokometer.records.labels import metadata_from, tags_from
from tokometer.records.providers import provider_of
from tokometer.sources.addresses import host_of
from tokometer.sources.litellm.identity import Named, named
from tokometer.sources.litellm.operations import MCP, MODEL_CALLS, PUT_THERE, plain
from tokometer.sources.noticed import Noticed
from tokometer.sources.otlp.facts import region_of
from tokometer.sources.sessions import session_in_user
from tokometer.sources.told import Told
from tokometer.sources.usage import CACHED, NOTHING_USED, Used, put, stop_reason_of, used

SOURCE: Final = "litellm"
#: Fields that are read, or of which nothing is kept: content, addresses, LiteLLM's own workings.
_KNOWN: Final = """
    id trace_id session_id litellm_call_id call_type cache_hit stream status status_fields custom_llm_provider
    saved_cache_cost startTime endTime completionStartTime response_time model model_id model_group api_base metadata
    cache_key response_cost cost_breakdown total_tokens prompt_tokens completion_tokens request_tags end_user
    requester_ip_address user_agent messages response model_parameters hidden_params model_map_information error_str
    error_information response_cost_failure_debug_info guardrail_information standard_built_in_tools_params
    agent_id user litellm_model_name request_model zero_cost_diagnostic autorouter_baseline_observation
    autorouter_savings autorouter_savings_estimate classifier_input originating_request_masked
    request_model_access_groups
    """
KNOWN: Final = frozenset(_KNOWN.split())
#: What people say of their calls themselves.
_SAID: Final = ("spend_logs_metadata", "requester_metadata")
#: A UUID, or a trace of OpenTelemetry's: with that callback on as well, those name a call that nobody named.
_MADE_UP: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}", re.IGNORECASE)
_USER_AGENT: Final = "user-agent:"
_NOBODY: Final = frozenset({"default_user_id", "litellm_proxy_master_key"})
#: What a user's metadata holds that has a field of its own, and what LiteLLM puts there of the HTTP request.
_FIELDS: Final = frozenset({"session_id", "trace_id", "tags", "environment", "user_id"}) | PUT_THERE
_GUARDED: Final = {"success": "ok", "not_run": "ok", "guardrail_intervened": "error", "blocked": "error"}


def records_of(
    given: dict[str, Any], noticed: Noticed, position: int | None = None, *, row: bool = False
) -> Iterator[Record]:
    """The records that a payload makes. `row`: it was made of a row of the spend logs, which know less.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    payload = Told(given)
    for name in payload.beside(KNOWN):
        if payload.raw(name) not in ("", [], {}):
            noticed.add("field", name, position)
    told = _Payload(payload, noticed, position, row=row)
    if told.operation == MCP:
        yield told.tool()
    elif told.is_call():
        yield told.call()
        yield from told.beside()
    else:
        yield told.step(told.name.native_id, told.operation or "call", "api", told.start, told.latency)
    if not told.of_request:
        yield from told.guardrails()


class _Payload:
    """One payload, while it is read."""

    def __init__(self, payload: Told, noticed: Noticed, position: int | None, *, row: bool) -> None:
        self._payload = payload
        self._noticed = noticed
        self._position = position
        self._row = row
        self._metadata = payload.within("metadata")
        self.operation = plain(payload.text("call_type"))
        self.start = payload.needed(payload.moment_utc("startTime"), "startTime")
        end = payload.moment_utc("endTime")
        self.latency = None if end is None or end <= self.start else end - self.start
        self.cached = payload.yes("cache_hit")
        self.status = self._status()
        #: Whether it stands for all attempts of a request that failed, each of which tells of itself.
        self.of_request = row and self.status != "ok"
        self.name = self._name()
        self.provider = provider_of(payload.text("custom_llm_provider")) or infer_provider(payload.text("model"))
        limit = self._information().word("error_rate_limit_category")
        lost = not self.provider and self.status != "ok" and not payload.text("model_id")
        if lost or limit.startswith(SOURCE):
            # It did not come as far as a provider, or a limit of LiteLLM's own kept it from it.
            self.provider = SOURCE
        self.model = self._model()
        self._google = self.provider in ("google", "vertex")
        self.labels = self._labels()
        self.context = self._context()
        self._used = self._what_was_used()

    def is_call(self) -> bool:
        """Whether it is a call of a model, rather than of another part of LiteLLM's API."""
        return (
            self.operation in MODEL_CALLS or bool(self._used.usage.total) or bool(self._payload.money("response_cost"))
        )

    # -- what becomes of it ------------------------------------------------------------------------------------

    def call(self) -> ModelCall:
        payload, parameters = self._payload, self._payload.within("model_parameters")
        call = ModelCall(
            source=SOURCE,
            native_id=self.name.native_id,
            started_at=self.start,
            revision=0 if self._row else 1,
            group=self.name.group,
            shadow=self.of_request,
            # Of a request that failed its own id is all that there is. What the cache answered is named by the time, as
            # LiteLLM's Langfuse callback names it, too.
            request_id=self.name.native_id if self.cached else payload.text("litellm_call_id") or self.name.group,
            response_id=self.name.response_id,
            # An answer of LiteLLM's cache was not given by the provider, and says nothing of how well that works.
            provider=SOURCE if self.cached else self.provider,
            model=self.model,
            operation=MODEL_CALLS.get(self.operation, self.operation or "chat"),
            status=self.status,
            error_message=self._error() if self.status != "ok" else "",
            http_status=self._http() if self.status != "ok" else None,
            stop_reason=_stop(payload.raw("response")),
            latency_us=self.latency,
            ttft_us=self._ttft(),
            service_tier=payload.within("cost_breakdown").word("service_tier") or parameters.word("service_tier"),
            endpoint=host_of(payload.word("api_base") or payload.within("hidden_params").word("api_base")),
            team=self._metadata.text("user_api_key_team_alias", "user_api_key_team_id", "team_alias", "team_id"),
            labels=self.labels or None,
            **self.context,
        )
        call.region = region_of(call.endpoint)
        call.cost_reported = self._cost()
        put(call, self._used, self._noticed, self._position)
        return call

    def tool(self) -> ToolCall:
        told = self._metadata.within("mcp_tool_call_metadata")
        server, _, tool = self._payload.text("mcp_namespaced_tool_name").rpartition("/")
        context = {name: self.context[name] for name in ("session_id", "project", "agent", "user", "environment")}
        cost = self._payload.raw("response_cost")
        return ToolCall(
            source=SOURCE,
            native_id=self.name.native_id,
            started_at=self.start,
            revision=0 if self._row else 1,
            trace_id=self.context["trace_id"],
            name=told.text("name") or tool or self._payload.text("model") or "tool",
            server=told.text("mcp_server_name") or server,
            status="ok" if self.status == "ok" else "cancelled" if self.status == "cancelled" else "error",
            error_message=self._error() if self.status != "ok" else "",
            duration_us=self.latency,
            team=self._metadata.text("user_api_key_team_alias", "user_api_key_team_id"),
            account=self.context["account"],
            labels={**self.labels, **({"cost_usd": str(cost)} if cost else {})} or None,
            **context,
        )

    def step(self, native_id: str, name: str, type_: str, start: int, duration: int | None) -> Step:
        context = {name: self.context[name] for name in ("session_id", "project", "agent", "user", "environment")}
        return Step(
            source=SOURCE,
            native_id=native_id,
            started_at=start,
            revision=0 if self._row else 1,
            trace_id=self.context["trace_id"],
            name=name,
            type=type_,
            status="ok" if self.status == "ok" else "cancelled" if self.status == "cancelled" else "error",
            error_message=self._error() if self.status != "ok" else "",
            duration_us=duration,
            team=self._metadata.text("user_api_key_team_alias", "user_api_key_team_id"),
            labels=self.labels or None,
            **context,
        )

    def beside(self) -> Iterator[Record]:
        """What LiteLLM itself took of the time, and what its cache saved."""
        hidden = self._payload.within("hidden_params")
        overhead = hidden.number("litellm_overhead_time_ms")
        if overhead is None:
            overhead = self._metadata.number("litellm_overhead_time_ms")
        if overhead is not None and overhead >= 0:
            yield self._sample("litellm.overhead", overhead / 1000, "s", "gauge")
        if not self.cached:
            return
        saved = self._payload.number("saved_cache_cost")
        if saved:
            yield self._sample("litellm.cache.saved_cost", saved, "USD", "delta")
        tokens = self._stated().usage.total
        if tokens:
            yield self._sample("litellm.cache.saved_tokens", float(tokens), "tokens", "delta")

    def guardrails(self) -> Iterator[Step]:
        """The checks that LiteLLM put the call through."""
        for at, given in enumerate(self._payload.objects("guardrail_information")):
            start = given.moment("start_time") or self.start
            name = given.word("guardrail_name") or "guardrail"
            step = self.step(
                f"{self.name.native_id}:guardrail:{at}:{name}", name, "guardrail", start, given.seconds("duration")
            )
            stated = given.word("guardrail_status")
            step.status = _GUARDED.get(stated, "error") if stated else "unknown"  # type: ignore[assignment]
            step.error_message = "" if step.status != "error" else stated
            yield step

    def _sample(self, metric: str, value: float, unit: str, mode: Any) -> Sample:  # noqa: ANN401 - one of its modes
        return Sample(
            source=SOURCE,
            native_id=f"{self.name.native_id}:{metric}",
            started_at=self.start,
            metric=metric,
            value=value,
            unit=unit,
            mode=mode,
            provider=self.provider,
            model=self.model,
        )

    # -- what it says ------------------------------------------------------------------------------------------

    def _name(self) -> Named:
        given = self._payload.needed(self._payload.text("id", "litellm_call_id"), "id")
        return named(given, self.start, cached=self.cached, failed=self.status != "ok", of_request=self.of_request)

    def _model(self) -> str:
        """The model as its provider writes it: the router puts the provider in front, `openai/gpt-5-mini`."""
        return self._payload.text("model", "model_group").removeprefix(f"{self._payload.text('custom_llm_provider')}/")

    def _status(self) -> Status:
        stated = self._payload.word("status") or self._metadata.word("status")
        error = self._information()
        if stated == "success" or (not stated and not error.word("error_class", "error_message")):
            return "ok"
        status = status_of(self._http(), error.word("error_class"))
        if status in ("ok", "server_error") and self._http() is None:
            status = status_of(None, error.word("error_message") or self._payload.word("error_str"))
        return "server_error" if status == "ok" else status

    def _information(self) -> Told:
        return self._payload.within("error_information") or self._metadata.within("error_information")

    def _http(self) -> int | None:
        code = str(self._information().raw("error_code") or "")
        return int(code) if len(code) == 3 and code.isascii() and code.isdigit() else None  # noqa: PLR2004 - as HTTP

    def _error(self) -> str:
        error = self._information()
        return error.message("error_message") or self._payload.message("error_str") or error.message("error_class")

    def _ttft(self) -> int | None:
        """Only of what was streamed: else LiteLLM writes the end there."""
        first, end = self._payload.moment_utc("completionStartTime"), self._payload.moment_utc("endTime")
        streamed = self._payload.yes("stream") or (self._row and "stream" not in self._payload)
        if not streamed or self.cached or first is None or (end is not None and first >= end) or first <= self.start:
            return None
        return first - self.start

    def _cost(self) -> int | None:
        """What LiteLLM says it cost. It writes 0 also where it knows no price, which is not the same."""
        if self.cached:
            return 0
        cost = self._payload.money("response_cost")
        if cost or cost is None:
            return cost
        breakdown = self._payload.within("cost_breakdown") or self._metadata.within("cost_breakdown")
        doubt = [self._payload.raw(name) for name in ("response_cost_failure_debug_info", "zero_cost_diagnostic")]
        known = breakdown.money("total_cost") == 0 and not any(doubt)
        return 0 if known and self.status == "ok" else None

    def _what_was_used(self) -> Used:
        if self.cached:
            # Nobody was asked: what the first answer used is told again, and was not used again.
            return CACHED
        return self._stated()

    def _stated(self) -> Used:
        for holder in (self._metadata, self._payload.within("hidden_params")):
            usage = holder.within("usage_object")
            if usage:
                return _if_any(used(usage.plain, usage.path.removesuffix("."), google=self._google))
        counts = {name: self._payload.raw(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
        more = self._metadata.within("additional_usage_values")
        return _if_any(used({**more.plain, **counts}, "", google=self._google))

    # -- whose it is -------------------------------------------------------------------------------------------

    def _context(self) -> dict[str, Any]:
        payload, metadata = self._payload, self._metadata
        requester = metadata.within("requester_metadata")
        user = metadata.text("user_api_key_user_email", "user_api_key_user_id") or payload.text("user")
        key = metadata.text("user_api_key_hash", "user_api_key")
        end_user = payload.text("end_user")
        of_client = session_in_user(requester.text("user_id")) or session_in_user(end_user)
        return {
            "trace_id": payload.text("trace_id"),
            "session_id": payload.text("session_id")
            or requester.text("session_id")
            or of_client
            or _named(payload.text("trace_id")),
            "project": metadata.text("user_api_key_project_alias", "user_api_key_project_id"),
            "agent": payload.text("agent_id") or metadata.text("agent_id"),
            # Who is named by his session is another one in each.
            "user": ("" if session_in_user(end_user) else end_user) if not user or user in _NOBODY else user,
            "account": metadata.text("user_api_key_org_alias", "user_api_key_org_id"),
            "environment": requester.text("environment"),
            "api_key": "" if not key else key if key in _NOBODY else key_fingerprint(key),
        }

    def _labels(self) -> dict[str, str]:
        payload, metadata = self._payload, self._metadata
        labels: dict[str, str] = {}
        for name in _SAID:
            said = metadata.within(name).plain
            labels |= metadata_from({key: value for key, value in said.items() if key not in _FIELDS})
        stated = payload.raw("request_tags")
        tags = [tag for tag in stated if isinstance(tag, str)] if isinstance(stated, list) else []
        labels |= tags_from([tag for tag in tags if not tag.lower().startswith(_USER_AGENT)])
        model, group = self.model, payload.word("model_group")
        facts = {
            "model_group": group if group != model else "",
            "deployment": payload.word("model_id"),
            "key_alias": metadata.word("user_api_key_alias"),
            "end_user": "" if session_in_user(payload.text("end_user")) else payload.word("end_user"),
            "cache": "hit" if self.cached else "",
            "client": payload.word("user_agent").partition("/")[0].strip(),
            "guardrail": self._guarded(),
            "error_class": self._information().word("error_class") if self.status != "ok" else "",
            "rate_limit": self._information().word("error_rate_limit_category"),
        }
        return {**labels, **{name: value for name, value in facts.items() if value}}

    def _guarded(self) -> str:
        stated = self._payload.within("status_fields").word("guardrail_status")
        return stated.removeprefix("guardrail_") if stated not in ("", "not_run", "success") else ""


def _named(trace_id: str) -> str:
    """A trace that somebody named, which LiteLLM's versions without a field for it use for the session.

    Where nobody does, they make up an id for each request.
    """
    return "" if _MADE_UP.fullmatch(trace_id) else trace_id


def _stop(response: object) -> str:
    return stop_reason_of(response) if isinstance(response, dict) else ""


def _if_any(said: Used) -> Used:
    """What was used; nothing known where all of it is 0, which LiteLLM writes where it was told nothing."""
    return said if said.usage.total or said.quantities else said._replace(usage=NOTHING_USED.usage)
