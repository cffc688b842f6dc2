"""Bodies of any gateway: as settings say that they are to be read, or as they are recognised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generators.sources.webhook import CHAT, CLAUDE, FAILED, GEMINI
from tokometer.records import JobRun, ModelCall, Record
from tokometer.settings.file import settings_of
from tokometer.sources.protocol import Received, Sent
from tokometer.sources.webhook.items import Item
from tokometer.sources.webhook.receiving import Webhook

NOW = 1_772_442_900_000_000
MAPPED: dict[str, Any] = {
    "name": "edge",
    "each": "batch.rows",
    "usage": "result.usage",
    "fields": {
        "id": "uid",
        "started_at": "at",
        "model": "result.model",
        "latency_ms": "took * 1000",
        "cost_usd": "cents / 100",
        "http_status": "hops.0.status",
    },
    "constants": {"provider": "openai"},
    "labels": {"feature": "tags.feature"},
}
ROW: dict[str, Any] = {
    "uid": 7,
    "at": "2026-03-02T09:00:00Z",
    "took": 1.25,
    "cents": 3,
    "hops": [{"status": 200}],
    "tags": {"feature": "search", "colour": "red"},
    "result": {"model": "gpt-5-mini", "usage": {"prompt_tokens": 10, "completion_tokens": 5}, "text": "Then this."},
}


def take(body: object, *webhooks: dict[str, Any], name: str = "edge") -> Received:
    """What a body holds."""
    settings = settings_of(Path("tokometer.toml"), {"webhook": list(webhooks)})
    push, names = Webhook(), {"name": name}
    sent = Sent("application/json", names, NOW, options=push.settled(settings, names))
    return push.read(json.dumps(body).encode(), sent)


def call_of(found: Received) -> ModelCall:
    """The one call in it."""
    (call,) = found.records
    assert isinstance(call, ModelCall)
    return call


def by_name(found: Received) -> set[str]:
    """What was not understood."""
    return {one.name for one in found.notices}


def test_a_mapped_body() -> None:
    """Every field is where its path says, times and money in the unit that it says."""
    found = take({"batch": {"rows": [ROW]}}, MAPPED)
    call = call_of(found)
    assert (call.native_id, call.model, call.provider) == ("edge:7", "gpt-5-mini", "openai")
    assert (call.latency_us, call.cost_reported, call.http_status) == (1_250_000, 30_000_000, 200)
    assert (call.input_tokens, call.output_tokens) == (10, 5)
    assert call.labels == {"feature": "search", "webhook": "edge"}
    assert by_name(found) == {"tags.colour", "result.text"}


def test_a_mapped_answer() -> None:
    """Of a whole answer all is taken that it says, and a field of its own goes before it."""
    webhook = {"name": "edge", "answer": "reply", "fields": {"started_at": "at", "model": "alias"}}
    found = take({"at": "2026-03-02T09:00:00Z", "alias": "my-model", "reply": CHAT}, webhook)
    call = call_of(found)
    assert (call.model, call.response_id, call.stop_reason) == ("my-model", CHAT["id"], "stop")
    assert (call.native_id, call.input_tokens) == (f"edge:{CHAT['id']}", 100)
    assert not found.notices


def test_other_kinds() -> None:
    """Whatever our own format takes can be mapped."""
    webhook = {"name": "edge", "kind": "jobs", "fields": {"job_id": "job", "started_at": "at", "status": "state"}}
    (job,) = take({"job": "nightly", "at": "2026-03-02T09:00:00Z", "state": "error"}, webhook).records
    assert isinstance(job, JobRun)
    assert (job.job_id, job.status) == ("nightly", "error")


def test_what_is_wrong_is_refused_by_its_place() -> None:
    """A row that cannot be believed spoils the request's item that it stands in, and is told by its field."""
    (refusal,) = take({"batch": {"rows": [ROW | {"took": "long"}]}}, MAPPED).refusals
    assert (refusal.position, refusal.field) == (0, "took")
    (refusal,) = take({"batch": {}}, MAPPED).refusals
    assert (refusal.field, refusal.reason) == ("batch.rows", "is no list of objects")
    (refusal,) = take([{"batch": {"rows": [{"uid": 1, "at": "2026-03-02T09:00:00Z"}]}}], MAPPED).refusals
    assert refusal.field == "model"


def test_recognised_answers() -> None:
    """Answers of OpenAI, Anthropic and Gemini are found wherever they usually stand."""
    calls: list[Record] = [call_of(take(one)) for one in (CHAT, CLAUDE, GEMINI)]
    assert [getattr(call, "provider", "") for call in calls] == ["openai", "anthropic", "google"]
    assert [getattr(call, "stop_reason", "") for call in calls] == ["stop", "end_turn", "STOP"]
    claude = calls[1]
    assert isinstance(claude, ModelCall)
    assert (claude.latency_us, claude.user, claude.cache_read_tokens) == (1_250_000, "ada", 500)
    assert claude.labels == {"feature": "search", "webhook": "edge"}
    assert by_name(take(CLAUDE)) == {"event_id"}


def test_recognised_errors() -> None:
    """A call that failed needs no usage."""
    call = call_of(take(FAILED))
    assert (call.status, call.http_status, call.error_message, call.native_id) == (
        "rate_limit",
        429,
        "slow down",
        "edge:ev-4",
    )


FLAT = {
    "Anthropic's": (
        {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 3},
        (10, 90, 3, 5, None),
    ),
    "Bedrock's": (
        {"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokens": 90, "cacheWriteInputTokens": 3},
        (10, 90, 3, 5, None),
    ),
    "OpenAI's Responses": (
        {"input_tokens": 100, "output_tokens": 5, "cached_tokens": 90, "reasoning_tokens": 2},
        (10, 90, None, 5, 2),
    ),
    "OpenAI's, with details": (
        {"prompt_tokens": 100, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 90}},
        (10, 90, None, 5, None),
    ),
    "in and out": ({"tokens_in": 100, "tokens_out": 5}, (100, None, None, 5, None)),
    "in an object": ({"tokens": {"prompt": 100, "completion": 5, "total": 105}}, (100, None, None, 5, None)),
    "our own": ({"input_tokens": 10, "cache_read_tokens": 90, "output_tokens": 5}, (10, 90, None, 5, None)),
    "a setting beside": ({"prompt_tokens": 100, "max_tokens": 4096}, (100, None, None, None, None)),
}


@pytest.mark.parametrize("whose", FLAT)
def test_flat_counts_of_every_kind(whose: str) -> None:
    """None of the counts beside each other in an item is lost, and each is read as whoever has these names means it."""
    counts, expected = FLAT[whose]
    call = call_of(take({"model": "m", "timestamp": NOW, **counts}))
    written = call.cache_write_unknown_tokens
    found = (call.input_tokens, call.cache_read_tokens, written, call.output_tokens, call.reasoning_tokens)
    assert found == expected


def test_recognised_outcomes() -> None:
    """An error as its provider tells it goes before a plain word for it; HTTP's status and `success` are understood."""
    said = {"model": "m", "timestamp": NOW}
    limited = {"status": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    assert call_of(take(said | limited)).status == "rate_limit"
    assert call_of(take(said | {"status": 429})).status == "rate_limit"
    assert call_of(take(said | {"status": 200})).status == "ok"
    assert call_of(take(said | {"success": False})).status == "server_error"
    assert call_of(take(said | {"success": True})).status == "ok"


def test_flat_counts() -> None:
    """Counts under the names that providers use are read as they mean them."""
    call = call_of(
        take({"model": "m", "timestamp": NOW, "prompt_tokens": 10, "cached_tokens": 4, "completion_tokens": 5})
    )
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (6, 4, 5)


def test_no_time() -> None:
    """Where nobody says when it was, it is of when it came, and that is told; sent again it is the same."""
    bare = {"model": "m", "usage": {"input_tokens": 1, "output_tokens": 1}}
    found = take(bare)
    assert call_of(found).started_at == NOW
    assert by_name(found) == {"a time: none, that of arrival stands for it"}
    assert call_of(take(bare)).native_id == call_of(found).native_id
    ended = call_of(take(bare | {"ended_at": NOW, "latency_ms": 250}))
    assert (ended.started_at, ended.latency_us) == (NOW, 250_000)


def test_nothing_in_it() -> None:
    """What looks like no call is refused, with what to do."""
    (refusal,) = take({"hello": "world"}).refusals
    assert refusal.reason == "has nothing that looks like a call of a model; say in [[webhook]] what it means"


def test_two_gateways_may_use_the_same_ids() -> None:
    """Ids are a webhook's own."""
    assert call_of(take(FAILED, name="a")).native_id != call_of(take(FAILED, name="b")).native_id


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("a.c.1", "y"),
        ("a.c.7", None),
        ("x.y.z", 5),
        ("x.y", {"z": 5}),
        ("none.at.all", None),
        ("a.b / 4", 0.25),
    ],
)
def test_paths(path: str, value: object) -> None:
    """Keys and places divided by dots; a key may have dots itself; a number may be reckoned with."""
    item = Item({"a": {"b": 1, "c": ["x", "y"]}, "x.y": {"z": 5}})
    found = item.at(path)
    assert (float(found) if path.endswith("4") else found) == value
