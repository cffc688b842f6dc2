"""What one meter tells of one thing: a metric's name, its labels, its unit, and who tells it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final, Literal

from msgspec import Struct

from tokometer.records import Sample

#: Field of a sample → labels that fill it, the first choice first: of OpenTelemetry, Prometheus exporters and agents.
LABEL_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "host": ("host.name", "Hostname", "host", "instance"),
    "device": ("hw.id", "gpu", "device"),
    "model": ("gen_ai.response.model", "gen_ai.request.model", "openclaw.model", "model_name", "model", "model_id"),
    "provider": ("gen_ai.provider.name", "gen_ai.system", "openclaw.provider", "provider"),
    "account": ("organization.id",),
    "region": ("cloud.region",),
}
_RANKS: Final = {name: (field, rank) for field, names in LABEL_FIELDS.items() for rank, name in enumerate(names)}
_SEPARATOR: Final = "\x1f"
#: Bytes of a series' key: with 10^9 series the chance that any two have the same is below 10^-10.
_KEY_BYTES: Final = 12


class Series(Struct, gc=False):
    """One series. Made by :func:`series_of`; of one that tells again and again, keep it."""

    metric: str
    unit: str
    #: What fills no field of a sample.
    labels: dict[str, str]
    #: Field of a sample → value.
    fields: dict[str, str]
    #: What it is known by: a hash of all that tells it from any other.
    key: str

    def named(self, suffix: str, name: str = "", value: str = "", unit: str | None = None) -> Series:
        """A series of this one's: its count, its sum, or with a label more one of its buckets."""
        return Series(
            self.metric + suffix,
            self.unit if unit is None else unit,
            {**self.labels, name: value} if name else self.labels,
            self.fields,
            f"{self.key}{suffix}{value}",
        )

    def sample(
        self,
        source: str,
        at: int,
        value: float,
        mode: Literal["gauge", "counter", "delta"] = "gauge",
        interval: str = "",
    ) -> Sample:
        """A reading, `at` in microseconds since the epoch; `interval` is what else tells a delta from others."""
        return Sample(
            source=source,
            native_id=f"{self.key}@{at:x}{interval}",
            started_at=at,
            pinned=True,
            metric=self.metric,
            value=value,
            unit=self.unit,
            mode=mode,
            labels=self.labels or None,
            **self.fields,  # type: ignore[arg-type] # all of them are text
        )


def series_of(metric: str, labels: Mapping[str, str], unit: str = "", teller: str = "") -> Series:
    """The series of a metric with these labels.

    `teller` is what else tells it from another: who reports it, where its labels do not say so. Labels without a value
    are none; those of :data:`LABEL_FIELDS` fill a field, and one that another beats stays a label.
    """
    told = sorted((name, value) for name, value in labels.items() if value)
    fields: dict[str, str] = {}
    best: dict[str, tuple[int, str]] = {}
    for name, value in told:
        ranked = _RANKS.get(name)
        if ranked is not None:
            field, rank = ranked
            if field not in best or rank < best[field][0]:
                best[field] = rank, name
                fields[field] = value
    used = {name for _, name in best.values()}
    content = _SEPARATOR.join((metric, unit, teller, *(part for pair in told for part in pair)))
    key = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).hexdigest()
    return Series(metric, unit, {name: value for name, value in told if name not in used}, fields, key)
