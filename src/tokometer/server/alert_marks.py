"""Alerts as marks on the time axes of charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tokometer.accounts import AccountsError, Alert
from tokometer.alerting import AlertRule, rules_of
from tokometer.dashboards import Scope
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.drawing import Mark
from tokometer.dashboards.marks import alert_marks
from tokometer.server.runtime import WORKSPACES, Runtime

if TYPE_CHECKING:
    from tokometer.accounts.alerts import Alerts

_WORKSPACE: Final = WORKSPACES[0]


def alerts_within(runtime: Runtime, scope: Scope, window: Window) -> Sequence[Mark]:
    """The marks of the alerts that fired in a window and are about what the viewer looks at."""
    found, rules = _had(runtime, lambda kept: kept.within(_WORKSPACE, window.since, window.until))
    return alert_marks([(alert, about(alert, rules.get(alert.rule))) for alert in found], scope.where, window)


def alerts_firing(runtime: Runtime, scope: Scope) -> Sequence[tuple[Alert, str]]:
    """The alerts that fire now and are about what the viewer looks at, each with the dimension of its value."""
    found, rules = _had(runtime, lambda kept: kept.unresolved(_WORKSPACE))
    chosen = dict(scope.where)
    shown = []
    for alert in found:
        rule = rules.get(alert.rule)
        of = about(alert, rule)
        if alert.state == "firing" and all(set(told) & set(chosen.get(name, told)) for name, told in of.items()):
            shown.append((alert, rule.terms.each if rule is not None and rule.terms.each in of else ""))
    return shown


def _had(runtime: Runtime, ask: Callable[[Alerts], Sequence[Alert]]) -> tuple[Sequence[Alert], dict[str, AlertRule]]:
    """Alerts, and the rules by their ids."""
    if not runtime.accounts.is_there:
        return (), {}
    try:
        found = ask(runtime.accounts.get().alerts)
        known = rules_of(runtime.accounts, runtime.settings, _WORKSPACE).rules if found else ()
    except AccountsError as error:
        # Numbers go on without; that alerts are missing is said on every page.
        runtime.accounts.trouble = str(error)
        return (), {}
    return found, {rule.id: rule for rule in known}


def about(alert: Alert, rule: AlertRule | None) -> Mapping[str, Sequence[str]]:
    """The calls that an alert is about, by dimension; of all where that cannot be told."""
    if rule is None or rule.terms.cube != "calls":
        return {}
    chosen = {one.dimension.partition(".")[2]: one.values for one in rule.terms.where if one.op in ("=", "in")}
    each = rule.terms.each
    return {**chosen, each: (alert.value,)} if each and each != "budget" and alert.value else chosen
