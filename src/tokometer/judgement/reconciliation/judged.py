"""The judgements of reconciliation: the gap with its causes, the causes by themselves, and the lines behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.changes import to_the_cent
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.judgement.reconciliation.book import Book, Line, Sum, reconcile, together
from tokometer.judgement.reconciliation.causes import CAUSES, PARTS, UNEXPLAINED, title_of
from tokometer.judgement.reconciliation.sides import Cell, usd
from tokometer.records.units import COUNT, REQUESTS, TOKENS, USD
from tokometer.settings import Settings

#: Between the names of one model.
BETWEEN: Final = "\n"
#: By what cells are told apart without further questions, and by what else both sides may be.
_KEYS: Final[dict[str, Callable[[Cell], Any]]] = {
    "": lambda _: "",
    "provider": lambda cell: cell.provider,
    "model": lambda cell: cell.model,
    "day": lambda cell: cell.day,
}
OTHERS: Final = ("project", "api_key", "account")
#: The share of what was billed that may be unexplained and is still good, or no alarm; and dollars that always may.
_GOOD: Final = Decimal("0.01")
_BAD: Final = Decimal("0.05")
_SMALL: Final = Decimal("0.05")


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    by = matter.by
    of = by if by in OTHERS else ""
    book = yield from reconcile(matter, of)
    sums = book.sums((lambda cell: cell.of) if of else _KEYS[by])
    if not by:
        apart = sum(book.apart.values())
        return [row_of(together(list(sums.values())), apart)] if sums or apart else []
    rows = [{by: name} | row_of(total, split=not of) for name, total in sums.items()]
    if by == "provider":
        rows += [{by: name} | row_of(Sum(), cost) for name, cost in book.apart.items() if name not in sums and cost]
    if by == "day":
        return sorted(rows, key=lambda row: row[by])
    return sorted(rows, key=lambda row: (-abs(row["reconciliation"] or 0), -row["metered"], str(row[by])))


def row_of(total: Sum, apart: int = 0, *, split: bool = True) -> Row:
    """A row of the judgement: both sides, the gap, and with `split` its parts, which add up to it exactly."""
    known = total.has_bill
    billed, metered, gap = usd(total.billed), usd(total.metered), usd(total.gap)
    parts: Mapping[str, Decimal | None] = dict.fromkeys(PARTS)
    if known and split:
        parts = to_the_cent({name: usd(amount) for name, amount in total.parts.items()})
    causes = {name: abs(amount) for name, amount in parts.items() if amount}
    return {
        "reconciliation": gap if known else None,
        "metered": metered,
        "billed": billed if known else None,
        "invoiced": usd(total.invoiced) if known else None,
        "coverage": float(metered / billed) if known and billed > 0 else None,
        **parts,
        "requests": total.requests,
        "reported_requests": total.reported_requests if total.has_report else None,
        "tokens": total.tokens,
        "reported_tokens": total.reported_tokens if total.has_report else None,
        "token_gap": total.reported_tokens - total.tokens if total.has_report else None,
        "token_coverage": total.tokens / total.reported_tokens if total.reported_tokens else None,
        "estimated": usd(total.estimated) if total.estimated else None,
        "lines": total.lines,
        "unconverted": total.unconverted,
        "apart": usd(apart),
        "most": title_of(max(causes, key=lambda name: causes[name])) if causes else "",
    }


def _standing(row: Row, _: Settings) -> Standing:
    """By what is unexplained: a gap whose causes are known is nobody's mistake."""
    left = row[UNEXPLAINED]
    if left is None or row["billed"] is None:
        return "none"
    least = max(abs(row["billed"]), abs(row["metered"]))
    if abs(left) <= max(_SMALL, least * _GOOD):
        return "good"
    return "warning" if abs(left) <= least * _BAD else "critical"


def _amount(name: str, meaning: str, title: str = "") -> Fact:
    return Fact(name, USD, "money", title=title, meaning=meaning)


_SEQUENCE: Final = ", ".join(CAUSES)

RECONCILIATION: Final = Judgement(
    name="reconciliation",
    title="Gap",
    unit=USD,
    type="money",
    better="",
    cube="bills",
    description=(
        "How much more providers bill than was metered, and why. Only providers that state something, and days from "
        "their first statement on. Days are days of UTC, whatever the time zone; models meet under the names of the "
        "price book. By project, API key or account the causes are not told apart, as providers name these otherwise."
    ),
    formula=(
        "billed (usage, adjustments, credits that are taken off) − metered cost = the sum of its parts, exactly; they "
        f"are taken off in this order: {_SEQUENCE}; what is left is unexplained"
    ),
    by=("", "day", "model", "provider", *OTHERS),
    facts=(
        _amount("metered", "cost of the calls that were metered, of providers that state something"),
        _amount("billed", "what is to be paid: usage, adjustments, and credits that are taken off"),
        _amount("invoiced", "what of it stands in lines that name an invoice"),
        share("coverage", "metered / billed"),
        *(_amount(cause.name, cause.meaning, cause.title) for cause in CAUSES.values()),
        _amount(UNEXPLAINED, "what no cause was found for"),
        Fact("requests", REQUESTS, "integer", meaning="calls that were metered"),
        Fact("reported_requests", REQUESTS, "integer", meaning="requests as providers report them"),
        Fact("tokens", TOKENS, "integer", meaning="tokens that were metered"),
        Fact("reported_tokens", TOKENS, "integer", meaning="tokens as providers report them"),
        Fact("token_gap", TOKENS, "integer", title="Token gap", meaning="reported − metered tokens"),
        share("token_coverage", "metered / reported tokens"),
        _amount("estimated", "what providers reckon that the reported usage costs; no line of a bill", "Estimate"),
        Fact("lines", COUNT, "integer", title="Bill lines", meaning="lines of bills"),
        Fact("unconverted", COUNT, "integer", meaning="lines in a currency whose rate is unknown; in no sum"),
        _amount("apart", "metered cost of providers and days without any statement; in no gap", "No statement"),
        text("most", "the largest part of the gap"),
    ),
    thresholds="by what is unexplained: good up to 1 % of the larger side (or 5 cents), critical above 5 %",
    inquire=_inquire,
    standing=_standing,
)

# -- causes ------------------------------------------------------------------------------------------------------------


def _causes(matter: Matter, _: Settings) -> Inquiry:
    book = yield from reconcile(matter)
    total = together(list(book.sums(lambda _: "").values()))
    if not total.has_bill:
        return []
    amounts = to_the_cent({name: usd(amount) for name, amount in total.parts.items()})
    lines = book.lines()
    rows = [cause_row(name, amount, lines) for name, amount in amounts.items() if amount]
    return sorted(rows, key=lambda row: (row["cause"] == UNEXPLAINED, -abs(row["gap_causes"])))


def cause_row(name: str, amount: Decimal, lines: list[Line]) -> Row:
    """One cause with the cells that have it."""
    own = [line for line in lines if line.cause == name]
    largest = own[0].cell if own else None
    return {
        "gap_causes": amount,
        "cause": name,
        "title": title_of(name),
        "meaning": CAUSES[name].meaning if name in CAUSES else "what no cause was found for",
        "cells": len(own),
        "days": len({line.cell.day for line in own}),
        "tokens": sum(line.tokens for line in own) or None,
        "models": ", ".join(dict.fromkeys(line.cell.model for line in own[:50] if line.cell.model)),
        "provider": largest.provider if largest else "",
    }


def _no_standing(row: Row, _: Settings) -> Standing:
    return "warning" if row.get("cause") == UNEXPLAINED else "none"


GAP_CAUSES: Final = Judgement(
    name="gap_causes",
    title="Part of the gap",
    unit=USD,
    type="money",
    better="",
    cube="bills",
    description="The causes of the gap between what is billed and what was metered, the largest first.",
    formula="as in `judgement.reconciliation`, whose parts these are",
    by=("",),
    facts=(
        text("title", "the cause", "Cause"),
        text("cause", "its name"),
        text("meaning", "what it means"),
        Fact("cells", COUNT, "integer", meaning="models and days that have some of it"),
        Fact("days", COUNT, "integer", meaning="days that have some of it"),
        Fact("tokens", TOKENS, "integer", meaning="tokens that only the provider has; negative: that only we have"),
        text("models", "the models that have most of it"),
        text("provider", "the provider that has most of it"),
    ),
    thresholds="what is unexplained is a warning",
    inquire=_causes,
    standing=_no_standing,
)

# -- lines -------------------------------------------------------------------------------------------------------------


def _lines(matter: Matter, _: Settings) -> Inquiry:
    book = yield from reconcile(matter)
    return [line_row(line, book) for line in book.lines()]


def line_row(line: Line, book: Book) -> Row:
    """A part of one cell's gap."""
    cell = line.cell
    return {
        "gap_lines": usd(line.amount),
        "cause": line.cause,
        "title": title_of(line.cause),
        "provider": cell.provider,
        "at": datetime.combine(cell.day, time(), UTC),
        "of": cell.model or "(no model)",
        "metered": usd(cell.cost),
        "billed": usd(cell.billed.total),
        "tokens": line.tokens or None,
        "called": BETWEEN.join(sorted(cell.called)),
        "stated": BETWEEN.join(sorted(cell.stated)),
        "reports": "yes" if cell.reported else "no",
        "state": "final" if book.final(cell.provider, cell.day) else "may still change",
    }


GAP_LINES: Final = Judgement(
    name="gap_lines",
    title="Part of the gap",
    unit=USD,
    type="money",
    better="",
    cube="bills",
    description="Each part of the gap of one provider's model on one day, the largest first.",
    formula="as in `judgement.reconciliation`; all rows add up to its gap",
    by=("",),
    facts=(
        text("title", "the cause", "Cause"),
        text("cause", "its name"),
        text("provider", "whose bill"),
        Fact("at", type="time", title="Day", meaning="the day of UTC"),
        text("of", "the model, under the name that both sides meet under", "Model"),
        _amount("metered", "what was metered of it on that day"),
        _amount("billed", "what was billed of it on that day"),
        Fact("tokens", TOKENS, "integer", meaning="tokens that only the provider has; negative: that only we have"),
        text("called", "the model's names in calls"),
        text("stated", "the model's names in statements"),
        text("reports", "whether the provider reports the usage of it"),
        text("state", "whether the day is final"),
    ),
    thresholds="what is unexplained is a warning",
    inquire=_lines,
    standing=_no_standing,
)
