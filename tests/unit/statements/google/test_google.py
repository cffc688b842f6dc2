"""Google Cloud as a kind of account."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from providers.google import TOKEN, Google
from providers.reading import Read, read
from providers.serving import serving
from tokometer.sources.protocol import PollError
from tokometer.sources.told import Told
from tokometer.statements.google.billing_rows import charge_of

_TOKENS = "aiplatform.googleapis.com/publisher/online_serving/token_count"
_CALLS = "aiplatform.googleapis.com/publisher/online_serving/model_invocation_count"
_LIMIT = "serviceruntime.googleapis.com/quota/limit"


def _descriptor(name: str, kind: str = "DELTA", value: str = "INT64") -> dict[str, Any]:
    return {"type": name, "metricKind": kind, "valueType": value}


def _series(model: str, value: int | str, **labels: str) -> dict[str, Any]:
    return {
        "metric": {"labels": labels},
        "resource": {"labels": {"model_user_id": model, "location": "europe-west4"}},
        "points": [{"interval": {}, "value": {"int64Value": str(value)}}],
    }


def _charge(day: str, sku: str, cost: str, credit: str = "0", **more: str) -> dict[str, Any]:
    row = {
        "day": day,
        "service": "Vertex AI",
        "sku_id": "AAAA-1",
        "sku": sku,
        "project": "p1",
        "region": "europe-west4",
        "currency": "USD",
        "cost_type": "regular",
        "invoice_month": "202611",
        "unit": "count",
        "quantity": "1000",
    }
    return {**row, "cost": cost, "credits": credit, **more}


def _google() -> Google:
    google = Google()
    google.descriptors = [
        _descriptor("aiplatform.googleapis.com/publisher/online_serving/dedicated_token_count"),
        _descriptor(_TOKENS),
        _descriptor("aiplatform.googleapis.com/publisher/online_serving/tokens", value="DISTRIBUTION"),
        _descriptor(_CALLS),
        _descriptor(_LIMIT, "GAUGE"),
    ]
    google.series = {
        (_TOKENS, "2026-11-18"): [
            _series("gemini-2.5-pro", 100, type="input"),
            _series("gemini-2.5-pro", 20, type="output"),
            _series("gemini-2.5-pro", 7, type="input", request_type="shared"),
            _series("claude-sonnet-4-5", "50", type="cache_read_input"),
            _series("claude-sonnet-4-5", 9, type="something"),
        ],
        (_CALLS, "2026-11-18"): [_series("gemini-2.5-pro", 3), _series("claude-sonnet-4-5", 2)],
        (_TOKENS, "2026-10-20"): [_series("gemini-2.5-pro", 1, type="input")],
        (_LIMIT, "2026-11-20"): [_series("", 60, quota_metric="requests", limit_name="per minute")],
    }
    google.table = [
        _charge("2026-11-18", "Gemini 2.5 Pro Text Input - Predictions", "1.25", "-0.25"),
        _charge("2026-11-18", "Gemini 2.5 Pro Text Output - Predictions", "10.000000001"),
        _charge("2026-11-18", "Something nobody knows", "0.5"),
        _charge("2026-11-01", "Gemini 2.5 Pro Text Input - Predictions", "2"),
        _charge("2026-11-01", "Tax", "0.4", cost_type="tax"),
        _charge("2026-11-02", "Gemini 2.5 Flash Text Input - Predictions", "9.5", currency="EUR"),
        _charge("2026-11-03", "Gemini 2.5 Flash Text Input - Predictions", "much"),
    ]
    return google


def _read(google: Google, key: str = "", **options: str) -> Read:
    with serving(google) as url:
        # The same machine under other names: an access token must only be sent to those that are named.
        elsewhere = url.replace("127.0.0.1", "localhost")
        options = {"project": "p1", "table": "p1.billing.gcp_billing_export_v1_0A", "bigquery": elsewhere} | options
        return read("google", url, key or google.key_file(elsewhere), options)


def test_metrics_and_the_bill_are_read_with_a_signed_key() -> None:
    """Counters are found among descriptors, every page counts, the bill is net of credits, unknown SKUs included."""
    google = _google()
    found = _read(google)
    assert google.tokens == 1
    assert (found.sum("input_tokens"), found.sum("output_tokens"), found.sum("requests")) == (108, 20, 5)
    assert (found.sum("cache_read_tokens"), found.sum("unsplit_tokens")) == (50, 9)
    assert found.sum("input_tokens", model="gemini-2.5-pro", region="europe-west4") == 108
    assert found.samples["google.quota.limit"] == 60
    assert found.cost == Decimal("13.900000001")
    lines = {(one.line_item, one.model, one.token_type) for one in found.bills}
    assert ("Something nobody knows", "", "") in lines
    assert ("Gemini 2.5 Pro Text Output - Predictions", "gemini-2.5-pro", "output") in lines
    [foreign] = [one for one in found.bills if one.currency == "EUR"]
    assert (foreign.amount, foreign.stated_amount) == (None, 9_500_000_000)
    assert [(one.field, one.reason) for one in found.refusals] == [("cost", "is text, not a number")]
    assert {one.name for one in found.notices} == {"type something"}
    assert all("p1.billing" in one["query"] and "2026" not in one["query"] for one in google.queries)


def test_rows_that_come_late_are_added_to_their_day() -> None:
    """A row with a later export is part of its day's line, which keeps its id."""
    google = _google()
    before = {one.native_id: one.amount for one in _read(google).bills}
    google.table.append(_charge("2026-11-18", "Gemini 2.5 Pro Text Input - Predictions", "0.75"))
    after = {one.native_id: one.amount for one in _read(google).bills}
    assert before.keys() == after.keys()
    [(was, now)] = [(before[id_], after[id_]) for id_ in before if before[id_] != after[id_]]
    assert (was, now) == (1_000_000_000, 1_750_000_000)


def test_an_access_token_is_sent_as_it_is() -> None:
    """A key that is no file is an access token."""
    google = _google()
    found = _read(google, TOKEN)
    assert google.tokens == 0
    assert found.sum("requests") == 5


@pytest.mark.parametrize(
    "key", ["{", '{"type": "service_account"}', '{"client_email": "a", "private_key": "b", "token_uri": "c"}']
)
def test_a_file_that_is_no_key_says_so(key: str) -> None:
    """What cannot be signed with is said to be no key, without a word of it."""
    with pytest.raises(PollError) as caught:
        _read(_google(), key)
    assert caught.value.secret


def test_a_table_has_to_be_a_table() -> None:
    """What is no name of a table is never part of a query."""
    with pytest.raises(PollError, match=r"project\.dataset\.table"):
        _read(_google(), table="p1.billing.x` WHERE TRUE; DROP TABLE y")


def test_a_row_of_a_file_means_the_same() -> None:
    """A nested row, one with dots in its names, and one with credits as JSON charge the same."""
    nested = {
        "service": {"description": "Gemini API"},
        "sku": {"id": "X", "description": "Generate content output token count gemini 2.5 flash short output text"},
        "usage_start_time": "2026-11-18 13:00:00 UTC",
        "project": {"id": "p1"},
        "cost": 2.5,
        "currency": "USD",
        "usage": {"amount": 10, "unit": "count"},
        "credits": [{"name": "promo", "amount": -0.5}, {"amount": "-1"}],
        "invoice": {"month": "202611"},
        "cost_type": "regular",
    }
    flat = {
        "service.description": "Gemini API",
        "sku.id": "X",
        "sku.description": nested["sku"]["description"],  # type: ignore[index] # it is a dict
        "usage_start_time": "2026-11-18 13:00:00 UTC",
        "project.id": "p1",
        "cost": "2.5",
        "currency": "USD",
        "usage.amount": "10",
        "usage.unit": "count",
        "credits": '[{"name": "promo", "amount": -0.5}, {"amount": "-1"}]',
        "invoice.month": "202611",
        "cost_type": "regular",
    }
    charge = charge_of(Told(nested))
    assert charge == charge_of(Told(flat))
    assert (charge.net, charge.day) == (Decimal(1), datetime(2026, 11, 18, tzinfo=UTC))
    assert charge.about["provider"] == "google"
    assert charge.about["model"] == "gemini-2.5-flash"
