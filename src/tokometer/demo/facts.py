"""Where the demo's calls ran and what else is known of them: machines, accounts, regions, tiers, images, searches."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Final

from tokometer.records import AgentRun, ModelCall, Record, ToolCall

_ACCOUNTS: Final = {"claude_code": "halyard-team", "codex": "halyard-workspace"}
#: The regions in which clouds serve the company's calls.
_REGIONS: Final = {
    "bedrock": ("eu-central-1", "eu-central-1", "us-east-1"),
    "vertex": ("europe-west4", "us-central1"),
    "azure": ("swedencentral",),
}
_PLANS: Final = ("free", "pro", "enterprise")
#: Share of calls to these providers with another service tier, and which. Not every price list knows them.
_TIERS: Final = {"openai": (0.03, "flex"), "google": (0.02, "priority"), "xai": (0.05, "priority")}
#: Share of the calls that come with an image, with a recording, and that search the web.
_PICTURED, _SPOKEN, _SEARCHING = 0.06, 0.04, 0.05
#: What an image and a second of a recording make in tokens, and how long recordings are at most.
_IMAGE: Final = 1_290
_SPEECH, _LONGEST = 32, 90
_ONE: Final = 1_000


class Facts:
    """Adds what is known beside tokens and times; the same for the same stream and the same records in their order."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def add(self, records: Iterable[Record]) -> None:
        """Fill in what is known of calls, and where calls, tools and runs took place."""
        for record in records:
            if isinstance(record, ModelCall | ToolCall | AgentRun):
                record.account = _ACCOUNTS.get(record.source, "")
                record.machine = _machine(record)
            if isinstance(record, ModelCall):
                self._call(record)

    def _call(self, call: ModelCall) -> None:
        rng = self._rng
        regions = _REGIONS.get(call.provider)
        if regions:
            call.region = rng.choice(regions)
        share, tier = _TIERS.get(call.provider, (0.0, ""))
        if rng.random() < share and not call.service_tier and call.source in ("api", "litellm", "otlp"):
            call.service_tier = tier
        call.labels = {**(call.labels or {}), **(self._labels(call) or {})} or None
        if call.status != "ok" or call.operation != "chat":
            return
        if call.provider == "perplexity":
            call.quantities = {"web_searches": _ONE}
        elif call.source == "otlp" and call.provider in ("openai", "anthropic") and rng.random() < _SEARCHING:
            call.quantities = {"web_searches": _ONE * rng.randint(1, 3)}
        fresh = call.input_tokens or 0
        if call.provider == "google" and fresh > _IMAGE:
            chance = rng.random()
            if chance < _PICTURED:
                call.parts = {"input_image": _IMAGE * rng.randint(1, min(fresh // _IMAGE, 4))}
            elif chance < _PICTURED + _SPOKEN:
                call.parts = {"input_audio": min(_SPEECH * rng.randint(2, _LONGEST), fresh)}

    def _labels(self, call: ModelCall) -> dict[str, str] | None:
        if call.source == "litellm" and call.user.startswith("customer-"):
            return {"feature": call.endpoint.rpartition("/")[2], "plan": _PLANS[int(call.user[-3:]) % 3]}
        if call.project == "assistant":
            return {"channel": "chat" if sum(map(ord, call.session_id)) % 4 else "mail"}
        if call.project == "eval-lab":
            return {"experiment": f"rerank-{'ab'[sum(map(ord, call.session_id)) % 2]}"}
        return None


def _machine(record: ModelCall | ToolCall | AgentRun) -> str:
    """People's laptops, the gateway's hosts, the workers that run agents: one for all of a session."""
    if record.source in _ACCOUNTS:
        return f"laptop-{record.user[-2:]}"
    number = sum(map(ord, record.session_id or record.user)) % 3 + 1
    return f"gateway-{number:02d}" if record.source == "litellm" else f"worker-{number:02d}"
