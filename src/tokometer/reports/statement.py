"""A statement of what a customer or a team is charged for a month: as plain data, as CSV and as a report to print."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.charges import Charge, ChargeLine, Month
from tokometer.measures.result import csv_cell
from tokometer.records.units import COUNT, TOKENS, USD, exact
from tokometer.reports.blocks import Block, Entry, Figures, Grid, Head, Item, Words
from tokometer.reports.blocks import Piece as Panel
from tokometer.reports.paper import Part, Placed, Report

_COLUMNS: Final = (
    *("period", "payer", "what", "title", "requests", "input_tokens", "output_tokens", "total_tokens"),
    *("unpriced", "cost_usd", "charged", "currency"),
)
_PURPOSES: Final = {"show_back": "Show-back", "charge_back": "Charge-back"}
_ROUNDING: Final = (
    "Amounts are whole cents by largest remainder: the lines are exactly the total, and the costs of all statements "
    "of a month, with what nobody is charged for, are exactly the month's cost."
)


def body_of(charge: Charge, month: Month, titles: Mapping[str, str]) -> dict[str, Any]:
    """All that a statement says, as JSON: what is frozen, and what its digest is of. `titles` are cards' by id."""
    return {
        "by": charge.by,
        "value": charge.value,
        "period": month.period,
        "purpose": charge.purpose,
        "currency": charge.currency,
        "lines": [_line(line, titles) for line in charge.lines],
        "total": f"{charge.total:f}",
        "total_usd": None if charge.total_usd is None else f"{charge.total_usd:f}",
        "cost": f"{charge.cost:f}",
        "cost_cents": f"{charge.cost_cents:f}",
        "requests": charge.requests,
        "tokens": charge.tokens,
        "unpriced": charge.unpriced,
        "remarks": list(charge.remarks),
        "over": month.over,
    }


def digest_of(body: Mapping[str, Any]) -> str:
    """The SHA-256 of what a statement says."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _line(line: ChargeLine, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "what": line.what,
        "title": line.title,
        "card": titles.get(line.card, ""),
        "requests": line.requests,
        "input_tokens": line.prompt_tokens,
        "output_tokens": line.output_tokens,
        "total_tokens": line.total_tokens,
        "unpriced": line.unpriced,
        "cost": None if line.cost is None else f"{line.cost:f}",
        "charged": None if line.charged is None else f"{line.charged:f}",
    }


def as_csv(body: Mapping[str, Any]) -> bytes:
    """A line for each of a statement's; text that a spreadsheet would compute is disarmed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for line in body["lines"]:
        told = {**line, "period": body["period"], "payer": body["value"], "currency": body["currency"]}
        told["cost_usd"] = line["cost"]
        writer.writerow([_cell(told.get(name)) for name in _COLUMNS])
    return out.getvalue().encode()


def _cell(value: object) -> object:
    return csv_cell(value) if isinstance(value, str) and not _is_number(value) else "" if value is None else value


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).removeprefix("-").isdigit()


def report_of(
    body: Mapping[str, Any], *, made: datetime, digest: str = "", frozen: str = "", demo: bool = False
) -> Report:
    """A statement to print. `digest` and `frozen` (when, and by whom) are of one that was frozen."""
    state = f"Frozen {frozen}" if digest else "Draft: it changes with what it is of"
    facts = [
        ("For", body["value"]),
        ("Month", f"{body['period']} (UTC)"),
        ("Kind", _PURPOSES.get(body["purpose"], body["purpose"])),
        ("State", state),
    ]
    currency = body["currency"]
    figures = [Item(money(body["total"], currency), label="To pay" if body["purpose"] == "charge_back" else "Charged")]
    figures.append(Item(money(body["cost_cents"], "USD"), label="Cost", exact=exact(Decimal(body["cost"]), USD)))
    figures.append(Item(exact(body["requests"], COUNT), label="Requests"))
    figures.append(Item(exact(body["tokens"], TOKENS), label="Tokens"))
    blocks: list[Block] = [Figures(figures), _grid(body)]
    blocks += [Words(remark, "warning") for remark in body["remarks"]]
    notes = [_ROUNDING]
    if digest:
        notes.append(f"This statement is frozen and does not change. SHA-256 of what it says: {digest}")
    elif not body["over"]:
        notes.append("The month is not over.")
    offset = made.utcoffset()
    return Report(
        f"{_PURPOSES.get(body['purpose'], 'Statement')} statement",
        facts,
        [Part("", [[Placed(Panel("statement", "Charges", blocks), 12)]])],
        notes,
        demo=demo,
        made=int(made.timestamp()),
        offset=int(offset.total_seconds() // 60) if offset else 0,
    )


def _grid(body: Mapping[str, Any]) -> Grid:
    currency = body["currency"]
    heads = [Head("For", number=False, long=True), Head("Rate card", number=False), Head("Requests")]
    heads += [Head("Input tokens"), Head("Output tokens"), Head("Cost, USD"), Head(f"Charged, {currency}")]
    rows = [
        [
            Entry(line["title"]),
            Entry(line["card"]),
            *(Entry(_count(line, name)) for name in ("requests", "input_tokens", "output_tokens")),
            Entry("" if line["cost"] is None else f"{Decimal(line['cost']):,.4f}"),
            Entry("not known" if line["charged"] is None else f"{Decimal(line['charged']):,.2f}"),
        ]
        for line in body["lines"]
    ]
    total = [Entry("Total", "strong"), Entry(""), Entry(f"{body['requests']:,}"), Entry(""), Entry("")]
    rows.append(
        [*total, Entry(f"{Decimal(body['cost_cents']):,.2f}"), Entry(f"{Decimal(body['total']):,.2f}", "strong")]
    )
    return Grid(heads, rows, total=True)


def _count(line: Mapping[str, Any], name: str) -> str:
    return f"{line[name]:,}" if line["what"] == "usage" else ""


def money(amount: str, currency: str) -> str:
    """An amount in cents, with its currency."""
    found = Decimal(amount)
    sign = "-" if found < 0 else ""
    return f"{sign}${abs(found):,.2f}" if currency == "USD" else f"{found:,.2f} {currency}"
