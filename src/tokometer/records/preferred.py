"""Which of several ways in is believed in what, of one call that all of them tell; see `records.ways`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tokometer.records.kinds import ModelCall
from tokometer.records.stated import Stated
from tokometer.records.ways import FIELDS, Also, ranked, way_of, written

_by_trust: Final = {facts: ranked(facts) for facts in ("cost", "latency", "tokens", "whose")}
_UNKNOWN: Final = ("", None)


def preferred(tellers: Sequence[ModelCall]) -> dict[str, Any]:
    """The fields of a call that go by an order of their own; none where all tell by one way. The record is first."""
    if _one_way(tellers):
        return {}
    found: dict[str, Any] = {}
    for facts, names in FIELDS.items():
        order = sorted(tellers, key=_by_trust[facts])
        for name in names:
            value = next((value for call in order if (value := getattr(call, name)) not in _UNKNOWN), None)
            if value is not None:
                found[name] = value
    found |= _durations(tellers)
    labels: dict[str, str] = {}
    for call in sorted(tellers, key=_by_trust["whose"], reverse=True):
        labels |= call.labels or {}
    return found | ({"labels": labels} if labels else {})


def also_told(tellers: Sequence[ModelCall], stated: Stated, facts: Mapping[str, Any]) -> str:
    """By which other ways a call was told, and what those knew better; `stated` and `facts` are what counts."""
    if _one_way(tellers):
        return ""
    record, *others = tellers
    won = _won(record, tellers, stated, facts)
    return written(
        [
            Also(way.source, way.way, tuple(what for what, winner in won.items() if winner == way))
            for way in set(map(way_of, others)) - {way_of(record)}
        ]
    )


def _one_way(tellers: Sequence[ModelCall]) -> bool:
    return len(tellers) == 1 or len(set(map(way_of, tellers))) == 1


def _durations(tellers: Sequence[ModelCall]) -> dict[str, Any]:
    """How long it took: as measured by the most trusted; the time to the first token not from who sees it as longer."""
    order = sorted(tellers, key=lambda call: (call.latency_estimated, _by_trust["latency"](call)))
    timed = next((call for call in order if call.latency_us is not None), None)
    if timed is None:
        return {}
    found = {"latency_us": timed.latency_us, "latency_estimated": timed.latency_estimated}
    first = next((call.ttft_us for call in (timed, *order) if call.ttft_us is not None), None)
    if first is not None and first <= (timed.latency_us or 0):
        found["ttft_us"] = first
    return found


def _won(record: ModelCall, tellers: Sequence[ModelCall], stated: Stated, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts → the way that they came from, where that is not the record's."""
    others = [call for call in tellers if way_of(call) != way_of(record)]
    won: dict[str, Any] = {}
    own = Stated.of(record)
    if (stated.prompt, stated.output) != (own.prompt, own.output):
        for call in sorted(others, key=_by_trust["tokens"]):
            its = Stated.of(call)
            if (stated.prompt != own.prompt and its.prompt == stated.prompt) or (
                stated.output != own.output and its.output == stated.output
            ):
                won["tokens"] = way_of(call)
                break
    for name, names in (
        ("cost", FIELDS["cost"]),
        ("latency", ("latency_us",)),
        ("whose", (*FIELDS["whose"], "labels")),
    ):
        changed = [field for field in names if field in facts and facts[field] != getattr(record, field)]
        if changed:
            order = sorted(others, key=_by_trust[name])
            told = [call for call in order if any(getattr(call, field) not in _UNKNOWN for field in changed)]
            if told:
                won[name] = way_of(told[0])
    return won
