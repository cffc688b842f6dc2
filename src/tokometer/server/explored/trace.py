"""What the page of a trace shows, and its JSON."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from tokometer.dashboards import addresses
from tokometer.explorer.amount import Amount
from tokometer.explorer.trace import Node, Trace
from tokometer.records import PROVIDERS
from tokometer.records.plural import counted
from tokometer.records.units import COUNT, MICROSECONDS, REQUESTS, TOKENS, USD, Unit, show
from tokometer.server.explored.record import line_json
from tokometer.server.explored.words import KINDS, Words, dollars, figure, instant, money

#: The kinds of record as rows name them: by their place.
CUBES: Final = tuple(KINDS)
#: What is the matter with a row, as bits.
TOLD, FAILED, BELOW_FAILED = 1, 2, 4
_BROKEN: Final = {"": 0, "orphan": 8, "circle": 16, "twin": 32}
#: Numbers of more digits are rounded before they are written: as many are shown, and many are then the same.
_DIGITS: Final = 10_000
#: Marks on the axis of time, in quarters of it.
_TICKS: Final = 4
_NAME: Final = 160


def shown(words: Words, found: Trace, span: str, record: str) -> dict[str, Any]:
    """The page of a trace, opened at a span or a record."""
    length = found.ended_at - found.started_at
    whole = found.whole
    return {
        "id": found.id,
        "figures": [
            {"title": "Cost", **_cost(whole)},
            {"title": "Tokens", **figure(whole.tokens, TOKENS)},
            {"title": "Calls", **figure(whole.calls, REQUESTS)},
            {"title": "Errors", **figure(_errors(found), COUNT)},
            {"title": "Duration", **figure(length, MICROSECONDS)},
            {"title": "Began", **words.time(found.started_at), "small": True},
        ],
        "unpriced": counted(whole.unpriced, "call") if whole.unpriced and whole.nano else "",
        "left_out": found.left_out,
        "records": len(found.nodes),
        "links": [
            (f"Session {place}" if len(found.sessions) > 1 else "Session", addresses.session(*one))
            for place, one in enumerate(found.sessions[:3], 1)
        ],
        "ticks": [_text(length * at // _TICKS, MICROSECONDS) if at else "0" for at in range(_TICKS + 1)],
        "data": {
            "kinds": [KINDS[cube] for cube in CUBES],
            "cubes": CUBES,
            "length": max(length, 1),
            "open": _opened(found, span, record),
            "rows": [_row(node, found.started_at) for node in found.nodes],
        },
        "notes": _notes(found),
        "zone": words.zone.key,
    }


def to_json(found: Trace) -> dict[str, Any]:
    """A trace as JSON: its nodes in the order of the tree."""
    ids = {node.placed.number: node.line.id for node in found.nodes}
    return {
        "id": found.id,
        "started_at": instant(found.started_at),
        "ended_at": instant(found.ended_at),
        "records": len(found.nodes) + found.left_out,
        "left_out": found.left_out,
        "sessions": [{"session": session, "source": source} for session, source in found.sessions],
        "whole": amount_json(found.whole),
        "nodes": [
            {
                **line_json(node.line),
                "span_id": node.line.span_id or None,
                "parent_span_id": node.line.parent_id or None,
                "level": node.placed.level,
                "below": node.placed.size,
                "parent": None if node.placed.parent is None else ids[node.placed.parent],
                "broken": node.placed.broken or None,
                "own": amount_json(node.own),
                "whole": amount_json(node.whole),
            }
            for node in found.nodes
        ],
    }


def amount_json(amount: Amount) -> dict[str, Any]:
    """A sum over calls; its cost is unknown, not 0, where nothing of it has a price."""
    return {
        "calls": amount.calls,
        "errors": amount.errors,
        "cost": dollars(amount.cost),
        "unpriced": amount.unpriced,
        "total_tokens": amount.tokens,
        "prompt_tokens": amount.prompt,
        "output_tokens": amount.output,
    }


def _errors(found: Trace) -> int:
    return sum(node.line.failed and not node.line.told and node.line.cube in _FAILING for node in found.nodes)


#: Kinds of record of which a failed one is an error of its own: lines and details tell of those of others.
_FAILING: Final = ("calls", "tools", "runs", "steps", "jobs")


def _cost(amount: Amount) -> dict[str, str]:
    return money(amount.cost) if amount.calls else {"text": "–", "exact": "It has no call"}


def _opened(found: Trace, span: str, record: str) -> int:
    for place, node in enumerate(found.nodes):
        if record and node.line.id == record:
            return place
    for place, node in enumerate(found.nodes):
        if span and node.line.span_id == span:
            return place
    return 0


def _row(node: Node, start: int) -> list[Any]:
    """One row of the tree; trace.js says what each value is."""
    line, placed = node.line, node.placed
    flags = _BROKEN[placed.broken] | (TOLD if line.told else 0)
    if line.failed and not line.told and line.cube in _FAILING:
        flags |= FAILED
    elif node.whole.errors:
        flags |= BELOW_FAILED
    took = -1 if line.ended_at is None else line.ended_at - line.started_at
    whole = node.whole
    name = line.name if len(line.name) <= _NAME else f"{line.name[: _NAME - 1]}…"
    detail = PROVIDERS[line.detail].name if line.cube == "calls" and line.detail in PROVIDERS else line.detail
    return [
        line.id,
        CUBES.index(line.cube),
        placed.level,
        placed.size,
        name or "(unnamed)",
        detail,
        line.status,
        line.started_at - start,
        took,
        flags,
        _text(took, MICROSECONDS) if took >= 0 else "",
        _text(whole.tokens, TOKENS) if whole.tokens else "",
        _dollars(whole) if whole.calls else "",
    ]


def _dollars(amount: Amount) -> str:
    return "unpriced" if amount.cost is None else _text(amount.cost, USD)


def _text(number: int, unit: Unit) -> str:
    step = 1
    while number // step >= _DIGITS:
        step *= 10
    # Money is in nano-dollars here.
    return _written((number + step // 2) // step * step, unit.key)


@lru_cache(maxsize=50_000)
def _written(number: int, unit: str) -> str:
    if unit == USD.key:
        return money(number)["text"]
    return show(number, MICROSECONDS if unit == MICROSECONDS.key else TOKENS)


def _notes(found: Trace) -> list[str]:
    """What of the tree is not as it was told, in sentences."""
    count = dict.fromkeys(_BROKEN, 0)
    for node in found.nodes:
        count[node.placed.broken] += 1
    told = sum(node.line.told for node in found.nodes)
    made = []
    if count["orphan"]:
        made.append(f"{counted(count['orphan'], 'record')} name a parent that is not here: marked, and at the top.")
    if count["circle"]:
        made.append(f"{counted(count['circle'], 'record')} stood in a circle of parents, which is cut.")
    if count["twin"]:
        made.append(f"{counted(count['twin'], 'record')} have the id of another span.")
    if told:
        made.append(f"{counted(told, 'record')} tell again what others count as: shown, and in no sum.")
    if found.left_out:
        made.append(f"{found.left_out:,} further records are not shown; the figures above have them.")
    return made
