"""What people decide, as values: budgets, objectives, alert rules, channels, digests, answers to advice, machines.

What the program itself keeps beside them: alerts, as they went, and deliveries of what was said. Money is Decimal USD,
times are aware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from tokometer.accounts.values import Made

#: What a channel's address is sealed for.
SEALED_AS: Final = "channel"
#: Shares of a budget at which it alerts.
LEVELS: Final = (0.5, 0.8, 1.0)
#: In what was measured of an alert: with the records that came late, it did not hold.
DENIED: Final = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget(Made):
    """What may be spent in each period, in all or by some."""

    kind: ClassVar[str] = "budget"
    texts: ClassVar[Mapping[str, int]] = {"title": 80, "period": 10, "tz": 64}
    needed: ClassVar[tuple[str, ...]] = ("title", "period")
    most: ClassVar[int] = 2_000

    title: str
    #: USD.
    amount: Decimal
    #: `day`, `week` or `month`, of the calendar of `tz`.
    period: str = "month"
    tz: str = "UTC"
    #: Whose spending: values by dimension of calls, `{"team": ["research"]}`; empty: all.
    filters: Mapping[str, list[str]] = field(default_factory=dict)
    #: Shares at which it alerts, ascending.
    levels: list[float] = field(default_factory=lambda: list(LEVELS))
    #: Whether verdicts say *stop* once it is used up.
    stops: bool = True
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective(Made):
    """What service a provider or a model, or both, is to give; what it leaves out the settings say."""

    kind: ClassVar[str] = "objective"
    texts: ClassVar[Mapping[str, int]] = {"provider": 200, "model": 200}
    most: ClassVar[int] = 2_000

    provider: str = ""
    model: str = ""
    #: `availability`, `error_rate` (shares), `p95_latency_ms`, as in `[slo]`.
    declared: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Made):
    """When somebody is to be told."""

    kind: ClassVar[str] = "rule"
    texts: ClassVar[Mapping[str, int]] = {"title": 120, "severity": 10}
    needed: ClassVar[tuple[str, ...]] = ("title",)
    most: ClassVar[int] = 5_000

    title: str
    #: Measure, filters, window, condition, for each of what, for how long; the grammar is the judgement's.
    declared: Mapping[str, Any]
    #: `info`, `warning` or `critical`.
    severity: str = "warning"
    enabled: bool = True
    silenced_until: datetime | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(Made):
    """Where somebody is told. Its address is a secret: kept encrypted, shown masked."""

    kind: ClassVar[str] = "channel"
    texts: ClassVar[Mapping[str, int]] = {"title": 80, "sealed": 8_000, "shown": 200}
    needed: ClassVar[tuple[str, ...]] = ("title", "sealed")
    hidden: ClassVar[tuple[str, ...]] = ("sealed",)
    most: ClassVar[int] = 200

    title: str
    sealed: str
    #: The address without what is secret in it: `slack://…`.
    shown: str = ""
    #: What it is told: least severity, rules, whether what is resolved, templates, the most in an hour.
    wants: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(Made):
    """A dashboard that is sent every day or week, as words and PDF."""

    kind: ClassVar[str] = "digest"
    texts: ClassVar[Mapping[str, int]] = {
        "title": 80,
        "channel": 32,
        "board": 80,
        "query": 8_000,
        "every": 10,
        "tz": 64,
    }
    needed: ClassVar[tuple[str, ...]] = ("title", "channel", "board")
    most: ClassVar[int] = 200

    title: str
    channel: str
    #: The dashboard's id, and what it is looked at with.
    board: str
    query: str = ""
    #: `day` or `week`.
    every: str = "day"
    #: 0 to 23, and 1 (Monday) to 7.
    hour: int = 8
    weekday: int = 1
    tz: str = "UTC"
    enabled: bool = True
    #: The period that was sent last, so that none is sent twice.
    last: datetime | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Made):
    """What somebody said to a piece of advice or to waste: not wanted, or done."""

    kind: ClassVar[str] = "answer"
    texts: ClassVar[Mapping[str, int]] = {"key": 400, "did": 12, "title": 400, "why": 2_000}
    needed: ClassVar[tuple[str, ...]] = ("key", "did")
    most: ClassVar[int] = 10_000

    #: Which advice: its rule and what it is about, the same each time.
    key: str
    #: `dismissed` or `done`.
    did: str
    title: str = ""
    why: str = ""
    #: USD a month that were promised.
    promised: Decimal | None = None
    #: What is needed to measure afterwards what became of it.
    before: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware(Made):
    """A machine that was bought, and what running it costs."""

    kind: ClassVar[str] = "machine"
    texts: ClassVar[Mapping[str, int]] = {"title": 80, "match": 200}
    needed: ClassVar[tuple[str, ...]] = ("title",)
    most: ClassVar[int] = 1_000

    title: str
    #: The host whose samples and calls are its.
    match: str = ""
    #: USD, and when.
    price: Decimal
    bought: datetime
    amortisation_months: int = 36
    #: USD a kWh, and watts where no sample says them.
    power_price: Decimal = Decimal(0)
    watts: float | None = None
    #: What the same tokens would be bought as: API model by model that it runs.
    compared: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Series(Made):
    """Something of the business that is counted by day: orders, tickets, active users."""

    kind: ClassVar[str] = "series"
    texts: ClassVar[Mapping[str, int]] = {"name": 80, "title": 80, "unit": 40, "tz": 64}
    needed: ClassVar[tuple[str, ...]] = ("name",)
    most: ClassVar[int] = 200

    name: str
    title: str = ""
    #: One of them: `order`.
    unit: str = ""
    #: Whose calendar its days are of.
    tz: str = "UTC"
    #: Whether days add up, as orders do; else they are a level, as active users are.
    adds: bool = True
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One time that a rule's condition held for one value: from when it began until it was over."""

    id: str
    workspace: str = "default"
    #: The rule's id, or the name of one that the settings declare.
    rule: str
    #: Which value of the rule's dimension; empty where it has none.
    value: str = ""
    title: str
    severity: str
    #: `pending`, `firing`, `closed` (resolved by hand while the condition holds) or `resolved`.
    state: str
    #: Since when the condition holds.
    since: datetime
    fired: datetime | None = None
    resolved: datetime | None = None
    acknowledged: datetime | None = None
    acknowledged_by: str = ""
    #: What was measured: the last value, the worst, what was compared with.
    measured: Mapping[str, Any] = field(default_factory=dict)
    #: The page that shows it.
    link: str = ""
    #: What came late and changed it.
    note: str = ""
    #: Whether it has been announced that it fired; not while it is silenced.
    told: bool = False
    silenced_until: datetime | None = None
    changed: datetime | None = None

    @property
    def denied(self) -> bool:
        """Whether it did not hold, as records show that came late. It stays for those who were told of it."""
        return bool(self.measured.get(DENIED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something that is to be said by a channel once, and what became of it."""

    number: int = 0
    workspace: str = "default"
    channel: str
    #: What it is about; of one channel each is said once: `alert:ID:fired`, `digest:ID:2026-11-27`.
    about: str
    subject: str
    body: str = ""
    link: str = ""
    #: `waiting`, `sent`, `failed` (not tried again) or `dropped` (more than the channel wants).
    state: str = "waiting"
    tries: int = 0
    error: str = ""
    made: datetime
    #: When it is tried next.
    due: datetime
    sent: datetime | None = None
