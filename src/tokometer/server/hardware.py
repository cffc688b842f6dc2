"""Machines that were bought, over HTTP: what they cost, and what their tokens are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from tokometer.accounts import Hardware, Invalid
from tokometer.measures import Query
from tokometer.server import given
from tokometer.server.people import answered, only, revision, text, told
from tokometer.server.runtime import WORKSPACES, Runtime

api: Final = APIRouter(prefix="/api/hardware", tags=["hardware"])
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = ("title", "host", "price", "bought", "amortisation_months", "power_price", "watts", "compared")
_MOST_MONTHS: Final = 240
_LEAST_WATTS: Final = 0.001
_MOST_WATTS: Final = 1_000_000
_MOST_COMPARED: Final = 50
_LONGEST: Final = 200
_LATELY: Final = "30d"

Body = Annotated[dict[str, Any], Depends(told)]


@api.get("", summary="Machines that were bought")
def listing(request: Request) -> Response:
    """Amounts are US dollars as decimal text. What they cost and save is `judgement.hardware`."""
    runtime: Runtime = request.app.state.runtime
    return answered({"hardware": listed(runtime)})


@api.post("", status_code=201, summary="Add a machine that was bought")
def add(request: Request, body: Body) -> Response:
    """`{"title": "Atlas 1", "host": "atlas-01", "price": 18500, "bought": "2026-03-01", "power_price": 0.28}`.

    `host` is the one whose samples are its; `amortisation_months` (36) its life, `power_price` US dollars a kWh,
    `watts` what it draws where no sample says. `compared` names what its models would be bought as, as
    `provider/model`: `{"Qwen/Qwen3.8-27B": "together/…", "*": "openai/gpt-5-mini"}`.
    """
    runtime: Runtime = request.app.state.runtime
    said = _checked(only(body, _FIELDS))
    for name in ("title", "price", "bought"):
        if not said.get(name):
            raise Invalid(name, "is missing")
    machine = runtime.accounts.get().hardware.add(Hardware(**said))
    runtime.broadcaster.publish({"hardware"})
    return answered(shown(machine), 201)


@api.patch("/{machine}", summary="Change a machine")
def change(request: Request, machine: str, body: Body) -> Response:
    """Any of its fields; with `revision`, only if it is still that one (409 otherwise)."""
    runtime: Runtime = request.app.state.runtime
    seen = revision(body)
    said = _checked(only(body, _FIELDS))
    changed = runtime.accounts.get().hardware.change(_WORKSPACE, machine, seen=seen, **said)
    runtime.broadcaster.publish({"hardware"})
    return answered(shown(changed))


@api.delete("/{machine}", status_code=204, summary="Remove a machine")
def remove(request: Request, machine: str) -> Response:
    """For good; the record of changes keeps what it was called."""
    runtime: Runtime = request.app.state.runtime
    runtime.accounts.get().hardware.remove(_WORKSPACE, machine)
    runtime.broadcaster.publish({"hardware"})
    return Response(status_code=204)


def listed(runtime: Runtime) -> list[dict[str, Any]]:
    """All of them as JSON."""
    return [shown(one) for one in runtime.accounts.get().hardware.all(_WORKSPACE)] if runtime.accounts.is_there else []


def hosts(runtime: Runtime) -> list[str]:
    """Hosts that samples came from lately."""
    query = Query(measures=("samples.readings",), by=("samples.host",), since=_LATELY)
    return sorted(row["host"] for row in runtime.ask(query, 300.0).rows if row["host"])


def shown(one: Hardware) -> dict[str, Any]:
    """A machine as JSON."""
    return {
        "id": one.id,
        "title": one.title,
        "host": one.match,
        "price": given.plain(one.price),
        "bought": one.bought.astimezone(UTC).date().isoformat(),
        "amortisation_months": one.amortisation_months,
        "power_price": given.plain(one.power_price),
        "watts": one.watts,
        "compared": dict(one.compared),
        "revision": one.revision,
    }


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a machine, understood."""
    found = {name: _READ[name](name, value) for name, value in said.items()}
    if "host" in found:
        found["match"] = found.pop("host")
    return found


def _watts(name: str, said: object) -> float | None:
    return None if said is None else given.number(name, said, _LEAST_WATTS, _MOST_WATTS)


def _day(name: str, said: object) -> datetime:
    return datetime.combine(given.day(name, said), time(), UTC)


def _compared(name: str, said: object) -> dict[str, str]:
    if isinstance(said, list):
        said = dict(_pair(one) for one in said)
    if not isinstance(said, dict) or len(said) > _MOST_COMPARED:
        raise Invalid(name, 'has to be an object: {"*": "openai/gpt-5-mini"}')
    found = {text(name, model): text(name, api) for model, api in said.items()}
    if any(not model or not api or len(model) > _LONGEST or len(api) > _LONGEST for model, api in found.items()):
        raise Invalid(name, f"names models of 1 to {_LONGEST} characters")
    return found


def _pair(line: object) -> tuple[str, str]:
    """`model = provider/model`, as a form's line has it; without a model, for all of them."""
    told = text("compared", line)
    model, equals, api = told.partition("=")
    return (model.strip(), api.strip()) if equals else ("*", told)


_READ: Final[dict[str, Any]] = {
    "title": text,
    "host": text,
    "price": partial(given.dollars, above=True),
    "bought": _day,
    "amortisation_months": partial(given.whole, least=1, most=_MOST_MONTHS),
    "power_price": given.dollars,
    "watts": _watts,
    "compared": _compared,
}
