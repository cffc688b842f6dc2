"""What is known at the moment as of which rules are looked at, beside what the ledger answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tokometer.alerting.condition import Sync
from tokometer.judgement.declared import Matter
from tokometer.measures import Filter
from tokometer.prices import PriceBook
from tokometer.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The moment, and what holds then."""

    #: Aware, UTC.
    now: datetime
    settings: Settings = field(default_factory=Settings)
    #: Budgets of the settings and of people; see :func:`tokometer.judgement.budgets.lines`.
    budgets: tuple[Any, ...] = ()
    syncs: tuple[Sync, ...] = ()
    book: PriceBook | None = None
    #: What accounts tell of the statements of providers; see `judgement.reconciliation.Stated`.
    stated: Mapping[str, Any] = field(default_factory=dict)

    def matter(self, by: str, where: tuple[Filter, ...], since: str, tz: str) -> Matter:
        """What a judgement is asked about."""
        return Matter(by=by, where=where, since=since, tz=tz, now=self.now, insists=True, book=self.book)
