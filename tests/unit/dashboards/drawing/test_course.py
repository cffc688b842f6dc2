"""Tests of tokometer.dashboards.drawing.course, outlook and spark."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tokometer.dashboards.drawing import Band, Level, Line, Mark, Period, bars, curve, outlook, spark
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


def test_losses_go_down() -> None:
    """A loss is a bar below zero, and the axis has room for it."""
    chart = bars(_stretch(2), "day", [Line("profit", "Profit", "cost", [30.0, -20.0])], USD)
    assert [point[2:4] for point in chart["data"]["points"]["rows"]] == [[0.0, 30.0], [0.0, -20.0]]
    assert chart["signals"]["ydomain"][0] <= -20.0
    assert chart["tips"][1][4] == [[0, "-$20.00"]]


def test_gaps() -> None:
    """What is not known is a gap, not zero: a line breaks there, and a value alone between gaps is a dot."""
    values = [1.0, None, 2.0, None, 3.0, 4.0]
    chart = curve("line", _stretch(6, last_open=False), "day", [Line("a", "A", "cost", values)], USD)
    rows = chart["data"]["points"]["rows"]
    assert [row[3] for row in rows] == [1.0, 2.0, 3.0, 4.0]
    assert len({row[7] for row in rows}) == 3
    assert [row[6] for row in rows] == [1, 1, 0, 0]
    assert chart["tips"][1][4] == []


def test_gaps_that_are_joined() -> None:
    """A joined line goes on from one known value to the next; a value alone is a dot, and gaps say nothing."""
    joined = Line("a", "A", "cost", [1.0, None, 2.0, None], joined=True)
    chart = curve("line", _stretch(4, last_open=False), "day", [joined], USD)
    rows = chart["data"]["points"]["rows"]
    assert [(row[3], row[6], row[7]) for row in rows] == [(1.0, 0, 0), (2.0, 0, 0)]
    assert chart["tips"][1][4] == []
    alone = Line("a", "A", "cost", [None, 1.0], joined=True)
    [row] = curve("line", _stretch(2, last_open=False), "day", [alone], USD)["data"]["points"]["rows"]
    assert row[6] == 1


@given(st.lists(st.lists(st.none() | st.integers(0, 999), min_size=5, max_size=5), min_size=1, max_size=6))
def test_areas_stack(values: list[list[int | None]]) -> None:
    """Stacked areas lie on top of each other and end at the sum of what is known."""
    lines = [Line(str(at), str(at), "cost", row) for at, row in enumerate(values)]
    chart = curve("stack", _stretch(5, last_open=False), "day", lines, REQUESTS)
    rows = chart["data"]["points"]["rows"]
    for index, tip in enumerate(chart["tips"]):
        own = [row for row in rows if row[0] == tip[0]]
        known = [row[index] for row in values if row[index] is not None]
        assert len(own) == len(known)
        assert max((row[3] for row in own), default=0) == sum(known)  # type: ignore[type-var]
        assert all(below[3] <= above[2] for below, above in pairwise(own))


def test_percentiles_have_no_total() -> None:
    """Lines are not added up; what is stacked is, without what it is compared with."""
    lines = [Line("p50", "p50", "cost", [1.0]), Line("p95", "p95", "tokens", [3.0])]
    mean = Line("mean", "Mean", "text", [9.0], dashed=True)
    assert curve("line", _stretch(1), "day", lines, USD)["tips"][0][3] == ""
    assert bars(_stretch(1), "day", [*lines, mean], USD)["tips"][0][3] == "$4.00"


def test_levels_bands_and_marks() -> None:
    """A target is within the axis, a band is cut to it, and what happened is told in its period."""
    chart = curve(
        "line",
        _stretch(4),
        "day",
        [Line("cost", "Cost", "cost", [1.0, 2.0, 3.0, 1.0])],
        USD,
        levels=[Level(10.0, "Budget", "critical"), Level(9.9, "Soon")],
        bands=[Band(8.0, None, "critical"), Band(50.0, 60.0, "good")],
        marks=[Mark(_START + timedelta(hours=30), "It was down", "incident"), Mark(_START - timedelta(1), "Before")],
    )
    top = chart["signals"]["ydomain"][1]
    assert top >= 10.0
    assert chart["data"]["bands"]["rows"] == [[8.0, top, "state-critical"]]
    assert [row[3] for row in chart["data"]["levels"]["rows"]] == [-7, 7]
    assert len(chart["data"]["events"]["rows"]) == 1
    assert [tip[5] for tip in chart["tips"]] == [[], [["incident", "It was down"]], [], []]


def test_what_happened_last_is_within_the_chart() -> None:
    """A line ends at the start of its last period; what happened within that is marked at the edge, not beyond."""
    line = Line("cost", "Cost", "cost", [1.0, 2.0])
    marks = [Mark(_START + timedelta(hours=40), "It was down", "incident")]
    chart = curve("line", _stretch(2), "day", [line], USD, marks=marks)
    assert [row[0] for row in chart["data"]["events"]["rows"]] == [chart["signals"]["xdomain"][1]]
