"""Facts beside the tokens of a call that take more than one attribute: its tier, where it was served, and for whom."""

from __future__ import annotations

import re
from typing import Any, Final

from tokometer.records import ModelCall
from tokometer.records.redaction import redacted
from tokometer.records.tiers import is_usual, unknown_tiers
from tokometer.sources.otlp.unread import note
from tokometer.sources.sessions import told_apart

_TIER_SLOTS: Final = frozenset({"tier", "parameters", "speed"})

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
    """Fill in tier, region and session of a call from what its span says besides their own attributes."""
    if "session_" in call.user:
        call.user, call.session_id = told_apart(call.user, call.session_id)
    if not _TIER_SLOTS.isdisjoint(found):
        call.service_tier = _tier(found)
        for word in unknown_tiers(call.service_tier) if call.service_tier else ():
            note(found, "tier", word)
        call.region = call.region or found.get("parameters", {}).get("inference_geo", "")
    if not call.region and call.endpoint:
        call.region = region_of(call.endpoint)
    if not call.model and not call.shadow:
        note(found, "model", f"a call without a model ({redacted(call.operation, 40)})")


def _tier(found: dict[str, Any]) -> str:
    parameters: dict[str, str] = found.get("parameters", {})
    tier = str(found.get("tier") or parameters.get("service_tier", ""))
    if str(found.get("speed") or parameters.get("speed", "")).lower() != "fast":
        return tier
    return "fast" if is_usual(tier) or tier.lower() == "fast" else f"{tier},fast"


def region_of(endpoint: str) -> str:
    """The region that a host names; empty where it names none."""
    match = _HOST.fullmatch(endpoint.partition(":")[0].lower())
    return match[match.lastindex] if match and match.lastindex else ""
