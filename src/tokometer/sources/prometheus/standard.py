"""Readings of exporters that come by another way than a scrape of ours (a collector that scrapes and sends OTLP).

They get the standard names, units and labels that a scrape would have given them; what no dialect knows stays as it is.
"""

from __future__ import annotations

from typing import Final

from tokometer.records import Sample
from tokometer.records.providers import provider_of
from tokometer.sources.prometheus.meanings import Entry, entries, host_of
from tokometer.sources.series import BUCKET, COUNT

_FIELDS: Final = ("host", "device", "model", "provider")
#: The label of OpenTelemetry that a collector fills with what Prometheus calls `instance`.
_INSTANCE: Final = "service.instance.id"


def standardised(sample: Sample) -> Sample | None:
    """The sample by its standard name, changed in place; None where its exporter says that there is no value."""
    labels = sample.labels or {}
    entry = next(
        (
            one
            for one in entries(sample.metric)
            if all(labels.get(name) == value for name, value in one.rule.where.items())
        ),
        None,
    )
    if entry is None:
        return sample
    rule = entry.rule
    if sample.value >= rule.blank:
        return None
    suffix = BUCKET if entry.kind == "bucket" else entry.suffix
    sample.metric = entry.meter.name + suffix
    sample.unit = "" if suffix in (BUCKET, COUNT) else entry.meter.unit
    sample.value = sample.started_at / 1e6 - sample.value if rule.since else sample.value * rule.scale
    _label(sample, entry)
    return sample


def _label(sample: Sample, entry: Entry) -> None:
    # Samples of a series share their labels.
    labels = {**(sample.labels or {}), **entry.rule.more}
    for theirs, ours in (*entry.rule.keep.items(), *entry.dialect.labels.items()):
        value = labels.get(theirs)
        if not value or theirs == ours:
            continue
        if ours not in _FIELDS:
            labels.setdefault(ours, labels.pop(theirs))
        elif not getattr(sample, ours):
            setattr(sample, ours, labels.pop(theirs))
    instance = labels.get("instance") or labels.get(_INSTANCE, "")
    if ":" in instance:
        labels.setdefault("instance", instance)
        sample.host = sample.host or host_of(f"//{instance}")
        sample.machine = sample.machine or sample.host
    prefix = entry.dialect.device
    if prefix and sample.device and not sample.device.startswith(prefix):
        part = labels.pop("part", "")
        sample.device = prefix + sample.device + (f"/{part}" if part else "")
    provider = sample.provider or entry.dialect.provider
    sample.provider = provider_of(provider) if provider else ""
    sample.labels = labels
