"""Windows of subscriptions: how much of each limit is used, at what pace, and when it will be reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.measures import Filter, Query
from tokometer.records.units import PERCENT, SECONDS
from tokometer.settings import Settings
from tokometer.sources.plans import LIMIT_USED

#: Windows are a week at most; what was told earlier is of one that is over.
_LOOKED_AT: Final = "8d"
_BY: Final = ("source", "provider", "account", "machine")
_LABELS: Final = ("window", "window_minutes", "resets_at", "limit", "plan")
#: Less of a window than this says nothing of its pace.
_LEAST_PASSED: Final = 0.05
_WARNING: Final = 0.8
_NAMES: Final = {300: "5 hours", 1_440: "Day", 10_080: "Week", 43_200: "Month"}


@dataclass(slots=True)
class _Window:
    """The newest of a limit's windows."""

    used: float
    #: The hour in which it was told last.
    told: datetime
    resets: datetime | None


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    where = matter.where_in("samples")
    if where is None:
        return []
    asked = Query(
        measures=("samples.last",),
        by=tuple(f"samples.{name}" for name in (*_BY, *(f"label.{label}" for label in _LABELS))),
        where=(*where, Filter("samples.metric", "=", (LIMIT_USED,))),
        since=_LOOKED_AT,
        grain="hour",
        tz="UTC",
    )
    [told] = yield (asked,)
    rows = [_row(key, window, matter.now) for key, window in _newest(told.rows).items()]
    return sorted(rows, key=lambda row: (row["source"], row["account"], row["limit"], row["window_minutes"] or 0))


def _newest(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, ...], _Window]:
    """What each limit's newest window was told to be used."""
    found: dict[tuple[str, ...], _Window] = {}
    for row in rows:
        if row["last"] is None:
            continue
        names = (
            *(row[name] or "" for name in _BY),
            *(row[f"label.{label}"] or "" for label in _LABELS if label != "resets_at"),
        )
        resets = _moment(row["label.resets_at"])
        window = _Window(row["last"] / 100, row["time"], resets)
        before = found.get(names)
        if before is None or (resets or row["time"], row["time"]) >= (before.resets or before.told, before.told):
            found[names] = window
    return found


def _row(names: tuple[str, ...], window: _Window, now: datetime) -> Row:
    source, provider, account, machine, kind, minutes_told, limit, plan = names
    minutes = int(minutes_told) if minutes_told.isdecimal() else None
    row: Row = {
        "source": source,
        "provider": provider,
        "account": account,
        "machine": machine,
        "plan": plan,
        "limit": limit,
        "window": _NAMES.get(minutes or 0, kind.replace("_", " ")),
        "window_minutes": minutes,
        "told": window.told,
        "resets": window.resets,
    }
    if window.resets is not None and window.resets <= now:
        note = "it has begun anew, and nothing was told since"
        return row | {"plan_windows": None, "note": note}
    return row | {"plan_windows": window.used, **_pace(window, minutes, now)}


def _pace(window: _Window, minutes: int | None, now: datetime) -> Row:
    """How much of the window has passed, what will be used at its end, and when all of it will be."""
    if window.resets is None or minutes is None:
        return {"note": "when it begins anew is not told"}
    length = timedelta(minutes=minutes)
    left = min(window.resets - now, length)
    passed = 1 - left / length
    row: Row = {"passed": passed, "seconds_left": left.total_seconds()}
    if window.used >= 1:
        return row | {"seconds_to_limit": 0.0, "projected": max(1.0, window.used)}
    if passed < _LEAST_PASSED:
        return row | {"note": "it has hardly begun"}
    row["projected"] = window.used / passed
    row["pace"] = window.used / passed
    if window.used > 0:
        to_limit = (1 - window.used) / window.used * passed * length.total_seconds()
        row["seconds_to_limit"] = to_limit if to_limit < left.total_seconds() else None
    return row


def _moment(told: object) -> datetime | None:
    """Seconds since 1970, as a label has them."""
    try:
        return datetime.fromtimestamp(int(str(told)), UTC) if told else None
    except (ValueError, OverflowError, OSError):
        return None


def _standing(row: Row, _: Settings) -> Standing:
    used = row["plan_windows"]
    if used is None:
        return "none"
    if used >= 1:
        return "critical"
    return "warning" if used >= _WARNING or (row.get("projected") or 0.0) >= 1 else "good"


PLAN_WINDOWS: Final = Judgement(
    name="plan_windows",
    title="Plan used",
    unit=PERCENT,
    better="lower",
    description=(
        "How much of a subscription's limit is used in its running window (five hours, a week), as Claude Code tells "
        "its status line and Codex its transcripts; at what pace, and when the limit will be reached."
    ),
    formula=(
        "the last reading of `plan.limit.used` in the newest window. The pace is what is used / the share of it "
        "that has passed: above 100 % the limit is reached before the window begins anew, after "
        "(1 − used) / used × the time that has passed"
    ),
    by=("",),
    facts=(
        text("source", "who told it"),
        text("provider", "whose subscription"),
        text("account", "the account, where it is told"),
        text("machine", "the machine that told it"),
        text("plan", "the plan's name, where it is told"),
        text("limit", "the limit's id, where there are several"),
        text("window", "`5 hours`, `Week`"),
        Fact("passed", PERCENT, meaning="the share of the window that has passed"),
        share("pace", "used / passed: above 100 % it will not do"),
        share("projected", "what will be used at the window's end, at this pace"),
        Fact("seconds_left", SECONDS, meaning="until the window begins anew"),
        Fact("seconds_to_limit", SECONDS, meaning="until the limit is reached; none where that is not in this window"),
        Fact("resets", type="time", meaning="when the window begins anew"),
        Fact("told", type="time", meaning="the hour in which it was told last"),
        text("note", "why there is no pace"),
    ),
    window=_LOOKED_AT,
    cube="samples",
    thresholds="critical where all is used, warning from 80 % on and where the pace is above 100 %",
    inquire=_inquire,
    standing=_standing,
)
