"""What is shown: dashboards declared as lists of panels.

A panel is a value of one of a few kinds: it asks measures and judgements by name and turns the answers into figures,
charts and tables, as values. Knows nothing of engines or HTTP. May import `charts`, `judgement`, `measures`, `prices`,
`settings` and `records`; imported by `server`.
"""

from tokometer.dashboards.boards import DASHBOARDS
from tokometer.dashboards.calendar import RANGES
from tokometer.dashboards.context import Ask, Context
from tokometer.dashboards.panel import Dashboard, Panel, View, titled
from tokometer.dashboards.scope import Scope, ScopeError

__all__ = ["DASHBOARDS", "RANGES", "Ask", "Context", "Dashboard", "Panel", "Scope", "ScopeError", "View", "titled"]
