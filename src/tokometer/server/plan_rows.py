"""Windows of subscriptions as JSON and as rows of the page of budgets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tokometer.dashboards import addresses
from tokometer.judgement.declared import Matter, judge
from tokometer.judgement.plans import PLAN_WINDOWS
from tokometer.measures import Filter, Query, QueryError
from tokometer.records import PROVIDERS
from tokometer.records.units import PERCENT, SECONDS, show
from tokometer.server.runtime import Runtime
from tokometer.sources.plans import LIMIT_USED

#: For so long (s) what was told need not be read anew, as long as nothing is committed.
_EVERY: Final = 30.0
_WORDS: Final = {"good": "Within", "warning": "Close", "critical": "Reached", "none": "Unknown"}


def windows(runtime: Runtime) -> list[dict[str, Any]]:
    """The running windows of all plans that are told of; none where they cannot be asked."""
    matter = Matter(now=runtime.now())
    try:
        rows = judge(PLAN_WINDOWS, matter, runtime.settings, lambda question: runtime.ask(question, _EVERY)).rows
    except QueryError:
        return []
    return [_row(row, runtime.now()) for row in rows]


def _row(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    used, passed, projected = row["plan_windows"], row["passed"], row["projected"]
    known = PROVIDERS.get(row["provider"] or "")
    to_limit, left = row["seconds_to_limit"], row["seconds_left"]
    whole = max(1.0, min(projected or 0.0, 2.0))
    query = Query(
        measures=("samples.readings",),
        where=(Filter("samples.metric", "=", (LIMIT_USED,)), Filter("samples.provider", "=", (row["provider"] or "",))),
        since="8d",
    )
    return {
        **{name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()},
        "title": known.name if known else row["provider"] or row["source"],
        "about": " · ".join(filter(None, (row["plan"], row["account"], row["machine"], row["limit"]))),
        "word": "Will be reached" if to_limit and used < 1 else _WORDS[row["standing"]],
        "used_text": show(used, PERCENT),
        "pace_text": show(row["pace"], PERCENT),
        "to_limit_text": "reached"
        if to_limit == 0
        else f"in {show(to_limit, SECONDS)}"
        if to_limit
        else "not in this one",
        "left_text": f"in {show(left, SECONDS)}" if left is not None else "–",
        "told_text": f"{show((now - row['told']).total_seconds(), SECONDS)} ago",
        "bar": {
            "used": _percent((used or 0.0) / whole),
            "projected": _percent(min(projected or 0.0, whole) / whole),
            "whole": _percent(1.0 / whole),
            "passed": _percent((passed or 0.0) / whole),
        },
        "projected_share": projected,
        "projected_used": show(projected, PERCENT),
        "link": addresses.records(query),
    }


def _percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.2f}%"
