"""Scraping: one answer of an exporter → samples.

A line whose head (name and labels) was met before is looked up, not parsed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

from tokometer.records import Record, Refusal, Sample
from tokometer.sources.noticed import Noticed
from tokometer.sources.polling import checked
from tokometer.sources.prometheus import exposition
from tokometer.sources.prometheus.meanings import Meanings, Meant, place_of
from tokometer.sources.prometheus.memory import Growth, Memory, Told
from tokometer.sources.protocol import Fetch, PollError, Reading, Target
from tokometer.sources.series import BUCKET, BUCKET_LABEL, Mode, Series, cumulative
from tokometer.sources.series.histogram import bound_text

SOURCE: Final = "prometheus"
_ACCEPT: Final = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
_EOF: Final = "# EOF"
#: Histograms are kept so often: a minute tells latency well, and they are most of what an exporter says (seconds).
HISTOGRAMS_EVERY: Final = 60
#: Series of one target that are read; heads of it that are remembered.
MOST_SERIES: Final = 50_000
_MOST_HEADS: Final = 200_000
_MOST_TARGETS: Final = 4_096
_MOST_REFUSED: Final = 1_000
#: Of a counter, which only grows.
BELOW_ZERO: Final = "is a counter below zero"


class _Slot(NamedTuple):
    """Where readings of one series come together."""

    number: int
    meant: Meant
    #: The metric that fills it.
    name: str


@dataclass(slots=True)
class _Known:
    """What is known of a target: its heads, and what they mean."""

    meanings: Meanings
    heads: dict[str, tuple[_Slot, ...]] = field(default_factory=dict)
    slots: dict[Hashable, _Slot] = field(default_factory=dict)
    #: Series of buckets' own counts, by the histogram's key and the bound.
    buckets: dict[tuple[str, float], Series] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    comments: set[str] = field(default_factory=set)


class _Answer:
    """One answer while it is read."""

    def __init__(self, known: _Known, place: str, now: int, *, seconds: bool, noticed: Noticed) -> None:
        self._known = known
        self._place = place
        self._now = now
        self._seconds = seconds
        self._noticed = noticed
        self._seen: set[str] = set()
        #: Slot → value, and when it was read where the exporter says so.
        self.values: dict[int, float] = {}
        self.slots: dict[int, _Slot] = {}
        self.times: dict[int, int] = {}
        self.refusals: list[Refusal] = []
        self.understood = 0

    def read(self, lines: list[str]) -> None:
        heads, seen = self._known.heads, self._seen
        for number, line in enumerate(lines, 1):
            if not line or line[0] == "#":
                self._comment(line)
                continue
            head, _, told = line.rpartition(" ")
            slots = heads.get(head)
            if slots is None:
                self._anew(line, number)
                continue
            self.understood += 1
            if not slots:
                continue
            try:
                value = float(told)
                if "_" in told:
                    raise ValueError  # noqa: TRY301 - refused like any other that is no number
            except ValueError:
                self.refuse(number, "has a value that is not a number")
                continue
            if head in seen:
                self.refuse(number, "stands twice")
                continue
            seen.add(head)
            self._add(slots, value, number)

    def _comment(self, line: str) -> None:
        known = self._known
        if line.startswith("# TYPE ") and line not in known.comments:
            if len(known.comments) < _MOST_HEADS:
                known.comments.add(line)
            parts = line.split()
            if len(parts) == 4:  # noqa: PLR2004 - as the formats have it
                known.meanings.told[parts[2].strip('"')] = parts[3]

    def _anew(self, line: str, number: int) -> None:
        """A line whose head is not known, or that says more than a value."""
        try:
            found = exposition.parse(line.strip(" \t\r"), seconds=self._seconds)
            slots = self._known.heads.get(found.head)
            if slots is None:
                slots = self._learn(found)
        except ValueError as error:
            self.refuse(number, str(error))
            return
        self.understood += 1
        if not slots:
            return
        if found.head in self._seen:
            self.refuse(number, "stands twice")
            return
        self._seen.add(found.head)
        if found.at is not None:
            for slot in slots:
                self.times[slot.number] = found.at
        self._add(slots, found.value, number)

    def _learn(self, found: exposition.Line) -> tuple[_Slot, ...]:
        known = self._known
        if not known.meanings.known(found.name):
            if found.name not in known.unknown and len(known.unknown) < _MOST_HEADS:
                known.unknown.add(found.name)
                self._noticed.add("metric", found.name)
            meant: tuple[Meant, ...] = ()
        else:
            meant = known.meanings.of(found.name, found.labels)
            # A summary by the name of a histogram has quantiles, which add up to nothing.
            meant = tuple(one for one in meant if one.kind != "histogram")
        slots = tuple(slot for one in meant if (slot := self._slot(found.name, one)) is not None)
        if len(known.heads) < _MOST_HEADS:
            known.heads[found.head] = slots
        return slots

    def _slot(self, name: str, meant: Meant) -> _Slot | None:
        """Where its readings go; None where another metric of the same meaning is there, and holds."""
        known = self._known
        key = (meant.series.key, meant.kind, meant.bound)
        slot = known.slots.get(key)
        if slot is None:
            if len(known.slots) >= MOST_SERIES:
                raise ValueError(f"is one of more than {MOST_SERIES:,} series of this target")
            slot = known.slots[key] = _Slot(len(known.slots), meant, name)
        elif slot.name != name:
            if slot.meant.rank <= meant.rank:
                return None
            slot = known.slots[key] = _Slot(slot.number, meant, name)
            for head, slots in known.heads.items():
                if any(one.number == slot.number for one in slots):
                    known.heads[head] = tuple(one for one in slots if one.number != slot.number)
            self.values.pop(slot.number, None)
        return slot

    def _add(self, slots: tuple[_Slot, ...], told: float, line: int) -> None:
        values = self.values
        if not isfinite(told):
            return
        if told < 0 and any(slot.meant.form == "counter" for slot in slots):
            # Held against the reading before it had begun anew, and would gain that much again with the next.
            self.refuse(line, BELOW_ZERO)
            return
        for slot in slots:
            number, meant, _ = slot
            rule = meant.rule
            if told >= rule.blank:
                continue
            value = told * rule.scale
            if rule.since:
                value = self._now / 1e6 - value
            before = values.get(number)
            if before is None:
                values[number] = value
                self.slots[number] = slot
            elif meant.form == "counter":
                values[number] = before + value
            else:
                values[number] = max(before, value)

    def refuse(self, number: int, reason: str) -> None:
        """Refuse a line, or what lines say together."""
        told = f"line {number:,} {reason}" if number else reason
        if len(self.refusals) < _MOST_REFUSED:
            self.refusals.append(Refusal(SOURCE, self._place, number, "", told, self._now))


class Scrape:
    """Exporters as a poll; see `sources.protocol.Poll`."""

    every: float = 15.0

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, _Known] = OrderedDict()
        self._memory = Memory()
        self._lock = threading.Lock()

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:  # noqa: ARG002 - nobody is asked unnamed
        """See `Poll.local`."""
        return []

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:
        """See `Poll.read`."""
        fetched = fetch(headers={"Accept": _ACCEPT})
        text, seconds = _text(checked(fetched), fetched.media_type)
        key = (target.name, target.url, *sorted(target.options.items()))
        known = self._of(key, target)
        noticed = Noticed(SOURCE, target.url)
        if not state:
            for name in known.unknown:
                noticed.add("metric", name)
        answer = _Answer(known, target.url, now, seconds=seconds, noticed=noticed)
        answer.read(text)
        if answer.refusals and not answer.understood:
            raise PollError("answers something that is no Prometheus exposition; is its address that of its metrics?")
        recalled = self._memory.recall(key, state)
        records, told = _samples(known, answer, recalled or (Told(), Told()), now)
        left = now.to_bytes(8, "big")
        self._memory.keep(key, left, told)
        return Reading(records, answer.refusals, left, noticed.all())

    def _of(self, key: Hashable, target: Target) -> _Known:
        with self._lock:
            known = self._known.get(key)
            if known is None:
                try:
                    meanings = Meanings(place_of(target.url, target.options), target.options)
                except ValueError as error:
                    raise PollError(str(error)) from None
                known = self._known[key] = _Known(meanings)
                while len(self._known) > _MOST_TARGETS:
                    self._known.popitem(last=False)
            elif len(known.heads) >= _MOST_HEADS:
                # Its labels change all the time: what is gone is forgotten.
                known.heads.clear()
            self._known.move_to_end(key)
            return known


def _text(body: bytes, media_type: str) -> tuple[list[str], bool]:
    """The whole lines of an answer, and whether it is OpenMetrics."""
    if "html" in media_type or "json" in media_type:
        raise PollError(f"answers {media_type}, which is no Prometheus exposition; is its address that of its metrics?")
    lines = body.decode("utf-8", "replace").split("\n")
    # What stands behind the last line's end is nothing, or was cut off.
    last = lines.pop()
    if not media_type.startswith(exposition.MEDIA_TYPE):
        if last.strip():
            raise PollError("its answer ends in the middle of a line")
        return lines, False
    if last.strip() not in ("", _EOF) or (last.strip() != _EOF and (not lines or lines[-1].strip() != _EOF)):
        raise PollError("its answer ends in the middle: there is no # EOF")
    return lines, True


def _samples(
    known: _Known, answer: _Answer, before: tuple[Told, ...], now: int
) -> tuple[list[Record], tuple[Told, Told]]:
    """What is to be kept of an answer, and what to hold the next one against: counters, and histograms."""
    counters, histograms = before
    growth = Growth(counters, now, SOURCE)
    records: list[Record] = []
    slowly: list[tuple[_Slot, float]] = []
    below: dict[str, tuple[_Slot, dict[float, float]]] = {}
    for number, value in answer.values.items():
        slot = answer.slots[number]
        series, form, kind = slot.meant[:3]
        at = answer.times.get(number)
        mode: Mode = "counter" if form == "counter" else "gauge"
        if kind == "bucket":
            below.setdefault(series.key, (slot, {}))[1][slot.meant.bound] = value
        elif series.metric.endswith(("_sum", "_count")):
            slowly.append((slot, value))
        elif form == "gauge":
            records.append(series.sample(SOURCE, now if at is None else at, value))
        elif at is not None:
            # It says when it was so: that is its own memory.
            records.append(series.sample(SOURCE, at, value, mode))
        else:
            records += growth.add(number, series, value, mode)
    span = HISTOGRAMS_EVERY * 1_000_000
    if now // span != histograms.at // span:
        slow = Growth(histograms, now, SOURCE)
        for slot, value in slowly:
            records += slow.add(slot.number, slot.meant.series, value)
        for slot, bounds in below.values():
            try:
                records += _buckets(known, slot, bounds, slow)
            except ValueError as error:
                answer.refuse(0, f"{slot.name.removesuffix(BUCKET)} {error}")
        histograms = slow.told()
    return records, (growth.told(), histograms)


def _buckets(known: _Known, slot: _Slot, bounds: dict[float, float], growth: Growth) -> Iterator[Sample]:
    """The counts of a histogram's buckets, each its own."""
    base = slot.meant.series
    for bound, count in cumulative(bounds, None).buckets:
        key = (base.key, bound)
        series = known.buckets.get(key)
        if series is None:
            series = known.buckets[key] = base.named(BUCKET, BUCKET_LABEL, bound_text(bound), "")
        yield from growth.add(key, series, float(count))
