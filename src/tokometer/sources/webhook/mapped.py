"""Items as settings say that they are to be read: fields of our own record format, by paths."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tokometer.records.redaction import redacted
from tokometer.settings.webhooks import WebhookSettings
from tokometer.sources.noticed import Noticed
from tokometer.sources.usage import Used, answered, used
from tokometer.sources.webhook.items import Item


def items_of(given: Mapping[str, Any], settled: WebhookSettings) -> list[Mapping[str, Any]]:
    """The items of a body, or of one element of its list."""
    if not settled.each:
        return [given]
    held = Item(given).at(settled.each)
    if isinstance(held, Mapping):
        return [held]
    return [one for one in held if isinstance(one, Mapping)] if isinstance(held, list) else []


def mapped(item: Item, settled: WebhookSettings, noticed: Noticed, position: int) -> dict[str, Any]:
    """An item as our own record format has it. What is stated by a field of its own goes before an answer's word.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    found: dict[str, Any] = {}
    if settled.answer:
        answer = item.at(settled.answer)
        if isinstance(answer, Mapping):
            found |= from_answer(answer, settled.answer, noticed, position)
    if settled.usage:
        usage = item.at(settled.usage)
        if isinstance(usage, Mapping):
            found |= from_usage(used(usage, settled.usage), noticed, position)
    found |= dict(settled.constants)
    for name, path in settled.fields:
        value = item.at(path)
        if value is not None and value != "":
            found[name] = value
    labels = {name: value for name, path in settled.labels if (value := item.at(path)) is not None}
    if labels:
        found["labels"] = {**labels, **(found.get("labels") or {})}
    return found


def from_answer(answer: Mapping[str, Any], name: str, noticed: Noticed, position: int) -> dict[str, Any]:
    """What a provider's answer says, as our own record format has it."""
    said = answered(answer, name)
    found: dict[str, Any] = {
        "model": said.model,
        "provider": said.provider,
        "response_id": said.response_id,
        "stop_reason": said.stop_reason,
        "operation": said.operation,
        "started_at": said.created,
    }
    if said.status != "ok":
        found |= {"status": said.status, "error_message": said.error_message}
    found = {key: value for key, value in found.items() if value not in ("", None)}
    return found | from_usage(said.used, noticed, position)


def from_usage(said: Used, noticed: Noticed, position: int) -> dict[str, Any]:
    """What was used, as our own record format has it."""
    usage = said.usage
    found: dict[str, Any] = {
        "input_tokens": usage.input,
        "cache_read_tokens": usage.cache_read,
        "cache_write_5m_tokens": usage.cache_write_5m,
        "cache_write_1h_tokens": usage.cache_write_1h,
        "cache_write_tokens": usage.cache_write_unknown,
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning,
        "unsplit_tokens": usage.unsplit,
        "parts": usage.parts,
        "quantities": {name: amount / 1000 for name, amount in (said.quantities or {}).items()} or None,
        "service_tier": said.service_tier or None,
        "region": said.region or None,
        "cost_usd": None if said.cost is None else str(Decimal(said.cost).scaleb(-9)),
    }
    for key in said.unread:
        noticed.add("usage", redacted(key, 80), position)
    return {name: value for name, value in found.items() if value is not None}
