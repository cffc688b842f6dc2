"""What the page of a session shows, and its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tokometer.charts.axes import Axis, time_axis
from tokometer.dashboards import addresses
from tokometer.dashboards.drawing import Line as Curve
from tokometer.dashboards.drawing import Mark, Period, bars, curve
from tokometer.dashboards.drawing.chart import by_width
from tokometer.explorer.lines import Line
from tokometer.explorer.session import Compaction, Session, Summary
from tokometer.records.plural import counted
from tokometer.records.units import COUNT, MICROSECONDS, PERCENT, REQUESTS, TOKENS, USD
from tokometer.server.explored.record import line_json
from tokometer.server.explored.trace import amount_json
from tokometer.server.explored.words import Words, dollars, figure, instant, money

#: Rows of a page, and calls of a chart: of more, neighbours are drawn as one.
ROWS: Final = 500
_MOST_DRAWN: Final = 600
#: How far apart the ticks of the axis of time are, in minutes, and how many there are at most.
_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080)
_TICKS: Final = 8
_NANO: Final = 10**9
#: What a call is drawn for at least: a share of the whole.
_NARROWEST: Final = 250


def shown(words: Words, found: Session, start: int, others: Sequence[str]) -> dict[str, Any]:
    """The page of a session, its list from the record of that number on."""
    calls, whole = found.calls, found.whole
    prompts = [call.prompt for call in calls if call.prompt]
    cached = sum(call.cached or 0 for call in calls)
    start = max(0, min(start, (len(found.lines) - 1) // ROWS * ROWS))
    return {
        "id": found.id,
        "source": words.source(found.source),
        "others": [(words.source(name), addresses.session(found.id, name)) for name in others if name != found.source],
        "figures": [
            {"title": "Cost", **(money(whole.cost) if whole.calls else {"text": "–", "exact": ""})},
            {"title": "Tokens", **figure(whole.tokens, TOKENS)},
            {"title": "Calls", **figure(whole.calls, REQUESTS)},
            {"title": "Errors", **figure(whole.errors, COUNT)},
            {"title": "Largest context", **figure(max(prompts, default=None), TOKENS)},
            {"title": "From cache", **figure(cached / whole.prompt if whole.prompt else None, PERCENT)},
            {"title": "Duration", **figure(found.ended_at - found.started_at, MICROSECONDS)},
            {"title": "Began", **words.time(found.started_at), "small": True},
        ],
        "unpriced": counted(whole.unpriced, "call") if whole.unpriced and whole.nano else "",
        "facts": [
            (title, ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else ""))  # noqa: PLR2004 - a line
            for title, names in (("Agents", found.agents), ("Models", found.models), ("Users", found.users))
            if names
        ],
        "parent": _summary(words, found.parent) if found.parent else None,
        "parent_id": found.parent_id,
        "children": [_summary(words, one) for one in found.children],
        "compactions": [_compaction(words, one) for one in found.compactions],
        "rows": _rows(words, found, start),
        "left_out": ", ".join(f"{count:,} {cube}" for cube, count in found.left_out.items()),
        "first": start + 1,
        "last": min(start + ROWS, len(found.lines)),
        "records": len(found.lines),
        "earlier": _page(found, start - ROWS) if start else "",
        "later": _page(found, start + ROWS) if start + ROWS < len(found.lines) else "",
        "zone": words.zone.key,
    }


def charts(words: Words, found: Session) -> dict[str, Any]:
    """How the context grew and what it cost so far, as the charts of dashboards are."""
    calls = [call for call in found.calls if call.prompt is not None]
    main = [call for call in calls if not call.subagent] or calls
    made: dict[str, Any] = {}
    if len(main) > 1:
        made["context"] = _context(words, found, main)
    if len(found.calls) > 1:
        made["cost"] = _cost(words, found)
    return made


def to_json(found: Session) -> dict[str, Any]:
    """A session as JSON."""
    cost = 0
    lines = []
    for line in found.lines:
        cost += (line.cost or 0) if line.counts else 0
        lines.append({**line_json(line), "subagent": line.subagent or None, "cost_so_far": dollars(cost)})
    return {
        "id": found.id,
        "source": found.source,
        "started_at": instant(found.started_at),
        "ended_at": instant(found.ended_at),
        "whole": amount_json(found.whole),
        "parent": found.parent_id or None,
        "children": [_summary_json(one) for one in found.children],
        "compactions": [
            {"at": instant(one.at), "before": one.before, "after": one.after, "how": one.how, "id": one.id}
            for one in found.compactions
        ],
        "agents": list(found.agents),
        "models": list(found.models),
        "users": list(found.users),
        "left_out": found.left_out,
        "records": lines,
    }


def _page(found: Session, start: int) -> str:
    return f"{addresses.session(found.id, found.source)}&from={max(0, start)}#timeline"


def _summary(words: Words, one: Summary) -> dict[str, Any]:
    return {
        "id": one.id,
        "href": addresses.session(one.id, one.source),
        "agent": one.agent or words.source(one.source),
        "at": words.time(one.started_at),
        "calls": figure(one.requests, REQUESTS),
        "errors": figure(one.errors, COUNT),
        "tokens": figure(one.tokens, TOKENS),
        "cost": money(one.cost),
    }


def _summary_json(one: Summary) -> dict[str, Any]:
    return {
        "id": one.id,
        "source": one.source,
        "started_at": instant(one.started_at),
        "ended_at": instant(one.ended_at),
        "requests": one.requests,
        "errors": one.errors,
        "total_tokens": one.tokens,
        "cost": dollars(one.cost),
        "agent": one.agent or None,
    }


def _compaction(words: Words, one: Compaction) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": words.time(one.at),
        "before": figure(one.before, TOKENS),
        "after": figure(one.after, TOKENS),
        "how": "as its source tells" if one.how == "told" else "as the prompts show",
    }


def _rows(words: Words, found: Session, start: int) -> list[dict[str, Any]]:
    """A stretch of the timeline, with what it cost up to each record, and where the context became shorter."""
    some = found.lines[start : start + ROWS]
    cost = sum(line.cost or 0 for line in found.lines[:start] if line.counts)
    shorter = {one.id: _compaction(words, one) for one in found.compactions}
    rows = []
    for row, line in zip(words.lines(some), some, strict=True):
        cost += (line.cost or 0) if line.counts else 0
        so_far = money(cost) if line.counts else {"text": "", "exact": ""}
        rows.append({**row, "so_far": so_far, "shorter": shorter.get(line.id)})
    return rows


def _context(words: Words, found: Session, calls: Sequence[Line]) -> dict[str, Any]:
    groups = _thinned(calls)
    tops = [max(group, key=lambda call: call.prompt or 0) for group in groups]
    stretch = _periods(words, found, groups)
    curves = [
        Curve("cached", "Read from cache", "cost", [float(call.cached or 0) for call in tops]),
        Curve("fresh", "Not from cache", "tokens", [float((call.prompt or 0) - (call.cached or 0)) for call in tops]),
    ]
    marks = [Mark(words.local(one.at), f"Context became shorter: {_words(words, one)}") for one in found.compactions]
    chart = bars(stretch, "minute", curves, TOKENS, marks=[*marks, *_faults(words, calls)])
    return _on_axis(words, found, chart, [_said(words, group) for group in groups])


def _cost(words: Words, found: Session) -> dict[str, Any]:
    groups = _thinned(found.calls)
    so_far, total = [], 0
    for group in groups:
        total += sum(call.cost or 0 for call in group)
        so_far.append(total / _NANO)
    stretch = _periods(words, found, groups)
    curves = [Curve("cost", "Cost so far", "cost", so_far)]
    chart = curve("area", stretch, "minute", curves, USD, marks=_faults(words, found.calls), total=False)
    return _on_axis(words, found, chart, [_said(words, group) for group in groups])


def _faults(words: Words, calls: Sequence[Line]) -> list[Mark]:
    return [
        Mark(words.local(call.started_at), f"{call.name}: {call.status.replace('_', ' ')}", "incident")
        for call in calls
        if call.failed
    ][:_MOST_DRAWN]


def _words(words: Words, one: Compaction) -> str:
    shown = _compaction(words, one)
    return f"{shown['before']['text']} → {shown['after']['text']}" if one.before is not None else shown["how"]


def _thinned(calls: Sequence[Line]) -> list[list[Line]]:
    """The calls one by one, or of many as many neighbours together as make few enough."""
    several = -(-len(calls) // _MOST_DRAWN)
    return [list(calls[at : at + several]) for at in range(0, len(calls), several)]


def _periods(words: Words, found: Session, groups: Sequence[Sequence[Line]]) -> list[Period]:
    """From each call to the next, but not longer than it took or than can be seen."""
    least = max((found.ended_at - found.started_at) // _NARROWEST, 1_000)
    stretch = []
    for at, group in enumerate(groups):
        start = group[0].started_at
        following = groups[at + 1][0].started_at if at + 1 < len(groups) else None
        end = max(start + least, *((call.ended_at or call.started_at) for call in group))
        if following is not None:
            end = min(end, max(following, start + 1_000))
        stretch.append(Period(words.local(start), words.local(end)))
    return stretch


def _said(words: Words, group: Sequence[Line]) -> str:
    start = words.local(group[0].started_at)
    what = group[0].name if len(group) == 1 else counted(len(group), "call")
    return f"{start:%H:%M:%S} · {what}"


def _on_axis(words: Words, found: Session, chart: dict[str, Any], titles: Sequence[str]) -> dict[str, Any]:
    """The chart on an axis of even time: calls come when they come, ticks do not."""
    x = _axis(words, found)
    chart["layouts"] = by_width(x, chart["frame"])
    chart["signals"] |= {"xdomain": x.domain, "xticks": x.ticks, "xlabels": x.labels}
    for tip, title in zip(chart["tips"], titles, strict=True):
        tip[2] = title
    return chart


def _axis(words: Words, found: Session) -> Axis:
    first, last = words.local(found.started_at), words.local(max(found.ended_at, found.started_at + 1_000_000))
    minutes = (last - first).total_seconds() / 60
    step = next((one for one in _STEPS if minutes / one <= _TICKS), _STEPS[-1])
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = int((first - midnight).total_seconds() // 60 // step + 1) * step
    starts = []
    at = midnight + timedelta(minutes=passed)
    while at <= last:
        starts.append(at)
        at += timedelta(minutes=step)
    axis = time_axis(starts or [first], last, "minute")
    domain = (first.timestamp() * 1_000, last.timestamp() * 1_000)
    return replace(axis, domain=domain, fewer=tuple(replace(one, domain=domain) for one in axis.fewer))
