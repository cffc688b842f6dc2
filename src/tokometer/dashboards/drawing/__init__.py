"""Chart data: marks, axes, labels and what tooltips say, for the shapes of :mod:`tokometer.charts.specs`.

Everything is laid out and written here, so that the browser formats nothing; data travels as short rows. Every function
returns a dict that is JSON as it stands. May import `charts` and `records`; used by the panels.

* over time: :func:`bars`, :func:`curve`, :func:`outlook`, with :class:`Line`, :class:`Level`, :class:`Band`,
  :class:`Mark`
* by name: :func:`ring`, :func:`treemap`, :func:`bubbles`, :func:`heat`, :func:`violins`, :func:`columns`
* without a script: :func:`gauge`, :func:`spark`
"""

from tokometer.dashboards.drawing.bubbles import Point, Scale, bubbles
from tokometer.dashboards.drawing.chart import Item
from tokometer.dashboards.drawing.columns import Bucket, Quantile, columns
from tokometer.dashboards.drawing.course import Band, Level, Line, Mark, State, bars, curve
from tokometer.dashboards.drawing.gauge import gauge
from tokometer.dashboards.drawing.heat import heat
from tokometer.dashboards.drawing.outlook import outlook
from tokometer.dashboards.drawing.periods import MOST_PERIODS, Period, period_title, periods, window_text
from tokometer.dashboards.drawing.ring import Slice, ring
from tokometer.dashboards.drawing.spark import spark
from tokometer.dashboards.drawing.treemap import Cell, treemap
from tokometer.dashboards.drawing.violins import Violin, violins

__all__ = [
    "MOST_PERIODS",
    "Band",
    "Bucket",
    "Cell",
    "Item",
    "Level",
    "Line",
    "Mark",
    "Period",
    "Point",
    "Quantile",
    "Scale",
    "Slice",
    "State",
    "Violin",
    "bars",
    "bubbles",
    "columns",
    "curve",
    "gauge",
    "heat",
    "outlook",
    "period_title",
    "periods",
    "ring",
    "spark",
    "treemap",
    "violins",
    "window_text",
]
