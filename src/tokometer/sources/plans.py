"""Readings of subscriptions: what of a plan is used, under the same names whatever tool tells it."""

from __future__ import annotations

from typing import Final

#: How much of a limit is used: a gauge in percent, by `window`.
LIMIT_USED: Final = "plan.limit.used"
#: Credits that are left: a gauge.
CREDITS_LEFT: Final = "plan.credits.balance"
#: Credits, and premium requests, that were taken off: amounts that add up.
CREDITS_USED: Final = "plan.credits.used"
PREMIUM_USED: Final = "plan.premium_requests.used"
#: How much of its model's context a session has filled, in percent; and what it has cost so far, in US dollars. Gauges.
CONTEXT_USED: Final = "session.context.used"
SESSION_COST: Final = "session.cost"
