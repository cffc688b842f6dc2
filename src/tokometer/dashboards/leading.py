"""Where the rows of what fills prompts and of changes of caching lead: to the records behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from tokometer.dashboards.drill import BETWEEN, Condition
from tokometer.dashboards.kinds.itemised import Leads
from tokometer.records.context import COMPACTION, SUMMARY
from tokometer.records.units import PERCENT, show

Row = Mapping[str, Any]
_CALLS: Final = Leads("calls.cost")
#: Characters of a cause that stand below a name.
_SAID: Final = 90
#: What kinds of parts are called for people.
_WORDS: Final = {
    "tool": "tool",
    "skill": "skill",
    "memory": "memory file",
    "attachment": "attachment",
    "compaction": "summary of a compaction",
}


def part(row: Row) -> Leads:
    """A part of prompts: the uses of the tool, the times that the file was loaded; of what is left, the calls."""
    kind, name = row["kind"], row["name"] or ""
    if kind == "tool":
        return Leads("tools.calls", (Condition("tool", (name,)), Condition("server", (row["server"] or "",))))
    if kind in _WORDS:
        return Leads("steps.steps", (Condition("type", (_type(kind),)), Condition("step", (name,))))
    return _CALLS


def group(row: Row) -> Leads:
    """The parts of one kind, or of one server."""
    kind = row["kind"]
    if kind in ("tool", "server"):
        return Leads("tools.calls", (Condition("server", (row["group"] if kind == "server" else "",)),))
    return Leads("steps.steps", (Condition("type", (_type(kind),)),)) if kind in _WORDS else _CALLS


def of_part(row: Row) -> str:
    """What kind of part it is, and whose."""
    kind = row["kind"]
    return f"{row['server']} · MCP server" if row["server"] else _WORDS.get(kind, "")


def no_words(_row: Row) -> str:
    """Nothing below the name."""
    return ""


def is_named(row: Row) -> bool:
    """Whether a part is one that has a name: a tool, a skill, a file."""
    return row["kind"] in _WORDS


def since(row: Row) -> Leads:
    """The calls since a day on which caching changed."""
    return Leads("calls.cost", within=f"{row['since']}{BETWEEN}")


def of_since(row: Row) -> str:
    """Since when, and from which share to which."""
    day = f"{date.fromisoformat(str(row['since'])[:10]):%-d %b %Y}"
    if row["before"] is None or row["after"] is None:
        return f"since {day}"
    of = "for an hour" if row["of"] == "writes" else "read from the cache"
    return f"since {day}: {show(row['before'], PERCENT)} {of} before, {show(row['after'], PERCENT)} since"


def job(row: Row) -> Leads:
    """The runs of a job."""
    return Leads("jobs.runs", (Condition("job_id", (row["job_id"],)),))


def of_job(row: Row) -> str:
    """When it runs, and what most of its failures say."""
    schedule, zone = row["schedule"] or "", row["zone"] or ""
    when = schedule if zone in schedule else f"{schedule} ({zone})"
    cause = row["cause"] or ""
    said = cause if len(cause) <= _SAID else f"{cause[: _SAID - 1]}…"
    return " · ".join(filter(None, (when or "no schedule told", said)))


def job_failure(row: Row) -> Leads:
    """The failed runs of one kind of error."""
    return Leads("jobs.failed", (Condition("error_type", (row["error_type"] or "",)),))


def of_job_failure(row: Row) -> str:
    """Whose failures they are."""
    return row["jobs"] or ""


def machine(row: Row) -> Leads | None:
    """The readings of its host."""
    return Leads("samples.readings", (Condition("host", (row["host"],)),)) if row["host"] else None


def of_machine(row: Row) -> str:
    """When it may have paid for itself, and what it is compared with."""
    first, last = row["earliest"], row["latest"]
    between = f"between {first:%b %Y} and {f'{last:%b %Y}' if last else 'perhaps never'}" if first else ""
    against = f"against {row['compared']}" if row["compared"] else "compared with nothing"
    return " · ".join(filter(None, (row["host"], between, against)))


def series(_row: Row) -> Leads:
    """The calls that its cost is of."""
    return Leads("calls.cost")


def of_series(row: Row) -> str:
    """What one of them is, and how many days count."""
    return f"per {row['unit']} · {row['days']} days"


def anomaly(row: Row) -> Leads:
    """The calls of an anomaly's hours or days, of what it is of; of an error rate the failed ones."""
    of = "errors" if row["of"] == "error_rate" else row["of"]
    only = (Condition(row["dimension"], (row["name"] or "",)),) if row["dimension"] else ()
    return Leads(f"calls.{of}", only, f"{row['start'].isoformat()}{BETWEEN}{row['end'].isoformat()}")


def of_anomaly(row: Row) -> str:
    """What explains most of it."""
    return row["why"] or ""


def budget(row: Row) -> Leads:
    """The calls of a budget in its running period."""
    only = json.loads(row["where"]) if row["where"] else {}
    conditions = [Condition(name, tuple(values)) for name, values in only.items()]
    return Leads("calls.cost", conditions, "today" if row["period"] == "day" else row["period"])


def of_budget(row: Row) -> str:
    """Whose it is, and how often it begins anew."""
    return f"{row['about']}, a {row['period']}"


def gateway_budget(row: Row) -> Leads:
    """The readings of a budget that a gateway keeps."""
    return Leads(
        "samples.readings", (Condition("metric", ("gateway.budget.left",)), Condition("label.of", (row["of"],)))
    )


def of_gateway_budget(row: Row) -> str:
    """Whose it is, and which gateway keeps it."""
    return " · ".join(filter(None, (row["whose"], row["gateway"])))


def _type(kind: str) -> str:
    """The type of step that has the size."""
    return SUMMARY if kind == COMPACTION else kind
