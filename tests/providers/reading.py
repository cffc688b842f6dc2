"""Reading every report of a kind of account over real HTTP, without a ledger behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from providers.serving import Asked as Question
from providers.serving import Provider
from providers.synced import FastClock
from tokometer.collect.syncing.asking import Asker
from tokometer.collect.syncing.places import portions_of
from tokometer.records import Bill, Notice, Record, Refusal, Reported, Sample
from tokometer.sources.polling import checked
from tokometer.sources.protocol import Fetched, Target
from tokometer.statements import Asked, Balance, Portion, kind_named

#: When everything is asked.
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@dataclass
class Read:
    """What came of all reports of an account."""

    facts: Mapping[str, Any]
    balance: Balance | None
    records: dict[tuple[str, str, str], Record] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    requests: int = 0

    @property
    def bills(self) -> list[Bill]:
        """Lines of cost."""
        return [one for one in self.records.values() if isinstance(one, Bill)]

    @property
    def reported(self) -> list[Reported]:
        """Lines of usage."""
        return [one for one in self.records.values() if isinstance(one, Reported)]

    @property
    def samples(self) -> dict[str, float]:
        """The last of each gauge, added up over its labels."""
        found: dict[str, float] = {}
        for one in self.records.values():
            if isinstance(one, Sample):
                found[one.metric] = found.get(one.metric, 0.0) + one.value
        return found

    @property
    def cost(self) -> Decimal:
        """What all lines of cost add up to, in US dollars."""
        return Decimal(sum(one.amount or 0 for one in self.bills)) / 10**9

    def sum(self, name: str, **about: str) -> float:
        """What a number of the lines of usage adds up to, of those about something."""
        found = [one for one in self.reported if all(getattr(one, key) == value for key, value in about.items())]
        return sum(getattr(one, name) or 0 for one in found)


def read(
    type_: str,
    url: str,
    key: str,
    options: Mapping[str, str] | None = None,
    *,
    now: datetime = NOW,
    title: str = "Ours",
    reports: bool = True,
) -> Read:
    """Ask a provider all that a kind of account asks, as a first sync does."""
    kind = kind_named(type_)
    given = {one.name: one.default for one in kind.options} | dict(options or {})
    auth = kind.key.auth if kind.key is not None else "none"
    asker = Asker(
        Target(title, url, 0.0, options={**given, "auth": auth}, secret=key), FastClock(now), threading.Event(), kind
    )
    asked = Asked("acc1", title, kind.provider, given, now, asker)
    try:
        found = Read(kind.try_key(asked), kind.balance(asked) if kind.balance else None)
        for report in kind.reports if reports else ():
            if not report.applies(given):
                continue
            for portion in portions_of(report, asked, {}):
                for page in report.read(asked, portion):
                    for one in page.records:
                        place = (one.kind, one.source, one.native_id)
                        assert place not in found.records, f"{place} is stated twice"
                        found.records[place] = one
                    found.refusals += page.refusals
                    found.notices += page.notices
        found.requests = asker.requests
    finally:
        asker.close()
    return found


def told_by(provider: Provider, type_: str, report: str, since: datetime, until: datetime, **options: str) -> Read:
    """What a report reads of one portion, the provider's answers taken without HTTP in between: for many examples."""

    def ask(path: str = "", query: Mapping[str, Any] | None = None, **_: Any) -> Fetched:
        reply = provider.answer(Question("GET", path, {name: [value] for name, value in (query or {}).items()}, {}))
        answer = Fetched(reply.status, json.dumps(reply.body).encode(), "application/json")
        checked(answer)
        return answer

    kind = kind_named(type_)
    [found] = [one for one in kind.reports if one.name == report]
    read_ = Read({}, None)
    for page in found.read(Asked("acc1", "Ours", kind.provider, options, NOW, ask), Portion("p", since, until)):
        read_.records |= {(one.kind, one.source, one.native_id): one for one in page.records}
        read_.refusals += page.refusals
    return read_
