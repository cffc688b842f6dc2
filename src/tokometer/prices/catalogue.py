"""The public price catalogue, genai-prices, read into listings.

Importing it takes a quarter of a second, so it is imported when a model is met for the first time ever, and what it
says about that model is kept in a file (:mod:`tokometer.prices.cache`). Which price holds when is asked of the
catalogue's own code, once for every stretch of time in which the answer cannot change; its rules are not repeated here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from tokometer.prices.normalise import MAX_MODEL, candidates, normalise, without_speed
from tokometer.prices.rates import FOREVER, Listing
from tokometer.prices.rules import part_rules, quantity_rules, refusal_rule
from tokometer.prices.sheet import Extra
from tokometer.prices.tiers import Tiers, tiers_of
from tokometer.records.model_ids import infer_provider
from tokometer.records.providers import PROVIDERS

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

    from tokometer.prices.periods import Link

#: Where the catalogue's name for a provider is not our slug; in order of preference.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "bedrock": ("aws",),
    "copilot": ("github-copilot",),
    "moonshot": ("moonshotai",),
    "vertex": ("google",),
    "voyage": ("voyageai",),
    "xai": ("x-ai",),
    "zai": ("zai", "zhipuai"),
}

#: An entry without any price is free only if it says so.
_SAYS_FREE: Final = r"(?i)\bfree of charge\b|\bincluded in the subscription\b"


class _Found(NamedTuple):
    """An entry of the catalogue that prices a call."""

    model: ModelInfo
    tiers: Tiers
    #: The list's own model, not one that it borrows from another list.
    own: bool


def look_up(provider: str, model: str, service_tier: str) -> Listing | None:
    """What the catalogue says about `model` as sold by `provider` (a slug, "" for unknown) in that service tier.

    A provider that the catalogue does not list is taken for a gateway if we do not know it either, or know it as one:
    then the maker's own price holds. None where there is no price list, or no such model in it.
    """
    if not model or not model.isascii() or len(model) > MAX_MODEL:
        return None
    from genai_prices.data import providers as lists  # 225 ms, and hardly ever needed

    by_id = {entry.id: entry for entry in lists}
    assumed = False
    names = _names(provider, model, by_id)
    if not names and provider and (provider not in PROVIDERS or PROVIDERS[provider].type == "gateway"):
        provider, assumed = infer_provider(model), True
        names = _names(provider, model, by_id)
    for name in names:
        found = _find(by_id[name], lists, provider, model, service_tier)
        if found is not None:
            return _listing(by_id, by_id[name], found, provider, model, assumed=assumed)
    return None


def _names(provider: str, model: str, by_id: dict[str, Provider]) -> tuple[str, ...]:
    if provider == "huggingface":
        # `org/model:novita` says who serves it; without that the router chose, and nobody told us whom.
        served_by = f"huggingface_{model.rpartition(':')[2].lower()}"
        return (served_by,) if served_by in by_id else ()
    return tuple(name for name in _NAMES.get(provider, (provider,)) if name in by_id)


def _find(entry: Provider, lists: list[Provider], provider: str, model: str, service_tier: str) -> _Found | None:
    tiers = tiers_of(service_tier, model)
    if provider == "huggingface":
        model = model.rpartition(":")[0]
    for name in candidates(model, provider):
        if found := entry.find_model(name, all_providers=lists):
            return _Found(found, _beside(tiers, found.id), _owns(entry, found))
    model, tier = without_speed(model)
    if tier:
        for name in candidates(model, provider):
            if found := entry.find_model(name, all_providers=lists):
                return _Found(found, tiers_of(f"{service_tier} {tier}", model), _owns(entry, found))
    return None


def _beside(tiers: Tiers, entry: str) -> Tiers:
    """`tiers` without the one of the entry itself: OpenRouter lists `claude-opus-4.8-fast` and `gpt-6-sol:batch`."""
    its_own = without_speed(entry)[1] or ("batch" if entry.endswith(":batch") else "")
    return tiers._replace(known=tuple(tier for tier in tiers.known if tier != its_own))


def _owns(entry: Provider, model: ModelInfo) -> bool:
    return any(model is candidate for candidate in entry.models)


def _listing(
    by_id: dict[str, Provider], entry: Provider, found: _Found, provider: str, model: str, *, assumed: bool
) -> Listing:
    from tokometer.prices.periods import Sold, periods_of, tier_note

    plain = normalise(model, provider).rpartition("/")[2]
    rule = refusal_rule(provider, plain)
    sold = Sold(
        found.model,
        plain,
        tuple(_links(by_id, found, provider, plain)) if found.tiers.known else (),
        found.tiers,
        Extra(tuple(part_rules(provider, plain)), tuple(quantity_rules(provider, plain))),
        assumed=assumed,
        free=_is_free(found.model, provider),
    )
    return Listing(
        provider=entry.id,
        model=found.model.id,
        name=found.model.name or found.model.id,
        context_window=found.model.context_window,
        deprecated=bool(found.model.deprecated),
        assumed=assumed,
        seller=provider,
        plain=plain,
        tier_note=tier_note(sold),
        unbilled_from=FOREVER if rule is None else rule.free_from_us,
        periods=periods_of(sold),
    )


def _links(by_id: dict[str, Provider], found: _Found, provider: str, plain: str) -> list[Link]:
    """Where prices of its tiers may stand, best first: the provider's own list, its rules, then the maker's."""
    from tokometer.prices.periods import Link

    links = [Link(provider, found.model if found.own else None, own=found.own)]
    maker = infer_provider(plain)
    if maker and maker != provider:
        for name in _names(maker, plain, by_id):
            theirs = _find(by_id[name], list(by_id.values()), maker, plain, "")
            links.append(Link(maker, theirs.model if theirs else None, own=False))
    elif not found.own:
        links.append(Link(provider, found.model, own=False))
    return links


def _is_free(model: ModelInfo, provider: str) -> bool:
    if model.id.endswith(":free"):
        return True
    # Google gives Gemma away on the Gemini API only; on Vertex its machines are billed by the hour.
    return provider != "vertex" and re.search(_SAYS_FREE, model.price_comments or "") is not None
