"""The budgets that a gateway keeps of teams, keys and people, by its own metrics: what is left before it refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, text
from tokometer.judgement.served import readings
from tokometer.records.units import PERCENT, USD
from tokometer.settings import Settings

_LEFT, _TOTAL = "gateway.budget.left", "gateway.budget.total"
_SERIES: Final = ("metric", "host", "label.instance", "label.budget", "label.of")
#: From here on a budget is nearly used up.
_CLOSE: Final = 0.8
_NANO: Final = Decimal("0.000000001")
#: Whose a budget is, in words, where that is not what the gateway says.
_WHOSE: Final = {"api_key": "key", "org": "organisation"}


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    where = matter.where_in("samples")
    if where is None:
        return []
    [told] = yield (readings(matter, where, (_LEFT, _TOTAL), ("last",), _SERIES),)
    found: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for row in told.rows:
        if row["last"] is not None:
            whose = tuple(row[name] or "" for name in _SERIES[1:])
            found.setdefault(whose, {})[row["metric"]] = Decimal(str(row["last"])).quantize(_NANO)
    rows = [_row(whose, amounts) for whose, amounts in found.items()]
    return sorted(rows, key=_nearest)


def _row(kept: tuple[str, ...], amounts: dict[str, Decimal]) -> Row:
    host, instance, whose, of = kept
    left, total = amounts.get(_LEFT), amounts.get(_TOTAL)
    used = None if left is None or not total else max(0.0, float(1 - left / total))
    over = left is not None and left <= 0
    close = used is not None and used >= _CLOSE
    return {
        "gateway_budgets": used,
        "of": of,
        "whose": _WHOSE.get(whose, whose),
        "gateway": instance or host,
        "total": total,
        "left": left,
        "state": "used up" if over else "nearly used up" if close else "lasts" if used is not None else "not known",
    }


def _nearest(row: Row) -> tuple[Any, ...]:
    """What is used up first, then what is closest to it, then what nobody knows the whole of."""
    used = row["gateway_budgets"]
    return (row["state"] != "used up", used is None, -(used or 0.0), row["whose"], row["of"], row["gateway"])


def _standing(row: Row, _: Settings) -> Standing:
    standings: dict[str, Standing] = {"used up": "critical", "nearly used up": "warning", "lasts": "good"}
    return standings.get(row["state"], "none")


GATEWAY_BUDGETS: Final = Judgement(
    name="gateway_budgets",
    title="Budget used",
    unit=PERCENT,
    better="lower",
    description=(
        "What is left of the budgets that a gateway keeps of teams, keys, organisations and people, by the metrics "
        "that are scraped of it (LiteLLM's). A gateway refuses requests for which nothing is left."
    ),
    formula="1 − what is left ÷ the budget, of the last readings in the window",
    by=("",),
    facts=(
        text("of", "the name of the team, key, …"),
        text("whose", "`team`, `key`, `organisation`, `user`, `customer` or `tag`"),
        text("gateway", "the gateway that keeps it"),
        Fact("total", USD, "money", title="Budget", meaning="the budget"),
        Fact("left", USD, "money", meaning="what is left of it"),
        text("state", "`used up`, `nearly used up`, `lasts`, or `not known` where nobody says how large it is"),
    ),
    thresholds="critical where nothing is left, warning from 80 % on",
    cube="samples",
    inquire=_inquire,
    standing=_standing,
)
