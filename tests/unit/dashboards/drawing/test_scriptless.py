"""Tests of the gauge, which needs no script."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.dashboards.drawing import Band, Level, gauge
from tokometer.records.units import PERCENT

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
