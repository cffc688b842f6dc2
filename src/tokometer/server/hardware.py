"""Machines that were bought, over HTTP: what they cost, and what their tokens are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from tokometer.accounts import Hardware, Invalid
from tokometer.measures import Query
from tokometer.records.time import EARLIEST
from tokometer.server.people import answered, only, revision, text, told
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.settings.money import MOST_USD

api: Final = APIRouter(prefix="/api/hardware", tags=["hardware"])
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = ("title", "host", "price", "bought", "amortisation_months", "power_price", "watts", "compared")
_MOST_MONTHS: Final = 240
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
    given = _checked(only(body, _FIELDS))
    for name in ("title", "price", "bought"):
        if not given.get(name):
            raise Invalid(name, "is missing")
    machine = runtime.accounts.get().hardware.add(Hardware(**given))
    runtime.broadcaster.publish({"hardware"})
    return answered(shown(machine), 201)


@api.patch("/{machine}", summary="Change a machine")
def change(request: Request, machine: str, body: Body) -> Response:
    """Any of its fields; with `revision`, only if it is still that one (409 otherwise)."""
    runtime: Runtime = request.app.state.runtime
    seen = revision(body)
    given = _checked(only(body, _FIELDS))
    changed = runtime.accounts.get().hardware.change(_WORKSPACE, machine, seen=seen, **given)
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
        "price": _plain(one.price),
        "bought": one.bought.astimezone(UTC).date().isoformat(),
        "amortisation_months": one.amortisation_months,
        "power_price": _plain(one.power_price),
        "watts": one.watts,
        "compared": dict(one.compared),
        "revision": one.revision,
    }


def _plain(amount: Decimal) -> str:
    """Without zeros behind what was said."""
    return f"{amount.normalize():f}"


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a machine, understood."""
    found = {name: _READ[name](name, value) for name, value in given.items()}
    if "host" in found:
        found["match"] = found.pop("host")
    return found


def _months(name: str, given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= _MOST_MONTHS:
        raise Invalid(name, f"has to be whole months, 1 to {_MOST_MONTHS}")
    return given


def _watts(name: str, given: object) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= _MOST_WATTS:
        raise Invalid(name, f"has to be watts, above 0 and at most {_MOST_WATTS:,}")
    return float(given)


def _price(name: str, given: object) -> Decimal:
    amount = _money(name, given)
    if not amount:
        raise Invalid(name, "has to be above 0")
    return amount


def _money(name: str, given: object) -> Decimal:
    try:
        amount = Decimal(str(given)) if isinstance(given, str | int | float) and not isinstance(given, bool) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or not 0 <= amount <= MOST_USD:
        raise Invalid(name, f"has to be US dollars, at most {MOST_USD:,}")
    return amount


def _day(name: str, given: object) -> datetime:
    try:
        day = date.fromisoformat(str(given)[:10]) if isinstance(given, str) else None
    except ValueError:
        day = None
    if day is None or datetime(day.year, day.month, day.day, tzinfo=UTC) < EARLIEST:
        raise Invalid(name, "has to be a day: 2026-03-01")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _compared(name: str, given: object) -> dict[str, str]:
    if isinstance(given, list):
        given = dict(_pair(one) for one in given)
    if not isinstance(given, dict) or len(given) > _MOST_COMPARED:
        raise Invalid(name, 'has to be an object: {"*": "openai/gpt-5-mini"}')
    found = {text(name, model): text(name, api) for model, api in given.items()}
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
    "price": _price,
    "bought": _day,
    "amortisation_months": _months,
    "power_price": _money,
    "watts": _watts,
    "compared": _compared,
}
