"""What the series of exporters mean: by the dialects, and by what the options of a target say."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from math import inf, isnan
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

from tokometer.records.meters import METERS, Form, Meter
from tokometer.records.providers import provider_of
from tokometer.sources.machine import host as this_host
from tokometer.sources.prometheus.dialects import Dialect, Rule, dialects
from tokometer.sources.series import COUNT, SUM, Series, series_of

#: `value` is a reading by itself, `bucket` a count of all that is at most a bound (the label `le`), `histogram` a whole
#: one, which only remote write has (a native histogram).
Kind = Literal["value", "bucket", "histogram"]

BUCKET, TOTAL, CREATED = "_bucket", "_total", "_created"
#: Of programs themselves: what they take, and how often they were asked for metrics.
_PASSED: Final = ("python_", "process_", "go_", "promhttp_", "scrape_", "http_")
_NAMES_PASSED: Final = frozenset({"up", "target_info", "ALERTS", "ALERTS_FOR_STATE"})
_BOUND: Final = "le"
#: Labels that tell no two series of a metric apart, or that are kept.
_APART: Final = (_BOUND, "job", "instance")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal", ""})  # noqa: S104 - a name


class Meant(NamedTuple):
    """What one series of an exporter means: a reading of `series`."""

    series: Series
    form: Form
    kind: Kind
    rule: Rule
    #: Upper bound of a bucket.
    bound: float = inf
    #: Of rules with the same meaning the lower one holds.
    rank: int = 0


class Entry(NamedTuple):
    """What a dialect says of one name of an exporter."""

    rule: Rule
    meter: Meter
    dialect: Dialect
    #: Behind the meter's name: a part of a histogram.
    suffix: str
    kind: Kind
    rank: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where series come from, as far as it is not in their labels."""

    host: str = ""
    #: Host and port: tells one server from another on the same host.
    instance: str = ""
    model: str = ""
    provider: str = ""
    #: True where `host` was told by a person, who knows better than the exporter.
    sure: bool = False


class Meanings:
    """What series mean at one place. `told` is the type of each metric as the exporter tells it (`# TYPE`).

    `apart` is true where series that differ only in labels that are not kept cannot be put together.
    """

    def __init__(self, place: Place, options: Mapping[str, str] | None = None, *, apart: bool = False) -> None:
        self._place = place
        self._apart = apart
        self._mapped = _mapped(options or {})
        self._kept = [part for part in (options or {}).get("keep", "").replace(",", " ").split() if part]
        self.told: dict[str, str] = {}

    def known(self, name: str) -> bool:
        """Whether a metric is read, or known to say nothing that is needed."""
        return bool(self._entries(name) or self._own(name)) or name.endswith(CREATED) or _is_passed(name)

    def of(self, name: str, labels: Mapping[str, str]) -> tuple[Meant, ...]:
        """What a series means; nothing where it is not kept.

        Raises:
            ValueError: It cannot be what it is said to be.
        """
        told = self._entries(name)
        if not told:
            own = self._own(name)
            told = (own,) if own else ()
        found = []
        for entry in told:
            if any(labels.get(label) != value for label, value in entry.rule.where.items()):
                continue
            series = series_of(entry.meter.name, self._labels(entry, labels), entry.meter.unit)
            if entry.suffix:
                series = series.named(entry.suffix, unit="" if entry.suffix == COUNT else None)
            bound = _bound(labels) if entry.kind == "bucket" else inf
            form: Form = "counter" if entry.meter.form == "histogram" else entry.meter.form
            found.append(Meant(series, form, entry.kind, entry.rule, bound, entry.rank))
        return tuple(found)

    def _entries(self, name: str) -> Sequence[Entry]:
        return self._mapped.get(name) or entries(name)

    def _own(self, name: str) -> Entry | None:
        """A metric that is kept under its own name."""
        base = next((name.removesuffix(end) for end in (BUCKET, COUNT, SUM) if name.endswith(end)), name)
        kept = any(fnmatch.fnmatchcase(one, pattern) for one in (name, base) for pattern in self._kept)
        if not kept or name.endswith(CREATED):
            return None
        told = self.told.get(name) or self.told.get(name.removesuffix(TOTAL)) or self.told.get(base, "")
        if told in ("histogram", "summary") and base != name:
            suffix = name[len(base) :]
            kind: Kind = "bucket" if suffix == BUCKET else "value"
            return Entry(
                Rule(name, base), Meter(base, "", "histogram", ""), _OWN, "" if kind == "bucket" else suffix, kind, 0
            )
        form: Form = "counter" if told == "counter" or (not told and name.endswith(TOTAL)) else "gauge"
        return Entry(Rule(name, name), Meter(name, "", form, ""), _OWN, "", "value", 0)

    def _labels(self, entry: Entry, labels: Mapping[str, str]) -> dict[str, str]:
        dialect, rule, place = entry.dialect, entry.rule, self._place
        found: dict[str, str] = {}
        if dialect is _OWN:
            found = {name: value for name, value in labels.items() if name != _BOUND}
        else:
            for theirs, ours in (*rule.keep.items(), *dialect.labels.items()):
                if labels.get(theirs) and ours not in found:
                    found[ours] = labels[theirs]
            if "device" in found and dialect.device:
                part = found.pop("part", "")
                found["device"] = dialect.device + found["device"] + (f"/{part}" if part else "")
        if self._apart:
            used = {*rule.keep, *dialect.labels, *_APART}
            left = [f"{name}={value}" for name, value in sorted(labels.items()) if name not in used]
            if left:
                found["series"] = blake2b("\0".join(left).encode(), digest_size=4).hexdigest()
        found.update(rule.more)
        instance = labels.get("instance") or place.instance
        if place.sure or "host" not in found:
            found["host"] = place.host if place.sure or not labels.get("instance") else host_of(f"//{instance}")
        for name, value in (
            ("instance", instance),
            ("model", place.model),
            ("provider", place.provider or dialect.provider),
        ):
            found.setdefault(name, value)
        if found["provider"]:
            found["provider"] = provider_of(found["provider"])
        return {name: value for name, value in found.items() if value}


#: What has no dialect keeps its labels.
_OWN: Final = Dialect("", "", ())


def place_of(url: str, options: Mapping[str, str]) -> Place:
    """The place of a target: its options `host`, `model` and `provider`, else its address."""
    told = options.get("host", "")
    return Place(
        told or host_of(url),
        urlsplit(url).netloc.rpartition("@")[2],
        options.get("model", ""),
        options.get("provider", ""),
        bool(told),
    )


def host_of(url: str) -> str:
    """The host of an address; this machine's name where it is this machine."""
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return this_host() if name in _LOOPBACK else name


def entries(name: str) -> tuple[Entry, ...]:
    """What the dialects say of a name; nothing where none knows it."""
    return _all().get(name, ())


@cache
def _all() -> dict[str, tuple[Entry, ...]]:
    """What every dialect says of a name."""
    found: dict[str, list[Entry]] = {}
    for dialect in dialects():
        for rank, rule in enumerate(dialect.rules):
            for name, entry in _named(rule, dialect, rank):
                # Newer clients of Prometheus write a colon as an underscore for who does not ask for all of UTF-8.
                for spelled in {name, _plain(name)}:
                    found.setdefault(spelled, []).append(entry)
    return {name: tuple(those) for name, those in found.items()}


def _named(rule: Rule, dialect: Dialect, rank: int) -> Iterator[tuple[str, Entry]]:
    """The names under which a rule is met."""
    meter = METERS[rule.ours]
    if rule.part:
        yield from (
            (name, Entry(rule, meter, dialect, f"_{rule.part}", "value", rank)) for name in _totals(rule.theirs)
        )
    elif meter.form == "histogram":
        yield rule.theirs, Entry(rule, meter, dialect, "", "histogram", rank)
        yield rule.theirs + BUCKET, Entry(rule, meter, dialect, "", "bucket", rank)
        yield rule.theirs + SUM, Entry(rule, meter, dialect, SUM, "value", rank)
        yield rule.theirs + COUNT, Entry(rule, meter, dialect, COUNT, "value", rank)
    else:
        names = _totals(rule.theirs) if meter.form == "counter" else (rule.theirs,)
        yield from ((name, Entry(rule, meter, dialect, "", "value", rank)) for name in names)


def _plain(name: str) -> str:
    return name.replace(":", "_")


def _totals(name: str) -> tuple[str, ...]:
    base = name.removesuffix(TOTAL)
    return (base + TOTAL, base)


@cache
def _passed() -> tuple[str, ...]:
    starts = [start for dialect in dialects() for start in dialect.passed]
    return (*_PASSED, *starts, *(_plain(start) for start in starts))


def _is_passed(name: str) -> bool:
    return name in _NAMES_PASSED or name.startswith(_passed())


def _mapped(options: Mapping[str, str]) -> dict[str, list[Entry]]:
    """Options `metric.THEIRS = "OURS"`, or `"OURS * 0.001"`, as entries.

    Raises:
        ValueError: One of them is none.
    """
    found: dict[str, list[Entry]] = {}
    for key, value in options.items():
        if not key.startswith("metric."):
            continue
        ours, _, scale = (part.strip() for part in value.partition("*"))
        if ours not in METERS:
            raise ValueError(f"option {key}: there is no standard metric {ours!r}")
        try:
            rule = Rule(key.removeprefix("metric."), ours, float(scale or 1))
        except ValueError:
            raise ValueError(f"option {key}: what stands behind * is not a number") from None
        for name, entry in _named(rule, _MAPPED, 0):
            found.setdefault(name, []).append(entry)
    return found


#: Labels that mean the same to most exporters.
_MAPPED: Final = Dialect(
    "mapped",
    "",
    (),
    labels={
        name: ours
        for ours, names in {
            "model": ("model_name", "model", "model_id"),
            "device": ("device", "gpu"),
            "provider": ("provider", "api_provider"),
            "engine": ("engine", "dp_rank"),
            "reason": ("finished_reason", "reason"),
        }.items()
        for name in names
    },
)


def _bound(labels: Mapping[str, str]) -> float:
    try:
        bound = float(labels[_BOUND])
    except (KeyError, ValueError):
        raise ValueError("is a bucket without a bound") from None
    if isnan(bound):
        raise ValueError("is a bucket without a bound")
    return bound
