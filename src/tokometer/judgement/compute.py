"""Compute: the operations that the models did, and what share of the machines' peak that is.

A forward pass takes two floating-point operations for each active parameter and token (Kaplan et al., 2020, 2.1).
MFU is what was achieved over what the devices could do at their peak (Chowdhery et al., PaLM, 2022, 4.1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name, share, text
from tokometer.judgement.served import served_on, served_question, served_tokens
from tokometer.measures import Filter, Query
from tokometer.records.units import COUNT, FLOPS, PERCENT, RATIO, TOKENS, USD, WATTS
from tokometer.settings import Settings

#: Readings of GPUs by their standard names, and by those of DCGM's exporter where they came by another way (OTLP), each
#: with what divides it into a ratio or watts.
UTILISATION: Final = {"gpu.utilisation": 1.0, "DCGM_FI_DEV_GPU_UTIL": 100.0}
TENSOR: Final = {"gpu.tensor.active": 1.0, "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE": 1.0}
POWER: Final = {"gpu.power": 1.0, "DCGM_FI_DEV_POWER_USAGE": 1.0}
_METRICS: Final = (*UTILISATION, *TENSOR, *POWER)
#: The label in which the exporter names the device.
_DEVICE_NAME: Final = "label.modelName"
_NOTHING: Final = {"prompt_tokens": 0, "cache_read_tokens": 0, "output_tokens": 0}
_HOUR: Final = 3600.0
_NANO: Final = Decimal("0.000000001")


@dataclass(slots=True)
class _Machine:
    """One device over the window."""

    peak: float | None = None
    price: Decimal | None = None
    models: set[str] = field(default_factory=set)
    readings: dict[str, float] = field(default_factory=dict)


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    tokens, *samples = yield (
        matter.query("prompt_tokens", "cache_read_tokens", "output_tokens", by=("model",)),
        *_samples(matter),
    )
    until = min(tokens.meta.until.astimezone(UTC), matter.now.astimezone(UTC))
    length = until - tokens.meta.since.astimezone(UTC)
    seconds = length.total_seconds()
    counters = yield served_question(matter, length)
    served = served_tokens(counters[0].rows) if counters else {}
    hosts = served_on(counters[0].rows) if counters else {}
    machines = _machines(samples[0].rows if samples else (), settings, hosts)
    used = by_name(tokens, "model")
    models = {
        name: _worked(name, used.get(name, _NOTHING), served.get(name, 0), settings)
        for name in dict.fromkeys([*used, *served])
    }
    if not matter.by:
        return [_row(models, list(machines.values()), seconds)]
    rows = []
    for name, done in models.items():
        its = [machine for machine in machines.values() if name in machine.models]
        rows.append({"model": name, **_row({name: done}, its, seconds)})
    return rows


@dataclass(frozen=True, slots=True)
class _Worked:
    """The tokens that a model worked on, and the operations that took; None where its parameters are unknown."""

    tokens: int
    operations: float | None
    counted_by: str


def _worked(name: str, row: Mapping[str, Any], served: int, settings: Settings) -> _Worked:
    """Prompt tokens from a cache were not worked on again. Of calls and servers, each may know only a part."""
    called = row["prompt_tokens"] - row["cache_read_tokens"] + row["output_tokens"]
    tokens = max(called, served)
    facts = settings.model_for(name)
    each = facts.flops_per_token if facts else None
    return _Worked(tokens, None if each is None else each * tokens, "servers" if served > called else "calls")


def _samples(matter: Matter) -> tuple[Query, ...]:
    """Readings by device, unless they cannot be told by what the calls are chosen by."""
    where = matter.where_in("samples")
    if where is None:
        return ()
    by = ("host", "device", _DEVICE_NAME, "model", "metric")
    return (
        Query(
            measures=("samples.mean",),
            by=tuple(f"samples.{name}" for name in by),
            where=(*where, Filter("samples.metric", "in", _METRICS)),
            since=matter.since,
            until=matter.until,
            tz=matter.tz,
        ),
    )


def _machines(
    rows: Sequence[Mapping[str, Any]], settings: Settings, hosts: Mapping[str, set[str]]
) -> dict[tuple[str, str], _Machine]:
    """Devices by host and name. One that served several models counts for each of them.

    Exporters of GPUs know nothing of models: `hosts` are the models that inference servers on each host tell of.
    """
    found: dict[tuple[str, str], _Machine] = {}
    for row in rows:
        machine = found.setdefault((row["host"], row["device"]), _Machine())
        facts = settings.device_for(row[_DEVICE_NAME])
        if facts is not None:
            machine.peak, machine.price = facts.peak_flops, facts.price_per_hour
        machine.models |= {row["model"]} if row["model"] else hosts.get(row["host"], set())
        if row["mean"] is not None:
            machine.readings[row["metric"]] = row["mean"]
    return found


def _row(models: Mapping[str, _Worked], machines: Sequence[_Machine], seconds: float) -> Row:
    known = [one.operations for one in models.values() if one.operations is not None]
    tokens = sum(one.tokens for one in models.values())
    known_tokens = sum(one.tokens for one in models.values() if one.operations is not None)
    operations = math.fsum(known) if known else None
    power = _sum([watts for machine in machines if (watts := _reading(machine, POWER)) is not None])
    prices = [machine.price for machine in machines if machine.price is not None]
    return {
        "compute": None if operations is None or seconds <= 0 else operations / seconds,
        "operations": operations,
        "mfu": _mfu(models, machines, seconds),
        "utilisation": _mean([_reading(machine, UTILISATION) for machine in machines]),
        "tensor_activity": _mean([_reading(machine, TENSOR) for machine in machines]),
        "power": power,
        "energy": None if power is None else power * seconds / _HOUR / 1000,
        "device_cost": _cost(prices, seconds),
        "devices": len(machines),
        "tokens": tokens,
        "known_share": known_tokens / tokens if tokens else None,
        "counted_by": " + ".join(sorted({one.counted_by for one in models.values() if one.operations})),
    }


def _mfu(models: Mapping[str, _Worked], machines: Sequence[_Machine], seconds: float) -> float | None:
    """What the models achieved over the peak of their devices, of devices of which both are known."""
    served: set[str] = set()
    peak = 0.0
    for machine in machines:
        its = machine.models & models.keys()
        if machine.peak is not None and its and all(models[name].operations is not None for name in its):
            served |= its
            peak += machine.peak
    return (
        math.fsum(models[name].operations or 0.0 for name in served) / (peak * seconds)
        if peak and seconds > 0
        else None
    )


def _reading(machine: _Machine, metrics: Mapping[str, float]) -> float | None:
    return next((machine.readings[name] / scale for name, scale in metrics.items() if name in machine.readings), None)


def _sum(values: Sequence[float]) -> float | None:
    return math.fsum(values) if values else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _cost(prices: Sequence[Decimal], seconds: float) -> Decimal | None:
    """What the devices with a price per hour cost in the window."""
    if not prices:
        return None
    return (sum(prices, Decimal(0)) * Decimal(repr(seconds / _HOUR))).quantize(_NANO)


def _standing(_row: Row, _: Settings) -> Standing:
    return "none"


COMPUTE: Final = Judgement(
    name="compute",
    title="Compute",
    unit=FLOPS,
    better="higher",
    description=(
        "The floating-point operations a second that the models achieved over the window, idle time included, and what "
        "share of the machines' peak that is. Only models whose active parameters are known count, and devices that "
        "report readings; both can be told in the settings."
    ),
    formula=(
        "2 × active parameters × (prompt tokens that no cache served + output tokens) / seconds of the window; of a "
        "model whose inference server counted more tokens than the calls, the server's. MFU = that of the models on "
        "devices of a known peak / the sum of these peaks (dense, BF16 or FP16)"
    ),
    by=("", "model"),
    facts=(
        Fact("operations", RATIO, title="Floating-point operations", meaning="all of them"),
        share("mfu", "model FLOPs utilisation: achieved / peak of the devices that serve the models", "MFU"),
        share("utilisation", "mean utilisation that the GPUs report"),
        share("tensor_activity", "mean share of time in which the tensor cores were active, where it is reported"),
        Fact("power", WATTS, meaning="mean power of all the devices together"),
        Fact("energy", RATIO, title="Energy (kWh)", meaning="kilowatt-hours in the window"),
        Fact(
            "device_cost", USD, "money", meaning="price of an hour × hours, of the devices with a price in the settings"
        ),
        Fact("devices", COUNT, "integer", meaning="devices that report readings"),
        Fact("tokens", TOKENS, "integer", meaning="prompt tokens that no cache served, and output tokens"),
        Fact("known_share", PERCENT, meaning="share of these tokens that are of models with known active parameters"),
        text("counted_by", "who counted the tokens that were worked on: `calls`, the inference `servers`, or both"),
    ),
    thresholds="none: how much is much depends on the machines",
    cube="samples",
    inquire=_inquire,
    standing=_standing,
)
