"""The dashboards: each module declares one as lists of panels. A new panel is one entry in one of them."""

from tokometer.dashboards.boards.analytics import ANALYTICS
from tokometer.dashboards.boards.business import BUSINESS
from tokometer.dashboards.boards.context import CONTEXT
from tokometer.dashboards.boards.decisions import DECISIONS
from tokometer.dashboards.boards.executive import EXECUTIVE
from tokometer.dashboards.boards.incidents import INCIDENTS
from tokometer.dashboards.boards.insights import INSIGHTS
from tokometer.dashboards.boards.model_performance import MODEL_PERFORMANCE
from tokometer.dashboards.boards.models import MODELS
from tokometer.dashboards.boards.outcomes import OUTCOMES
from tokometer.dashboards.boards.providers import PROVIDERS
from tokometer.dashboards.boards.reconcile import RECONCILE
from tokometer.dashboards.boards.tokens import TOKENS
from tokometer.dashboards.boards.usage import USAGE

#: Every dashboard, by id, in the order of the sidebar.
DASHBOARDS = {
    dashboard.id: dashboard
    for dashboard in (
        EXECUTIVE,
        USAGE,
        MODEL_PERFORMANCE,
        PROVIDERS,
        BUSINESS,
        INCIDENTS,
        TOKENS,
        CONTEXT,
        ANALYTICS,
        INSIGHTS,
        MODELS,
        OUTCOMES,
        DECISIONS,
        RECONCILE,
    )
}

__all__ = ["DASHBOARDS"]
