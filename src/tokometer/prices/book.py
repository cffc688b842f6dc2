"""The price book: fills in what calls cost."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from tokometer.prices.cache import MAX_LISTINGS, Listings, catalogue_version, load, save
from tokometer.prices.plan import MAX_NANO, Plan, input_tokens_of, is_free, is_refused
from tokometer.prices.rates import Listing, Rates
from tokometer.records import ModelCall, infer_provider, now_us, provider_of
from tokometer.records.basis import EXACT, unpriced

if TYPE_CHECKING:
    from tokometer.prices.changes import PriceChange
    from tokometer.prices.explanation import Explanation, ModelInfo
    from tokometer.prices.overrides import Override

#: Raised when the same catalogue and overrides would price some call differently than before: our rules changed.
RULES: Final = 2

#: The file of a data folder in which the prices stand that people make in the page.
MADE: Final = "prices.made.toml"

_NO_PRICE: Final = unpriced("no-price")
_NO_MODEL: Final = unpriced("no-model")
_TOO_MUCH: Final = unpriced("too-much")
#: Senders can make up model names without end; past this many the plans are worked out anew.
_MAX_PLANS: Final = 20_000
#: Longer names are not kept in the file.
_MAX_NAME: Final = 200


class PriceBook:
    """Prices of all models at all times. Open it with :meth:`open`; it may be shared by threads."""

    def __init__(self, overrides: tuple[Override, ...] = (), *, cache: Path | None = None) -> None:
        self._overrides = overrides
        self._cache = cache
        self._catalogue = f"genai-prices {catalogue_version()}"
        self._kept = f"{self._catalogue} r{RULES}"
        self._listings: Listings = load(cache, self._kept) if cache else {}
        self._plans: dict[tuple[str, ...], Plan] = {}
        #: Whether it matters whose a call is (see `overrides.WHOSE`): then plans are of them too.
        self._scoped = any(any(one.whose) for one in overrides)
        self._unsaved = False
        self._lock = Lock()
        #: Which prices these are: calls priced by books of one version are priced alike.
        self.version = self._kept
        if overrides:
            from tokometer.prices.overrides import digest

            self.version += f"+{digest(overrides)}"

    @classmethod
    def open(cls, overrides: Path | None = None, cache: Path | None = None, made: Path | None = None) -> PriceBook:
        """The catalogue, below the user's prices in the file `overrides`; looked-up models are kept in folder `cache`.

        `made` is the file of the prices that people make in the page, which go before those of the other file.

        Raises:
            PriceFileError: a file of overrides is there and cannot be used.
        """
        files = [file for file in (made, overrides) if file is not None and os.path.lexists(file)]
        # The import is spared those who have no such file.
        if not files:
            return cls(cache=cache)
        from tokometer.prices.overrides import read_overrides, sorted_overrides

        return cls(sorted_overrides(one for file in files for one in read_overrides(file)), cache=cache)

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The user's own prices and discounts, in the order in which they are asked."""
        return self._overrides

    @property
    def scoped(self) -> bool:
        """Whether some price holds for the calls of an account, a key, a team or a workspace only."""
        return self._scoped

    @property
    def catalogue(self) -> str:
        """The catalogue and its version."""
        return self._catalogue

    def plan_of(self, key: Sequence[str]) -> Plan:
        """How calls are priced of a provider, model, service tier and region; where scoped, and of whose they are."""
        return self._plans.get(tuple(key)) or self._plan(*key)

    def apply(self, calls: Iterable[ModelCall]) -> None:  # noqa: C901, PLR0912 - one loop, flat for speed
        """Fill `cost_priced` (nano-USD), `price_version` and `price_basis` of each call, in place.

        A call is unpriced (None, "" and why) when its model is, or when nothing is known about its tokens; one that was
        refused cost nothing. Products are exact; each call is rounded once, half to even. Where the source reported a
        cost, that is what counts, so the basis is empty whatever ours would rest on.
        """
        plans, version, scoped = self._plans, self.version, self._scoped
        for call in calls:
            key: tuple[str, ...] = (call.provider, call.model, call.service_tier, call.region)
            if scoped:
                key += (call.workspace, call.account, call.api_key, call.team)
            plan = plans.get(key)
            if plan is None:
                plan = self._plan(*key)
            output, fresh = call.output_tokens, call.input_tokens
            if (
                plan.careful
                or (not output and (not fresh or call.stop_reason))
                or call.parts
                or call.quantities
                or call.unsplit_tokens
            ):
                nano, basis = _reckoned(plan, call)
            elif (rates := plan.flat or plan.rates_at(call.started_at, input_tokens_of(call))) is None:
                nano, basis = None, _NO_PRICE if call.model else _NO_MODEL
            else:
                # The same sum as in `reckoning`, spelled out: this loop runs for every call there is.
                per_input, per_read, per_5m, per_1h, per_output, per_reasoning, cost, unit, basis = rates
                if output:
                    cost += output * per_output
                    if per_reasoning != per_output:
                        cost += min(call.reasoning_tokens or 0, output) * (per_reasoning - per_output)
                if fresh:
                    cost += fresh * per_input
                if tokens := call.cache_read_tokens:
                    cost += tokens * per_read
                if tokens := call.cache_write_5m_tokens:
                    cost += tokens * per_5m
                if tokens := call.cache_write_unknown_tokens:
                    cost += tokens * per_5m
                if tokens := call.cache_write_1h_tokens:
                    cost += tokens * per_1h
                nano, rest = divmod(cost, unit)
                half = unit >> 1
                if rest >= half and (rest > half or nano & 1):
                    nano += 1
                if nano > MAX_NANO:
                    nano, basis = None, _TOO_MUCH
            call.cost_priced = nano
            call.price_version = "" if nano is None else version
            call.price_basis = basis if call.cost_reported is None else EXACT
        if self._unsaved:
            self._save()

    def rates(
        self, provider: str, model: str, at: int, input_tokens: int, *, service_tier: str = "", region: str = ""
    ) -> Rates | None:
        """What tokens cost at a time (microseconds) in a call with so many input tokens; None where nobody knows.

        Parts that are not text and what is billed beside tokens have prices of their own, which are not in it.
        """
        return self._plan(provider, model, service_tier, region).rates_at(at, input_tokens)

    def explain(self, call: ModelCall) -> Explanation:
        """What :meth:`apply` makes of this call, and why."""
        from tokometer.prices.explanation import explain

        whose = (call.workspace, call.account, call.api_key, call.team) if self._scoped else ()
        plan = self._plan(call.provider, call.model, call.service_tier, call.region, *whose)
        return explain(plan, call, self._catalogue)

    def model_info(self, provider: str, model: str, *, at: int | None = None) -> ModelInfo | None:
        """What is known about `model` as `provider` sells it, at its prices now or at time `at`; None if nothing is."""
        from tokometer.prices.explanation import describe

        slug = provider_of(provider)
        plan = self._plan(slug, model, "", "")
        return describe(plan, slug, model, now_us() if at is None else at, self._catalogue)

    def changes(self, provider: str, model: str, since: int, until: int) -> tuple[PriceChange, ...]:
        """When the price of `model`, as `provider` sells it, changed from `since` on, before `until` (microseconds)."""
        from tokometer.prices.changes import changes

        slug = provider_of(provider)
        return changes(self._plan(slug, model, "", ""), slug or infer_provider(model), model, since, until)

    def _plan(self, provider: str, model: str, service_tier: str, region: str, *whose: str) -> Plan:
        """The plan for such calls; looks the model up in the catalogue if no process did so before."""
        key = (provider, model, service_tier, region, *whose)
        with self._lock:
            plan = self._plans.get(key)
            if plan is not None:
                return plan
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
                self._listings = {known: found for known, found in self._listings.items() if found is not None}
            slug = provider_of(provider)
            overrides = tuple(entry for entry in self._overrides if entry.fits(slug, model, service_tier, whose))
            free = is_free(slug, model)
            plan = self._plans[key] = Plan(
                overrides, None if free else self._listing(slug, model, service_tier), free=free, region=region
            )
            return plan

    def _listing(self, provider: str, model: str, service_tier: str) -> Listing | None:
        key = (provider or infer_provider(model), model, service_tier)
        if key in self._listings:
            return self._listings[key]
        from tokometer.prices.catalogue import look_up

        listing = look_up(*key)
        if all(name.isascii() and len(name) <= _MAX_NAME for name in key):
            self._listings[key] = listing
            self._unsaved = len(self._listings) <= MAX_LISTINGS
        return listing

    def _save(self) -> None:
        with self._lock:
            if self._cache and self._unsaved:
                save(self._cache, self._kept, self._listings)
            self._unsaved = False


def _reckoned(plan: Plan, call: ModelCall) -> tuple[int | None, str]:
    """The cost of a call that is more than tokens of text, or nothing at all, and its basis."""
    if (plan.free and not plan.overrides) or is_refused(call):
        return 0, EXACT
    from tokometer.prices.reckoning import reckon  # 3 ms, and not everybody has such calls

    found = reckon(plan, call)
    return found.cost, found.basis
