"""What a target said before, so that what has not changed is not kept again.

Counters of an idle server say the same for hours. One is kept when it changes, together with what it said until then:
so by how much it grew, and when, is exact although not every reading is there. Once an hour everything is kept. Gauges
are kept always, or their mean would not be one; but for states, of which only changes matter.

The memory is this process's. After a restart everything is kept once more, which changes no figure.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tokometer.records import Sample
from tokometer.sources.series import Mode, Series

#: Targets that are remembered, and of each, readings: the last that was kept, and what came after it.
MOST_TARGETS: Final = 4_096
_READINGS: Final = 3
_HOUR_US: Final = 3_600 * 1_000_000


@dataclass(slots=True)
class Told:
    """What counters stood at when a target was last read."""

    #: In microseconds since the epoch; 0 before the first reading.
    at: int = 0
    values: dict[Hashable, float] = field(default_factory=dict)
    #: Those that stood so before, and whose reading at `at` was left out.
    left_out: frozenset[Hashable] = frozenset()


class Growth:
    """Readings of counters at one time, held against what they were before."""

    def __init__(self, before: Told, at: int, source: str) -> None:
        self._before = before
        self._at = at
        self._source = source
        self._all = at // _HOUR_US != before.at // _HOUR_US
        self.values = dict(before.values)
        self._left_out: set[Hashable] = set()

    def add(self, key: Hashable, series: Series, value: float, mode: Mode = "counter") -> Iterator[Sample]:
        """What of a reading is to be kept; a state is a gauge."""
        before = self._before
        stood = before.values.get(key)
        self.values[key] = value
        if value == stood and not self._all:
            self._left_out.add(key)
            return
        if stood is None:
            if before.at and value > 0 and mode == "counter":
                # It appeared since: exporters begin a series with its first event.
                yield series.sample(self._source, before.at, 0.0, mode)
        elif value != stood and key in before.left_out:
            yield series.sample(self._source, before.at, stood, mode)
        yield series.sample(self._source, self._at, value, mode)

    def told(self) -> Told:
        """What to hold the next reading against."""
        return Told(self._at, self.values, frozenset(self._left_out))


class Memory:
    """What targets said, by target and the state that a reading of it was left in."""

    def __init__(self) -> None:
        self._targets: OrderedDict[Hashable, OrderedDict[bytes, tuple[Told, ...]]] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, target: Hashable, state: bytes) -> tuple[Told, ...]:
        """What was said at a reading; nothing where that is not known."""
        with self._lock:
            readings = self._targets.get(target)
            return readings.get(state, ()) if readings else ()

    def keep(self, target: Hashable, state: bytes, told: Iterable[Told]) -> None:
        """Remember what a reading said under the state that it leaves."""
        with self._lock:
            readings = self._targets.setdefault(target, OrderedDict())
            self._targets.move_to_end(target)
            readings[state] = tuple(told)
            readings.move_to_end(state)
            while len(readings) > _READINGS:
                readings.popitem(last=False)
            while len(self._targets) > MOST_TARGETS:
                self._targets.popitem(last=False)
