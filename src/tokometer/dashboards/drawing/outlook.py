"""A forecast: what has added up so far, and the band in which the rest is expected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tokometer.charts.axes import time_axis
from tokometer.dashboards.drawing.chart import table
from tokometer.dashboards.drawing.course import Line, course, unit_axis
from tokometer.dashboards.drawing.periods import Period, date_text, ms, period_title
from tokometer.records.units import Unit, show


def outlook(
    stretch: Sequence[Period], lines: Sequence[Line], ahead: Sequence[tuple[datetime, float, float, float]], unit: Unit
) -> dict[str, Any]:
    """What has added up so far and, from now on, what is expected with its band: (time, low, expected, high)."""
    so_far = [value or 0.0 for value in lines[0].values]
    points = [[ms(stretch[0].start), 0, 0, 0.0, 0, 0, 0, 0]]
    points += [
        [ms(period.end if not period.open else ahead[0][0]), 0, 0, value, 0, 0, 0, 0]
        for period, value in zip(stretch, so_far, strict=True)
    ]
    points += [[ms(when), 0, 0, value, 0, 1, int(when == ahead[-1][0]), 0] for when, _, value, _ in ahead]
    largest = max([high for *_, high in ahead] + so_far)
    days = [*(period.start for period in stretch), *(when for when, *_ in ahead[1:-1])]
    x = time_axis(days, ahead[-1][0], "day", 5)
    chart = course("forecast", x, unit_axis([largest], unit), stretch, "day", lines, points, unit)
    chart["sum"] = "80 % interval"
    chart["data"]["band"] = table("t a b", [[ms(when), low, high] for when, low, _, high in ahead])
    for tip, period in zip(chart["tips"], stretch, strict=True):
        tip[0] = ms(period.end if not period.open else ahead[0][0])
        tip[2] = f"By the end of {period_title(period, 'day')}" if not period.open else "Now"
    for when, low, value, high in ahead[1:]:
        title = f"Expected by {date_text(when - timedelta(seconds=1))}"
        interval = f"{show(low, unit)} – {show(high, unit)}" if high > low else ""
        chart["tips"].append([ms(when), ms(when), title, interval, [[0, show(value, unit)]], []])
    return chart
