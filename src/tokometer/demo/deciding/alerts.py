"""Alert rules of the made-up company, and the alerts that they have had: found in its own records."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from tokometer.accounts import Rule
from tokometer.accounts.accounts import Accounts
from tokometer.alerting import Situation, told, try_on, understood
from tokometer.alerting.rule import terms_of
from tokometer.ledger import Readable
from tokometer.measures import Question, Result, answer
from tokometer.settings import Settings

_WORKSPACE: Final = "default"
_WHO: Final = "Ada"
#: Days of history, and seconds that finding those of one rule may take.
_DAYS: Final = 30
_PATIENCE: Final = 0.6
_RULES: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (
        "A provider fails",
        "critical",
        {
            "condition": "threshold",
            "measure": "calls.error_rate",
            "each": "provider",
            "window": "1h",
            "value": 0.25,
            "recover": 0.1,
            "least_records": 10,
        },
    ),
    (
        "Any user over $50 in a rolling day",
        "warning",
        {
            "condition": "threshold",
            "measure": "calls.cost",
            "each": "user",
            "window": "24h",
            "value": 50,
            "recover": 40,
        },
    ),
    ("The month's budget is used to 80 %", "warning", {"condition": "budget_used", "percent": 80}),
    (
        "An agent costs half as much again",
        "warning",
        {
            "condition": "change",
            "measure": "calls.cost",
            "each": "agent",
            "window": "24h",
            "percent": 50,
            "recover": 20,
            "least": 20,
        },
    ),
    ("A nightly job fails", "critical", {"condition": "job_failing", "runs": 2}),
    (
        "Slow answers",
        "info",
        {
            "condition": "threshold",
            "measure": "calls.p95_latency",
            "each": "provider",
            "window": "1h",
            "value": 45_000,
            "recover": 30_000,
            "for_minutes": 30,
        },
    ),
    ("A model without a price is used", "info", {"condition": "unpriced_model", "window": "7d"}),
)


def decide(accounts: Accounts, ledger: Readable, settings: Settings, now: datetime) -> None:
    """Rules, and their alerts of the last weeks; the last of each rule and value may go on."""

    def ask(question: Question, moment: datetime) -> Result:
        return answer(ledger, question, (_WORKSPACE,), moment)

    situation = Situation(now=now, settings=settings)
    for title, severity, given in _RULES:
        row = accounts.rules.add(Rule(title=title, severity=severity, declared=told(terms_of(given))), _WHO)
        found = try_on(understood(row), situation, ask, _DAYS, patience=_PATIENCE)
        with accounts.alerts.turn(_WORKSPACE) as turn:
            for number, alert in enumerate(found.alerts):
                taken = alert.resolved is not None and number % 3 == 0
                turn.put(
                    replace(
                        alert,
                        told=True,
                        acknowledged=alert.fired if taken else None,
                        acknowledged_by=_WHO if taken else "",
                    )
                )
