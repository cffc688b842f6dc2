"""One Vega-Lite spec per kind of chart, built with Altair, and one theme, light and dark.

Knows nothing of queries or HTTP: a chart's shape is compiled once, its data travels apart from it. May import
`records`; imported by `dashboards` and `server`.
"""

from tokometer.charts.axes import Axis, log_axis, time_axis, value_axis
from tokometer.charts.colours import MORE, PALETTE, Colours
from tokometer.charts.shop import ChartShop
from tokometer.charts.theme import THEMES, theme

__all__ = ["MORE", "PALETTE", "THEMES", "Axis", "ChartShop", "Colours", "log_axis", "theme", "time_axis", "value_axis"]
