"""Bills as clouds write them: FOCUS in its versions, as CSV and Parquet, from rows that tests make."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tokometer.records.billed import Bill
from tokometer.statements.focus.kind import KIND
from tokometer.statements.protocol import Asked, Portion, Stated

#: A row of a bill of Amazon Bedrock, in FOCUS 1.2.
ROW: Mapping[str, Any] = {
    "BilledCost": "0.003",
    "ListCost": "0.003",
    "EffectiveCost": "0.003",
    "ContractedCost": "0.003",
    "BillingCurrency": "USD",
    "BillingAccountId": "111111111111",
    "SubAccountId": "222222222222",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": "2026-10-03T01:00:00Z",
    "ChargePeriodEnd": "2026-10-03T02:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeClass": None,
    "ChargeDescription": "$0.003 per 1K tokens",
    "ProviderName": "AWS",
    "PublisherName": "AWS",
    "InvoiceIssuerName": "AWS",
    "InvoiceId": "INV-1",
    "ServiceName": "Amazon Bedrock",
    "ServiceCategory": "AI and Machine Learning",
    "SkuId": "SKU1",
    "SkuMeter": "USE1-Claude4.5Sonnet-input-tokens",
    "ResourceId": "arn:aws:bedrock:us-east-1:2:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "RegionId": "us-east-1",
    "ConsumedQuantity": "1",
    "ConsumedUnit": "1K tokens",
    "Tags": {"team": "red"},
}


def row(**told: Any) -> dict[str, Any]:
    """A row of a bill that says something else in some columns."""
    return {**ROW, **told}


def as_csv(rows: Sequence[Mapping[str, Any]], *, packed: bool = False) -> bytes:
    """Rows as a CSV file, tags as JSON."""
    out = io.StringIO()
    names = list(dict.fromkeys(name for one in rows for name in one)) or list(ROW)
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    for one in rows:
        writer.writerow({name: json.dumps(value) if isinstance(value, dict) else value for name, value in one.items()})
    text = out.getvalue().encode()
    return gzip.compress(text) if packed else text


def as_parquet(rows: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Rows as a Parquet file with the types that clouds give: numbers, times, and tags as a map."""
    numbers = ("BilledCost", "ListCost", "EffectiveCost", "ContractedCost", "ConsumedQuantity")
    connection = duckdb.connect()
    types = dict.fromkeys(numbers, "DECIMAL(38, 15)") | {"Tags": "MAP(VARCHAR, VARCHAR)"}
    times = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
    types |= dict.fromkeys(times, "TIMESTAMPTZ")
    names = list(ROW)
    columns = ", ".join(f'"{name}" {types.get(name, "VARCHAR")}' for name in names)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE TABLE bill ({columns})")
    if rows:
        marks = ", ".join("?" for _ in names)
        connection.executemany(
            f"INSERT INTO bill VALUES ({marks})", [[one.get(name) for name in names] for one in rows]
        )
    connection.execute(f"COPY bill TO '{path}' (FORMAT parquet)")
    connection.close()
    return path


def account(**options: str) -> Asked:
    """An account with bills as files."""

    def nobody(*_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is asked")

    return Asked("acc", "Cloud", "", options, datetime(2026, 11, 5, tzinfo=UTC), nobody)


def uploaded(content: bytes, name: str = "bill.csv", **options: str) -> list[Stated]:
    """What an uploaded file says."""
    uploads = KIND.uploads
    assert uploads is not None
    return list(uploads(content, name, account(**options)))


def portions(folder: Path, **options: str) -> list[Portion]:
    """The statements in a folder."""
    listed = KIND.reports[0].list
    assert listed is not None
    return list(listed(account(folder=str(folder), **options)))


def read(folder: Path, **options: str) -> list[Stated]:
    """What all statements in a folder say."""
    asked = account(folder=str(folder), **options)
    return [page for one in portions(folder, **options) for page in KIND.reports[0].read(asked, one)]


def lines(pages: Iterable[Stated]) -> list[Bill]:
    """The lines of pages."""
    return [record for page in pages for record in page.records if isinstance(record, Bill)]


def total(pages: Iterable[Stated]) -> Decimal:
    """What lines are in all, in US dollars."""
    return sum((Decimal(one.amount or 0) for one in lines(pages)), Decimal(0)) / 10**9
