"""How much wall time a row of an answer stands for: what throughput is divided by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tokometer.measures.ask import Ask
from tokometer.measures.axis import Bucket, index_of
from tokometer.records.time import MICROSECONDS, QUARTER_US


class Elapsed:
    """Seconds of the window that have passed, and that a row's key is about."""

    def __init__(self, ask: Ask, buckets: Sequence[Bucket]) -> None:
        self._ask = ask
        self._buckets = buckets
        self._places = [i for i, key in enumerate(ask.keys) if key.is_time]
        self._filters = [condition for condition in ask.conditions if condition.dimension.is_time]

    def seconds(self, key: tuple[Any, ...]) -> float:
        """The seconds that a row with this key stands for: of the window, and of its time bucket, hour or weekday."""
        if not self._places and not self._filters:
            return self._whole
        if self._ask.grain and len(self._places) == 1 and not self._filters:
            return self._by_bucket.get(key[0], 0.0)
        return self._by_parts.get(tuple(key[place] for place in self._places), 0.0)

    @cached_property
    def _whole(self) -> float:
        window = self._ask.window
        return max(min(window.until, self._ask.now) - window.since, 0) / MICROSECONDS

    @cached_property
    def _by_bucket(self) -> dict[int, float]:
        return self._ask.axis.seconds(self._buckets, self._ask.now)

    @cached_property
    def _by_parts(self) -> dict[tuple[int, ...], float]:
        """By every combination of time keys, from a walk over the window's quarter hours."""
        axis, keys = self._ask.axis, [self._ask.keys[place] for place in self._places]
        sums: dict[tuple[int, ...], int] = {}
        for quarter, micros in axis.slices(self._ask.now):
            if not all(
                (axis.part(filter_.dimension.short, quarter) in filter_.values) != filter_.negative
                for filter_ in self._filters
            ):
                continue
            parts = []
            for key in keys:
                if key.grain:
                    place = index_of(self._buckets, max(quarter * QUARTER_US, axis.window.since))
                    parts.append(self._buckets[max(place, 0)].key)
                else:
                    parts.append(axis.part(key.name, quarter))
            sums[tuple(parts)] = sums.get(tuple(parts), 0) + micros
        return {parts: micros / MICROSECONDS for parts, micros in sums.items()}
