"""The kinds of panel: a dashboard is a list of values of these.

Each kind is one module here, one template in `server/templates/panels/` (with a skeleton that waits for it), and, where
it draws, one shape in `charts/`.
"""

from tokometer.dashboards.kinds.advice import Advice
from tokometer.dashboards.kinds.alerts import Alerts
from tokometer.dashboards.kinds.balance import Balance
from tokometer.dashboards.kinds.bridge import Bridge
from tokometer.dashboards.kinds.brief import Brief
from tokometer.dashboards.kinds.bubble import Bubble
from tokometer.dashboards.kinds.cards import Cards
from tokometer.dashboards.kinds.cross import Cross
from tokometer.dashboards.kinds.distribution import Distribution
from tokometer.dashboards.kinds.feed import Feed
from tokometer.dashboards.kinds.figures import Figures, Periods
from tokometer.dashboards.kinds.gap_map import GapMap
from tokometer.dashboards.kinds.gauge import Gauge
from tokometer.dashboards.kinds.heatmap import HeatMap
from tokometer.dashboards.kinds.histogram import Histogram
from tokometer.dashboards.kinds.incidents import Incidents
from tokometer.dashboards.kinds.itemised import Itemised
from tokometer.dashboards.kinds.matrix import Column, Matrix
from tokometer.dashboards.kinds.outlook import Outlook
from tokometer.dashboards.kinds.ranking import Ranking
from tokometer.dashboards.kinds.series import Series
from tokometer.dashboards.kinds.share import Share
from tokometer.dashboards.kinds.stat import Also, Limits, Stat
from tokometer.dashboards.kinds.status_grid import StatusGrid
from tokometer.dashboards.kinds.tally import Tally
from tokometer.dashboards.kinds.treemap import Treemap
from tokometer.dashboards.kinds.verdicts import Progress, Verdicts
from tokometer.dashboards.kinds.waste import Waste

__all__ = [
    "Advice",
    "Alerts",
    "Also",
    "Balance",
    "Bridge",
    "Brief",
    "Bubble",
    "Cards",
    "Column",
    "Cross",
    "Distribution",
    "Feed",
    "Figures",
    "GapMap",
    "Gauge",
    "HeatMap",
    "Histogram",
    "Incidents",
    "Itemised",
    "Limits",
    "Matrix",
    "Outlook",
    "Periods",
    "Progress",
    "Ranking",
    "Series",
    "Share",
    "Stat",
    "StatusGrid",
    "Tally",
    "Treemap",
    "Verdicts",
    "Waste",
]
