"""Rules in words."""

from __future__ import annotations

from typing import Any, Final

from tokometer.alerting.condition import Param
from tokometer.alerting.rule import Terms
from tokometer.measures import dimension_named
from tokometer.records.units import show

_WINDOWS: Final = {"today": "of today", "week": "of this week", "month": "of this month", "year": "of this year"}
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks", "mo": "months", "y": "years"}


def sentence(terms: Terms) -> str:
    """`Cost of any user over 24 hours is above $50.00, for 10 minutes`."""
    condition = terms.condition
    subject = terms.title if condition.of else ""
    if condition.name == "no_data":
        subject = "" if terms.each else "The window"
    each = f"any {_each(terms)}" if terms.each else ""
    subject = f"{subject} of {each}" if subject and each else subject or each.capitalize() or "All together"
    where = f" where {' and '.join(map(str, terms.where))}" if terms.where else ""
    given = {one.name: _value(terms, one, terms.given[one.name]) for one in condition.takes}
    hold = int(terms.hold.total_seconds() // 60)
    held = f", for {hold:,} minutes" if hold else ""
    return f"{subject}{window(terms.window)}{where} {condition.phrase.format(**given)}{held}"


def window(text: str) -> str:
    """` over 24 hours`, ` of today`, or nothing."""
    if not text:
        return ""
    if text in _WINDOWS:
        return f" {_WINDOWS[text]}"
    unit = text.lstrip("0123456789")
    number = text.removesuffix(unit)
    return f" over {number} {_UNITS[unit] if number != '1' else _UNITS[unit].removesuffix('s')}"


def _each(terms: Terms) -> str:
    if terms.condition.each == "budget":
        return terms.condition.each
    title = dimension_named(f"{terms.cube}.{terms.each}").title
    return title.lower() if title.istitle() or title.islower() else title


def _value(terms: Terms, param: Param, value: Any) -> str:  # noqa: ANN401 - whatever it takes
    if param.unit == "measure":
        return show(value, terms.unit)
    if isinstance(value, float | int):
        unit = "" if not param.unit else "%" if param.unit == "%" else f" {param.unit}"
        return f"{value:g}{unit}"
    return str(value)
