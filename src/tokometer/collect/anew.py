"""Pricing calls that had no price, as soon as one is known: in the background, a few at a time.

A price can become known later: an upgrade brings a newer list, or the user writes `prices.toml`. What has a cost keeps
it (`tokometer reprice` changes those, when it is asked to).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from tokometer.collect.committing import reprice_all
from tokometer.collect.patience import Backoff
from tokometer.collect.pricing import Pricer, price_each
from tokometer.ledger import Ledger, LedgerError
from tokometer.ledger.priced import StoredCall, any_unpriced, unpriced_calls, unpriced_models, unpriced_spans
from tokometer.records import ModelCall

#: Calls that are looked at in one step.
STEP: Final = 5_000
#: Models that are looked at, those with the most calls first: senders can make up names without end.
_MOST_MODELS: Final = 5_000
_FIRST_RETRY: Final = 2.0
_LAST_RETRY: Final = 300.0
_LOG: Final = logging.getLogger(__name__)

Model = tuple[str, str, str, str]


class Step(NamedTuple):
    """What one step did."""

    looked_at: int
    priced: int


def price_anew(ledger: Ledger, book: Pricer) -> Iterator[Step]:
    """Price with a book what had no price and now has one, a step at each turn. Says nothing where there is nothing.

    Raises:
        LedgerError: The ledger cannot be read or written. What was done stands.
    """
    known = _known(ledger, book)
    if not known:
        return
    for span in unpriced_spans(ledger, STEP):
        rows = [row for row in unpriced_calls(ledger, span) if _model_of(row.call) in known]
        price_each(book, [row.call for row in rows])
        costs = {
            row.id: _cost(row) for row in rows if row.call.cost_priced is not None or row.call.price_basis != row.basis
        }
        priced = sum(cost is not None for cost, *_ in costs.values())
        failed = reprice_all(ledger, costs)[1] if costs else 0
        yield Step(len(rows), priced - failed)


class PricingAnew:
    """The same beside other work: a step at a time, again for every other book, with pauses where it fails."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._version = ""
        self._steps: Iterator[Step] | None = None
        self._backoff = Backoff(_FIRST_RETRY, _LAST_RETRY)

    def left(self, book: Pricer) -> float | None:
        """In how many seconds there is something to do with this book; None where there is nothing."""
        if self._steps is None and self._version == book.version:
            return None
        return self._backoff.left

    def step(self, book: Pricer) -> int:
        """Look at some calls; how many of them have a price now. Never raises."""
        if self.left(book) != 0.0:
            return 0
        try:
            if self._version != book.version:
                self._version, self._steps = book.version, price_anew(self._ledger, book)
            step = next(self._steps, None) if self._steps is not None else None
        except Exception as error:  # noqa: BLE001 - whatever it is, who calls has other things to do
            # From the start: what has a price by then is not looked at again.
            self._version, self._steps = "", None
            wait = self._backoff.failed()
            trace = self._backoff.worth_a_trace and not isinstance(error, LedgerError)
            _LOG.warning("calls without a price cannot be looked at; again in %.0f s: %s", wait, error, exc_info=trace)
            return 0
        self._backoff.went_well()
        if step is None:
            self._steps = None
            return 0
        return step.priced


def price_all_anew(ledger: Ledger, open_book: Callable[[], Pricer]) -> int:
    """The same at once; the book is opened where a call has no price. Returns how many calls have one now.

    Raises:
        LedgerError: The ledger cannot be read or written. What was done stands.
    """
    if not any_unpriced(ledger):
        return 0
    priced = sum(step.priced for step in price_anew(ledger, open_book()))
    if priced:
        ledger.settle()
    return priced


def _known(ledger: Ledger, book: Pricer) -> set[Model]:
    """The models among those without a price that have one now, at the time of their first or of their last call."""
    models = unpriced_models(ledger, _MOST_MODELS)
    if not models:
        return set()
    blank = ModelCall(source="", native_id="", started_at=0, input_tokens=1, output_tokens=1)
    samples = [
        replace(blank, provider=provider, model=model, service_tier=tier, region=region, started_at=at)
        for provider, model, tier, region, first, last in models
        for at in (first, last)
    ]
    price_each(book, samples)
    return {_model_of(sample) for sample in samples if sample.cost_priced is not None}


def _model_of(call: ModelCall) -> Model:
    return call.provider, call.model, call.service_tier, call.region


def _cost(row: StoredCall) -> tuple[int | None, str, str]:
    return row.call.cost_priced, row.call.price_version, row.call.price_basis
