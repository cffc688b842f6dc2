"""Rate cards over HTTP: what customers, teams and other payers are charged for the use of models."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from tokometer.accounts import Invalid
from tokometer.accounts.charged import RateCard
from tokometer.judgement.cards import MONTHLY, PRICES
from tokometer.measures import QueryError, dimension_named
from tokometer.server import given
from tokometer.server.people import answered, only, revision, text, told
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.settings.money import MOST_USD

api: Final = APIRouter(prefix="/api/rate-cards", tags=["billing"])
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = ("title", "by", "value", "declared", "currency", "since", "until", "purpose", "note")
PURPOSES: Final = {"show_back": "Show-back: told what it cost", "charge_back": "Charge-back: to be paid"}
_MOST_MODELS: Final = 200
#: A markup may be a discount: -0.2 charges 0.80 for what costs 1.
_MOST_MARKUP: Final = 1_000

Body = Annotated[dict[str, Any], Depends(told)]


@api.get("", summary="The rate cards that people have made")
def listing(request: Request) -> Response:
    """Prices are decimal text in the card's currency, days ISO dates. Those of tokometer.toml are not among them."""
    return answered({"rate_cards": listed(request.app.state.runtime)})


@api.post("", status_code=201, summary="Add a rate card")
def add(request: Request, body: Body) -> Response:
    """`{"title": "Acme", "by": "label.customer", "value": "acme", "declared": {"markup": "0.2"}}`.

    `by` is a dimension of calls and `value` who of it pays; empty: each of them, with a statement each. `declared` has
    `markup` (a share on top of the cost), `per_mtok`, `input_per_mtok`, `output_per_mtok` (per million tokens),
    `per_request`, `monthly_fee`, `minimum`, and `models`: the same prices by model, which may have stars. What is given
    adds up; without any price the cost itself is charged. It holds from the day `since` until before the day `until`.
    """
    runtime: Runtime = request.app.state.runtime
    values = checked(only(body, _FIELDS))
    values["title"] = values.get("title") or values.get("value") or f"Each {values.get('by', 'team')}"
    made = runtime.accounts.get().rate_cards.add(RateCard(**values))
    runtime.broadcaster.publish({"rate_cards"})
    return answered(shown(made), 201)


@api.patch("/{card}", summary="Change a rate card")
def change(request: Request, card: str, body: Body) -> Response:
    """Any of its fields; with `revision`, only if it is still that one (409 otherwise). Frozen statements stay."""
    runtime: Runtime = request.app.state.runtime
    seen = revision(body)
    kept = runtime.accounts.get().rate_cards
    before = kept.get(_WORKSPACE, card)
    values = checked(only(body, _FIELDS))
    _check_days(values.get("since", before.since), values.get("until", before.until))
    changed = kept.change(_WORKSPACE, card, seen=seen, **values)
    runtime.broadcaster.publish({"rate_cards"})
    return answered(shown(changed))


@api.delete("/{card}", status_code=204, summary="Remove a rate card")
def remove(request: Request, card: str) -> Response:
    """For good: nothing is charged by it any more. Frozen statements stay."""
    runtime: Runtime = request.app.state.runtime
    runtime.accounts.get().rate_cards.remove(_WORKSPACE, card)
    runtime.broadcaster.publish({"rate_cards"})
    return Response(status_code=204)


def listed(runtime: Runtime) -> list[dict[str, Any]]:
    """All cards as JSON."""
    if not runtime.accounts.is_there:
        return []
    return [shown(one) for one in runtime.accounts.get().rate_cards.all(_WORKSPACE)]


def shown(card: RateCard) -> dict[str, Any]:
    """A card as JSON."""
    return {
        "id": card.id,
        "title": card.title,
        "by": card.by,
        "value": card.value,
        "declared": dict(card.declared),
        "currency": card.currency,
        "since": card.since.isoformat() if card.since else None,
        "until": card.until.isoformat() if card.until else None,
        "purpose": card.purpose,
        "note": card.note,
        "about": about(card.declared, card.currency),
        "revision": card.revision,
    }


def about(declared: Mapping[str, Any], currency: str) -> str:
    """What a card charges, in words."""
    sign = "$" if currency == "USD" else f"{currency} "
    said = _prices(declared, sign)
    models = declared.get("models") or {}
    if models:
        said = said or ["at cost"]
        said.append(f"{len(models)} model{'s' if len(models) > 1 else ''} at other prices")
    if declared.get("monthly_fee"):
        said.append(f"{sign}{declared['monthly_fee']} a month")
    if declared.get("minimum"):
        said.append(f"at least {sign}{declared['minimum']}")
    return ", ".join(said) or "at cost"


def _prices(of: Mapping[str, Any], sign: str) -> list[str]:
    said = []
    if of.get("markup"):
        share = Decimal(str(of["markup"])) * 100
        said.append(f"cost {'+' if share > 0 else '−'} {abs(share).normalize():f} %")
    words = {"per_mtok": "per M tokens", "input_per_mtok": "per M input", "output_per_mtok": "per M output"}
    words["per_request"] = "a request"
    said += [f"{sign}{of[name]} {word}" for name, word in words.items() if of.get(name)]
    return said


def checked(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a card, understood."""
    values = dict(found)
    for name in ("title", "value", "note", "by"):
        if name in values:
            values[name] = text(name, values[name])
    if "by" in values:
        try:
            dimension_named(f"calls.{values['by']}")
        except QueryError as error:
            raise Invalid("by", error.reason) from None
    if "currency" in values:
        values["currency"] = given.currency("currency", values["currency"] or "USD")
    if "purpose" in values:
        values["purpose"] = given.choice("purpose", values["purpose"], tuple(PURPOSES))
    for name in ("since", "until"):
        if name in values:
            values[name] = given.day_or_none(name, values[name])
    _check_days(values.get("since"), values.get("until"))
    if "declared" in values:
        values["declared"] = _declared(values["declared"])
    return values


def _check_days(since: Any, until: Any) -> None:  # noqa: ANN401 - days, or nothing
    if since and until and since >= until:
        raise Invalid("until", "has to be after the day from which the card holds")


def _declared(told_of: object) -> dict[str, Any]:
    if not isinstance(told_of, dict):
        raise Invalid("declared", 'has to be an object: {"markup": "0.2"}')
    only(told_of, (*PRICES, *MONTHLY, "models"))
    found: dict[str, Any] = _amounts("declared", told_of, (*PRICES, *MONTHLY))
    models = told_of.get("models") or {}
    if not isinstance(models, dict) or len(models) > _MOST_MODELS:
        raise Invalid("declared.models", f"has to be an object of at most {_MOST_MODELS} models with their prices")
    by_model = {}
    for model, prices in models.items():
        if not isinstance(prices, dict):
            raise Invalid("declared.models", f"{str(model)[:60]}: has to be an object of prices")
        only(prices, PRICES)
        by_model[text("declared.models", model)] = _amounts("declared.models", prices, PRICES)
    return found | ({"models": by_model} if by_model else {})


def _amounts(field: str, of: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in names:
        value = of.get(name)
        if value is None or value == "":
            continue
        where = f"{field}.{name}" if field == "declared" else field
        markup = name == "markup"
        most, least = (_MOST_MARKUP, Decimal(-1)) if markup else (MOST_USD, Decimal(0))
        found[name] = given.plain(given.amount(where, value, most, least=least))
    return found
