"""One demo history that many tests look at."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from generators.demo_history import records
from tokometer.prices import PriceBook
from tokometer.records import Record


@pytest.fixture(scope="session")
def book() -> PriceBook:
    """The catalogue's own prices."""
    return PriceBook.open(None, None)


@pytest.fixture(scope="session")
def history(book: PriceBook) -> Sequence[Record]:
    """All records of one demo, in the order in which they came."""
    return tuple(records(book))
