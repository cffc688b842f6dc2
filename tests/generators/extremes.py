"""Records with the largest and the smallest numbers that a record can have, of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from math import inf
from typing import Any, Final, get_args, get_type_hints

import msgspec

from tokometer.records import KINDS, PARTS, QUANTITIES, ModelCall, Record
from tokometer.records.bounds import OBJECTS, Bound, bounds_of
from tokometer.records.record import MAX_TOKENS
from tokometer.records.time import QUARTER_US

#: So that two of them add up to infinity.
LARGEST: Final = 1.7e308
_STATUSES: Final = ("ok", "ok", "server_error", "timeout", "cancelled")
_MODELS: Final = (("openai", "gpt-5"), ("anthropic", "claude-opus-4-5"), ("", ""))


def largest_of(kind: str) -> dict[str, Any]:
    """The most that each number of a kind can be, times left out."""
    return {name: _extreme(name, bound, most=True) for name, bound in _numbers(kind)}


def least_of(kind: str) -> dict[str, Any]:
    """The least, likewise."""
    return {name: _extreme(name, bound, most=False) for name, bound in _numbers(kind)}


def calls(number: int, since: int, until: int) -> Iterator[ModelCall]:
    """So many calls with the largest numbers, spread evenly over a time (microseconds)."""
    most = largest_of("calls")
    for at in range(number):
        provider, model = _MODELS[at % len(_MODELS)]
        yield ModelCall(
            source="test",
            native_id=f"extreme {since} {at}",
            started_at=since + (until - since) * at // number,
            provider=provider,
            model=model,
            status=_STATUSES[at % len(_STATUSES)],  # type: ignore[arg-type]
            session_id=f"session {at % 7}",
            agent="agent",
            user=f"user {at % 3}",
            project="project",
            team="team",
            labels={"tier": "gold"},
            **{**most, "cost_reported": None if at % 2 else most["cost_reported"]},
        )


def in_one_quarter(number: int, quarter: int) -> Iterator[ModelCall]:
    """So many of them in one quarter hour."""
    return calls(number, quarter * QUARTER_US, (quarter + 1) * QUARTER_US)


def others(number: int, since: int, until: int) -> Iterator[Record]:
    """So many records of every other kind, half of them with the largest numbers, the rest with the smallest."""
    numbers = count()
    for kind, made in KINDS.items():
        if kind == "calls":
            continue
        most, least = largest_of(kind), least_of(kind)
        for at in range(number):
            started_at = since + (until - since) * at // number
            fields = {
                "source": "test",
                "native_id": f"extreme {next(numbers)}",
                "started_at": started_at,
                **_texts(kind, at),
                **(most if at % 2 else least),
            }
            for name in ("ended_at", "next_run_at", "released_at", "installed_at", "last_used_at"):
                if name in made.__struct_fields__:
                    fields[name] = started_at + 1_000_000
            yield made(**fields)


def _numbers(kind: str) -> Iterator[tuple[str, Bound]]:
    left_out = {"started_at", "origin", "revision", "pinned", "shadow", "echo"}
    for name, bound in bounds_of(kind).items():
        if name not in left_out and not name.endswith("_at"):
            yield name, bound


def _extreme(name: str, bound: Bound, *, most: bool) -> Any:
    if name in OBJECTS:
        names = PARTS if name == "parts" else QUANTITIES
        return dict.fromkeys(names, MAX_TOKENS if most else 0)
    value = bound.most if most else bound.least
    if value in (inf, -inf):
        value = LARGEST if most else -LARGEST
    return bound.type(value)


def _texts(kind: str, at: int) -> dict[str, Any]:
    hints = get_type_hints(KINDS[kind])
    texts = {}
    for field in msgspec.structs.fields(KINDS[kind]):
        if field.name in ("source", "native_id", "workspace", "mode"):
            continue
        if hints[field.name] is str and (field.required or not field.name.endswith("_id")):
            texts[field.name] = f"{field.name} {at % 3}"
        elif field.name == "status" and get_args(hints["status"]):
            choices = get_args(hints["status"])
            texts["status"] = choices[at % len(choices)]
    return texts
