"""The condition on books that do not balance: more is billed than was metered, and nobody knows why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from tokometer.alerting.condition import Condition, Inquiry, Param, Reading, declare
from tokometer.alerting.figures import number
from tokometer.alerting.rule import Terms
from tokometer.alerting.situation import Situation
from tokometer.judgement.declared import Matter
from tokometer.judgement.reconciliation.book import Book, Sum, reconcile
from tokometer.judgement.reconciliation.causes import UNEXPLAINED
from tokometer.judgement.reconciliation.sides import usd
from tokometer.records.units import PERCENT, USD, show

_RARELY: Final = timedelta(minutes=15)
_WHOLE: Final = "gap"


def _unbalanced(terms: Terms, situation: Situation) -> Inquiry:
    today = situation.now.astimezone(UTC).date()
    days = int(terms.given["days"])
    begin, end = (
        datetime.combine(day, time(), UTC).isoformat()
        for day in (today - timedelta(days=days), today + timedelta(days=1))
    )
    matter = Matter(
        where=terms.where, since=begin, until=end, now=situation.now, book=situation.book, stated=situation.stated
    )
    book: Book = yield from reconcile(matter)
    # What may still change is no reason to be told.
    final = replace(book, parted=[one for one in book.parted if book.final(one.cell.provider, one.cell.day)])
    sums = final.sums(lambda cell: cell.provider)
    return [_reading(provider, total, terms.given) for provider, total in sorted(sums.items()) if total.has_bill]


def _reading(provider: str, total: Sum, given: Any) -> Reading:  # noqa: ANN401 - what a rule gives, by name
    whole = given["of"] == _WHOLE
    left = abs(usd(total.gap if whole else total.parts[UNEXPLAINED]))
    billed = abs(usd(total.billed))
    share = float(left / billed) if billed else 0.0
    holds = left > 0 and float(left) >= given["amount"] and share * 100 >= given["percent"]
    words = f"{show(left, USD)} of {show(billed, USD)} billed ({show(share, PERCENT)}) "
    words += f"{'is the gap to' if whole else 'is not explained by'} {show(usd(total.metered), USD)} metered"
    return Reading(
        value=provider, holds=holds, over=not holds, measured=number(left), against=given["amount"], words=words
    )


UNBALANCED: Final = declare(
    Condition(
        name="books_unbalanced",
        title="Books do not balance",
        meaning=(
            "of what a provider bills for days that are final, at least so much, and so many percent, is not explained "
            "by what was metered; or the whole gap is as large"
        ),
        read=_unbalanced,
        phrase="has {of} of {amount} and {percent} or more between billed and metered",
        page="/reconcile",
        measure="calls.cost",
        each="provider",
        pace=_RARELY,
        past=False,
        takes=(
            Param(
                name="of",
                title="Of",
                form="word",
                words=(UNEXPLAINED, _WHOLE),
                default=UNEXPLAINED,
                meaning="what is unexplained, or the whole gap",
            ),
            Param(name="amount", title="At least", default=1.0, least=0, unit="$", meaning="US dollars"),
            Param(name="percent", title="And percent", default=1.0, least=0, most=10_000, unit="%"),
            Param(name="days", title="Days", form="whole", default=30, least=1, most=400, meaning="the last so many"),
        ),
        example={"of": "unexplained", "amount": 5, "percent": 1},
    )
)
