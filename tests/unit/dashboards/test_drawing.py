"""Tests of tokometer.dashboards.drawing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tokometer.dashboards.drawing import Line, Period, bars, curve, outlook, spark
from tokometer.records.units import REQUESTS, USD

_START = datetime(2026, 11, 1, tzinfo=UTC)


def _stretch(count: int, *, last_open: bool = True) -> list[Period]:
    day = timedelta(days=1)
    return [Period(_START + i * day, _START + (i + 1) * day, last_open and i == count - 1) for i in range(count)]


@given(st.lists(st.tuples(st.integers(0, 9_999), st.integers(0, 9_999)), min_size=1, max_size=40))
def test_bars_stack(values: list[tuple[int, int]]) -> None:
    """Stacked bars add up to the total of their period and stay within the axis; the tooltip says the same."""
    lines = [Line("a", "A", "cost", [a for a, _ in values]), Line("b", "B", "tokens", [b for _, b in values])]
    chart = bars(_stretch(len(values)), "day", lines, REQUESTS)
    for index, (a, b) in enumerate(values):
        start = chart["tips"][index][0]
        own = [point for point in chart["data"]["points"]["rows"] if point[0] == start]
        assert sum(point[3] - point[2] for point in own) == a + b
        assert max((point[3] for point in own), default=0) <= chart["signals"]["ydomain"][1]
        assert all(point[5] == int(index == len(values) - 1) for point in own)
    assert [tip[3] for tip in chart["tips"]] == [
        f"{a + b:,}" if a + b < 10_000 else tip[3] for (a, b), tip in zip(values, chart["tips"], strict=True)
    ]


def test_tooltip_is_sorted() -> None:
    """The tooltip lists the largest first and leaves out what was not there."""
    lines = [Line(name, name, "cost", [value]) for name, value in (("a", 1.0), ("b", 3.0), ("c", 0.0))]
    [tip] = bars(_stretch(1), "day", lines, USD)["tips"]
    assert tip[2] == "Sunday 1 Nov 2026 · so far"
    assert tip[3] == "$4.00"
    assert tip[4] == [[1, "$3.00"], [0, "$1.00"]]


def test_the_open_period_is_a_piece_of_its_own() -> None:
    """A curve is whole up to the last full period; one piece leads from there to the unfinished one."""
    points = curve("line", _stretch(4), "day", [Line("cost", "Cost", "cost", [1.0, 2.0, 3.0, 0.5])], USD)
    points = points["data"]["points"]["rows"]
    done, unfinished = [p for p in points if not p[5]], [p for p in points if p[5]]
    assert [p[3] for p in done] == [1.0, 2.0, 3.0]
    assert [p[3] for p in unfinished] == [3.0, 0.5]
    assert unfinished[-1][6] == 1


def test_outlook() -> None:
    """The band opens from what is known now; every expectation has a tooltip of its own."""
    now = _START + timedelta(days=2, hours=12)
    ahead = [
        (now, 6.0, 6.0, 6.0),
        (_START + timedelta(days=3), 6.5, 7.0, 8.0),
        (_START + timedelta(days=4), 8.0, 9.0, 11.0),
    ]
    chart = outlook(_stretch(3), [Line("cost", "Cost", "cost", [2.0, 4.0, 6.0])], ahead, USD)
    assert chart["data"]["band"]["rows"][0][1:] == [6.0, 6.0]
    assert chart["signals"]["ydomain"][1] >= 11.0
    assert chart["tips"][-1][2:] == ["Expected by 4 Nov 2026", "$8.00 – $11.00", [[0, "$9.00"]], []]


def test_spark() -> None:
    """A sparkline stays in its box, leaves unknown periods out, and is nothing where nothing was."""
    assert spark([0.0, 0.0], USD)["points"] == ""
    assert spark([1.0], USD)["points"] == ""
    line = spark([1.0, None, 4.0], USD)
    assert line["points"] == "0.0,17.5 100.0,1.0"
    assert len(spark([float(i) for i in range(1000)], USD)["points"].split()) <= 48
