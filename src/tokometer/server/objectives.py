"""Objectives of providers and models over HTTP: the file's, and those that people have made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from msgspec.structs import asdict

from tokometer.accounts import AccountsError, Invalid, Objective, Taken
from tokometer.records.providers import value_name
from tokometer.records.units import MS, PERCENT, show
from tokometer.server.people import answered, only, revision, text, told
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.settings import Slo
from tokometer.settings.keys import Field, fields_of

router: Final = APIRouter(prefix="/api/objectives", tags=["budgets"])
_WORKSPACE: Final = WORKSPACES[0]
_NAMED: Final = ("provider", "model")
#: Over which time objectives are to be met, in words.
SPANS: Final = {
    "": "As for everything",
    "day": "The day",
    "week": "The week",
    "month": "The month",
    "7d": "7 days",
    "30d": "30 days",
}
_DECLARED: Final[Mapping[str, Field]] = fields_of(Slo)

Body = Annotated[dict[str, Any], Depends(told)]


@router.get("", summary="All objectives: those of everything, of the file (read-only), and those that people made")
def listing(request: Request) -> Response:
    """Shares are ratios from 0 to 1. What one leaves out (null) is as it is for everything, `general`."""
    runtime: Runtime = request.app.state.runtime
    return answered({"objectives": listed(runtime), "general": asdict(runtime.settings.slo)})


@router.post("", status_code=201, summary="Add an objective for a provider, a model, or a model at a provider")
def add(request: Request, body: Body) -> Response:
    """`{"provider": "openai", "availability": 0.999, "p95_latency_ms": 10000, "error_rate": 0.01, "period": "30d"}`.

    At least one of `provider` and `model`, and at least one of the four others.
    """
    runtime: Runtime = request.app.state.runtime
    names, declared = _checked(only(body, (*_NAMED, *_DECLARED)))
    made = Objective(provider=names.get("provider", ""), model=names.get("model", ""), declared=declared)
    _sound(runtime, made)
    objective = runtime.accounts.get().objectives.add(made)
    runtime.broadcaster.publish({"budgets"})
    return answered(shown(objective), 201)


@router.patch("/{objective}", summary="Change an objective that somebody made")
def change(request: Request, objective: str, body: Body) -> Response:
    """Any of its fields, null for as it is for everything; with `revision`, only if it is still that one (409)."""
    runtime: Runtime = request.app.state.runtime
    _ours(objective)
    seen = revision(body)
    names, declared = _checked(only(body, (*_NAMED, *_DECLARED)))
    kept = runtime.accounts.get().objectives
    before = kept.get(_WORKSPACE, objective)
    told_now = {name: value for name, value in before.declared.items() if name not in body} | declared
    after = Objective(
        provider=names.get("provider", before.provider), model=names.get("model", before.model), declared=told_now
    )
    _sound(runtime, after)
    changed = kept.change(
        _WORKSPACE, objective, seen=seen, provider=after.provider, model=after.model, declared=after.declared
    )
    runtime.broadcaster.publish({"budgets"})
    return answered(shown(changed))


@router.delete("/{objective}", status_code=204, summary="Remove an objective that somebody made")
def remove(request: Request, objective: str) -> Response:
    """For good; what holds for everything holds for its calls then."""
    runtime: Runtime = request.app.state.runtime
    _ours(objective)
    runtime.accounts.get().objectives.remove(_WORKSPACE, objective)
    runtime.broadcaster.publish({"budgets"})
    return Response(status_code=204)


def kept(objective: Mapping[str, Any], name: str) -> str:
    """What an objective says of one thing, as people read it."""
    return show(objective[name], MS if name == "p95_latency_ms" else PERCENT)


def general(runtime: Runtime) -> dict[str, Any]:
    """What holds for everything, as people read it."""
    told = asdict(runtime.settings.slo)
    return {
        **{name: kept(told, name) for name in ("availability", "error_rate", "p95_latency_ms")},
        "period": told["period"],
    }


def listed(runtime: Runtime) -> list[dict[str, Any]]:
    """All objectives, the file's first; those that people made are left out where they cannot be read."""
    found: list[dict[str, Any]] = [
        _told(f"file:{number}", asdict(one), "file", 0)
        for number, one in enumerate(runtime.settings.slo_overrides, start=1)
    ]
    if not runtime.accounts.is_there:
        return found
    try:
        made = runtime.accounts.get().objectives.all(_WORKSPACE)
    except AccountsError as error:
        runtime.accounts.trouble = str(error)
        return found
    return found + [shown(one) for one in made]


def shown(objective: Objective) -> dict[str, Any]:
    """An objective as JSON."""
    named = {"provider": objective.provider, "model": objective.model}
    return _told(objective.id, named | dict(objective.declared), "page", objective.revision)


def _told(id_: str, told: Mapping[str, Any], origin: str, revised: int) -> dict[str, Any]:
    return {
        "id": id_,
        "title": " · ".join(value_name(name, told[name]) for name in _NAMED if told[name]),
        **{name: told[name] for name in _NAMED},
        **{name: told.get(name) for name in _DECLARED},
        "origin": origin,
        "revision": revised,
    }


def _checked(given: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The names that a body says, and what it declares: nothing where it says null or an empty text."""
    names = {name: text(name, given[name]) for name in _NAMED if name in given}
    declared = {
        name: _value(name, field, given[name]) for name, field in _DECLARED.items() if given.get(name) not in (None, "")
    }
    return names, declared


def _value(name: str, field: Field, given: object) -> float | str:
    if field.form == "word":
        if given not in field.words:
            raise Invalid(name, f"has to be one of {', '.join(field.words)}")
        return str(given)
    if not isinstance(given, int | float) or isinstance(given, bool) or not field.key.takes(given):
        raise Invalid(name, f"has to be {field.takes}")
    return float(given)


def _sound(runtime: Runtime, made: Objective) -> None:
    """See that one is about something, says something, and does not stand in the file."""
    if not made.provider and not made.model:
        raise Invalid("provider", "names neither a provider nor a model; what holds for all stands in tokometer.toml")
    if not made.declared:
        raise Invalid("availability", f"declares nothing; it takes {', '.join(_DECLARED)}")
    if any((one.provider, one.model) == (made.provider, made.model) for one in runtime.settings.slo_overrides):
        raise Taken("tokometer.toml says what these have to be like: change it there")


def _ours(objective: str) -> None:
    if objective.startswith("file:"):
        raise HTTPException(409, "it stands in tokometer.toml: change it there")
