"""Facts beside the tokens: tier, region, quantities, machine and account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generators.otlp_spans import protobuf, span
from tokometer.records import ModelCall
from tokometer.sources.otlp import Traces, decode_traces
from tokometer.sources.otlp.attributes import ATTRIBUTES
from tokometer.sources.otlp.facts import region_of

CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "claude-sonnet-4-6",
    "gen_ai.provider.name": "anthropic",
}
USAGE = "langfuse.observation.usage_details"
METADATA = "ai.response.providerMetadata"


def traces_of(attributes: dict[str, Any], resource: dict[str, Any] | None = None) -> Traces:
    """What a span with these attributes comes to."""
    return decode_traces(protobuf(span("chat", CHAT | attributes), resource=resource), "protobuf")


def call_of(attributes: dict[str, Any], resource: dict[str, Any] | None = None) -> ModelCall:
    """Its call."""
    traces = traces_of(attributes, resource)
    assert traces.refusals == []
    [call] = traces.records
    assert isinstance(call, ModelCall)
    return call


@pytest.mark.parametrize("name", [name for name, attribute in ATTRIBUTES.items() if attribute.slot == "tier"])
def test_every_name_of_the_tier_is_read(name: str) -> None:
    """Each attribute of a service tier is the call's tier."""
    assert call_of({name: "priority"}).service_tier == "priority"


TIERS: dict[str, tuple[dict[str, Any], str]] = {
    "the answer's before the request's": (
        {"openai.request.service_tier": "auto", "openai.response.service_tier": "flex"},
        "flex",
    ),
    "speed": ({"gen_ai.usage.speed": "fast"}, "fast"),
    "speed beside the usual tier": (
        {"gen_ai.usage.speed": "fast", "anthropic.response.service_tier": "standard"},
        "fast",
    ),
    "speed beside another tier": ({"gen_ai.usage.speed": "fast", "gen_ai.usage.service_tier": "batch"}, "batch,fast"),
    "the usual speed": ({"gen_ai.usage.speed": "standard"}, ""),
    "among parameters": ({"llm.invocation_parameters": '{"model": "m", "service_tier": "flex"}'}, "flex"),
    "among Langfuse's": ({"langfuse.observation.model.parameters": '{"serviceTier":"batch"}'}, "batch"),
    "among parameters, of an answer that says another": (
        {"llm.invocation_parameters": '{"service_tier": "flex"}', "openai.response.service_tier": "default"},
        "default",
    ),
    "in usage details": ({USAGE: '{"input": 5, "service_tier": "batch", "speed": "fast"}'}, "batch,fast"),
    "in Vercel's metadata": (
        {METADATA: '{"anthropic": {"usage": {"input_tokens": 5, "service_tier": "batch"}}}'},
        "batch",
    ),
}


@pytest.mark.parametrize("case", TIERS)
def test_tiers(case: str) -> None:
    """The tier is found wherever a dialect says it; fast mode is a tier of its own, beside another if there is one."""
    attributes, expected = TIERS[case]
    assert call_of(attributes).service_tier == expected


@pytest.mark.parametrize(
    ("tier", "unknown"),
    [
        ("default", []),
        ("SERVICE_TIER_FLEX", []),
        ("on_demand", []),
        ("standard_only", []),
        ("batch,fast", []),
        ("turbo", ["turbo"]),
        ("batch,turbo", ["turbo"]),
    ],
)
def test_tiers_that_nobody_knows_are_noticed(tier: str, unknown: list[str]) -> None:
    """A word for a tier that is not declared is noticed by that word; the call keeps it as it was said."""
    traces = traces_of({"openai.response.service_tier": tier})
    assert [(notice.topic, notice.name) for notice in traces.notices] == [("tier", word) for word in unknown]
    [call] = traces.records
    assert isinstance(call, ModelCall)
    assert call.service_tier == tier


@pytest.mark.parametrize("name", [name for name, attribute in ATTRIBUTES.items() if attribute.slot == "region"])
def test_every_name_of_the_region_is_read(name: str) -> None:
    """Each attribute of a region is the call's region."""
    assert call_of({name: "us"}).region == "us"


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("bedrock-mantle.eu-central-1.api.aws:443", "eu-central-1"),
        ("us-east5-aiplatform.googleapis.com", "us-east5"),
        ("aiplatform.eu.rep.googleapis.com", "eu"),
        ("eu.api.openai.com", "eu"),
        ("eastus2.api.cognitive.microsoft.com", "eastus2"),
        ("aiplatform.googleapis.com", ""),
        ("api.anthropic.com", ""),
        ("api.openai.com", ""),
        ("bedrock-runtime.us-east-1.amazonaws.com.example.org", ""),
        ("localhost:11434", ""),
    ],
)
def test_hosts_tell_regions(host: str, region: str) -> None:
    """A host that names a region says where the call was served; others say nothing."""
    assert region_of(host) == region
    assert call_of({"server.address": host}).region == region


def test_regions_from_elsewhere() -> None:
    """The region is found in usage details and parameters; what is said goes before what a host tells."""
    assert call_of({USAGE: '{"input": 5, "inference_geo": "us"}'}).region == "us"
    assert call_of({"llm.invocation_parameters": '{"inference_geo": "us"}'}).region == "us"
    bedrock = {"server.address": "bedrock-runtime.us-east-1.amazonaws.com"}
    assert call_of({**bedrock, "gen_ai.usage.inference_geo": "global"}).region == "global"


def test_facts_are_known_by_how_their_names_end() -> None:
    """A name that no table has and that ends as a fact's does is that fact; answers go before requests."""
    said = {
        "vendor.request.service_tier": "auto",
        "vendor.answer.service_tier": "flex",
        "llm.anthropic.inferenceGeo": "us",
        "vendor.server_tools.web_search_requests": 2,
    }
    call = call_of(said)
    assert (call.service_tier, call.region, call.quantities) == ("flex", "us", {"web_searches": 2000})
    assert call_of({"vendor.service_tier": "x" * 500, "a.inference_geo": 5}).service_tier == ""


def test_metadata_is_not_searched_for_facts() -> None:
    """What people put where they like stays a label, whatever its name ends with."""
    call = call_of({"langfuse.trace.metadata.cost": "5", "ai.telemetry.metadata.service_tier": "gold"})
    assert call.service_tier == ""
    assert call.labels == {"cost": "5", "service_tier": "gold"}


def test_where_a_program_ran_is_not_where_its_model_did() -> None:
    """The region of a resource is its own."""
    resource = {"cloud.region": "us-east-1", "host.name": "web-7", "organization.id": "acme"}
    call = call_of({}, resource)
    assert (call.region, call.machine, call.account) == ("", "web-7", "acme")


QUANTITIES: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "searches": ({"gen_ai.usage.server_tool_use.web_search_requests": 2}, {"web_searches": 2000}),
    "searches as a map": ({"gen_ai.usage.server_tool_use": {"web_search_requests": 2}}, {"web_searches": 2000}),
    "searches in usage details": (
        {USAGE: json.dumps({"input": 5, "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 3}})},
        {"web_searches": 2000},
    ),
    "searches in Vercel's metadata": (
        {METADATA: '{"anthropic": {"usage": {"input_tokens": 1, "server_tool_use": {"web_search_requests": 1}}}}'},
        {"web_searches": 1000},
    ),
    "searches told twice": (
        {USAGE: '{"web_search_requests": 2}', "gen_ai.usage.details.web_search_requests": 2},
        {"web_searches": 2000},
    ),
    "seconds and characters": (
        {"gen_ai.usage.audio_seconds": 1.5, "gen_ai.usage.characters": 300},
        {"seconds": 1500, "characters": 300_000},
    ),
    "images and pages": ({USAGE: '{"images": 3, "pages_processed": 2}'}, {"images": 3000, "pages": 2000}),
}


@pytest.mark.parametrize("case", QUANTITIES)
def test_what_is_billed_and_is_not_tokens_is_kept(case: str) -> None:
    """Searches, seconds, images, pages and characters are kept in thousandths; fetches are free and are not."""
    attributes, expected = QUANTITIES[case]
    traces = traces_of(attributes)
    assert [notice for notice in traces.notices if notice.topic == "usage"] == []
    [call] = traces.records
    assert isinstance(call, ModelCall)
    assert call.quantities == expected


def test_absurd_quantities_refuse_their_call() -> None:
    """A negative number of searches is refused by the attribute's name."""
    traces = traces_of({"gen_ai.usage.web_search_requests": -1})
    assert [refusal.field for refusal in traces.refusals] == ["gen_ai.usage.web_search_requests"]


def test_a_span_with_quantities_alone_is_a_call() -> None:
    """Speech that is billed by the second is a call without tokens."""
    attributes = {"gen_ai.request.model": "scribe", "gen_ai.system": "x", "gen_ai.usage.audio_seconds": 60}
    [call] = decode_traces(protobuf(span("transcribe", attributes)), "protobuf").records
    assert isinstance(call, ModelCall)
    assert (call.quantities, call.input_tokens) == ({"seconds": 60_000}, None)
