"""What is shown: dashboards declared as lists of panels.

A panel asks measures and turns the answers into figures, charts and tables, as values. Knows nothing of engines or
HTTP. May import `charts`, `judgement`, `measures` and `records`; imported by `server`.
"""

from tokometer.dashboards.panel import Ask, Dashboard, Panel, View
from tokometer.dashboards.scope import RANGES, Scope, ScopeError
from tokometer.dashboards.usage import USAGE

#: Every dashboard, by id, in the order of the sidebar.
DASHBOARDS = {dashboard.id: dashboard for dashboard in (USAGE,)}

__all__ = ["DASHBOARDS", "RANGES", "USAGE", "Ask", "Dashboard", "Panel", "Scope", "ScopeError", "View"]
