"""Every judgement, by name."""

from __future__ import annotations

from typing import Final

from tokometer.judgement.advice import ADVICE
from tokometer.judgement.breaker import BREAKER
from tokometer.judgement.budget import BUDGET
from tokometer.judgement.budget_lines import BUDGETS
from tokometer.judgement.burn import BURN_RATE
from tokometer.judgement.changepoints import CACHE_CHANGES
from tokometer.judgement.changes import COST_SPLIT, MOVERS
from tokometer.judgement.compute import COMPUTE
from tokometer.judgement.connection import CONNECTION
from tokometer.judgement.context import CACHE_BREAKS, CACHE_WASTE, CONTEXT, CONTEXT_GROUPS
from tokometer.judgement.cron import CRON
from tokometer.judgement.declared import PREFIX, Judgement
from tokometer.judgement.drivers import COST_DRIVERS
from tokometer.judgement.efficiency import TOKEN_EFFICIENCY
from tokometer.judgement.expected import COST_FORECAST, REQUEST_FORECAST, TOKEN_FORECAST
from tokometer.judgement.gateway import GATEWAY
from tokometer.judgement.gateway_budgets import GATEWAY_BUDGETS
from tokometer.judgement.good_answers import GOOD_ANSWERS
from tokometer.judgement.hardware import HARDWARE
from tokometer.judgement.health import HEALTH_SCORE
from tokometer.judgement.incidents import INCIDENTS
from tokometer.judgement.inventory import INVENTORY
from tokometer.judgement.jobs import JOB_FAILURES, JOBS
from tokometer.judgement.plans import PLAN_WINDOWS
from tokometer.judgement.profit import PROFIT, UNIT_ECONOMICS
from tokometer.judgement.reconciliation.judged import GAP_CAUSES, GAP_LINES, RECONCILIATION
from tokometer.judgement.serving import SERVING
from tokometer.judgement.slo import SLO
from tokometer.judgement.spikes import SPIKES
from tokometer.judgement.subscriptions import SUBSCRIPTION_LIMITS, SUBSCRIPTION_PEOPLE, SUBSCRIPTIONS
from tokometer.judgement.tasks import COST_PER_TASK
from tokometer.judgement.unit_costs import UNIT_COSTS, UNIT_COURSE
from tokometer.judgement.unusual import ANOMALIES
from tokometer.judgement.uptime import UPTIME
from tokometer.judgement.waste import WASTE
from tokometer.measures import QueryError
from tokometer.measures.errors import suggest

JUDGEMENTS: Final[dict[str, Judgement]] = {
    judgement.name: judgement
    for judgement in (
        *(HEALTH_SCORE, INCIDENTS, UPTIME, SLO, BURN_RATE, BREAKER, SPIKES),
        *(COST_FORECAST, REQUEST_FORECAST, TOKEN_FORECAST, ANOMALIES, COST_DRIVERS),
        *(BUDGET, BUDGETS, PLAN_WINDOWS, PROFIT, UNIT_ECONOMICS, MOVERS, COST_SPLIT),
        *(TOKEN_EFFICIENCY, COMPUTE, SERVING, GATEWAY, GATEWAY_BUDGETS),
        *(CONTEXT, CONTEXT_GROUPS, CACHE_WASTE, CACHE_BREAKS, CACHE_CHANGES, WASTE),
        *(COST_PER_TASK, GOOD_ANSWERS, CRON, INVENTORY, CONNECTION, ADVICE),
        *(SUBSCRIPTIONS, SUBSCRIPTION_PEOPLE, SUBSCRIPTION_LIMITS),
        *(JOBS, JOB_FAILURES, HARDWARE, UNIT_COSTS, UNIT_COURSE),
        *(RECONCILIATION, GAP_CAUSES, GAP_LINES),
    )
}


def judgement_named(name: str) -> Judgement:
    """The judgement with a name such as `judgement.health_score`; the prefix may be left out.

    Raises:
        QueryError: There is none; the message says which there are.
    """
    found = JUDGEMENTS.get(name.removeprefix(PREFIX))
    if found is None:
        known = [judgement.full_name for judgement in JUDGEMENTS.values()]
        meant = suggest(PREFIX + name.removeprefix(PREFIX), known) or f"; there are {', '.join(known)}"
        raise QueryError("measures", f"there is no judgement {name[:80]!r}{meant}")
    return found
