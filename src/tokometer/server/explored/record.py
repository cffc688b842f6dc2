"""What the page of one record shows, and its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

from tokometer.dashboards import addresses
from tokometer.explorer.facts import MONEY, TIMED
from tokometer.explorer.lines import Line
from tokometer.explorer.pricing import Part, Priced
from tokometer.explorer.reading import Stored
from tokometer.explorer.record import Bucket, Found
from tokometer.records import ModelCall, Record
from tokometer.records.basis import ASSUMED, ASSUMPTIONS
from tokometer.records.units import COUNT, MICROSECONDS, RATIO, TOKENS, USD, USD_PER_MTOK
from tokometer.records.ways import Also
from tokometer.server.explored.words import KINDS, Words, dollars, figure, instant, money, standing

#: Characters of a title.
_LONGEST: Final = 120
#: What people call the buckets of tokens, and the colour of each in bars.
_BUCKETS: Final[dict[str, tuple[str, str]]] = {
    "input_tokens": ("Input, uncached", "input"),
    "cache_read_tokens": ("Cache read", "read"),
    "cache_write_5m_tokens": ("Cache write, 5 min", "write"),
    "cache_write_1h_tokens": ("Cache write, 1 h", "write-long"),
    "cache_write_unknown_tokens": ("Cache write, lifetime unknown", "write"),
    "output_tokens": ("Output", "output"),
    "unsplit_tokens": ("Not split", "other"),
}
#: The same of the lines of a price, by how they begin.
_LINES: Final = (
    *(("input", "input"), ("cache read", "read"), ("cache write, 1 h", "write-long"), ("cache write", "write")),
    *(("output", "output"), ("reasoning", "reasoning")),
)
_HOW: Final = {
    "reported": "Its source reported what it cost; that is what counts.",
    "priced": "Its source reported no cost; it was priced when it came.",
    "unpriced": "Nobody knows what it cost. It is in no sum of costs, and not $0.",
}


def shown(words: Words, found: Found) -> dict[str, Any]:
    """The page of a record."""
    stored = found.stored
    record = stored.record
    call = record if isinstance(record, ModelCall) else None
    facts = [(group.title, [words.fact(record, told) for told in group.facts]) for group in found.groups]
    return {
        "kind": KINDS[record.kind],
        "cube": record.kind,
        "id": stored.id,
        "told": stored.told,
        "title": _title(record),
        "figures": _figures(words, record, found),
        "links": links(record, stored.id),
        "groups": [(title, [one for one in some if one["type"] != "long"]) for title, some in facts],
        "texts": [one for _, some in facts for one in some if one["type"] == "long"],
        "labels": sorted(found.labels.items()),
        "tokens": _tokens(found) if call else None,
        "price": _price(found.priced) if found.priced else None,
        "origin": _origin(words, found),
        "around": words.lines(found.around, stored.id) if len(found.around) > 1 else [],
        "related": [
            {"title": one.title, "lines": words.lines(one.lines, stored.id), "more": one.more} for one in found.related
        ],
        "zone": words.zone.key,
    }


def summary(words: Words, found: Found) -> dict[str, Any]:
    """The same beside a list or a tree: no more than what tells it from others."""
    whole = shown(words, found)
    return {
        name: whole[name] for name in ("kind", "cube", "id", "told", "title", "links", "groups", "texts", "labels")
    } | {
        "href": addresses.record(found.stored.record.kind, found.stored.id),
        "figures": whole["figures"],
    }


def links(record: Record, id_: str) -> list[tuple[str, str]]:
    """Where a record leads: its error, its trace, its session, its JSON."""
    made = []
    if isinstance(record, ModelCall) and record.status not in ("ok", "cancelled"):
        made.append(("Error", addresses.error(id_)))
    if record.trace_id:
        made.append(("Trace", addresses.trace(record.trace_id, record.span_id)))
    if session := getattr(record, "session_id", ""):
        made.append(("Session", addresses.session(session, record.source)))
    return made


def to_json(found: Found) -> dict[str, Any]:
    """A record as JSON."""
    record = found.stored.record
    return {
        "cube": record.kind,
        "id": found.stored.id,
        "counts": not found.stored.told,
        "record": record_json(record),
        "tokens": [asdict(one) for one in found.buckets],
        "price": _price_json(found.priced) if found.priced else None,
        "also_told": [{"source": one.source, "way": one.way, "knew_better": list(one.won)} for one in found.also],
        "tellings": [{"id": one.id, "record": record_json(one.record)} for one in found.tellings],
        "around": [line_json(one) for one in found.around],
        "related": [
            {"title": one.title, "more": one.more, "records": [line_json(line) for line in one.lines]}
            for one in found.related
        ],
    }


def record_json(record: Record) -> dict[str, Any]:
    """Every field of a record; what is unknown is null."""
    made: dict[str, Any] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if name in MONEY:
            value = dollars(value)
        elif name in TIMED:
            value = instant(value)
        elif name in ("group", "pinned"):
            continue
        made[name] = None if value == "" else value
    return made


def line_json(line: Line) -> dict[str, Any]:
    """A record in a list."""
    return {
        "cube": line.cube,
        "id": line.id,
        "at": instant(line.started_at),
        "ended_at": instant(line.ended_at),
        "name": line.name or None,
        "detail": line.detail or None,
        "status": line.status or None,
        "failed": line.failed,
        "message": line.message or None,
        "counts": not line.told,
        "prompt_tokens": line.prompt,
        "output_tokens": line.output,
        "total_tokens": line.tokens,
        "cost": dollars(line.cost),
    }


_TITLES: Final = ("model", "name", "metric", "message", "error_type", "line_item", "title", "provider")
_FIRST: Final = {"runs": ("agent",), "jobs": ("name", "job_id"), "logs": ("message",), "scores": ("name",)}


def _title(record: Record) -> str:
    for name in (*_FIRST.get(record.kind, ()), *_TITLES):
        if value := getattr(record, name, ""):
            return str(value)[:_LONGEST]
    return KINDS[record.kind]


def _figures(words: Words, record: Record, found: Found) -> list[dict[str, Any]]:
    """What is looked at first."""
    made: list[dict[str, Any]] = []
    status = getattr(record, "status", "") or getattr(record, "level", "")
    if status:
        failed = status in ("error", "fatal") or (isinstance(record, ModelCall) and status not in ("ok", "cancelled"))
        made.append({"title": "Status", "standing": standing(status, failed=failed), "text": "", "exact": ""})
    if found.priced:
        mark = found.priced.basis.startswith(ASSUMED) and found.priced.how == "priced"
        made.append({"title": "Cost", **money(found.priced.cost), "approx": mark})
        known = [one.tokens for one in found.buckets if one.tokens is not None]
        made.append({"title": "Tokens", **figure(sum(known) if known else None, TOKENS)})
    for name, title in (("latency_us", "Latency"), ("ttft_us", "First token"), ("duration_us", "Duration")):
        if hasattr(record, name):
            made.append({"title": title, **figure(getattr(record, name), MICROSECONDS)})
    if hasattr(record, "ended_at") and record.kind == "runs":
        took = None if record.ended_at is None else record.ended_at - record.started_at
        made.append({"title": "Duration", **figure(took, MICROSECONDS)})
    if hasattr(record, "value") and isinstance(record.value, float):
        made.append({"title": "Value", **figure(record.value, RATIO)})
    if hasattr(record, "amount"):
        made.append({"title": "Amount", **money(record.amount)})
    made.append({"title": "Began", **words.time(record.started_at), "small": True})
    return made


def _tokens(found: Found) -> dict[str, Any]:
    known = [one for one in found.buckets if one.tokens is not None]
    total = sum(one.tokens or 0 for one in known)
    call = found.stored.record
    assert isinstance(call, ModelCall)
    rows = [_bucket(one, total) for one in found.buckets if one.tokens is not None]
    within = {"Reasoning, within output": call.reasoning_tokens} | {
        f"{name.replace('_', ' ').capitalize()}, within": count for name, count in found.parts.items()
    }
    return {
        "rows": [row for row in rows if row["share"] or len(rows) == 1],
        "nothing": [row["title"] for row in rows if not row["share"]],
        "unknown": [_BUCKETS[one.name][0] for one in found.buckets if one.tokens is None and one.name in _ALWAYS],
        "total": figure(total if known else None, TOKENS),
        "bar": _bar([(row["ink"], row["share"]) for row in rows]),
        "within": [(name, figure(count, TOKENS)) for name, count in within.items() if count is not None],
        "beside": [(name.replace("_", " "), figure(count, COUNT)) for name, count in found.quantities.items()],
        "estimated": figure(call.estimated_tokens, TOKENS) if call.estimated_tokens is not None else None,
    }


#: Buckets of which it is worth saying that nobody knows them.
_ALWAYS: Final = ("input_tokens", "output_tokens")


def _bucket(one: Bucket, total: int) -> dict[str, Any]:
    title, ink = _BUCKETS[one.name]
    share = (one.tokens or 0) / total if total else 0.0
    return {"title": title, "ink": ink, "share": share, "percent": f"{100 * share:.1f} %", **figure(one.tokens, TOKENS)}


def _bar(shares: Sequence[tuple[str, float]]) -> list[dict[str, str]]:
    """Pieces of one bar, in per cent of its width."""
    at, pieces = 0.0, []
    for ink, share in shares:
        if share > 0:
            pieces.append({"ink": ink, "x": f"{100 * at:.3f}", "width": f"{100 * share:.3f}"})
            at += share
    return pieces


def _price(priced: Priced) -> dict[str, Any]:
    whole = sum(part.cost for part in priced.parts if part.cost > 0)
    rows = [_part(part, whole) for part in priced.parts]
    return {
        "how": _HOW[priced.how],
        "rows": rows,
        "bar": _bar([(row["ink"], row["share"]) for row in rows]),
        "total": money(priced.cost),
        "source": priced.source,
        "version": priced.version,
        "notes": [*priced.notes, *_assumed(priced)],
        "reported": None if priced.reported is None else money(priced.reported),
        "computed": money(priced.computed) if priced.reported is not None or priced.has_changed else None,
        "today": money(priced.today) if priced.has_changed else None,
        "today_version": priced.today_version,
    }


def _assumed(priced: Priced) -> list[str]:
    """What the stored price rests on, where today's book does not say so, too."""
    words = priced.basis.removeprefix(ASSUMED).split(",") if priced.basis.startswith(ASSUMED) else []
    return [ASSUMPTIONS[word] for word in words if word in ASSUMPTIONS and ASSUMPTIONS[word] not in priced.notes]


def _part(part: Part, whole: int) -> dict[str, Any]:
    ink = next((ink for begins, ink in _LINES if part.name.startswith(begins)), "other")
    share = max(0, part.cost) / whole if whole else 0.0
    each = part.per == "each"
    return {
        "title": part.name[:1].upper() + part.name[1:],
        "ink": ink,
        "share": share,
        "percent": f"{100 * share:.1f} %" if part.cost >= 0 else "–",
        "quantity": figure(part.quantity, COUNT) if part.quantity is not None else {"text": "", "exact": ""},
        "price": figure(part.price, USD if each else USD_PER_MTOK) if part.price is not None else None,
        "per": "each" if each else "per million",
        **figure(Decimal(part.cost).scaleb(-9), USD),
    }


def _price_json(priced: Priced) -> dict[str, Any]:
    return {
        "cost": dollars(priced.cost),
        "how": priced.how,
        "basis": priced.basis or None,
        "source": priced.source,
        "notes": list(priced.notes),
        "version": priced.version or None,
        "reported": dollars(priced.reported),
        "computed": dollars(priced.computed),
        "today": dollars(priced.today),
        "today_version": priced.today_version,
        "parts": [
            {
                "name": part.name,
                "quantity": None if part.quantity is None else f"{part.quantity:f}",
                "price": None if part.price is None else f"{part.price:f}",
                "per": part.per or None,
                "cost": dollars(part.cost),
            }
            for part in priced.parts
        ],
    }


def _origin(words: Words, found: Found) -> dict[str, Any]:
    return {
        "source": words.source(found.stored.record.source),
        "also": [_also(words, one) for one in found.also],
        "tellings": [_telling(words, one) for one in found.tellings],
    }


def _also(words: Words, one: Also) -> dict[str, str]:
    return {
        "source": words.source(one.source),
        "way": one.way,
        "won": ", ".join(name.replace("_", " ") for name in one.won) or "nothing better",
    }


def _telling(words: Words, one: Stored) -> dict[str, Any]:
    call = one.record
    assert not isinstance(call, type)
    tokens = None
    if isinstance(call, ModelCall):
        known = [getattr(call, name) for name in _BUCKETS if getattr(call, name) is not None]
        tokens = sum(known) if known else None
    return {"source": words.source(call.source), "at": words.time(call.started_at), "tokens": figure(tokens, TOKENS)}
