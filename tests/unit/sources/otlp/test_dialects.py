"""What each dialect's spans become: one golden span and its record per dialect, in both encodings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generators.otlp_spans import as_json, protobuf, span
from tokometer.records import AgentRun, ModelCall, Record, Step, ToolCall
from tokometer.sources.otlp import decode_traces

SEMCONV = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "gcp.gemini",
    "gen_ai.request.model": "gemini-2.5-pro",
    "gen_ai.response.model": "gemini-2.5-pro-002",
    "gen_ai.response.id": "response-1",
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.response.time_to_first_chunk": 0.25,
    "gen_ai.conversation.id": "conversation-1",
    "gen_ai.agent.name": "planner",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.cache_read.input_tokens": 600,
    "gen_ai.usage.cache_creation.input_tokens": 100,
    "gen_ai.usage.output_tokens": 50,
    "gen_ai.usage.reasoning.output_tokens": 20,
    "gen_ai.data_source.id": "handbook",
    "server.address": "generativelanguage.example.com",
    "server.port": 443,
    "user.id": "ada",
}

DIALECTS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "current conventions": (
        "chat gemini-2.5-pro",
        SEMCONV,
        {
            "provider": "google",
            "model": "gemini-2.5-pro-002",
            "operation": "chat",
            "request_id": "response-1",
            "stop_reason": "stop",
            "ttft_us": 250_000,
            "latency_us": 1_000_000,
            "session_id": "conversation-1",
            "agent": "planner",
            "input_tokens": 300,
            "cache_read_tokens": 600,
            "cache_write_unknown_tokens": 100,
            "output_tokens": 50,
            "reasoning_tokens": 20,
            "knowledge_base": "handbook",
            "endpoint": "generativelanguage.example.com",
            "user": "ada",
        },
    ),
    "cache_write as the newest drafts name it": (
        "chat",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic",
            "gen_ai.request.model": "claude-sonnet-4-5",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.cache_write.input_tokens": 40,
            "gen_ai.usage.output_tokens": 1,
        },
        {"input_tokens": 60, "cache_write_unknown_tokens": 40},
    ),
    "conventions up to 1.36": (
        "chat gpt-4o",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.prompt_tokens": 12,
            "gen_ai.usage.completion_tokens": 3,
        },
        {"provider": "openai", "model": "gpt-4o", "input_tokens": 12, "output_tokens": 3},
    ),
    "conventions before operations": (
        "openai.chat",
        {
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.prompt_tokens": 1,
            "gen_ai.usage.completion_tokens": 2,
        },
        {"operation": "chat", "input_tokens": 1, "output_tokens": 2},
    ),
    "embeddings": (
        "embeddings text-embedding-3-small",
        {
            "gen_ai.operation.name": "embeddings",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "text-embedding-3-small",
            "gen_ai.usage.input_tokens": 9,
        },
        {"operation": "embeddings", "input_tokens": 9, "output_tokens": None},
    ),
    "older Anthropic instrumentation, cache beside the input": (
        "chat claude",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "anthropic",
            "gen_ai.request.model": "claude-3-7-sonnet-20250219",
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.cache_read_input_tokens": 500,
            "gen_ai.usage.cache_creation_input_tokens": 20,
            "gen_ai.usage.output_tokens": 5,
        },
        {"input_tokens": 10, "cache_read_tokens": 500, "cache_write_unknown_tokens": 20},
    ),
    "cache beside the input, told by the total": (
        "chat claude",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "aws.bedrock",
            "gen_ai.request.model": "anthropic.claude-sonnet-4-20250514-v1:0",
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.cache_read_input_tokens": 500,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.total_tokens": 1505,
        },
        {"provider": "bedrock", "input_tokens": 1000, "cache_read_tokens": 500},
    ),
    "cache writes by lifetime": (
        "chat claude",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic",
            "gen_ai.request.model": "claude-sonnet-4-5",
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.cache_creation.input_tokens": 500,
            "gen_ai.usage.cache_creation.ephemeral_5m_input_tokens": 100,
            "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens": 400,
        },
        {
            "input_tokens": 500,
            "cache_write_5m_tokens": 100,
            "cache_write_1h_tokens": 400,
            "cache_write_unknown_tokens": 0,
        },
    ),
    "thoughts beside the answer": (
        "generate_content gemini",
        {
            "gen_ai.operation.name": "generate_content",
            "gen_ai.system": "gcp.gen_ai",
            "gen_ai.request.model": "gemini-2.5-flash",
            "gen_ai.usage.input_tokens": 1,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.reasoning_tokens": 50,
        },
        {"operation": "generate_content", "output_tokens": 55, "reasoning_tokens": 50},
    ),
    "OpenInference": (
        "ChatCompletion",
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-4o",
            "llm.provider": "openai",
            "llm.token_count.prompt": 100,
            "llm.token_count.completion": 30,
            "llm.token_count.total": 130,
            "llm.token_count.prompt_details.cache_read": 64,
            "llm.token_count.completion_details.reasoning": 8,
            "llm.cost.total": 0.00123,
            "session.id": "s-1",
            "user.id": "u-1",
            "input.value": "never kept",
            "output.value": "never kept",
        },
        {
            "provider": "openai",
            "model": "gpt-4o",
            "input_tokens": 36,
            "cache_read_tokens": 64,
            "output_tokens": 30,
            "reasoning_tokens": 8,
            "cost_reported": 1_230_000,
            "session_id": "s-1",
            "user": "u-1",
        },
    ),
    "OpenLLMetry": (
        "anthropic.chat",
        {
            "llm.request.type": "chat",
            "gen_ai.system": "Anthropic",
            "gen_ai.request.model": "claude-3-5-sonnet-20241022",
            "gen_ai.response.model": "claude-3-5-sonnet-20241022",
            "gen_ai.usage.prompt_tokens": 150,
            "gen_ai.usage.cache_read_input_tokens": 100,
            "gen_ai.usage.completion_tokens": 5,
            "llm.usage.total_tokens": 155,
            "traceloop.workflow.name": "answer",
            "traceloop.association.properties.session_id": "s-2",
            "traceloop.association.properties.user_id": "u-2",
            "gen_ai.prompt.0.content": "never kept",
        },
        {
            "provider": "anthropic",
            "input_tokens": 50,
            "cache_read_tokens": 100,
            "output_tokens": 5,
            "session_id": "s-2",
            "user": "u-2",
        },
    ),
    "LiteLLM's proxy": (
        "litellm_request",
        {
            "gen_ai.operation.name": "acompletion",
            "llm.request.type": "acompletion",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-5.2",
            "gen_ai.response.model": "fast",
            "litellm.model_group": "fast",
            "litellm.provider.model": "openai/gpt-5.2",
            "gen_ai.usage.input_tokens": 1200,
            "gen_ai.usage.output_tokens": 340,
            "gen_ai.usage.total_tokens": 1540,
            "metadata.usage_object": "{'prompt_tokens': 1200, 'prompt_tokens_details': {'cached_tokens': 1000}}",
            "llm.user": "customer-7",
        },
        {
            "provider": "openai",
            "model": "gpt-5.2",
            "operation": "chat",
            "input_tokens": 200,
            "cache_read_tokens": 1000,
            "output_tokens": 340,
            "user": "customer-7",
        },
    ),
    "LiteLLM's proxy, its second telemetry": (
        "chat fast",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openrouter",
            "gen_ai.request.model": "fast",
            "litellm.provider.model": "openrouter/openai/gpt-5.2",
            "litellm.call_id": "c1c9d1f0-5de7-4986-b2e6-300ea4456275",
            "gen_ai.usage.input_tokens": 8,
        },
        {
            "provider": "openrouter",
            "model": "openai/gpt-5.2",
            "request_id": "c1c9d1f0-5de7-4986-b2e6-300ea4456275",
            "input_tokens": 8,
        },
    ),
    "LiteLLM's proxy, embeddings": (
        "litellm_request",
        {
            "gen_ai.operation.name": "aembedding",
            "llm.request.type": "aembedding",
            "gen_ai.request.model": "text-embedding-3-small",
            "gen_ai.response.model": "embed",
            "litellm.model_group": "embed",
            "litellm.provider.model": "openai/text-embedding-3-small",
            "gen_ai.usage.input_tokens": 8,
        },
        {"provider": "openai", "model": "text-embedding-3-small", "operation": "embeddings", "input_tokens": 8},
    ),
    "Sentry": (
        "chat gpt-4o",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.input_tokens.cached": 40,
            "gen_ai.usage.output_tokens": 10,
            "gen_ai.usage.output_tokens.reasoning": 4,
        },
        {"input_tokens": 60, "cache_read_tokens": 40, "output_tokens": 10, "reasoning_tokens": 4},
    ),
    "Langfuse": (
        "answer",
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "claude-sonnet-4-5",
            "gen_ai.request.model": "an alias",
            "langfuse.observation.usage_details": json.dumps(
                {"input": 10, "input_cached_tokens": 90, "output": 4, "output_reasoning_tokens": 6, "total": 110}
            ),
            "langfuse.observation.cost_details": json.dumps({"input": 0.001, "output": 0.002}),
            "langfuse.session.id": "s-3",
            "session.id": "weaker",
            "langfuse.environment": "staging",
        },
        {
            "provider": "anthropic",
            "model": "claude-sonnet-4-5",
            "input_tokens": 10,
            "cache_read_tokens": 90,
            "output_tokens": 10,
            "reasoning_tokens": 6,
            "cost_reported": 3_000_000,
            "session_id": "s-3",
            "environment": "staging",
        },
    ),
    "Vercel AI SDK": (
        "ai.generateText.doGenerate",
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.model.id": "gpt-4o",
            "ai.model.provider": "openai",
            "ai.usage.promptTokens": 7,
            "ai.usage.completionTokens": 2,
            "ai.response.msToFirstChunk": 120.5,
            "ai.telemetry.metadata.userId": "u-4",
        },
        {
            "model": "gpt-4o",
            "provider": "openai",
            "input_tokens": 7,
            "output_tokens": 2,
            "ttft_us": 120_500,
            "user": "u-4",
        },
    ),
    "Vercel AI SDK 7": (
        "chat gpt-4o",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 70,
            "gen_ai.usage.cache_read.input_tokens": 60,
            "gen_ai.usage.output_tokens": 20,
            "ai.usage.inputTokenDetails.noCacheTokens": 10,
            "ai.usage.outputTokenDetails.reasoningTokens": 15,
            "gen_ai.client.operation.time_to_first_chunk": 0.1205,
        },
        {
            "model": "gpt-4o",
            "provider": "openai",
            "input_tokens": 10,
            "cache_read_tokens": 60,
            "output_tokens": 20,
            "reasoning_tokens": 15,
            "ttft_us": 120_500,
        },
    ),
    "Claude Code": (
        "claude_code.llm_request",
        {
            "model": "claude-opus-4-5",
            "input_tokens": "100",
            "output_tokens": "20",
            "cache_read_tokens": "50",
            "cache_creation_tokens": "10",
            "ttft_ms": 321,
            "attempt": 2,
            "success": "true",
            "session.id": "s-5",
            "request_id": "req_1",
            "agent_id": "a-1",
            "parent_agent_id": "a-0",
        },
        {
            "provider": "anthropic",
            "model": "claude-opus-4-5",
            "input_tokens": 100,
            "cache_read_tokens": 50,
            "cache_write_unknown_tokens": 10,
            "output_tokens": 20,
            "ttft_us": 321_000,
            "attempt": 2,
            "status": "ok",
            "session_id": "s-5",
            "request_id": "req_1",
            "subagent": "a-1",
        },
    ),
    "our own names": (
        "chat gpt-4o",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "tokometer.team": "search",
            "tokometer.project": "finder",
            "tokometer.knowledge_base": "wiki",
            "tokometer.estimated_tokens": 99,
            "tokometer.revenue_usd": "0.01",
            "tokometer.api_key": "sk-" + "x" * 30 + "9z8y",
        },
        {
            "provider": "openai",
            "team": "search",
            "project": "finder",
            "knowledge_base": "wiki",
            "estimated_tokens": 99,
            "revenue": 10_000_000,
            "api_key": "…9z8y",
        },
    ),
    "MLflow, every value as JSON": (
        "Completions",
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.llm.model": '"gpt-4o"',
            "mlflow.llm.provider": '"openai"',
            "mlflow.chat.tokenUsage": '{"input_tokens": 100, "output_tokens": 7, "total_tokens": 107}',
        },
        {"model": "gpt-4o", "provider": "openai", "input_tokens": 100, "output_tokens": 7},
    ),
    "Semantic Kernel of old": (
        "chat.completions gpt-4o",
        {
            "gen_ai.operation.name": "chat.completions",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.prompt_tokens": 16,
            "gen_ai.response.completion_tokens": 28,
        },
        {"model": "gpt-4o", "operation": "chat", "input_tokens": 16, "output_tokens": 28},
    ),
    "an API as the operation, without usage": (
        "responses gpt-5",
        {"gen_ai.operation.name": "responses", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5"},
        {"model": "gpt-5", "operation": "chat", "input_tokens": None},
    ),
    "OpenInference in small letters": (
        "llm",
        {"openinference.span.kind": "llm", "llm.model_name": "gpt-4o", "llm.token_count.prompt": 5},
        {"model": "gpt-4o", "operation": "chat", "input_tokens": 5, "shadow": False},
    ),
    "Langfuse in large letters": (
        "gen",
        {"langfuse.observation.type": "EMBEDDING", "langfuse.observation.model.name": "text-embedding-3-small"},
        {"model": "text-embedding-3-small", "operation": "embeddings"},
    ),
}


def one(body: bytes, encoding: Any = "protobuf") -> Record:
    """The one record that a request makes."""
    traces = decode_traces(body, encoding)
    assert traces.refusals == []
    assert len(traces.records) == 1
    return traces.records[0]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_becomes_a_call_with_what_it_says(dialect: str) -> None:
    """A span of each dialect becomes one model call with the tokens, cost and context that it states."""
    name, attributes, expected = DIALECTS[dialect]
    call = one(protobuf(span(name, attributes)))
    assert isinstance(call, ModelCall)
    assert {field: getattr(call, field) for field in expected} == expected


@pytest.mark.parametrize("base64_ids", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_both_encodings_mean_the_same(dialect: str, base64_ids: bool) -> None:
    """JSON, with ids in hex or base64 and numbers as text, makes the same record as protobuf."""
    name, attributes, _ = DIALECTS[dialect]
    given = span(name, attributes, parentSpanId="00000000000000aa")
    body = json.dumps(as_json(given, base64_ids=base64_ids)).encode()
    assert one(body, "json") == one(protobuf(given))


def test_nothing_of_a_prompt_is_kept() -> None:
    """No field of a record holds what was asked or answered."""
    for name, attributes, _ in DIALECTS.values():
        assert "never kept" not in repr(one(protobuf(span(name, attributes))))


def test_the_resource_speaks_for_its_spans_unless_they_do() -> None:
    """Environment, project and user come from the resource where the span does not say them."""
    resource = {"service.name": "shop", "deployment.environment": "production", "user.id": "service"}
    plain, personal = decode_traces(
        protobuf(span(attributes=SEMCONV | {"user.id": "ada"}), span(attributes=dict(SEMCONV)), resource=resource),
        "protobuf",
    ).records
    assert isinstance(plain, ModelCall)
    assert isinstance(personal, ModelCall)
    assert (plain.project, plain.environment, plain.user) == ("shop", "production", "ada")
    resourceful = one(protobuf(span(attributes={"gen_ai.operation.name": "chat"}), resource=resource))
    assert isinstance(resourceful, ModelCall)
    assert resourceful.user == "service"


def test_an_unnamed_service_is_no_project() -> None:
    """The SDK's placeholder for a missing service name is not taken for a project."""
    call = one(protobuf(span(attributes=SEMCONV), resource={"service.name": "unknown_service:python"}))
    assert isinstance(call, ModelCall)
    assert call.project == ""


TOOLS = {
    "current conventions": (
        "execute_tool search",
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", "gen_ai.tool.call.id": "c1"},
        "search",
    ),
    "OpenInference": ("search", {"openinference.span.kind": "TOOL", "tool.name": "search"}, "search"),
    "OpenLLMetry": ("search.tool", {"traceloop.span.kind": "tool", "traceloop.entity.name": "search"}, "search"),
    "Langfuse": ("search", {"langfuse.observation.type": "tool"}, "search"),
    "Vercel AI SDK": ("ai.toolCall", {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "search"}, "search"),
    "Claude Code": ("claude_code.tool", {"tool_name": "Bash", "tool_use_id": "toolu_1"}, "Bash"),
}


@pytest.mark.parametrize("dialect", TOOLS)
def test_tools_become_tool_calls(dialect: str) -> None:
    """A tool's span becomes a tool call with the tool's name and how long it took."""
    name, attributes, tool = TOOLS[dialect]
    call = one(protobuf(span(name, attributes)))
    assert isinstance(call, ToolCall)
    assert (call.name, call.status, call.duration_us) == (tool, "ok", 1_000_000)


AGENTS = {
    "current conventions": (
        "invoke_agent planner",
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"},
        ("planner", "agent"),
    ),
    "workflow": (
        "invoke_workflow trip",
        {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "trip"},
        ("trip", "workflow"),
    ),
    "name in the span only": ("invoke_agent planner", {"gen_ai.operation.name": "invoke_agent"}, ("planner", "agent")),
    "OpenInference": ("run", {"openinference.span.kind": "AGENT", "agent.name": "planner"}, ("planner", "agent")),
    "OpenLLMetry": (
        "trip.workflow",
        {"traceloop.span.kind": "workflow", "traceloop.entity.name": "trip"},
        ("trip", "workflow"),
    ),
    "Langfuse": ("planner", {"langfuse.observation.type": "agent"}, ("planner", "agent")),
    "Claude Code": ("claude_code.interaction", {"session.id": "s"}, ("claude-code", "agent")),
}


@pytest.mark.parametrize("dialect", AGENTS)
def test_agents_become_runs(dialect: str) -> None:
    """A span of an agent or workflow becomes a run and no call."""
    name, attributes, expected = AGENTS[dialect]
    run = one(protobuf(span(name, attributes)))
    assert isinstance(run, AgentRun)
    assert (run.agent, run.role) == expected


STEPS = {
    "OpenInference chain": ("chain", {"openinference.span.kind": "CHAIN", "llm.token_count.prompt": 5}, "chain"),
    "OpenInference chain in small letters": ("chain", {"openinference.span.kind": "chain"}, "chain"),
    "OpenInference retriever": ("find", {"openinference.span.kind": "RETRIEVER"}, "retriever"),
    "OpenLLMetry task": ("rank.task", {"traceloop.span.kind": "task"}, "task"),
    "Langfuse span": ("work", {"langfuse.observation.type": "span"}, "span"),
    "retrieval": ("retrieval", {"gen_ai.operation.name": "retrieval"}, "retrieval"),
    "polling a response": ("fetch_response", {"gen_ai.operation.name": "fetch_response"}, "fetch_response"),
    "a wrapper with the sum": (
        "ai.generateText",
        {"ai.operationId": "ai.generateText", "ai.usage.promptTokens": 7, "ai.model.id": "gpt-4o"},
        "ai.generateText",
    ),
    "LiteLLM's proxy, a file": ("litellm_request", {"llm.request.type": "acreate_file"}, "acreate_file"),
    "a round with its sum": (
        "step 1",
        {"gen_ai.operation.name": "agent_step", "ai.usage.inputTokenDetails.noCacheTokens": 7},
        "agent_step",
    ),
    "Claude Code waiting": ("claude_code.tool.blocked_on_user", {"duration_ms": 5}, "tool.blocked_on_user"),
}


@pytest.mark.parametrize("kind", STEPS)
def test_what_else_the_dialects_report_is_a_step(kind: str) -> None:
    """A span of a dialect that is no call, tool or agent is kept as a step, with the dialect's word for it."""
    name, attributes, type_ = STEPS[kind]
    step, *statements = decode_traces(protobuf(span(name, attributes)), "protobuf").records
    assert isinstance(step, Step)
    assert all(isinstance(call, ModelCall) and call.shadow for call in statements)
    assert (step.name, step.type, step.status, step.duration_us) == (name, type_, "ok", 1_000_000)


SILENT = {
    "HTTP": ("GET /", {"http.request.method": "GET", "http.response.status_code": 200}),
    "database": ("SELECT", {"db.system": "postgresql"}),
    "no attributes": ("anything", {}),
}


@pytest.mark.parametrize("kind", SILENT)
def test_spans_that_mean_nothing_to_a_meter_are_passed_over(kind: str) -> None:
    """Spans without a model's meaning make no record and no refusal, and are counted as skipped."""
    name, attributes = SILENT[kind]
    traces = decode_traces(protobuf(span(name, attributes)), "protobuf")
    assert (traces.records, traces.refusals, traces.skipped, traces.spans) == ([], [], 1, 1)
