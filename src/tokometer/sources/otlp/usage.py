"""What a span used: tokens in our disjoint buckets, and what is billed beside tokens.

Reads what :mod:`tokometer.sources.otlp.attributes` found, and the objects among it; what is inside what is decided in
:mod:`tokometer.sources.otlp.buckets`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from tokometer.records import RecordError
from tokometer.records.values import money
from tokometer.sources.otlp.buckets import NO_USAGE, Usage, buckets
from tokometer.sources.otlp.dialects import DIALECTS
from tokometer.sources.otlp.object_keys import OBJECTS
from tokometer.sources.otlp.objects import Counts, counts_of, decoded
from tokometer.sources.otlp.tokens import QUANTITY_SLOTS, SLOTS
from tokometer.sources.otlp.unread import DOES_NOT_ADD_UP, note

__all__ = ["NO_USAGE", "Usage", "quantities_of", "usage_of"]

_CACHE: Final = DIALECTS["Claude Code"].beside
#: Counts that can be read at a glance; any other makes a closer look necessary.
_PLAIN: Final = frozenset({"input", "output", "total", "cache_read", "cache_write", "reasoning"})
_CLOSER: Final = (SLOTS.keys() - _PLAIN) | OBJECTS.keys() | {"provider_metadata"}
_LANGFUSE: Final = "langfuse.observation.usage_details"
_PROVIDER_METADATA: Final = "ai.response.providerMetadata"
#: What is worth a look into it.
_METADATA: Final = re.compile("oken|generationId")
_GATEWAY: Final = "gateway"
_GENERATION: Final = re.compile("gen_[A-Za-z0-9]{8,80}")
#: Longer ones hold more than numbers.
_METADATA_LENGTH: Final = 64 * 1024
_GOOGLE: Final = ("google", "gcp", "gemini", "vertex")
_QUANTITIES: Final = QUANTITY_SLOTS.keys()


def usage_of(found: dict[str, Any], *, exclusive: bool = False) -> Usage:
    """What a span says was used. `exclusive`: its instrumentation is known to leave the cache out of the input.

    What objects say of tier, region and quantities is put into `found` where it is not there.

    Raises:
        RecordError: A number in an object is not what it should be.
    """
    if found.keys().isdisjoint(_CLOSER):
        usage = _beside_at_a_glance(found) if exclusive else _at_a_glance(found)
        if usage is not None:
            return usage
    counts = {slot: found[slot] for slot in SLOTS if slot in found}
    # The prompt of tools is beside the input wherever it is told, as the Gemini API has it.
    beside = {"tool_input", *(_CACHE if exclusive else ())}
    sure = _CACHE if exclusive else frozenset()
    _take_objects(found, counts, beside)
    thoughts = counts.pop("thoughts", None)
    if thoughts is not None and "reasoning" not in counts:
        counts["reasoning"] = thoughts
        beside.add("reasoning")
    own_sum = counts.pop("own_sum", None)
    if own_sum is not None and not counts:
        counts["total"] = own_sum
    if (own_sum is not None or _is_vercel_5(found)) and _is_anthropic(found):
        # They pass on the provider's input, which leaves the cache out; the total that they add up proves nothing.
        sure = DIALECTS["Vercel AI SDK"].beside
        beside |= sure
    if "vercel_cached" in counts:
        counts.setdefault("cache_read", counts["vercel_cached"])
    usage, at_odds = buckets(counts, _groups(beside), sure=sure, google=_is_google(found))
    if at_odds:
        note(found, "usage", DOES_NOT_ADD_UP)
    return usage


def quantities_of(found: Mapping[str, Any]) -> dict[str, int] | None:
    """What a span says it used that is billed and is not tokens, in thousandths."""
    if found.keys().isdisjoint(_QUANTITIES):
        return None
    return {name: found[slot] for slot, name in QUANTITY_SLOTS.items() if found.get(slot)} or None


def _at_a_glance(found: Mapping[str, Any]) -> Usage | None:
    """The buckets of a span that says what the conventions say and does not contradict itself; None of another."""
    get = found.get
    prompt, output, read, write = get("input"), get("output"), get("cache_read"), get("cache_write")
    total, reasoning = get("total"), get("reasoning")
    if reasoning and reasoning > (output or 0):
        return None
    if total and (output is None or prompt is None or total != prompt + output):
        return None
    if read or write:
        if prompt is None:
            return None
        prompt -= (read or 0) + (write or 0)
        if prompt < 0:
            return None
    return Usage(prompt, read, None, None, write, output, reasoning)


def _beside_at_a_glance(found: Mapping[str, Any]) -> Usage | None:
    """The buckets of a span whose cache is beside its input, and that states no total; None of another."""
    get = found.get
    output, reasoning = get("output"), get("reasoning")
    if get("total") or (reasoning and reasoning > (output or 0)):
        return None
    return Usage(get("input"), get("cache_read"), None, None, get("cache_write"), output, reasoning)


def _take_objects(found: dict[str, Any], counts: dict[str, int], beside: set[str]) -> None:
    """Add what objects say to `counts`: Langfuse's word beats the attributes, others fill in what is not there."""
    decided = False
    for name in OBJECTS:  # Langfuse's is the first
        said = _said(found, name) if name in found else None
        if said is None:
            continue
        _take_facts(found, said)
        told = {slot: amount for slot, amount in said.counts.items() if slot in SLOTS}
        if name == _LANGFUSE and not told.keys() <= {"total"}:
            decided = True
            counts.clear()
            beside.clear()
        elif decided:
            continue
        for slot in told.keys() - counts.keys():
            counts[slot] = told[slot]
            if slot in said.beside:
                beside.add(slot)
    for said in _provider_metadata(found.get("provider_metadata")):
        _take_facts(found, said)
        for slot in said.counts.keys() & _BESIDE_RAW:
            counts.setdefault(slot, said.counts[slot])


def _said(found: dict[str, Any], name: str) -> Counts | None:
    try:
        holder = OBJECTS[name]
        return counts_of(name, found[name], disjoint=holder.disjoint, below=holder.below)
    except RecordError:
        if name == _LANGFUSE or isinstance(found[name], dict):
            raise
        # No object at all: not what we know under this name.
        note(found, "usage", name)
        return None


#: Of a provider's own usage beside the Vercel SDK's: its inputs and outputs are told already, in the SDK's own way.
_BESIDE_RAW: Final = frozenset({"cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "reasoning"})


def _provider_metadata(given: object) -> Iterator[Counts]:
    """What the Vercel SDK passes on from a provider: `{"anthropic": {"usage": {…}, "cacheCreationInputTokens": 5}}`."""
    if given is None or (isinstance(given, str) and (len(given) > _METADATA_LENGTH or not _METADATA.search(given))):
        return
    try:
        providers = decoded(_PROVIDER_METADATA, given)
        for provider, data in providers.items():
            if isinstance(data, dict):
                usage = data.get("usage") or data.get("usageMetadata")
                if isinstance(usage, dict):
                    yield counts_of(f"{_PROVIDER_METADATA}.{provider}", usage)
                plain = {key: value for key, value in data.items() if isinstance(value, int)}
                yield counts_of(f"{_PROVIDER_METADATA}.{provider}", plain)
                if provider == _GATEWAY:
                    yield Counts({}, set(), _of_gateway(data), [])
    except RecordError:
        # It is told beside the usage: what cannot be read in it makes the call no less believable.
        return


def _of_gateway(data: Mapping[str, Any]) -> dict[str, Any]:
    """What Vercel's gateway says of a generation: its name there, and what it cost."""
    facts: dict[str, Any] = {}
    name, cost = data.get("generationId"), data.get("cost")
    if isinstance(name, str) and _GENERATION.fullmatch(name):
        facts["generation"] = name
    # What cannot be read in it makes the call no less believable.
    with suppress(ValueError):
        facts |= {} if cost is None else {"cost": money(cost)}
    return facts


def _take_facts(found: dict[str, Any], said: Counts) -> None:
    for slot, fact in said.facts.items():
        found.setdefault(slot, fact)
    for slot in said.counts.keys() & _QUANTITIES:
        found.setdefault(slot, said.counts[slot])
    for name in said.unread:
        note(found, "usage", name)


def _groups(beside: set[str]) -> set[str]:
    """Slots that stand beside something, as the groups that stand or fall together."""
    groups = set()
    for slot in beside:
        bucket, _, modality = slot.partition("_")
        if slot in ("cache_write_5m", "cache_write_1h"):
            groups.add("lifetimes")
        elif bucket in ("input", "output") and modality:
            groups.add(f"{bucket}_parts")
        else:
            groups.add(slot)
    return groups


def _is_vercel_5(found: Mapping[str, Any]) -> bool:
    """Whether a span is of the Vercel SDK up to 5: from 6 on there are token details, and the input is all."""
    return "ai_operation" in found and found.keys().isdisjoint(_OF_VERCEL_6)


#: What only the details of 6 say.
_OF_VERCEL_6: Final = frozenset({"cache_read", "cache_write", "input_uncached", "output_text"})


def _is_anthropic(found: Mapping[str, Any]) -> bool:
    provider = str(found.get("provider", "")).lower()
    return "anthropic" in provider or "bedrock" in provider


def _is_google(found: Mapping[str, Any]) -> bool:
    said = f"{found.get('provider', '')} {found.get('model', '')} {found.get('request_model', '')}".lower()
    return any(word in said for word in _GOOGLE)
