"""What rows of Portkey's logs export mean."""

from __future__ import annotations

from typing import Any

import pytest

from generators.sources.portkey import ROWS, row
from tokometer.records import ModelCall, RecordError, merge
from tokometer.sources.noticed import Noticed
from tokometer.sources.portkey.rows import records_of


def call_of(given: dict[str, Any], noticed: Noticed | None = None) -> ModelCall:
    """The call of a row."""
    (call,) = records_of(given, noticed or Noticed("portkey", "file"))
    assert isinstance(call, ModelCall)
    return call


def test_exports_with_other_columns_are_one_call() -> None:
    """With the answer or without, whichever came first: the answer knows the cache."""
    plain = {name: value for name, value in ROWS[0].items() if not name.startswith("response")}
    for call in (
        merge(call_of(plain), call_of(ROWS[0])),
        merge(call_of(ROWS[0]), call_of(plain)),
    ):
        assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (36, 64, 20)
        assert call.response_id == call_of(ROWS[0]).response_id != ""


def test_a_call() -> None:
    """Cents are cents, the answer's own usage knows the cache, and metadata says whose it is."""
    call = call_of(ROWS[0])
    assert (call.cost_reported, call.input_tokens, call.cache_read_tokens, call.output_tokens) == (
        1_200_000,
        36,
        64,
        20,
    )
    assert (call.provider, call.latency_us, call.stop_reason, call.endpoint) == (
        "openai",
        1_250_000,
        "stop",
        "api.openai.com",
    )
    assert (call.user, call.labels) == ("ada", {"feature": "search", "config": "pc-1"})
    assert call.response_id == "chatcmpl-Pk92LmXw84TzRk"


def test_units_alone() -> None:
    """Without an answer the row's units count; units of 0 are unknown, and so is a cost of 0."""
    assert (call_of(ROWS[1]).input_tokens, call_of(ROWS[1]).output_tokens) == (40, 10)
    nothing = call_of(row(5, 0, 0, 0))
    assert (nothing.input_tokens, nothing.cost_reported) == (None, None)


def test_hits_and_errors() -> None:
    """What Portkey's cache answers costs nothing and uses nothing; an error is told by its status."""
    hit, failed = call_of(ROWS[2]), call_of(ROWS[3])
    assert (hit.cost_reported, hit.input_tokens, hit.provider) == (0, 0, "portkey")
    assert (failed.status, failed.http_status, failed.error_message) == ("rate_limit", 429, "slow down")
    assert failed.input_tokens is None


def test_columns_that_were_not_asked_for() -> None:
    """Only what was asked for is in an export: without an id the rest names the call."""
    few = {name: ROWS[1][name] for name in ("created_at", "ai_model", "req_units", "res_units", "is_success")}
    assert call_of(few).native_id == call_of(dict(few)).native_id
    assert call_of(few).provider == "openai"
    assert call_of({**few, "response.body": '{"usage": {"prompt_tokens": 7}}'}).input_tokens == 7


def test_what_is_not_taken() -> None:
    """Another currency is noticed, and what cannot be is refused by its column."""
    noticed = Noticed("portkey", "file")
    assert call_of(ROWS[1] | {"cost_currency": "EUR", "odd": 5}, noticed).cost_reported is None
    assert {one.name for one in noticed.all()} == {"cost in EUR, not in USD", "odd"}
    with pytest.raises(RecordError) as caught:
        call_of(ROWS[1] | {"req_units": "many"})
    assert caught.value.field == "req_units"
