"""What pricing met and did not understand, to be counted and shown: tiers without a price, calls without a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tokometer.records import ModelCall
from tokometer.records.basis import unpriced
from tokometer.records.refusal import Notice

_LONGEST: Final = 80
_UNKNOWN_TIER: Final = "unknown-tier"
_NO_MODEL: Final = unpriced("no-model")


def notices_of(calls: Iterable[ModelCall], place: str = "") -> list[Notice]:
    """One notice for each source and tier that prices know nothing of, and each source that named no model.

    The calls have to be priced. `place` is an example of where they stood (see :class:`Notice`).
    """
    met: dict[tuple[str, str, str, str], Notice] = {}
    for call in calls:
        basis = call.price_basis
        if not basis:
            continue
        if _UNKNOWN_TIER in basis:
            topic, name = "tier", call.service_tier[:_LONGEST]
        elif basis == _NO_MODEL:
            topic, name = "model", ""
        else:
            continue
        key = (call.workspace, call.source, topic, name)
        kept = met.get(key)
        count, at = (kept.count + 1, max(kept.at, call.started_at)) if kept else (1, call.started_at)
        met[key] = Notice(call.source, topic, name, place, count, at, call.workspace)
    return list(met.values())
