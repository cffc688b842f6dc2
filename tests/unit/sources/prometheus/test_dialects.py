"""Tests of tokometer.sources.prometheus.dialects."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from generators.sources.prometheus import BEGIN, TEXT
from tokometer.records import Sample
from tokometer.records.meters import METERS
from tokometer.sources.prometheus.dialects import Dialect, Rule, dialects
from tokometer.sources.prometheus.scrape import Scrape
from tokometer.sources.protocol import Fetched, Target

_RULES = [(dialect, rule) for dialect in dialects() for rule in dialect.rules]
_FIELDS = {"host", "device", "model", "provider"}


def _said(rule: Rule) -> str:
    """What an exporter says of one metric, with a value of 2 (or, of a time, a minute ago)."""
    form = METERS[rule.ours].form
    labels = ",".join(f'{name}="{value}"' for name, value in rule.where.items())
    around = f"{{{labels}}}" if labels else ""
    value = BEGIN / 1e6 - 60 if rule.since else 2
    if form != "histogram" or rule.part:
        return f"{rule.theirs}{around} {value}\n"
    between = f"{labels}," if labels else ""
    buckets = "".join(f'{rule.theirs}_bucket{{{between}le="{bound}"}} 2\n' for bound in ("1", "+Inf"))
    return f"{buckets}{rule.theirs}_sum{around} 1.5\n{rule.theirs}_count{around} 2\n"


@pytest.mark.parametrize(("dialect", "rule"), _RULES, ids=[f"{one.name}-{rule.theirs}" for one, rule in _RULES])
def test_every_rule(dialect: Dialect, rule: Rule) -> None:
    """What a rule names becomes what it says, in that unit; nothing is unknown, and nothing refused."""

    def fetch(*_: Any, **__: Any) -> Fetched:
        return Fetched(200, _said(rule).encode(), TEXT)

    reading = Scrape().read(Target("x", "http://x:1/metrics", 15.0), b"", fetch, BEGIN)
    assert not reading.refusals
    assert not reading.notices
    found = {record.metric: record for record in reading.records if isinstance(record, Sample)}
    meter = METERS[rule.ours]
    names = [rule.ours + (f"_{rule.part}" if rule.part else "_sum" if meter.form == "histogram" else "")]
    sample = found[names[0]]
    assert sample.unit == meter.unit
    assert sample.mode == ("gauge" if meter.form in ("gauge", "state") else "counter")
    value = 60 if rule.since else 1.5 if meter.form == "histogram" and not rule.part else 2 * rule.scale
    assert sample.value == pytest.approx(value)
    assert (sample.host, sample.provider) == ("x", dialect.provider)
    assert rule.more.items() <= (sample.labels or {}).items()


def test_no_name_means_two_things() -> None:
    """A name of an exporter is one dialect's; dialects are told apart."""
    owners = {(rule.theirs, dialect.name) for dialect, rule in _RULES}
    assert max(Counter(name for name, _ in owners).values()) == 1
    assert all(one.name != other.name for one, other in pairwise(dialects()))


def test_labels() -> None:
    """Labels fill fields, or are few."""
    for dialect in dialects():
        assert len({*dialect.labels.values()} - _FIELDS) <= 3
