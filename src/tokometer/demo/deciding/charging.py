"""Whom the made-up company charges for the use of models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from tokometer.accounts.accounts import Accounts
from tokometer.accounts.charged import RateCard
from tokometer.ledger import Readable
from tokometer.settings import Settings

_CARDS: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "title": "Support desk",
        "value": "support",
        "purpose": "charge_back",
        "declared": {"input_per_mtok": "4", "output_per_mtok": "22", "monthly_fee": "150"},
        "note": "The desk resells its assistant; prices as agreed for this year",
    },
    {
        "title": "Research at cost",
        "value": "research",
        "declared": {"models": {"*opus*": {"markup": "0.1"}}},
        "note": "Told what it costs, the largest models with a tenth on top",
    },
)


def decide(accounts: Accounts, _ledger: Readable, _settings: Settings, now: datetime) -> None:
    """Make the rate cards."""
    for card in _CARDS:
        accounts.rate_cards.add(RateCard(by="team", since=date(now.year - 1, 1, 1), **card))
