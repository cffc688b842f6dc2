"""Tests of the drawings that need no script: gauge and ranking."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.dashboards.drawing import Band, Level, Part, Rank, gauge, ranking
from tokometer.records.units import PERCENT, TOKENS

_BANDS = [Band(None, 0.99, "critical"), Band(0.99, 0.999, "warning"), Band(0.999, None, "good")]


@given(st.floats(-10, 10))
def test_gauge_stays_in_its_box(value: float) -> None:
    """Whatever the value, the arc lies on the dial, and the text is exact."""
    dial = gauge(value, 0.0, 1.0, PERCENT)
    _, _, width, height = map(float, dial["box"].split())
    numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", dial["arc"])]
    start, end = numbers[:2], numbers[-2:]
    assert start == [14.0, 64.0]
    assert 0 <= end[0] <= width
    assert 0 <= end[1] <= height


@pytest.mark.parametrize(
    ("value", "state"), [(1.0, "good"), (0.999, "good"), (0.9989, "warning"), (0.5, "critical"), (None, "")]
)
def test_gauge_state(value: float | None, state: str) -> None:
    """A value has the state of the band that it is in; no value has none, and no arc."""
    dial = gauge(value, 0.98, 1.0, PERCENT, target=Level(0.999, "Objective"), thresholds=_BANDS)
    assert dial["state"] == state
    assert bool(dial["arc"]) == (value is not None)
    assert dial["text"] == ("No data" if value is None else dial["text"])
    assert [part["state"] for part in dial["scale"]] == ["critical", "warning", "good"]
    assert dial["target"]["title"] == "Objective: 99.9 %"


def test_ranking() -> None:
    """Bars have one scale; a part that is not known has none, and a row of which nothing is known says so."""
    rows = [
        Rank("a", "Alpha", "cost", [30.0, 10.0], filter="team"),
        Rank("b", "Beta", "cost", [None, 20.0]),
        Rank("c", "C" * 60, "cost", [None, None]),
    ]
    shown = ranking(rows, TOKENS, [Part("Input", "tokens"), Part("Output", "cost")])
    bars = [[(bar["x"], bar["width"]) for bar in row["bars"]] for row in shown["rows"]]
    assert bars == [[(0.0, 75.0), (75.0, 25.0)], [(0.0, 50.0)], []]
    assert [row["text"] for row in shown["rows"]] == ["40", "20", "–"]
    assert shown["rows"][0]["title"].splitlines() == ["Alpha", "Input: 30", "Output: 10", "Total: 40"]
    assert len(shown["rows"][2]["short"]) == 28
