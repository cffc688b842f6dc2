"""The shapes of chart, one Vega-Lite spec each, with neither data nor colours nor scales in them.

What a spec expects, so that one compiled shape serves every panel, theme and refresh, is in
:mod:`tokometer.charts.over_time` and :mod:`tokometer.charts.marks`; both expect

* signals `xdomain ydomain xticks yticks xlabels ylabels` from :mod:`tokometer.charts.axes`
* signals `ink_…` from :mod:`tokometer.charts.theme`
* in every row that has one, `c`, its colour
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import altair as alt

from tokometer.charts import marks, over_time

#: Every kind of chart, by the name that panels use.
SPECS: Final[dict[str, Callable[[], alt.LayerChart]]] = {
    "area": over_time.area,
    "bars": over_time.bars,
    "line": over_time.line,
    "stack": over_time.stack,
    "forecast": over_time.forecast,
    "bubbles": marks.bubbles,
    "columns": marks.columns,
    "heat": marks.heat,
    "ring": marks.ring,
    "treemap": marks.treemap,
    "violins": marks.violins,
}
