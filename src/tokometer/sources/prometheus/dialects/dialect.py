"""How a dialect is declared: which of an exporter's names mean one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

#: Bytes in a mebibyte, hertz in a megahertz.
MIB = 1024.0 * 1024.0
MHZ = 1e6


class Rule(NamedTuple):
    """One series of an exporter, and what it means."""

    #: As the exporter writes it; of a histogram without `_bucket`, of a counter with or without `_total`.
    theirs: str
    #: A name of `records.METERS`.
    ours: str
    #: What one of theirs is in our unit.
    scale: float = 1.0
    #: It stands for a part of our histogram: `sum` or `count`.
    part: str = ""
    #: Values from here on are the exporter's way of saying that there is none.
    blank: float = inf
    #: It is a time in seconds since the epoch, and how long ago that was is meant.
    since: bool = False
    #: Labels that are put on it.
    more: Mapping[str, str] = {}
    #: Only series with these labels are meant; the others are known, and passed over.
    where: Mapping[str, str] = {}
    #: Labels that go into what a series is called, beside those of the dialect.
    keep: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one kind of exporter says.

    Of two rules with the same meaning the first holds where both names are there (a metric that was renamed). Series
    that differ only in labels that are not kept become one: of counters and histograms the sum, of gauges the largest.
    """

    name: str
    title: str
    rules: tuple[Rule, ...]
    #: Their label → the field of a sample (`host`, `device`, `model`, `provider`), or the label that it becomes.
    labels: Mapping[str, str] = field(default_factory=dict)
    #: The provider that its samples are of, unless a label says so.
    provider: str = ""
    #: In front of what the label of a device says.
    device: str = ""
    #: Beginnings of names that are known to say nothing that is needed here.
    passed: tuple[str, ...] = ()
