"""What was metered, in FOCUS: the FinOps Open Cost and Usage Specification, versions 1.2 to 1.4.

A row is the use of a model on a day (UTC) by a team, project, key, …: its tokens and what they cost at the prices that
we know. There is no invoice behind it, and no discount that was not in a price: billed, effective, contracted and list
cost are one amount. Columns that are mandatory are there, those that need a price list of the provider's are not.

Source: the specification's column definitions; https://focus.finops.org/focus-specification/.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from tokometer.measures import Column, QueryError
from tokometer.measures.labels import PREFIX
from tokometer.measures.result import ColumnType, csv_cell
from tokometer.records import PROVIDERS
from tokometer.reports.rows import parquet_of

Version = Literal["1.2", "1.3", "1.4"]
VERSIONS: Final[tuple[Version, ...]] = ("1.2", "1.3", "1.4")
#: The newest that has both the old and the new names of who sells: what reads 1.2 reads it, too.
DEFAULT: Final[Version] = "1.3"
#: Asks a question of the query language; rows by the short names of what was asked.
AskRows = Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]]
#: What a day's use is told apart by; all but the first three are tags where they have no column.
_BY: Final = ("provider", "model", "region", "project", "team", "api_key", "environment", "service_tier")
_TAGGED: Final = ("team", "api_key", "environment", "service_tier", "project")
_MEASURES: Final = (
    *("cost", "requests", "unpriced", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens"),
    "total_tokens",
)
_MOST_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class FocusColumn:
    """A column: its type, the version in which it came and the first in which it is gone."""

    name: str
    type: ColumnType = "text"
    since: str = "1.0"
    gone: str = ""


_TIME: Final = "time"
#: FOCUS's columns in alphabetical order, then our own, which begin with `x_`.
COLUMNS: Final = (
    FocusColumn("BilledCost", "money"),
    FocusColumn("BillingAccountId"),
    FocusColumn("BillingAccountName"),
    FocusColumn("BillingCurrency"),
    FocusColumn("BillingPeriodEnd", _TIME),
    FocusColumn("BillingPeriodStart", _TIME),
    FocusColumn("ChargeCategory"),
    FocusColumn("ChargeClass"),
    FocusColumn("ChargeDescription"),
    FocusColumn("ChargeFrequency"),
    FocusColumn("ChargePeriodEnd", _TIME),
    FocusColumn("ChargePeriodStart", _TIME),
    FocusColumn("ConsumedQuantity", "integer"),
    FocusColumn("ConsumedUnit"),
    FocusColumn("ContractedCost", "money"),
    FocusColumn("EffectiveCost", "money"),
    FocusColumn("HostProviderName", since="1.3"),
    FocusColumn("InvoiceIssuerName"),
    FocusColumn("ListCost", "money"),
    FocusColumn("PricingQuantity", "integer"),
    FocusColumn("PricingUnit"),
    FocusColumn("ProviderName", gone="1.4"),
    FocusColumn("PublisherName", gone="1.4"),
    FocusColumn("RegionId"),
    FocusColumn("RegionName"),
    FocusColumn("ServiceCategory"),
    FocusColumn("ServiceName"),
    FocusColumn("ServiceProviderName", since="1.3"),
    FocusColumn("ServiceSubcategory", since="1.1"),
    FocusColumn("SubAccountId"),
    FocusColumn("SubAccountName"),
    FocusColumn("Tags"),
    FocusColumn("x_CacheReadTokens", "integer"),
    FocusColumn("x_CacheWriteTokens", "integer"),
    FocusColumn("x_InputTokens", "integer"),
    FocusColumn("x_Model"),
    FocusColumn("x_OutputTokens", "integer"),
    FocusColumn("x_Requests", "integer"),
    FocusColumn("x_UnpricedRequests", "integer"),
)


def columns_of(version: Version) -> list[FocusColumn]:
    """The columns of a version."""
    return [one for one in COLUMNS if one.since <= version and not (one.gone and one.gone <= version)]


def rows(
    ask: AskRows, first: date, last: date, tags: Sequence[str] = (), workspace: str = "default"
) -> Iterator[dict[str, Any]]:
    """The rows of the days from `first` to `last`. `tags` are further dimensions of calls: `label.customer`.

    Raises:
        ValueError: The window is none, or too long.
        QueryError: It cannot be asked.
    """
    if not 0 <= (last - first).days < _MOST_DAYS:
        raise ValueError(f"name a window of 1 to {_MOST_DAYS} days")
    by = tuple(dict.fromkeys((*_BY, *tags)))
    try:
        yield from _asked(ask, first, last, by, workspace)
    except QueryError as error:
        if error.field != "limit":
            raise
        # More rows than one answer may have: day by day.
        for at in range((last - first).days + 1):
            day = first + timedelta(days=at)
            yield from _asked(ask, day, day, by, workspace)


def _asked(ask: AskRows, first: date, last: date, by: Sequence[str], workspace: str) -> Iterator[dict[str, Any]]:
    names = ("day", *by)
    question = {
        "measures": [f"calls.{name}" for name in _MEASURES],
        "by": [f"calls.{name}" for name in names],
        "since": first.isoformat(),
        "until": last.isoformat(),
        "tz": "UTC",
        "order": [f"calls.{name}" for name in names],
    }
    for told in ask(question):
        yield _row(date.fromisoformat(str(told["day"])[:10]), told, by, workspace)


def as_csv(found: Iterator[Mapping[str, Any]], version: Version) -> bytes:
    """Rows as CSV; what is null is empty, text that a spreadsheet would compute is disarmed."""
    out = io.StringIO()
    names = [one.name for one in columns_of(version)]
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for row in found:
        writer.writerow([csv_cell(row[name]) for name in names])
    return out.getvalue().encode()


def as_parquet(found: Iterator[Mapping[str, Any]], version: Version) -> bytes:
    """Rows as Parquet: costs are decimals, times are moments, tags are JSON."""
    columns = columns_of(version)
    listed = [[row[one.name] for one in columns] for row in found]
    return parquet_of([Column(one.name, "", one.type, one.name) for one in columns], listed)


def _row(day: date, told: Mapping[str, Any], by: Sequence[str], workspace: str) -> dict[str, Any]:
    provider = told["provider"] or "unknown"
    name = PROVIDERS[provider].name if provider in PROVIDERS else provider
    cost = Decimal(str(told["cost"])) if told["cost"] is not None else Decimal(0)
    tokens = int(told["total_tokens"] or 0)
    unpriced = int(told["unpriced"] or 0)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    month = start.replace(day=1)
    model = told["model"] or "unknown"
    tags = {one.removeprefix(PREFIX): told[one] for one in (*_TAGGED, *by[len(_BY) :]) if told[one]}
    return {
        **dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"), cost),
        **dict.fromkeys(("HostProviderName", "InvoiceIssuerName", "ProviderName", "PublisherName"), name),
        "ServiceProviderName": name,
        "BillingAccountId": workspace,
        "BillingAccountName": f"Tokometer {workspace}",
        "BillingCurrency": "USD",
        "BillingPeriodStart": month,
        "BillingPeriodEnd": (month + timedelta(days=32)).replace(day=1),
        "ChargeCategory": "Usage",
        "ChargeClass": None,
        "ChargeDescription": f"{model} at {name}"
        + (f", {unpriced} requests without a known price" if unpriced else ""),
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodStart": start,
        "ChargePeriodEnd": start + timedelta(days=1),
        "ConsumedQuantity": tokens,
        "ConsumedUnit": "Tokens",
        "PricingQuantity": tokens,
        "PricingUnit": "Tokens",
        "RegionId": told["region"] or None,
        "RegionName": told["region"] or None,
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": name,
        "ServiceSubcategory": "Generative AI",
        "SubAccountId": told["project"] or None,
        "SubAccountName": told["project"] or None,
        "Tags": json.dumps(tags, sort_keys=True, ensure_ascii=False) if tags else None,
        "x_CacheReadTokens": int(told["cache_read_tokens"] or 0),
        "x_CacheWriteTokens": int(told["cache_write_tokens"] or 0),
        "x_InputTokens": int(told["input_tokens"] or 0),
        "x_Model": model,
        "x_OutputTokens": int(told["output_tokens"] or 0),
        "x_Requests": int(told["requests"] or 0),
        "x_UnpricedRequests": unpriced,
    }
