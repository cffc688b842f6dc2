"""Facts beside the tokens of a call that take more than one attribute: its tier and where it was served."""

from __future__ import annotations

import re
from typing import Any, Final

from tokometer.records import ModelCall
from tokometer.sources.otlp.unread import note

#: Words for a service tier that are understood, whichever provider says them.
TIERS: Final[dict[str, str]] = {
    "default": "the standard one",
    "standard": "the standard one",
    "standard_only": "the standard one (Anthropic)",
    "auto": "the standard one, unless the answer says another",
    "on_demand": "the standard one (Groq)",
    "on-demand": "the standard one (Groq)",
    "flex": "cheaper and slower",
    "batch": "cheaper, answered within a day",
    "priority": "dearer and faster",
    "fast": "dearer and faster (Anthropic)",
    "scale": "paid for ahead (OpenAI)",
    "reserved": "paid for ahead (Bedrock)",
    "provisioned": "paid for ahead (Bedrock, Vertex AI)",
    "performance": "dearer and faster (Groq)",
}
_STANDARD: Final = frozenset({"", "default", "standard", "standard_only", "auto", "on_demand", "on-demand"})
_TIER_SLOTS: Final = frozenset({"tier", "parameters_tier", "speed"})

#: Hosts that say where they are, as patterns whose first group is the region.
HOSTS: Final[dict[str, str]] = {
    r"bedrock(?:-[a-z]+)*\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)": "Amazon Bedrock",
    r"([a-z]+(?:-[a-z]+)+\d+)-aiplatform\.googleapis\.com": "Vertex AI",
    r"aiplatform\.([a-z]{2})\.rep\.googleapis\.com": "Vertex AI, regions of several places",
    r"([a-z]{2})\.api\.openai\.com": "OpenAI's data residency",
    r"([a-z]+\d?)\.api\.cognitive\.microsoft\.com": "Azure",
    r"(?:[-a-z0-9]+\.)+([a-z]+\d?)\.(?:models|inference)\.ai\.azure\.com": "Azure",
    r"api\.([a-z]{2})\.anthropic\.com": "Anthropic",
}
_HOST: Final = re.compile("|".join(HOSTS))


def finish_facts(call: ModelCall, found: dict[str, Any]) -> None:
    """Fill in the tier and the region of a call from what its span says besides their own attributes."""
    if not _TIER_SLOTS.isdisjoint(found):
        call.service_tier = _tier(found)
        if call.service_tier.lower() not in TIERS and call.service_tier:
            note_tier(found, call.service_tier)
    if not call.region and call.endpoint:
        call.region = region_of(call.endpoint)
    if not call.model:
        note(found, "model", f"a call without a model ({call.operation[:40]})")


def note_tier(found: dict[str, Any], tier: str) -> None:
    """Notice a tier, or each word of one that is several, that is not among :data:`TIERS`."""
    for word in tier.split(","):
        if word.lower() not in TIERS:
            note(found, "tier", word)


def _tier(found: dict[str, Any]) -> str:
    tier = str(found.get("tier") or found.get("parameters_tier") or "")
    if str(found.get("speed", "")).lower() != "fast":
        return tier
    return "fast" if tier.lower() in _STANDARD else tier if tier == "fast" else f"{tier},fast"


def region_of(endpoint: str) -> str:
    """The region that a host names; empty where it names none."""
    match = _HOST.fullmatch(endpoint.partition(":")[0].lower())
    return match[match.lastindex] if match and match.lastindex else ""
