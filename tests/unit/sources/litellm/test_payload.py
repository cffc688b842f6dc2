"""What LiteLLM's payloads and rows mean, where that is not what it seems."""

from __future__ import annotations

from typing import Any

import pytest

from generators.sources.litellm import MORNING, PLAIN, cache_hit, claude, failure, guarded, payload, row, tool
from tokometer.records import ModelCall, Notice, Record, RecordError, Sample, Step, ToolCall
from tokometer.sources.litellm.exports import of_row
from tokometer.sources.litellm.payload import records_of
from tokometer.sources.noticed import Noticed


def read(made: dict[str, Any]) -> list[Record]:
    """The records of a payload."""
    return list(records_of(made, Noticed("litellm", "POST /v1/litellm")))


def call_of(records: list[Record]) -> ModelCall:
    """The one call among them."""
    (call,) = [record for record in records if isinstance(record, ModelCall)]
    return call


@pytest.mark.parametrize("made", [PLAIN, claude(), cache_hit(), tool(), guarded()], ids=lambda made: str(made["id"]))
def test_row_and_payload_are_one_record(made: dict[str, Any]) -> None:
    """Whoever tells of a call, it has the same ids, so that it counts once."""
    known = {(record.kind, record.native_id) for record in read(made)}
    told = {(record.kind, record.native_id) for record in of_row(row(made), Noticed("litellm", "file"))}
    assert told <= known
    assert {kind for kind, _ in told} >= {"calls"} or {kind for kind, _ in told} == {"tools"}


def test_row_and_payload_agree() -> None:
    """The row of a call says of its tokens, cost, owner and times what its payload says."""
    one, other = call_of(read(claude())), call_of(of_row(row(claude()), Noticed("litellm", "file")))
    fields = (
        *("started_at", "provider", "model", "status", "input_tokens", "cache_read_tokens", "output_tokens"),
        *("cache_write_unknown_tokens", "reasoning_tokens", "cost_reported", "team", "user", "account", "api_key"),
        *("trace_id", "response_id", "latency_us", "ttft_us", "endpoint"),
    )
    assert [getattr(one, name) for name in fields] == [getattr(other, name) for name in fields]


def test_attempts_and_the_row_of_the_request() -> None:
    """Each attempt is a call; the row of the request gives way to them."""
    first, second = call_of(read(failure(4))), call_of(read(failure(4.1)))
    of_request = call_of(of_row(row(failure(4.1)), Noticed("litellm", "file")))
    assert len({first.native_id, second.native_id, of_request.native_id}) == 3
    assert first.group == second.group == of_request.group
    assert (first.shadow, of_request.shadow) == (False, True)
    assert (first.status, first.http_status, first.input_tokens) == ("rate_limit", 429, None)
    assert of_request.latency_us is None


def test_cache_hits() -> None:
    """What LiteLLM's cache answers costs nothing, uses nothing, and speaks for no provider."""
    records = read(cache_hit())
    call = call_of(records)
    assert (call.provider, call.cost_reported, call.input_tokens, call.output_tokens) == ("litellm", 0, 0, 0)
    assert (call.request_id, call.response_id) == (call.native_id, "")
    assert (call.labels or {})["cache"] == "hit"
    saved = {record.metric: record.value for record in records if isinstance(record, Sample)}
    assert saved == {"litellm.cache.saved_cost": 0.0005, "litellm.cache.saved_tokens": 120.0}
    assert call_of(read(cache_hit(3.5))).native_id != call.native_id


def test_zero_is_no_cost_where_no_price_is_known() -> None:
    """A cost of 0 counts where LiteLLM worked it out, and is unknown where it knew no price."""
    free = payload("chatcmpl-Q1w2E3r4T5y6U7i8", 0, 10, 5, 0.0)
    assert call_of(read(free)).cost_reported == 0
    assert call_of(read(free | {"cost_breakdown": None})).cost_reported is None
    assert call_of(read(free | {"response_cost_failure_debug_info": {"error_str": "?"}})).cost_reported is None
    assert call_of(read(free | {"response_cost": None})).cost_reported is None
    assert call_of(read(free | {"zero_cost_diagnostic": {"reason": "missing_pricing"}})).cost_reported is None


def test_first_token_only_of_streams() -> None:
    """Where an answer was not streamed, LiteLLM's time of the first token is the end, and says nothing."""
    plain = PLAIN | {"completionStartTime": PLAIN["startTime"] + 1}
    assert call_of(read(plain)).ttft_us is None
    assert call_of(read(plain | {"stream": True})).ttft_us == 1_000_000
    assert call_of(read(PLAIN | {"stream": True})).ttft_us is None


def test_ids_that_every_answer_has() -> None:
    """Some servers give every answer the same id: two calls are two all the same."""
    first = call_of(read(payload("chatcmpl-1", 0, 1, 1, 0.1)))
    second = call_of(read(payload("chatcmpl-1", 1, 1, 1, 0.1)))
    assert first.native_id != second.native_id
    assert (
        call_of(of_row(row(payload("chatcmpl-1", 1, 1, 1, 0.1)), Noticed("litellm", "f"))).native_id == second.native_id
    )


def test_whose_it_is() -> None:
    """Team, user and key are told by their names; the key's hash is masked, and the end user stands in for nobody."""
    call = call_of(read(PLAIN))
    assert (call.team, call.user, call.api_key, call.account) == ("search", "ada", "…6b4b", "engine-works")
    assert call.labels == {
        "feature": "autocomplete",
        "tag.prod": "true",
        "tags": "prod",
        "model_group": "fast",
        "deployment": "d0c1",
        "key_alias": "search-prod",
        "end_user": "customer-7",
    }
    nobody = PLAIN | {"metadata": PLAIN["metadata"] | {"user_api_key_user_id": "default_user_id"}}
    assert call_of(read(nobody)).user == "customer-7"


def test_models_and_providers() -> None:
    """The router's prefix is no part of the model; what never came to a provider is LiteLLM's own."""
    routed = call_of(read(PLAIN | {"model": "openai/gpt-5-mini", "api_base": ""}))
    assert (routed.model, routed.provider, routed.endpoint) == ("gpt-5-mini", "openai", "")
    hidden = PLAIN | {"api_base": "", "hidden_params": {"api_base": "https://api.openai.com/v1"}}
    assert call_of(read(hidden)).endpoint == "api.openai.com"
    lost = failure() | {"custom_llm_provider": None, "model": "", "model_id": "", "model_group": ""}
    assert (call_of(read(lost)).provider, call_of(read(lost)).model) == ("litellm", "")


def test_limits_of_its_own() -> None:
    """A limit that LiteLLM sets is none of the provider's errors."""
    limited = failure()
    limited["error_information"] = limited["error_information"] | {"error_rate_limit_category": "litellm_rate_limit"}
    call = call_of(read(limited))
    assert (call.provider, call.status) == ("litellm", "rate_limit")
    assert (call.labels or {})["rate_limit"] == "litellm_rate_limit"


def test_sessions() -> None:
    """A session is what somebody named: in its own field, or in the trace, where LiteLLM else has a UUID."""
    assert call_of(read(claude())).session_id == "s-1"
    assert call_of(read(PLAIN)).session_id == ""
    named = call_of(read(PLAIN | {"trace_id": "support-42"}))
    assert (named.session_id, named.trace_id) == ("support-42", "support-42")
    traced = call_of(read(PLAIN | {"trace_id": "0766d36ebf4e6df4e19fbe2425b0b541"}))
    assert (traced.session_id, traced.trace_id) == ("", "0766d36ebf4e6df4e19fbe2425b0b541")


def test_what_the_proxy_puts_among_metadata_is_no_label() -> None:
    """Callers' HTTP headers, which stand in their metadata, make no labels; what they said does."""
    said = {"customer": "acme", "headers": {"content-length": "122"}, "used_client_oauth_token": False}
    call = call_of(read(PLAIN | {"metadata": PLAIN["metadata"] | {"requester_metadata": said}}))
    labels = call.labels or {}
    assert labels["customer"] == "acme"
    assert not any(key.startswith(("headers", "used_client")) for key in labels)


def test_tools_guardrails_and_other_requests() -> None:
    """A tool of an MCP server is no call of a model; nor is a file; a guardrail is a step of its own."""
    (used,) = read(tool())
    assert isinstance(used, ToolCall)
    assert (used.name, used.server, used.status, used.duration_us) == ("get_page", "deepwiki", "ok", 2_500_000)
    check = next(record for record in read(guarded()) if isinstance(record, Step))
    assert (check.type, check.name, check.status, check.duration_us) == ("guardrail", "pii", "ok", 50_000)
    assert check.started_at == (MORNING + 420) * 1_000_000 + 100_000
    (file,) = read(payload("file-AbC123dEf456GhI789", 0, 0, 0, 0.0, call_type="acreate_file"))
    assert isinstance(file, Step)
    assert file.name == "create_file"


@pytest.mark.parametrize(
    ("call_type", "operation"),
    [
        ("acompletion", "chat"),
        ("anthropic_messages", "chat"),
        ("aresponses", "chat"),
        ("aembedding", "embeddings"),
        ("_arealtime", "realtime"),
        ("atranscription", "transcription"),
        ("something_new", "something_new"),
    ],
)
def test_operations(call_type: str, operation: str) -> None:
    """LiteLLM's call types in our words, asynchronous or not; one that is new keeps its own."""
    assert call_of(read(PLAIN | {"call_type": call_type})).operation == operation


def test_what_is_not_known_is_told() -> None:
    """A new field is counted by its name; one that cannot be believed refuses its payload by its path."""
    noticed = Noticed("litellm", "POST /v1/litellm")
    made = PLAIN | {"quantum_state": 5}
    made["metadata"] = made["metadata"] | {"usage_object": made["metadata"]["usage_object"] | {"odd_tokens": 5}}
    list(records_of(made, noticed, 2))
    (usage, field) = sorted(noticed.all(), key=lambda one: one.topic, reverse=True)
    assert isinstance(usage, Notice)
    assert (usage.name, field.name, field.place) == (
        "metadata.usage_object.odd_tokens",
        "quantum_state",
        "POST /v1/litellm:2",
    )
    wrong = PLAIN | {"startTime": "yesterday"}
    with pytest.raises(RecordError) as caught:
        read(wrong)
    assert caught.value.field == "startTime"
    with pytest.raises(RecordError):
        read({key: value for key, value in PLAIN.items() if key != "id"})
