"""Token efficiency: how close the tokens that were used came to those that were expected."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name, share, text
from tokometer.records.units import REQUESTS, SCORE, TOKENS
from tokometer.settings import Settings

#: What is expected where clients say nothing: what a request took in so many days before the window.
TRAILING: Final = timedelta(days=28)
#: Off the estimate by less than this is not worth a word.
NOTABLE: Final = 0.01
_NOW: Final = ("requests", "total_tokens", "estimated_tokens", "estimate_ratio")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was expected of a model, and what it used for the same calls."""

    estimated: int
    actual: int
    requests: int
    basis: str


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    [used] = yield (matter.query(*_NOW, by=("model",)),)
    until = used.meta.since.astimezone(UTC)
    past_query = matter.query(
        "avg_tokens_per_request", by=("model",), since=(until - TRAILING).isoformat(), until=until.isoformat()
    )
    [past] = yield (past_query,)
    trailing = by_name(past, "model")
    found = {name: _estimate(row, trailing.get(name)) for name, row in by_name(used, "model").items()}
    if matter.by:
        return [{"model": name, **_row(estimate, name, settings)} for name, estimate in found.items()]
    known = {name: estimate for name, estimate in found.items() if estimate is not None}
    return [_row(_whole(list(known.values())), "", settings) | {"opportunities": _opportunities(known, settings)}]


def _estimate(used: Mapping[str, Any], past: Mapping[str, Any] | None) -> Estimate | None:
    """By the client for the calls for which it said so, else by the past for all; None where neither tells."""
    estimated, ratio = used["estimated_tokens"], used["estimate_ratio"]
    if estimated and ratio is not None:
        return Estimate(estimated, round(ratio * estimated), used["requests"], "client")
    each = None if past is None else past["avg_tokens_per_request"]
    if each is None or not used["requests"]:
        return None
    return Estimate(round(each * used["requests"]), used["total_tokens"], used["requests"], "last 28 days")


def _whole(estimates: Sequence[Estimate]) -> Estimate | None:
    if not estimates:
        return None
    return Estimate(
        sum(one.estimated for one in estimates),
        sum(one.actual for one in estimates),
        sum(one.requests for one in estimates),
        " + ".join(sorted({one.basis for one in estimates})),
    )


def _row(estimate: Estimate | None, name: str, settings: Settings) -> Row:
    if estimate is None or not estimate.estimated:
        return {"token_efficiency": None, "basis": "no estimate", "enough": False}
    off = _off(estimate)
    return {
        "token_efficiency": 100 * max(0.0, 1 - abs(off)),
        "estimated_tokens": estimate.estimated,
        "actual_tokens": estimate.actual,
        "off": off,
        "waste": max(0.0, off),
        "requests": estimate.requests,
        "basis": estimate.basis,
        "opportunities": _words(name, off) if name else "",
        "enough": estimate.requests >= settings.thresholds.least_requests,
    }


def _off(estimate: Estimate) -> float:
    """How much more than expected was used, as a share of what was expected; below zero: less."""
    return (estimate.actual - estimate.estimated) / estimate.estimated


def _words(name: str, off: float) -> str:
    percent = f"{math.floor(abs(off) * 100 + 0.5):,} %"
    if abs(off) < NOTABLE:
        return ""
    return f"{name} is running {percent} over estimate" if off > 0 else f"{name} is {percent} under estimate"


def _opportunities(known: Mapping[str, Estimate], settings: Settings) -> str:
    """What is off in models with enough calls, most tokens first."""
    told = [
        (abs(one.actual - one.estimated), name, one)
        for name, one in known.items()
        if one.estimated and one.requests >= settings.thresholds.least_requests
    ]
    told.sort(key=lambda entry: (-entry[0], entry[1]))
    return "; ".join(words for _, name, one in told if (words := _words(name, _off(one))))


def _standing(row: Row, settings: Settings) -> Standing:
    score = row["token_efficiency"]
    if score is None or not row["enough"]:
        return "none"
    if score < 100 * settings.thresholds.efficiency_critical:
        return "critical"
    return "warning" if score < 100 * settings.thresholds.efficiency_warning else "good"


TOKEN_EFFICIENCY: Final = Judgement(
    name="token_efficiency",
    title="Token efficiency",
    unit=SCORE,
    better="higher",
    description=(
        "How close the tokens that were used came to those that were expected, from 0 to 100; 100 is a perfect "
        "estimate. All calls together are the sum of the models that there is an estimate for."
    ),
    formula=(
        "100 × (1 − |actual − estimated| / estimated), at least 0. The estimate is the client's, over the calls for "
        "which it sent one; for a model without any it is the tokens per request of the 28 days before the window × "
        "requests"
    ),
    by=("", "model"),
    facts=(
        Fact("estimated_tokens", TOKENS, "integer", meaning="tokens that were expected"),
        Fact("actual_tokens", TOKENS, "integer", meaning="tokens that the same calls used"),
        share("off", "how much more than estimated was used; below zero: less", "Off the estimate"),
        share("waste", "how much more than estimated was used; 0 where it was less"),
        Fact("requests", REQUESTS, "integer", meaning="calls of these models"),
        text("basis", "`client`, `last 28 days`, both, or `no estimate`"),
        text("opportunities", "which models are off their estimate by 1 % or more, those with most tokens first"),
    ),
    thresholds=(
        "critical below 50, warning below 80 (`[thresholds]` in the settings); not of fewer calls than `least_requests`"
    ),
    inquire=_inquire,
    standing=_standing,
)
