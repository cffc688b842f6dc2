"""What was metered, as FOCUS: held against the specification's rules, and read back by our own reader."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from tests.unit.statements.focus.files import lines, uploaded

from tokometer.reports.focus import VERSIONS, Version, as_csv, as_parquet, columns_of, rows

_DAYS = (date(2026, 10, 31), date(2026, 11, 1))
#: Mandatory in all of these versions, and whether each may be null; from the specification's columns.
_MANDATORY = {
    "BilledCost": False,
    "BillingAccountId": False,
    "BillingAccountName": True,
    "BillingCurrency": False,
    "BillingPeriodEnd": False,
    "BillingPeriodStart": False,
    "ChargeCategory": False,
    "ChargeClass": True,
    "ChargeDescription": True,
    "ChargePeriodEnd": False,
    "ChargePeriodStart": False,
    "ContractedCost": False,
    "EffectiveCost": False,
    "InvoiceIssuerName": False,
    "ListCost": False,
    "PricingQuantity": True,
    "PricingUnit": True,
    "ServiceCategory": False,
    "ServiceName": False,
}
_NAMES: Mapping[Version, Sequence[str]] = {
    "1.2": ("ProviderName", "PublisherName"),
    "1.3": ("ProviderName", "PublisherName", "ServiceProviderName", "HostProviderName"),
    "1.4": ("ServiceProviderName", "HostProviderName"),
}
_ALLOWED = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "ServiceCategory": {"AI and Machine Learning"},
    "ServiceSubcategory": {"Generative AI"},
    "BillingCurrency": {"USD"},
}


def _told(provider: str = "openai", cost: str | None = "0.123456789", **beside: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(("region", "project", "team", "api_key", "environment", "service_tier", "label.customer"), ""),
        "provider": provider,
        "model": "gpt-5",
        "cost": None if cost is None else Decimal(cost),
        "requests": 3,
        "unpriced": 3 if cost is None else 0,
        "input_tokens": 100,
        "cache_read_tokens": 20,
        "cache_write_tokens": 5,
        "output_tokens": 30,
        "total_tokens": 155,
        **beside,
    }


_FIRST = [
    _told(project="shop", team="red", **{"label.customer": "acme"}),
    _told("bedrock", model="anthropic.claude-sonnet-4-5-20250929-v1:0", region="eu-west-1"),
    _told("azure", model='=cmd("x")'),
    _told("vertex", "2.5", model="gemini-2.5-pro"),
]
_SECOND = [_told("my-own-server", None), _told("google", "0.000000001", model="gemini-3")]


def _ask(question: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    assert (question["since"], question["until"]) == ("2026-10-31", "2026-11-01")
    return [{"day": day} | told for day, of in zip(_DAYS, (_FIRST, _SECOND), strict=True) for told in of]


def _rows() -> Any:
    return rows(_ask, *_DAYS, tags=("label.customer",))


@pytest.mark.parametrize("version", VERSIONS)
def test_rows_follow_the_specification(version: Version) -> None:
    """Columns, nulls, types, allowed values, periods and costs are as each version of FOCUS demands."""
    table = list(csv.DictReader(io.StringIO(as_csv(_rows(), version).decode())))
    assert len(table) == 6
    columns = list(table[0])
    own = [name for name in columns if name.startswith("x_")]
    assert columns == sorted(set(columns) - set(own)) + own, "FOCUS's own columns come first"
    assert set(_MANDATORY) | set(_NAMES[version]) <= set(columns)
    assert not {"ProviderName", "ServiceProviderName"} - set(_NAMES[version]) & set(columns)
    for row in table:
        for name in {**_MANDATORY, **dict.fromkeys(_NAMES[version], False)}:
            assert row[name] or _MANDATORY.get(name), name
        for name, allowed in _ALLOWED.items():
            assert row[name] in allowed
        costs = {Decimal(row[name]) for name in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")}
        assert len(costs) == 1
        start, end, begun, ended = (
            datetime.fromisoformat(row[name])
            for name in ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
        )
        assert start <= begun < ended <= end
        assert (start.day, end.day, start.tzinfo) == (1, 1, UTC)
        assert row["ChargeClass"] in ("", "Correction")
        assert (row["ConsumedQuantity"] == "") == (row["ConsumedUnit"] == "")
        assert (row["PricingQuantity"] == "") == (row["PricingUnit"] == "")
        if row["Tags"]:
            tags = json.loads(row["Tags"])
            assert all(isinstance(value, str) for value in tags.values())


def test_parquet_says_the_same() -> None:
    """Parquet has the same columns with exact types, and the same rows."""
    content = as_parquet(_rows(), "1.3")
    connection = duckdb.connect()
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(content)
        file.flush()
        types = {row[0]: row[1] for row in connection.execute("DESCRIBE FROM read_parquet(?)", [file.name]).fetchall()}
        asked = "SELECT sum(BilledCost), sum(ConsumedQuantity), count(*) FROM read_parquet(?)"
        assert connection.execute(asked, [file.name]).fetchall() == [(Decimal("2.870370368"), 930, 6)]
    assert list(types) == [one.name for one in columns_of("1.3")]
    assert types["BilledCost"].startswith("DECIMAL")
    assert types["ChargePeriodStart"] == "TIMESTAMP WITH TIME ZONE"


@pytest.mark.parametrize("version", VERSIONS)
def test_our_own_reader_reads_it_back(version: Version) -> None:
    """What we export we read as bills: the same money, tokens, providers, models, projects and labels."""
    pages = uploaded(as_csv(_rows(), version))
    assert not [one for page in pages for one in page.refusals]
    found = lines(pages)
    expected = [*_FIRST, *_SECOND]
    assert sum(one.amount or 0 for one in found) == sum(int((told["cost"] or 0) * 10**9) for told in expected)
    assert {one.provider for one in found} == {told["provider"] for told in expected}
    assert {one.model.lstrip("'") for one in found} == {told["model"] for told in expected}
    assert sum(one.quantity or 0 for one in found) == 6 * 155
    assert {
        (one.project, one.team) for one in lines(uploaded(as_csv(_rows(), version), team_tag="team")) if one.team
    } == {("shop", "red")}
    assert {"customer": "acme", "team": "red", "project": "shop"} in [one.labels for one in found]


def test_what_has_no_price_is_marked() -> None:
    """FOCUS has no unknown cost: calls without a price cost 0 in it, and are counted in a column of their own."""
    [unpriced] = [row for row in _rows() if row["x_UnpricedRequests"]]
    assert (unpriced["BilledCost"], unpriced["ConsumedQuantity"], unpriced["x_Requests"]) == (0, 155, 3)
    assert "without a known price" in unpriced["ChargeDescription"]
