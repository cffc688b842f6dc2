"""Alerts as marks on the time axes of charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokometer.accounts import AccountsError, Alert
from tokometer.alerting import AlertRule, rules_of
from tokometer.dashboards import Scope
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.drawing import Mark
from tokometer.dashboards.marks import alert_marks
from tokometer.server.runtime import WORKSPACES, Runtime

_WORKSPACE = WORKSPACES[0]


def alerts_within(runtime: Runtime, scope: Scope, window: Window) -> Sequence[Mark]:
    """The marks of the alerts that fired in a window and are about what the viewer looks at."""
    if not runtime.accounts.is_there:
        return ()
    try:
        found = runtime.accounts.get().alerts.within(_WORKSPACE, window.since, window.until)
        rules = (
            {rule.id: rule for rule in rules_of(runtime.accounts, runtime.settings, _WORKSPACE).rules} if found else {}
        )
    except AccountsError as error:
        # Numbers go on without; that alerts are missing is said on every page.
        runtime.accounts.trouble = str(error)
        return ()
    return alert_marks([(alert, about(alert, rules.get(alert.rule))) for alert in found], scope.where, window)


def about(alert: Alert, rule: AlertRule | None) -> Mapping[str, Sequence[str]]:
    """The calls that an alert is about, by dimension; of all where that cannot be told."""
    if rule is None or rule.terms.cube != "calls":
        return {}
    chosen = {one.dimension.partition(".")[2]: one.values for one in rule.terms.where if one.op in ("=", "in")}
    each = rule.terms.each
    return {**chosen, each: (alert.value,)} if each and each != "budget" and alert.value else chosen
