"""How much of a plan's limits is used, as gauges."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, nan

import msgspec
from msgspec import Struct

from tokometer.records import Sample
from tokometer.sources.codex.rows import BadLine
from tokometer.sources.codex.state import State
from tokometer.sources.plans import CREDITS_LEFT, LIMIT_USED


class _Window(Struct):
    used_percent: float | None = None
    window_minutes: int | None = None
    resets_at: int | None = None


class _Credits(Struct):
    has_credits: bool | None = None
    unlimited: bool | None = None
    balance: str | float | None = None


class _Limits(Struct):
    limit_id: str | None = ""
    plan_type: str | None = ""
    primary: _Window | None = None
    secondary: _Window | None = None
    credits: _Credits | None = None


_decode = msgspec.json.Decoder(_Limits | None).decode


def samples_of(raw: bytes, at: int, state: State, source: str) -> Iterator[Sample]:
    """The limits that have moved since this thread last reported them.

    Raises:
        BadLine: They cannot be read.
    """
    try:
        limits = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        reason, found, where = str(error).partition(" - at `$")
        raise BadLine("payload.rate_limits" + (where.rstrip("`") if found else ""), reason) from None
    if limits is None:
        return
    for name, window in (("primary", limits.primary), ("secondary", limits.secondary)):
        if window is not None and window.used_percent is not None:
            labels = {"window": name}
            if window.window_minutes is not None:
                labels["window_minutes"] = str(window.window_minutes)
            if window.resets_at is not None:
                labels["resets_at"] = str(window.resets_at)
            yield from _moved(limits, name, LIMIT_USED, window.used_percent, "percent", labels, at, state, source)
    credits_ = limits.credits
    if credits_ is not None and credits_.has_credits and not credits_.unlimited and credits_.balance is not None:
        try:
            balance = float(credits_.balance)
        except ValueError:
            balance = nan
        if not isfinite(balance):
            raise BadLine("payload.rate_limits.credits.balance", "is not a number")
        yield from _moved(limits, "credits", CREDITS_LEFT, balance, "credits", {}, at, state, source)


def _moved(
    limits: _Limits,
    name: str,
    metric: str,
    value: float,
    unit: str,
    labels: dict[str, str],
    at: int,
    state: State,
    source: str,
) -> Iterator[Sample]:
    place = f"{limits.limit_id or source}/{name}"
    if state.limits.get(place) == value:
        return
    state.limits[place] = value
    if limits.limit_id:
        labels["limit"] = limits.limit_id
    if limits.plan_type:
        labels["plan"] = limits.plan_type
    yield Sample(
        source=source,
        native_id=f"limit:{state.thread}:{place}:{at}",
        started_at=at,
        pinned=True,
        metric=metric,
        value=value,
        unit=unit,
        provider=state.provider,
        labels=labels,
    )
