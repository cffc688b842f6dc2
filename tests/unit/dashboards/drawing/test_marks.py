"""Tests of the shapes whose marks stand for names: ring, treemap, bubbles, heat, columns, violins."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.dashboards.drawing import (
    Bucket,
    Cell,
    Item,
    Point,
    Quantile,
    Scale,
    Slice,
    Violin,
    bubbles,
    columns,
    heat,
    ring,
    treemap,
    violins,
)
from tokometer.dashboards.drawing.columns import merged
from tokometer.dashboards.drawing.treemap import Box, squarify
from tokometer.dashboards.drawing.violins import density
from tokometer.records.histogram import GAMMA
from tokometer.records.units import MS, PERCENT, REQUESTS, USD

_VALUES = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=60)


def _buckets(counts: dict[int, int]) -> list[Bucket]:
    return [Bucket(GAMMA ** (at - 1), GAMMA**at, count) for at, count in counts.items()]


_COUNTS = st.dictionaries(st.integers(1, 900), st.integers(1, 10_000), min_size=1, max_size=40)


@given(_VALUES, st.floats(50, 2_000), st.floats(50, 2_000))
def test_squarify(values: list[float], width: float, height: float) -> None:
    """A treemap fills its box exactly: areas in proportion, none outside, none over another."""
    falling = sorted(values, reverse=True)
    boxes = squarify(falling, Box(0, 0, width, height))
    total, area = sum(falling), width * height
    assert len(boxes) == len(falling)
    for value, box in zip(falling, boxes, strict=True):
        assert box.w * box.h == pytest.approx(area * value / total, rel=1e-6, abs=area * 1e-9)
        assert box.x >= -1e-6
        assert box.y >= -1e-6
        assert box.x + box.w <= width * (1 + 1e-9) + 1e-6
        assert box.y + box.h <= height * (1 + 1e-9) + 1e-6
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            wide = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
            high = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
            assert wide <= 1e-6 * width or high <= 1e-6 * height


def test_squares_are_square() -> None:
    """Even values make cells of which none is much longer than wide."""
    for box in squarify([1.0] * 24, Box(0, 0, 600, 400)):
        assert 0.4 < box.w / box.h < 2.5


def test_treemap() -> None:
    """Groups lie together, the largest first; every layout has the same cells, and wider ones more labels."""
    cells = [Cell(f"m{at}", f"model-{at}", "cost", 1.0 + at, group="ab"[at % 2], filter="model") for at in range(20)]
    chart = treemap([*cells, Cell("none", "none", "cost", 0.0)], USD)
    assert [tip[0] for tip in chart["tips"]][:2] == ["model-19", "model-17"]
    assert len(chart["tips"]) == 20
    assert chart["tips"][0][2] == ["model", "m19"]
    assert {len(layout["data"]["points"]["rows"]) for layout in chart["layouts"]} == {20}
    labels = [len(layout["data"]["texts"]["rows"]) for layout in chart["layouts"]]
    assert labels[0] < labels[-1]


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_ring(values: list[float]) -> None:
    """Slices go once around, in proportion and without gaps; those of zero are not there."""
    chart = ring([Slice(str(at), str(at), "cost", value) for at, value in enumerate(values)], USD)
    rows = chart["data"]["points"]["rows"]
    assert len(rows) == len(chart["tips"]) == sum(value > 0 for value in values)
    if rows:
        assert rows[0][0] == 0.0
        assert rows[-1][1] == pytest.approx(math.tau)
        assert all(one[1] == other[0] for one, other in pairwise(rows))


def test_a_ring_of_many() -> None:
    """The key has nine lines; the last of them says how many more there are."""
    chart = ring([Slice(str(at), f"model-{at}", "cost", 1.0) for at in range(12)], USD)
    texts = [row[2] for row in chart["layouts"][-1]["data"]["texts"]["rows"]]
    assert "4 more" in texts
    assert "model-7" in texts
    assert "model-8" not in texts


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e3), st.floats(0, 1e6)), max_size=25))
def test_bubbles(places: list[tuple[float, float, float]]) -> None:
    """Every point is drawn within its axes or listed as left out; labels cover neither each other nor a bubble."""
    points = [Point(f"m{at}", f"model-{at}", "cost", *place) for at, place in enumerate(places)]
    latency, cost, size = Scale("Latency", MS, log=True), Scale("Cost", USD), Scale("Requests", REQUESTS)
    chart = bubbles(points, latency, cost, size)
    json.dumps(chart, allow_nan=False)
    assert len(chart["tips"]) + len(chart["omitted"]) == len(points)
    assert chart["omitted"] == [p.label for p in points if p.x <= 0]
    (left, right), (bottom, top) = chart["signals"]["xdomain"], chart["signals"]["ydomain"]
    for layout in chart["layouts"]:
        for x, y, r, _ in layout["data"]["points"]["rows"]:
            assert left <= x <= right
            assert bottom <= y <= top
            assert 4.0 <= r <= 24.0
        assert len(layout["data"]["texts"]["rows"]) <= len(chart["tips"]) + 2


def test_heat_knows_nothing_from_zero() -> None:
    """What is not known has an outline and says so; zero is a value, and the palest."""
    rows = [Item("a", "A", "tokens", filter="provider")]
    chart = heat(rows, ["1", "2", "3"], [[None, 0.0, 9.0]], REQUESTS, titles=["one", "two", "three"], what="Requests")
    assert [row[6] for row in chart["data"]["points"]["rows"]] == [1, 0, 0]
    assert [row[5] for row in chart["data"]["points"]["rows"]] == [0.04, 0.04, 0.95]
    assert [tip[:2] for tip in chart["tips"]] == [
        ["A · one", [["Requests", "No data"]]],
        ["A · two", [["Requests", "0"]]],
        ["A · three", [["Requests", "9"]]],
    ]


def test_heat_of_states() -> None:
    """States have a colour and a word, by their limits; the key drops the limits where there is no room."""
    values = [[1.0, 0.995, 0.5, None]]
    chart = heat([Item("a", "A", "tokens")], list("abcd"), values, PERCENT, scale="state")
    colours = [row[4] for row in chart["data"]["points"]["rows"]]
    assert colours == ["state-good", "state-warning", "state-critical", "tokens"]
    assert [tip[1][-1][1] for tip in chart["tips"]] == ["Good", "Degraded", "Bad", "No data"]
    keys = [[row[1] for row in layout["data"]["words"]["rows"]] for layout in chart["layouts"]]
    assert keys[-1] == ["No data", "Bad", "Degraded ≥ 99 %", "Good ≥ 99.9 %"]


@given(_COUNTS)
def test_ranges_hold_every_value(counts: dict[int, int]) -> None:
    """Buckets become few readable ranges, without gaps and without losing or inventing a call."""
    buckets = _buckets(counts)
    ranges = merged(buckets)
    assert sum(one.count for one in ranges) == sum(counts.values())
    assert 1 <= len(ranges) <= 32
    assert all(one.end == other.begin for one, other in pairwise(ranges))
    assert ranges[0].count > 0
    assert ranges[-1].count > 0
    assert all(
        float(f"{limit:.2g}") == limit or f"{limit:e}".startswith("1.25") for limit in (one.begin for one in ranges)
    )


def test_columns() -> None:
    """A histogram says how many there are in a range and up to it; quantiles are marked where they are."""
    chart = columns(_buckets({300: 60, 350: 30, 400: 10}), MS, quantiles=[Quantile("p50", 400.0), Quantile("x", 1e9)])
    assert sum(int(tip[1][0][1]) for tip in chart["tips"]) == 100
    assert chart["tips"][-1][1][2] == ["Up to here", "100 %"]
    assert chart["data"]["rules"]["rows"] == [[math.log10(400.0), "text-2"]]
    assert chart["quantiles"][0] == ["p50", "400 ms"]
    json.dumps(columns([], MS), allow_nan=False)


@given(_COUNTS)
def test_density_integrates_to_one(counts: dict[int, int]) -> None:
    """The area of a violin is that of all of its calls: one."""
    buckets = _buckets(counts)
    low, high = -1.0, math.log10(max(bucket.high for bucket in buckets)) + 1
    size = 2_000
    grid = [low + (high - low) * at / size for at in range(size + 1)]
    assert sum(density(buckets, grid)) * (high - low) / size == pytest.approx(1.0, abs=0.01)


def test_violins() -> None:
    """Each name has a lane; one without values has an empty one, and says so."""
    full = Violin(
        "a", "A", "cost", _buckets({300: 5, 310: 9, 320: 4}), [Quantile("p50", 500.0), Quantile("p95", 600.0)]
    )
    chart = violins([full, Violin("b", "B", "tokens", [])], MS)
    points = chart["data"]["points"]["rows"]
    assert {row[4] for row in points} == {0}
    assert all(0 <= row[1] <= row[2] <= 1 for row in points)
    assert max(row[2] for row in points) == pytest.approx(0.92, abs=0.001)
    assert chart["tips"][1][1] == [["Calls", "0"]]
    assert chart["layouts"][0]["signals"]["ylabels"] == ["A", "B"]


@pytest.mark.parametrize(
    "chart",
    [
        ring([], USD),
        treemap([], USD),
        heat([], [], [], REQUESTS),
        violins([], MS),
        columns([], MS),
        bubbles([], Scale("x", MS, log=True), Scale("y", USD), Scale("z", REQUESTS)),
    ],
    ids=lambda chart: chart["kind"],
)
def test_nothing(chart: dict[str, Any]) -> None:
    """Nothing to draw is a chart without marks, not an error."""
    assert chart["tips"] == []
    json.dumps(chart, allow_nan=False)
