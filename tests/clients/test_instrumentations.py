"""Instrumentations of others around the real SDKs, sent by OTLP: each call once, with what it used.

What each of them says differs: some leave out the cache, some tell one call by two spans. The right numbers are the
provider's; where an instrumentation does not say one, the test says so.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import pytest

from clients.conftest import Run
from servers.provider import ANSWER, CACHED, INPUT, OUTPUT, PROMPT, READ, REASONING, WRITTEN
from servers.whole import Running

EXPORT = """
import os
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
traces = TracerProvider(resource=Resource.create({"service.name": os.environ["NAME"]}))
exporter = OTLPSpanExporter(endpoint=os.environ["TOKOMETER_URL"] + "/v1/traces")
traces.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(traces)
"""
OPENINFERENCE = """
from openinference.instrumentation.{0} import {1}Instrumentor
{1}Instrumentor().instrument(tracer_provider=traces)
"""
OPENLLMETRY = OPENINFERENCE.replace("openinference", "opentelemetry")
OPENLIT = """
import pathlib, openlit
pathlib.Path("prices.json").write_text("{}")
openlit.init(otlp_endpoint=os.environ["TOKOMETER_URL"], disable_batch=True, pricing_json="prices.json")
"""
ASK = '"messages": [{"role": "user", "content": "hello"}]'
CHAT = f"""
import openai
openai.OpenAI(max_retries=0).chat.completions.create(**{{"model": "gpt-5.2", {ASK}}})
"""
CHAT_STREAM = f"""
import openai
told = {{"stream": True, "stream_options": {{"include_usage": True}}}}
for chunk in openai.OpenAI(max_retries=0).chat.completions.create(**{{"model": "gpt-5.2", {ASK}, **told}}):
    pass
"""
RESPONSES = """
import openai
openai.OpenAI(max_retries=0).responses.create(model="gpt-5.2", input="hello")
"""
MESSAGES = f"""
import anthropic
anthropic.Anthropic(max_retries=0).messages.create(**{{"model": "claude-sonnet-4-5", "max_tokens": 9, {ASK}}})
"""
MESSAGES_STREAM = f"""
import anthropic
asked = {{"model": "claude-sonnet-4-5", "max_tokens": 9, "stream": True, {ASK}}}
for event in anthropic.Anthropic(max_retries=0).messages.create(**asked):
    pass
"""
LANGCHAIN = """
from langchain_openai import ChatOpenAI
from langchain_core.prompts import ChatPromptTemplate
model = ChatOpenAI(model="gpt-5.2", max_retries=0)
(ChatPromptTemplate.from_template("say {what}") | model).invoke({"what": "hello"})
"""
LANGCHAIN_STREAM = """
from langchain_openai import ChatOpenAI
for chunk in ChatOpenAI(model="gpt-5.2", max_retries=0, stream_usage=True).stream("hello"):
    pass
"""
LANGCHAIN_ANTHROPIC = """
from langchain_anthropic import ChatAnthropic
ChatAnthropic(model="claude-sonnet-4-5", max_retries=0, max_tokens=9).invoke("hello")
"""
PYDANTIC_AI = """
from pydantic_ai import Agent
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.instrumented import InstrumentationSettings
agent = Agent("{0}", capabilities=[Instrumentation(InstrumentationSettings(tracer_provider=traces))])
agent.run_sync("hello")
"""
PYDANTIC_AI_STREAM = """
import asyncio
from pydantic_ai import Agent
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.instrumented import InstrumentationSettings
agent = Agent("{0}", capabilities=[Instrumentation(InstrumentationSettings(tracer_provider=traces))])

async def main():
    async with agent.run_stream("hello") as answer:
        await answer.get_output()

asyncio.run(main())
"""
LLAMA_INDEX = """
from llama_index.llms.openai import OpenAI
OpenAI(model="gpt-4o-mini", max_retries=0, api_base=os.environ["OPENAI_BASE_URL"]).complete("hello")
"""


class Told(NamedTuple):
    """What a call used, in our buckets; None where the instrumentation does not say it, and it counts elsewhere."""

    input: int
    cache_read: int
    cache_write: int
    output: int
    reasoning: int


OPENAI = Told(PROMPT - CACHED, CACHED, 0, ANSWER, REASONING)
#: Of the answer it is not said how much was reasoning.
UNSAID = OPENAI._replace(reasoning=0)
ANTHROPIC = Told(INPUT, READ, WRITTEN, OUTPUT, 0)
#: OpenLLMetry adds the count at the start of a stream (1) to that at its end.
ONE_MORE = ANTHROPIC._replace(output=OUTPUT + 1)
#: OpenLIT says of a stream that nothing was cached.
UNCACHED = ANTHROPIC._replace(cache_read=0, cache_write=0)

CASES = {
    "openinference-openai-chat": (OPENINFERENCE.format("openai", "OpenAI"), CHAT, OPENAI),
    "openinference-openai-chat-stream": (OPENINFERENCE.format("openai", "OpenAI"), CHAT_STREAM, OPENAI),
    "openinference-openai-responses": (OPENINFERENCE.format("openai", "OpenAI"), RESPONSES, OPENAI),
    "openinference-anthropic": (OPENINFERENCE.format("anthropic", "Anthropic"), MESSAGES, ANTHROPIC),
    "openinference-anthropic-stream": (OPENINFERENCE.format("anthropic", "Anthropic"), MESSAGES_STREAM, ANTHROPIC),
    "openinference-langchain": (OPENINFERENCE.format("langchain", "LangChain"), LANGCHAIN, OPENAI),
    "openinference-langchain-stream": (OPENINFERENCE.format("langchain", "LangChain"), LANGCHAIN_STREAM, OPENAI),
    "openinference-langchain-anthropic": (
        OPENINFERENCE.format("langchain", "LangChain"),
        LANGCHAIN_ANTHROPIC,
        ANTHROPIC,
    ),
    "openinference-langchain-over-openai": (
        OPENINFERENCE.format("langchain", "LangChain") + OPENINFERENCE.format("openai", "OpenAI"),
        LANGCHAIN,
        OPENAI,
    ),
    "openinference-llama-index": (OPENINFERENCE.format("llama_index", "LlamaIndex"), LLAMA_INDEX, OPENAI),
    "openllmetry-openai-chat": (OPENLLMETRY.format("openai", "OpenAI"), CHAT, OPENAI),
    "openllmetry-openai-chat-stream": (OPENLLMETRY.format("openai", "OpenAI"), CHAT_STREAM, UNSAID),
    "openllmetry-openai-responses": (OPENLLMETRY.format("openai", "OpenAI"), RESPONSES, OPENAI),
    "openllmetry-anthropic": (OPENLLMETRY.format("anthropic", "Anthropic"), MESSAGES, ANTHROPIC),
    "openllmetry-anthropic-stream": (OPENLLMETRY.format("anthropic", "Anthropic"), MESSAGES_STREAM, ONE_MORE),
    "openlit-openai-chat": (OPENLIT, CHAT, UNSAID),
    "openlit-openai-chat-stream": (OPENLIT, CHAT_STREAM, UNSAID),
    "openlit-anthropic": (OPENLIT, MESSAGES, ANTHROPIC),
    "openlit-anthropic-stream": (OPENLIT, MESSAGES_STREAM, UNCACHED),
    "pydantic-ai-openai": ("", PYDANTIC_AI.format("openai-chat:gpt-5.2"), OPENAI),
    "pydantic-ai-openai-stream": ("", PYDANTIC_AI_STREAM.format("openai-chat:gpt-5.2"), OPENAI),
    "pydantic-ai-anthropic": ("", PYDANTIC_AI.format("anthropic:claude-sonnet-4-5"), ANTHROPIC),
    "two-at-once": (OPENINFERENCE.format("openai", "OpenAI") + OPENLLMETRY.format("openai", "OpenAI"), CHAT, OPENAI),
}


def told(server: Running, name: str) -> tuple[int, Told, str]:
    """How many calls of a project are kept, what they used, and their models."""
    names = ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
    asked = "&".join(f"measure=calls.{measure}" for measure in names)
    where = f"by=calls.model&where=calls.project={name}&since=all"
    rows: list[dict[str, Any]] = server.get(f"/api/query?{asked}&{where}").json()["rows"]
    sums = [sum(row[measure] or 0 for row in rows) for measure in names]
    return sums[0], Told(*sums[1:]), ", ".join(row["model"] for row in rows)


@pytest.mark.parametrize("name", CASES)
def test_each_call_is_told_once_and_rightly(name: str, run_shared: Run, shared: Running) -> None:
    """Whatever instruments the SDK: one call, with the provider's tokens in their buckets."""
    instrument, ask, right = CASES[name]
    run_shared(EXPORT + instrument + ask + "\ntraces.force_flush()\n", NAME=name, OTEL_SERVICE_NAME=name)
    until = time.monotonic() + 10
    while (found := told(shared, name))[0] == 0 and time.monotonic() < until:
        time.sleep(0.1)
    assert found[:2] == (1, right), found
