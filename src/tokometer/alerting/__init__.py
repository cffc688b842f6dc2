"""When somebody is to be told: rules, what they say of a moment, and the alerts that come of it.

`condition` says what a condition is, and `conditions` has them; `rule` is the grammar; `planning` asks once what many
rules want to know; `states` is the step from one state of an alert to the next; `engine` does all of it in one turn,
and `alerting` is the thread that does so again and again. Knows no HTTP and no drawing. May import `judgement`,
`measures`, `accounts`, `prices`, `settings`, `records` and `host`; imported by `demo`, `server` and `cli`.
"""

from tokometer.alerting import conditions
from tokometer.alerting.alerting import Alerting, Known, rules_of
from tokometer.alerting.condition import CONDITIONS, Condition, Param, Reading, RuleError, Sync
from tokometer.alerting.engine import Announce, Engine
from tokometer.alerting.past import Tried, try_on
from tokometer.alerting.rule import SEVERITIES, AlertRule, Terms, check, declared, terms_of, told, understood
from tokometer.alerting.situation import Situation
from tokometer.alerting.states import Event

__all__ = [
    "CONDITIONS",
    "SEVERITIES",
    "AlertRule",
    "Alerting",
    "Announce",
    "Condition",
    "Engine",
    "Event",
    "Known",
    "Param",
    "Reading",
    "RuleError",
    "Situation",
    "Sync",
    "Terms",
    "Tried",
    "check",
    "conditions",
    "declared",
    "rules_of",
    "terms_of",
    "told",
    "try_on",
    "understood",
]
