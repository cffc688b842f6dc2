"""What GitHub bills, and what was used of AI credits and premium requests.

Format: docs.github.com/rest/billing/usage (version 2026-03-10) and github/rest-api-description, read in November 2026:
`…/settings/billing/usage` has lines of days (`usageItems` with `date`, `product`, `sku`, `quantity`, `netAmount`);
`…/ai_credit/usage` and `…/premium_request/usage` add up a year, month or day by product, SKU and model, without a date.
Seats are lines of the bill as well (unit `user-months`). What credits cost is in the bill: the two others are kept as
usage, and their amounts as estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from tokometer.sources.polling import json_of
from tokometer.sources.protocol import PollError
from tokometer.sources.told import Told
from tokometer.statements.lines import Lines, amount_of, day_of, dollars, object_of, whole_days
from tokometer.statements.protocol import Asked, Portion, Stated

_BILL: Final = frozenset(
    {
        *("date", "product", "sku", "quantity", "unitType", "pricePerUnit", "grossAmount", "discountAmount"),
        *("netAmount", "organizationName", "repositoryName", "costCenterId"),
    }
)
_USE: Final = frozenset(
    {
        *("product", "sku", "model", "unitType", "pricePerUnit", "grossQuantity", "grossAmount", "discountQuantity"),
        *("discountAmount", "netQuantity", "netAmount"),
    }
)
PRODUCTS: Final = "copilot, models, spark"


def bill(asked: Asked, portion: Portion) -> Iterator[Stated]:
    """What each day cost, by product, SKU and repository."""
    lines = Lines(asked, "bill")
    wanted = products(asked.options)

    def take(day: datetime, told: Told) -> None:
        product = told.text("product")
        if not any(name in product.lower() for name in wanted) or day_of(told, "date") != day:
            return
        about = {
            "line_item": told.text("sku") or product,
            "project": told.text("repositoryName"),
            "team": told.text("costCenterId"),
            "quantity_unit": told.text("unitType"),
        }
        lines.bill(
            day,
            about,
            amount=told.needed(dollars(told, "netAmount"), "netAmount"),
            list_amount=dollars(told, "grossAmount"),
            quantity=amount_of(told, "quantity"),
        )

    for day in whole_days(portion.since, min(portion.until, asked.now)):
        lines.read(_items(asked, "usage", day).raw("usageItems") or [], partial(take, day), _BILL)
    yield lines.stated()


def used(what: str, unit: str) -> Callable[[Asked, Portion], Iterator[Stated]]:
    """Reads what was used of credits or requests on each day, by model and SKU."""

    def read(asked: Asked, portion: Portion) -> Iterator[Stated]:
        lines = Lines(asked, unit)
        for day in whole_days(portion.since, min(portion.until, asked.now)):
            told = _items(asked, f"{what}/usage", day)
            period = told.within("timePeriod")
            if period.whole("day") != day.day or period.whole("month") != day.month:
                # What it adds up has no date of its own: a month would be read once for each of its days.
                raise PollError("GitHub tells of another time than it was asked for", final=True)
            lines.read(told.raw("usageItems") or [], partial(_use, lines, unit, day), _USE)
        yield lines.stated()

    return read


def products(options: Mapping[str, str]) -> list[str]:
    """The products whose lines are kept, in small letters."""
    named = options.get("products") or PRODUCTS
    return [one.strip().lower() for one in named.split(",") if one.strip()]


def owner(asked: Asked) -> str:
    """Where the billing endpoints of the organisation, or of its enterprise, begin."""
    enterprise = asked.options.get("enterprise", "")
    if enterprise:
        return f"/enterprises/{quote(enterprise, safe='')}"
    return f"/organizations/{quote(asked.options.get('organisation', ''), safe='')}"


def _use(lines: Lines, unit: str, day: datetime, told: Told) -> None:
    about = {"model": told.text("model"), "operation": told.text("sku") or told.text("product"), "quantity_unit": unit}
    quantity = told.needed(amount_of(told, "grossQuantity", "netQuantity"), "grossQuantity")
    lines.usage(day, about, quantity=quantity, estimated_cost=dollars(told, "netAmount"))


def _items(asked: Asked, what: str, day: datetime) -> Told:
    path = f"{owner(asked)}/settings/billing/{what}"
    query = {"year": str(day.year), "month": str(day.month), "day": str(day.day)}
    if asked.options.get("enterprise") and asked.options.get("organisation"):
        query["organization"] = asked.options["organisation"]
    try:
        answer = asked.ask(path, query)
    except PollError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        reason = "GitHub has no such report for it: it is not on the enhanced billing platform, or this key may not ask"
        raise PollError(reason, final=True, status=error.status) from None
    return object_of(json_of(answer, path), path)
