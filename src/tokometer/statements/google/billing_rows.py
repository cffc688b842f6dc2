"""Rows of Google's billing export, as lines of a bill: those of its BigQuery table, and of the same table as a file.

Format: Cloud Billing, "Structure of standard data export" (`gcp_billing_export_v1_…`; the detailed export has the same
columns and more), read in November 2026: `service`, `sku`, `project` and `location` are objects with `id`,
`description` or `name`; `cost` is before `credits`, a list of objects whose `amount` is negative; `cost_type` is
`regular`, `tax`, `adjustment` or `rounding_error`; `invoice.month` is `202611`. A file may have the same flattened by
dots (`service.description`), which CSV exports do. Rows of one day, service, SKU, project, currency, kind and invoice
add up: Google adds rows to a day for days, each with a later `export_time`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tokometer.records import RecordError
from tokometer.sources.told import Told
from tokometer.statements.google.skus import sku_of
from tokometer.statements.lines import Lines, amount_of, day_of, dollars

#: Names of a row; what else it has is noticed.
KNOWN: Final = frozenset(
    {
        *("billing_account_id", "service", "sku", "usage_start_time", "usage_end_time", "project", "labels"),
        *("system_labels", "location", "export_time", "cost", "currency", "currency_conversion_rate", "usage"),
        *("credits", "invoice", "cost_type", "adjustment_info", "tags", "cost_at_list", "transaction_type"),
        *("seller_name", "subscription", "resource", "price", "consumption_model", "cost_at_effective_price_default"),
        *("cost_at_list_consumption_model", "invoice_month", "day", "quantity", "unit"),
        *("cost_at_effective_price_default_consumption_model", "subscription_instance_id"),
    }
)
#: Services whose lines are of models, by what their names hold.
MODELS: Final = "|".join(
    (
        *("vertex ai", "gemini", "generative language", "agent platform", "model garden"),
        *("claude", "anthropic", "mistral", "llama", "deepseek", "qwen", "grok"),
    )
)
_MODELS: Final = re.compile(MODELS, re.IGNORECASE)
_GEMINI_API: Final = re.compile(r"gemini api|generative language", re.IGNORECASE)
_TYPES: Final = {"regular": "usage", "tax": "adjustment", "adjustment": "adjustment", "rounding_error": "adjustment"}


class Charge(NamedTuple):
    """What a row charges, net of credits."""

    day: datetime
    #: Fields of a `Bill` that say what it is for.
    about: dict[str, str]
    net: Decimal
    currency: str
    #: At list price, where the row tells, in the same currency.
    listed: Decimal | None
    quantity: Decimal | None


def is_of_a_model(service: str) -> bool:
    """Whether a service is one that models are billed under."""
    return bool(_MODELS.search(service))


def charge_of(told: Told) -> Charge:
    """What a row charges.

    Raises:
        RecordError: Something in it cannot be believed, or it does not say when or how much.
    """
    row = Told(unflattened(told.plain))
    service, sku = row.within("service"), row.within("sku")
    description = sku.text("description")
    said = sku_of(description)
    kind = row.text("cost_type").lower() or "regular"
    usage = row.within("usage")
    cost = row.needed(dollars(row, "cost"), "cost")
    about = {
        "provider": "google" if _GEMINI_API.search(service.text("description", "id")) else "vertex",
        "line_item": description or sku.text("id") or kind,
        "model": said.model,
        "token_type": said.token_type,
        "service_tier": said.service_tier,
        "project": row.within("project").text("id", "name", "number"),
        "region": row.within("location").text("region", "location"),
        "invoice": row.within("invoice").text("month") or row.text("invoice_month"),
        "type": _TYPES.get(kind, "usage"),
        "quantity_unit": usage.text("unit") or row.text("unit"),
    }
    return Charge(
        day=day_of(row, "usage_start_time", "day"),
        about={name: value for name, value in about.items() if value},
        net=cost + _credits(row),
        currency=row.text("currency").upper() or "USD",
        listed=dollars(row, "cost_at_list"),
        quantity=amount_of(usage, "amount") if usage else amount_of(row, "quantity"),
    )


def add(lines: Lines, charge: Charge) -> None:
    """Add a charge to the lines of a bill."""
    if charge.currency == "USD":
        lines.bill(charge.day, charge.about, amount=charge.net, list_amount=charge.listed, quantity=charge.quantity)
        return
    about = {**charge.about, "currency": charge.currency}
    lines.bill(charge.day, about, stated_amount=charge.net, quantity=charge.quantity)


def unflattened(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with the objects that its names with dots mean: `service.description`."""
    if not any("." in name for name in row):
        return row
    found: dict[str, Any] = {}
    for name, value in row.items():
        *outer, last = name.split(".")
        place = found
        for part in outer:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                raise RecordError(name, "says what another name says otherwise")
            place = inner
        place[last] = value
    return found


def _credits(row: Told) -> Decimal:
    """What credits take off; a file has them as JSON, a query as their sum."""
    found = row.raw("credits")
    if isinstance(found, str) and found.strip().startswith("["):
        try:
            found = json.loads(found, parse_float=Decimal)
        except ValueError:
            raise RecordError("credits", "is text that is not JSON") from None
        row = Told({"credits": found})
    if not isinstance(found, list):
        return dollars(row, "credits") or Decimal(0)
    return sum((dollars(one, "amount") or Decimal(0) for one in row.each("credits")), Decimal(0))
