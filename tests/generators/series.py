"""Series of hours and days made up by a seed: a level, a day, a week, noise, trends, steps and planted spikes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
#: Monday to Sunday.
WEEK = (1.1, 1.2, 1.15, 1.1, 0.95, 0.3, 0.25)


def day_of(hour: int) -> float:
    """How busy an hour of the day is: quiet at night, busiest in the afternoon."""
    return 0.15 + 0.85 * max(0.0, math.sin((hour - 6) / 24 * 2 * math.pi)) ** 1.2


@dataclass(frozen=True)
class Planted:
    """A series, and the places of its spikes."""

    points: list[tuple[datetime, float]]
    spikes: list[tuple[int, int]]


def hours(seed: int, *, days: int = 42, spikes: int = 8, noise: float = 0.2, growth: float = 0.0) -> Planted:
    """Hours with days, weeks and log-normal noise, and spikes of 1 to 4 hours, 3 to 6 times as high as usual."""
    rng = Random(seed)
    count = days * 24
    values = []
    for place in range(count):
        at = FIRST + timedelta(hours=place)
        base = 40 * day_of(at.hour) * WEEK[at.weekday()] * math.exp(growth * place / count)
        values.append(base * rng.lognormvariate(0, noise))
    return _plant(rng, values, spikes, 24, (1, 4), lambda place: FIRST + timedelta(hours=place))


def days(seed: int, *, count: int = 90, spikes: int = 5, noise: float = 0.15, growth: float = 0.0) -> Planted:
    """Days with weeks and log-normal noise, and spikes of 1 or 2 days, 3 to 6 times as high as usual."""
    rng = Random(seed)
    values = [
        400 * WEEK[place % 7] * math.exp(growth * place / count) * rng.lognormvariate(0, noise)
        for place in range(count)
    ]
    return _plant(rng, values, spikes, 7, (1, 2), lambda place: FIRST + timedelta(days=place))


def family(kind: str, seed: int, count: int = 180) -> list[float]:
    """Days of a `trend`, of a level with a `week`, or with a `step` to another level in it; all of them with noise."""
    rng = Random(seed)
    at, up = rng.randint(int(count * 0.35), int(count * 0.65)), rng.choice([0.45, 0.6, 1.6, 2.2])
    growth = rng.choice([-0.6, 0.8, 1.2, 1.6])
    found = []
    for place in range(count):
        level = 100.0 * (1 + growth * place / count if kind == "trend" else up if kind == "step" and place >= at else 1)
        week = 1.0 if kind == "trend" and seed % 2 else WEEK[place % 7]
        found.append(level * week * rng.lognormvariate(0, 0.2))
    return found


def _plant(
    rng: Random, values: list[float], spikes: int, apart: int, long: tuple[int, int], when: Callable[[int], datetime]
) -> Planted:
    """Spikes at places that are apart, the last third of them near the end."""
    places: list[tuple[int, int]] = []
    mean = sum(values) / len(values)
    while len(places) < spikes:
        length = rng.randint(*long)
        place = rng.randrange(apart, len(values) - length)
        # A quiet hour at night may be anything: nobody is told of it.
        if values[place] < mean / 4 or any(abs(place - other) <= apart for other, _ in places):
            continue
        places.append((place, length))
        for each in range(place, place + length):
            values[each] *= rng.uniform(3, 6)
    return Planted([(when(place), value) for place, value in enumerate(values)], sorted(places))
