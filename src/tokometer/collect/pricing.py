"""Pricing calls so that one which cannot be priced has no price, and all others theirs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from tokometer.records import ModelCall

_LOG: Final = logging.getLogger(__name__)


class Pricer(Protocol):
    """What is needed of a price book to price calls."""

    @property
    def version(self) -> str:
        """What names the book's prices."""

    def apply(self, calls: Iterable[ModelCall], /) -> None:
        """Fill `cost_priced`, `price_version` and `price_basis` of each call."""


def price_each(book: Pricer, calls: Sequence[ModelCall]) -> None:
    """Price calls with a book. One on which the book fails is left without a price, as of this version."""
    try:
        book.apply(calls)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is one call's
        if len(calls) > 1:
            for call in calls:
                price_each(book, [call])
            return
        _LOG.warning("a call of %s cannot be priced: %s", calls[0].source, type(error).__name__)
        calls[0].cost_priced, calls[0].price_version, calls[0].price_basis = None, book.version, ""
