"""The page of alerts: what fires now, the rules, and what has been."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from tokometer.accounts import AccountsError, Alert
from tokometer.alerting import CONDITIONS, SEVERITIES, AlertRule, rules_of
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.measures import CUBES
from tokometer.records.providers import value_name
from tokometer.records.units import SECONDS, show
from tokometer.server.alerting import link
from tokometer.server.notified import notified
from tokometer.server.pages import framed
from tokometer.server.rules import grammar, shown, shown_rules
from tokometer.server.runtime import WORKSPACES, Runtime

router: Final = APIRouter(include_in_schema=False)
_WORKSPACE: Final = WORKSPACES[0]
#: Alerts of the history that the page shows, and days of a rule's strip.
_MOST: Final = 50
_DAYS: Final = 30
#: The strip's width in its own units.
_WIDE: Final = 180
_STANDING: Final = {"critical": "critical", "warning": "warning", "info": "none"}
_RANK: Final = {name: place for place, name in enumerate(reversed(SEVERITIES))}


@router.get("/alerts")
def page(request: Request) -> Response:
    """What fires now, the rules that say when, and the history."""
    runtime: Runtime = request.app.state.runtime
    now = runtime.now()
    trouble = ""
    alerts: list[Alert] = []
    rules: list[dict[str, Any]] = []
    known: dict[str, AlertRule] = {}
    try:
        rules = shown_rules(runtime)
        known = {rule.id: rule for rule in rules_of(runtime.accounts, runtime.settings, _WORKSPACE).rules}
        if runtime.accounts.is_there:
            kept = runtime.accounts.get().alerts
            found = {one.id: one for one in (*kept.unresolved(_WORKSPACE), *kept.history(_WORKSPACE))}
            alerts = sorted(found.values(), key=lambda one: one.fired or one.since, reverse=True)
    except AccountsError as error:
        runtime.accounts.trouble = trouble = str(error)
    open_ = [one for one in alerts if one.state in ("firing", "pending")]
    return framed(
        request,
        "alerts.html",
        "alerts",
        alone=True,
        trouble=trouble,
        firing=[_row(one, now, known) for one in sorted(open_, key=_place)],
        history=[_row(one, now, known) for one in alerts if one.fired and one.state in ("resolved", "closed")][:_MOST],
        rules=[_rule(one, alerts, now) for one in rules],
        grammar=[grammar(one) for one in CONDITIONS.values()],
        conditions=[(one.name, one.title) for one in CONDITIONS.values()],
        severities=[(name, name.capitalize()) for name in SEVERITIES],
        measures=_measures(),
        path=str(runtime.settings_file.path),
        notified=notified(runtime),
    )


def _place(alert: Alert) -> tuple[Any, ...]:
    return (alert.state != "firing", _RANK[alert.severity], -(alert.fired or alert.since).timestamp())


def _row(alert: Alert, now: datetime, rules: Mapping[str, AlertRule]) -> dict[str, Any]:
    """An alert, with what people read of it."""
    begun = alert.fired or alert.since
    lasted = (alert.resolved or now) - begun
    silent = alert.silenced_until if alert.silenced_until and alert.silenced_until > now else None
    return {
        **shown(alert),
        "link": alert.link or (link(rules[alert.rule], alert) if alert.rule in rules else ""),
        "of": _of(alert.value, rules.get(alert.rule)),
        "standing": _STANDING[alert.severity],
        "words": alert.measured.get("words", ""),
        "begun": _time(begun),
        "lasted": show(max(0.0, lasted.total_seconds()), SECONDS),
        "silenced": _time(silent) if silent else None,
    }


def _of(value: str, rule: AlertRule | None) -> str:
    """What a value is called, also one without a name, where a rule tells values apart."""
    each = rule.terms.each if rule is not None else ""
    return value_name(each, value) or (f"no {each.replace('_', ' ')}" if each else "")


def _rule(rule: Mapping[str, Any], alerts: Iterable[Alert], now: datetime) -> dict[str, Any]:
    """A rule, with how it stands and when it fired in the last weeks."""
    mine = [one for one in alerts if one.rule == rule["id"]]
    firing = sum(one.state == "firing" for one in mine)
    silenced = rule["silenced_until"] and datetime.fromisoformat(rule["silenced_until"]) > now
    if not rule["enabled"]:
        state, word = "none", "Off"
    elif rule["trouble"]:
        state, word = "warning", "Cannot be looked at"
    elif firing:
        state, word = _STANDING[rule["severity"]], f"{firing:,} firing"
    elif silenced:
        state, word = "none", "Silenced"
    else:
        state, word = "good", "Quiet"
    since = now - timedelta(days=_DAYS)
    fired = [one for one in mine if one.fired is not None and (one.resolved or now) >= since]
    return {
        **rule,
        "thing": {**rule["declared"], "id": rule["id"], "title": rule["title"], "severity": rule["severity"]}
        | {"enabled": rule["enabled"], "revision": rule["revision"]},
        "state": state,
        "word": word,
        "silent": bool(silenced),
        "many": len(fired),
        "strip": [_mark(one, since, now) for one in fired[:200]],
    }


def _mark(alert: Alert, since: datetime, now: datetime) -> dict[str, Any]:
    """One alert on a rule's strip: where it stands, in the strip's units."""
    whole = (now - since).total_seconds()
    begin = max(0.0, ((alert.fired or alert.since) - since).total_seconds() / whole * _WIDE)
    end = ((alert.resolved or now) - since).total_seconds() / whole * _WIDE
    return {"x": round(begin, 1), "width": round(max(2.0, end - begin), 1), "severity": _STANDING[alert.severity]}


def _time(moment: datetime) -> dict[str, str]:
    utc = moment.astimezone(UTC)
    return {"iso": utc.isoformat(), "text": f"{utc:%-d %b, %H:%M}", "exact": f"{utc:%-d %b %Y, %H:%M:%S} UTC"}


def _measures() -> list[tuple[str, str]]:
    """Everything that a rule can measure, with its title."""
    measures = [(one.name, one.title) for cube in CUBES.values() for one in cube.measures.values()]
    judged = [(one.full_name, one.title) for one in JUDGEMENTS.values() if one.type not in ("text", "flag")]
    return [*measures, *judged]
