"""Distributions: quantiles and violins say what the measures say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from generators.looked_at import HOSTILE, NOW, call, fragment, looking
from tokometer.dashboards.kinds import Distribution
from tokometer.dashboards.panel import View
from tokometer.measures import Spread, quantile
from tokometer.records import Record

_LANES = Distribution(id="x.lanes", title="Latency Distribution", by="model", window="24h", top=3)
_VIOLINS = replace(_LANES, id="x.violins", shape="violins")


def _calls(model: str, latencies: Iterable[int | None]) -> list[Record]:
    begin = NOW - timedelta(hours=2)
    return [
        call(begin + timedelta(seconds=at), model=model, latency_us=None if ms is None else ms * 1000)
        for at, ms in enumerate(latencies)
    ]


def _see(folder: Path, records: Iterable[Record], panel: Distribution = _LANES) -> View:
    with looking(folder, records) as context:
        return panel.view(context)


@pytest.mark.parametrize("panel", [_LANES, _VIOLINS], ids=["quantiles", "violins"])
def test_quantiles_are_those_of_the_measures(tmp_path: Path, panel: Distribution) -> None:
    """p50, p95 and p99 of 1 to 100 ms are 50, 95 and 99 ms up to the width of a bucket, and the spread agrees."""
    records = _calls("gpt-5", range(1, 101))
    with looking(tmp_path, records) as context:
        view = panel.view(context)
        rows = context.ask(Spread(of="latency", by=("model",), since="24h")).rows
    [row] = view.table.rows
    assert row[0] == "gpt-5"
    assert list(row[1:4]) == pytest.approx([50, 95, 99], rel=0.01)
    assert list(row[1:4]) == [quantile(rows, share) for share in (0.5, 0.95, 0.99)]
    assert row[4] == 100


def test_lanes_share_one_axis(tmp_path: Path) -> None:
    """A bar goes from p50 over p95 to p99 and stays inside; a slower model's is further right."""
    view = _see(tmp_path, [*_calls("fast", range(10, 60)), *_calls("slow", range(1000, 9000, 200))])
    lanes = {row["name"]: row["places"] for row in view.shown["rows"]}
    assert all(0 <= a <= b <= c <= 100 for a, b, c in lanes.values())
    assert lanes["fast"][2] < lanes["slow"][0]


def test_violins_have_all_calls(tmp_path: Path) -> None:
    """A lane a name, whose calls are all in its buckets; a click filters by it."""
    view = _see(tmp_path, [*_calls("gpt-5", range(10, 60)), *_calls("slow", range(1000, 9000, 200))], _VIOLINS)
    assert view.chart
    told = {name: dict(lines) for name, lines, _ in view.chart["tips"]}
    assert (told["gpt-5"]["Calls"], told["slow"]["Calls"]) == ("50", "40")
    assert view.chart["tips"][0][2] == ["model", "gpt-5"]


def test_the_most_used_are_shown(tmp_path: Path) -> None:
    """The top ones by calls, without a lane for the others together."""
    records = [record for at in range(5) for record in _calls(f"house-{at}", [10] * (at + 1))]
    assert [row["name"] for row in _see(tmp_path, records).shown["rows"]] == ["house-4", "house-3", "house-2"]


@pytest.mark.parametrize("panel", [_LANES, _VIOLINS], ids=["quantiles", "violins"])
def test_unknown_durations_are_no_zeros(tmp_path: Path, panel: Distribution) -> None:
    """Calls of which nobody said how long they took have no lane; without any other there is nothing to show."""
    view = _see(tmp_path, _calls("quiet", [None] * 5), panel)
    assert view.empty
    assert view.chart is None
    assert "No call of known duration" in fragment(panel, view)


@pytest.mark.parametrize("panel", [_LANES, _VIOLINS], ids=["quantiles", "violins"])
def test_one_call_is_a_distribution(tmp_path: Path, panel: Distribution) -> None:
    """All quantiles of one call are its own, even if it took no time."""
    [row] = _see(tmp_path / "one", _calls("gpt-5", [800]), panel).table.rows
    assert row[1] == row[2] == row[3] == pytest.approx(800, rel=0.01)
    [none] = _see(tmp_path / "zero", _calls("gpt-5", [0]), panel).table.rows
    assert none[1:4] == pytest.approx((0, 0, 0), abs=0.01)


def test_names_are_only_text(tmp_path: Path) -> None:
    """A model may be called anything."""
    panel = replace(_LANES, top=10)
    view = _see(tmp_path, [record for name in HOSTILE for record in _calls(name, [5, 6])], panel)
    assert {row["label"] for row in view.shown["rows"]} == set(HOSTILE)
    assert "<script" not in fragment(panel, view)
