"""Alert rules and alerts over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from tokometer.accounts import Alert, Invalid, Rule
from tokometer.accounts.values import LOCAL
from tokometer.alerting import (
    CONDITIONS,
    SEVERITIES,
    AlertRule,
    Condition,
    RuleError,
    Terms,
    rules_of,
    terms_of,
    told,
    try_on,
    understood,
)
from tokometer.alerting import answering as alerts
from tokometer.alerting.rule import FOR
from tokometer.alerting.wording import sentence
from tokometer.server import given
from tokometer.server.alerting import asking, situation
from tokometer.server.people import answered, only, text
from tokometer.server.people import told as body_of
from tokometer.server.runtime import WORKSPACES, Runtime

router: Final = APIRouter(tags=["alerts"])
_WORKSPACE: Final = WORKSPACES[0]
_OWN: Final = ("title", "severity", "enabled", "silenced_until", "revision")
_MOST_DAYS: Final = 90
_MOST_HOURS: Final = 24 * 366
_MOST_REVISION: Final = 2**31 - 1
_STATES: Final = ("pending", "firing", "closed", "resolved")

Body = Annotated[dict[str, Any], Depends(body_of)]


# -- rules -------------------------------------------------------------------------------------------------------------


@router.get("/api/rules", summary="Alert rules: those of the page, and those of tokometer.toml (read-only)")
def listing(request: Request) -> Response:
    """Each as it was declared, in words, with what is wrong with it where it cannot be looked at."""
    runtime = _runtime(request)
    return answered({"rules": shown_rules(runtime)})


@router.get("/api/rules/conditions", summary="What conditions there are, and what each takes")
def conditions(_request: Request) -> Response:
    """The grammar of rules, from the declarations that are used to read them."""
    return answered({"conditions": [grammar(one) for one in CONDITIONS.values()], "severities": list(SEVERITIES)})


@router.post("/api/rules", status_code=201, summary="Add an alert rule")
def add(request: Request, body: Body) -> Response:
    """`title`, `condition`, and what the condition takes; `measure`, `where`, `window`, `each`, `for_minutes`."""
    runtime = _runtime(request)
    terms = _terms(body)
    values = _checked({"title": "", **body})
    values.pop("revision", None)
    rule = Rule(declared=told(terms), **values)
    rule = runtime.accounts.get().rules.add(rule)
    return answered(_changed(runtime, rule), 201)


@router.patch("/api/rules/{rule}", summary="Change an alert rule")
def change(request: Request, rule: str, body: Body) -> Response:
    """Any of its fields; with `revision`, only if nobody else has changed it meanwhile."""
    runtime = _runtime(request)
    rules = runtime.accounts.get().rules
    before = rules.get(_WORKSPACE, rule)
    said = {name: value for name, value in body.items() if name not in _OWN}
    values = _checked(body)
    seen = values.pop("revision", None)
    if said:
        # Another condition takes other things.
        was = before.declared.get("condition")
        kept = before.declared if said.get("condition", was) == was else {}
        values["declared"] = told(_terms({**kept, **said}))
    return answered(_changed(runtime, rules.change(_WORKSPACE, rule, seen=seen, **values)))


@router.delete("/api/rules/{rule}", status_code=204, summary="Remove an alert rule")
def remove(request: Request, rule: str) -> Response:
    """For good; what fires is resolved."""
    runtime = _runtime(request)
    runtime.accounts.get().rules.remove(_WORKSPACE, rule)
    runtime.broadcaster.publish({"alerts"})
    runtime.alerting.hurry()
    return Response(status_code=204)


@router.post("/api/rules/try", summary="Try an alert rule on the past, without keeping it")
def try_(request: Request, body: Body) -> Response:
    """What it would have done in the last `days` (30): how often it would have fired, when, and for which values."""
    runtime = _runtime(request)
    days = given.whole("days", body.pop("days", 30), 1, _MOST_DAYS)
    terms = _terms(body)
    rule = AlertRule(id="tried", title=str(body.get("title") or "Tried"), terms=terms)
    try:
        found = try_on(rule, situation(runtime), asking(runtime, _WORKSPACE), days)
    except RuleError as error:
        raise Invalid(error.field, error.reason) from None
    many = len(found.alerts)
    step = int(found.step.total_seconds() // 60)
    times = "once" if many == 1 else f"{many:,} times"
    return answered(
        {
            "fired": many,
            "words": f"Would have fired {times} in {days} days, looked at every {step:,} minutes.",
            "sentence": sentence(terms),
            "since": found.since.isoformat(),
            "until": found.until.isoformat(),
            "step_minutes": step,
            "alerts": [_episode(one) for one in found.alerts[-500:]],
        }
    )


# -- alerts ------------------------------------------------------------------------------------------------------------


@router.get("/api/alerts", summary="Alerts: those that fire, and those that are over")
def history(request: Request, state: str = "", rule: str = "", limit: int = 200) -> Response:
    """The latest first; of a state (`pending`, `firing`, `closed`, `resolved`) or a rule's id, if they are named."""
    if state and state not in _STATES:
        raise Invalid("state", f"has to be one of {', '.join(_STATES)}")
    runtime = _runtime(request)
    kept = runtime.accounts.get().alerts
    found = {
        one.id: one
        for one in (*kept.unresolved(_WORKSPACE), *kept.history(_WORKSPACE, max(1, min(limit, 1_000)), rule))
    }
    chosen = [one for one in found.values() if state in ("", one.state) and rule in ("", one.rule)]
    return answered({"alerts": [shown(one) for one in sorted(chosen, key=lambda one: one.since, reverse=True)]})


@router.get("/api/alerts/{alert}", summary="One alert")
def one_of(request: Request, alert: str) -> Response:
    """By its id."""
    return answered(shown(_runtime(request).accounts.get().alerts.get(_WORKSPACE, alert)))


@router.post("/api/alerts/{alert}/acknowledge", summary="Say that somebody looks after an alert")
def acknowledge(request: Request, alert: str) -> Response:
    """It goes on firing; whoever is told of alerts is told so."""
    runtime = _runtime(request)
    found = alerts.acknowledge(
        runtime.accounts.get(), _WORKSPACE, alert, LOCAL, runtime.now(), runtime.alerting.engine.announce
    )
    return _answered(runtime, found)


@router.post("/api/alerts/{alert}/resolve", summary="Have an alert be over")
def resolve(request: Request, alert: str) -> Response:
    """No other one fires until its condition has been over."""
    runtime = _runtime(request)
    found = alerts.resolve(
        runtime.accounts.get(), _WORKSPACE, alert, LOCAL, runtime.now(), runtime.alerting.engine.announce
    )
    return _answered(runtime, found)


@router.post("/api/alerts/{alert}/silence", summary="Have nothing be said of an alert for a while")
def silence(request: Request, alert: str, body: Body) -> Response:
    """For `hours`, or `until` a time; `hours: 0` ends the silence. It holds for the rule and value."""
    said = only(body, ("hours", "until"))
    runtime = _runtime(request)
    now = runtime.now()
    until = given.moment("until", said["until"]) if said.get("until") else _hours(said.get("hours", 24), now)
    return _answered(runtime, alerts.silence(runtime.accounts.get(), _WORKSPACE, alert, LOCAL, until, now))


def _answered(runtime: Runtime, alert: Alert) -> Response:
    runtime.broadcaster.publish({"alerts"})
    return answered(shown(alert))


def _hours(said: object, now: datetime) -> datetime | None:
    hours = given.number("hours", said, 0, _MOST_HOURS)
    return now + timedelta(hours=hours) if hours else None


# -- as JSON -----------------------------------------------------------------------------------------------------------


def shown_rules(runtime: Runtime) -> list[dict[str, Any]]:
    """All rules as JSON, with what is wrong with each."""
    known = rules_of(runtime.accounts, runtime.settings, _WORKSPACE)
    troubles = runtime.alerting.troubles | known.troubles
    rows = {row.id: row for row in runtime.accounts.get().rules.all(_WORKSPACE)} if runtime.accounts.is_there else {}
    found = [shown_rule(rule, rows.get(rule.id), troubles.get(rule.id, "")) for rule in known.rules]
    # What means nothing any more can still be changed and removed.
    return found + [_unreadable(rows[id_], why) for id_, why in known.troubles.items() if id_ in rows]


def shown_rule(rule: AlertRule, row: Rule | None, trouble: str = "") -> dict[str, Any]:
    """A rule as JSON."""
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "enabled": rule.enabled,
        "silenced_until": rule.silenced_until.isoformat() if rule.silenced_until else None,
        "origin": rule.origin,
        "revision": row.revision if row else None,
        "declared": told(rule.terms),
        "words": sentence(rule.terms),
        "trouble": trouble,
    }


def _unreadable(row: Rule, why: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "severity": row.severity,
        "enabled": row.enabled,
        "silenced_until": row.silenced_until.isoformat() if row.silenced_until else None,
        "origin": "page",
        "revision": row.revision,
        "declared": dict(row.declared),
        "words": "",
        "trouble": why,
    }


def shown(alert: Alert) -> dict[str, Any]:
    """An alert as JSON."""
    return {
        "id": alert.id,
        "rule": alert.rule,
        "value": alert.value,
        "title": alert.title,
        "severity": alert.severity,
        "state": alert.state,
        "since": alert.since.isoformat(),
        "fired": alert.fired.isoformat() if alert.fired else None,
        "resolved": alert.resolved.isoformat() if alert.resolved else None,
        "acknowledged": alert.acknowledged.isoformat() if alert.acknowledged else None,
        "acknowledged_by": alert.acknowledged_by,
        "silenced_until": alert.silenced_until.isoformat() if alert.silenced_until else None,
        "measured": dict(alert.measured),
        "link": alert.link,
        "note": alert.note,
    }


def _episode(alert: Alert) -> dict[str, Any]:
    return {
        "value": alert.value,
        "since": alert.since.isoformat(),
        "fired": alert.fired.isoformat() if alert.fired else None,
        "resolved": alert.resolved.isoformat() if alert.resolved else None,
        "words": alert.measured.get("words", ""),
    }


def grammar(condition: Condition) -> dict[str, Any]:
    """A condition and what it takes, as JSON: what the form is made of."""
    takes = (*condition.takes, FOR)
    return {
        "name": condition.name,
        "title": condition.title,
        "meaning": condition.meaning,
        "measure": condition.of or None,
        "window": condition.window or None,
        "filtered": condition.filtered,
        "each": condition.each or None,
        "dimensions": [name for name in condition.dimensions if name],
        "past": condition.past,
        "takes": [
            {
                "name": one.name,
                "title": one.title,
                "meaning": one.meaning,
                "form": one.form,
                "words": list(one.words),
                "default": one.default,
                "required": one.required,
                "unit": one.unit,
            }
            for one in takes
        ],
    }


# -- what is given -----------------------------------------------------------------------------------------------------


def _terms(body: Mapping[str, Any]) -> Terms:
    try:
        return terms_of({name: value for name, value in body.items() if name not in _OWN})
    except RuleError as error:
        raise Invalid(error.field, error.reason) from None


def _checked(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says beside the rule's own grammar, understood."""
    found: dict[str, Any] = {}
    if "title" in body:
        found["title"] = text("title", body["title"])
    if "severity" in body:
        found["severity"] = given.choice("severity", body["severity"], SEVERITIES)
    if "enabled" in body:
        found["enabled"] = given.switch("enabled", body["enabled"])
    if "silenced_until" in body:
        found["silenced_until"] = given.moment_or_none("silenced_until", body["silenced_until"])
    if "revision" in body:
        found["revision"] = given.whole("revision", body["revision"], 0, _MOST_REVISION)
    return found


def _changed(runtime: Runtime, rule: Rule) -> dict[str, Any]:
    runtime.broadcaster.publish({"alerts"})
    runtime.alerting.hurry()
    return shown_rule(understood(rule), rule)


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime
