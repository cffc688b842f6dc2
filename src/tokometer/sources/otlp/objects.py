"""Objects of counts inside one attribute (Langfuse's `usage_details` and its like), as JSON text or as a map."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from tokometer.records import RecordError
from tokometer.records.counted_parts import thousandths
from tokometer.records.redaction import redacted
from tokometer.records.values import decimal, money, text
from tokometer.sources.otlp.counts import count, is_number
from tokometer.sources.otlp.object_keys import OBJECT_KEYS
from tokometer.sources.otlp.tokens import QUANTITY_SLOTS, SLOTS
from tokometer.sources.otlp.words import KNOWN, slot_of

_JSON: Final = msgspec.json.Decoder(float_hook=decimal)
#: Deeper and longer objects are no counts.
_DEPTH: Final = 5
_LEAVES: Final = 200
#: Of a Python literal, which is read only where something is known to write one.
_LITERAL: Final = 8192
_NAME: Final = 80
#: Facts that stand as text beside the counts: key → slot.
_FACTS: Final = {
    "service_tier": "tier",
    "serviceTier": "tier",
    "inference_geo": "region",
    "inferenceGeo": "region",
    "speed": "speed",
}


#: OpenRouter, Perplexity and LiteLLM put what it cost beside the counts.
_COSTS: Final = frozenset({"cost", "total_cost", "totalCost", "cost.total_cost", "cost.total"})
_PARTS_OF_COST: Final = frozenset({"cost", "cost_details", "costDetails"})


class Counts(NamedTuple):
    """What an object says."""

    #: Slot → how many; quantities in thousandths.
    counts: dict[str, int]
    #: Slots that stand beside what they may be a part of, where no total tells.
    beside: set[str]
    #: Tier, region, speed and cost (in nano-USD), where the object says them.
    facts: dict[str, Any]
    #: Keys with a number that nothing reads.
    unread: list[str]


def counts_of(name: str, given: object, *, disjoint: bool = False, below: str = "") -> Counts:
    """What the object in the attribute `name` says.

    `disjoint`: its flat keys count beside one another by agreement. `below`: what all of its keys are below.

    Raises:
        RecordError: It is no object, or a number in it cannot be believed; the field is the key's path below `name`.
    """
    found = Counts({}, set(), {}, [])
    for number, (path, value) in enumerate(_leaves(decoded(name, given))):
        if number >= _LEAVES:
            break
        if isinstance(value, str) and path[-1] in _FACTS:
            found.facts.setdefault(_FACTS[path[-1]], _text(value))
            continue
        key = ".".join(path)
        if key in _COSTS:
            found.facts.setdefault("cost", _money(f"{name}.{key}", value))
            continue
        if path[0] in _PARTS_OF_COST:
            continue
        whole = f"{below}.{key}" if below else key
        known = OBJECT_KEYS.get(whole)
        slot = known.slot if known is not None else slot_of(whole)
        if slot in SLOTS or slot in QUANTITY_SLOTS:
            _add(found, f"{name}.{key}", slot, value)
        elif slot != KNOWN and is_number(value):
            found.unread.append(redacted(f"{name}.{key}", _NAME))
        place = known.place if known is not None else "beside" if len(path) == 1 and not below else "inside"
        if place == "apart" or (disjoint and place == "beside"):
            found.beside.add(slot)
    return found


def decoded(name: str, given: object) -> Mapping[str, Any]:
    """An attribute's value as an object.

    Raises:
        RecordError: It is none.
    """
    if isinstance(given, str):
        given = _from_text(given)
    if not isinstance(given, dict):
        raise RecordError(name, "is not a JSON object")
    return given


def _from_text(given: str) -> object:
    try:
        return _JSON.decode(given)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ArithmeticError):
        return _literal(given)


def _literal(given: str) -> object:
    """LiteLLM writes its metadata as Python does: `{'prompt_tokens': 5, 'prompt_tokens_details': None}`."""
    if not given.startswith("{'") or len(given) > _LITERAL:
        return None
    try:
        return ast.literal_eval(given)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _leaves(given: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(given, dict) and len(path) < _DEPTH:
        for key, value in given.items():
            if isinstance(key, str):
                yield from _leaves(value, (*path, key))
    elif isinstance(given, list) and len(path) < _DEPTH:
        for item in given:
            if isinstance(item, dict):
                yield from _entry(item, path)
    elif path and given is not None:
        yield path, given


def _entry(item: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Gemini lists counts by modality, Bedrock by how long the cache lives."""
    kind = item.get("modality") or item.get("ttl")
    if not isinstance(kind, str):
        return
    for key in ("tokenCount", "token_count", "tokens", "inputTokens"):
        if item.get(key) is not None:
            yield (*path, kind), item[key]
            return


def _add(found: Counts, field: str, slot: str, value: object) -> None:
    try:
        amount = thousandths(value) if slot in QUANTITY_SLOTS else count(value)
    except ValueError as error:
        raise RecordError(field, str(error)) from None
    # One fact under two names is one fact, whichever is the larger where they differ.
    found.counts[slot] = max(found.counts.get(slot, 0), amount)


def _money(field: str, value: object) -> int:
    try:
        return money(value)
    except ValueError as error:
        raise RecordError(field, str(error)) from None


def _text(value: str) -> str:
    try:
        return text(value)
    except ValueError:
        return ""
