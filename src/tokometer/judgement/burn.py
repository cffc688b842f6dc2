"""Burn rate: how many times too fast the error budget is used up, and whether that is worth waking somebody.

Multi-window, multi-burn-rate alerts as in Google's SRE workbook (https://sre.google/workbook/alerting-on-slos/, 6): a
long window says that it matters, a short one of a twelfth of it that it has not stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name, text
from tokometer.judgement.slo import target_of
from tokometer.records.units import REQUESTS, TIMES
from tokometer.settings import Settings, Thresholds

#: Each fact with its window in the words of queries.
WINDOWS: Final = {"burn_5m": "5m", "burn_30m": "30m", "burn_1h": "1h", "burn_6h": "6h", "burn_3d": "72h"}
#: Each alert with its long and its short window; the worst first.
_ALERTS: Final = (
    ("critical", "burn_1h", "burn_5m"),
    ("warning", "burn_6h", "burn_30m"),
    ("notice", "burn_3d", "burn_6h"),
)
_MEASURES: Final = ("requests", "error_rate", "availability")
_GRADES: Final[dict[str, Standing]] = {"ok": "good", "notice": "warning", "warning": "warning", "critical": "critical"}


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    answers = yield tuple(matter.query(*_MEASURES, since=since) for since in WINDOWS.values())
    measured = {fact: by_name(answer, matter.by) for fact, answer in zip(WINDOWS, answers, strict=True)}
    rows = []
    for name in measured["burn_3d"]:
        found = {fact: rows_by_name.get(name) for fact, rows_by_name in measured.items()}
        slo = target_of(settings, matter, name)
        allowed = {"availability": 1 - slo.availability, "error_rate": slo.error_rate}
        place = {matter.by: name} if matter.by else {}
        rows += [place | _row(objective, share, found, settings.thresholds) for objective, share in allowed.items()]
    return rows


def _row(objective: str, allowed: float, found: Mapping[str, Mapping[str, Any] | None], thresholds: Thresholds) -> Row:
    burn = {fact: _burn(objective, allowed, measured) for fact, measured in found.items()}
    enough = {fact: (measured or {}).get("requests", 0) for fact, measured in found.items()}
    return {
        "burn_rate": burn["burn_1h"],
        "objective": objective,
        "alert": _alert(burn, enough, thresholds),
        **burn,
        "requests": enough["burn_1h"],
    }


def _burn(objective: str, allowed: float, measured: Mapping[str, Any] | None) -> float | None:
    if measured is None or measured[objective] is None:
        return None
    failed = 1 - measured[objective] if objective == "availability" else measured[objective]
    return float(failed / allowed)


def _alert(burn: Mapping[str, float | None], requests: Mapping[str, int], thresholds: Thresholds) -> str:
    """The worst alert whose long and short window both burn too fast; a handful of calls raises none."""
    if all(value is None for value in burn.values()):
        return "no data"
    least = {
        "critical": thresholds.burn_rate_critical,
        "warning": thresholds.burn_rate_warning,
        "notice": thresholds.burn_rate_notice,
    }
    for alert, long, short in _ALERTS:
        # A quotient of floats ends a hair beside the bound that it should meet.
        fast = round(min(burn[long] or 0.0, burn[short] or 0.0), 9)
        if fast >= least[alert] and requests[long] >= thresholds.least_requests:
            return alert
    return "ok"


def _standing(row: Row, _: Settings) -> Standing:
    return _GRADES.get(row["alert"], "none")


BURN_RATE: Final = Judgement(
    name="burn_rate",
    title="Burn rate",
    unit=TIMES,
    better="lower",
    description=(
        "How many times as fast as allowed the error budget is being used up, one row for each of the objectives "
        "availability and error rate. At 1 the budget lasts exactly for the period. The value is that of the last hour."
    ),
    formula=(
        "error rate / its target, and (1 − availability) / (1 − its target), over 5 and 30 minutes, 1 and 6 hours and "
        "3 days"
    ),
    by=("", "provider", "model"),
    facts=(
        text("objective", "`availability` or `error_rate`"),
        text("alert", "`critical`, `warning`, `notice`, `ok` or `no data`"),
        Fact("burn_5m", TIMES, title="Burn rate, 5 minutes", meaning="over the last 5 minutes"),
        Fact("burn_30m", TIMES, title="Burn rate, 30 minutes", meaning="over the last 30 minutes"),
        Fact("burn_1h", TIMES, title="Burn rate, 1 hour", meaning="over the last hour"),
        Fact("burn_6h", TIMES, title="Burn rate, 6 hours", meaning="over the last 6 hours"),
        Fact("burn_3d", TIMES, title="Burn rate, 3 days", meaning="over the last 72 hours"),
        Fact("requests", REQUESTS, "integer", meaning="calls of the last hour"),
    ),
    window="72h",
    thresholds=(
        "critical from 14.4 over both 1 hour and 5 minutes, warning from 6 over both 6 hours and 30 minutes, notice "
        "from 1 over both 3 days and 6 hours (`[thresholds]` in the settings); not where the long window has fewer "
        "calls than `least_requests`"
    ),
    inquire=_inquire,
    standing=_standing,
)
