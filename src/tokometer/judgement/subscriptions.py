"""Subscriptions: what is paid for a plan, whatever is used of it, against what the same use would cost by the API.

A call is covered by the first subscription that it fits: one with people by name before one without, then by age. So
what all of them are worth adds up, and nothing counts twice where there are several logins of one provider.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, text
from tokometer.measures import Filter, Meta, Query, Question, Result
from tokometer.records.units import COUNT, PERCENT, RATIO, TOKENS, USD
from tokometer.settings import Settings
from tokometer.settings.exchange import Rates
from tokometer.settings.owned import OwnPerson, OwnSubscription

_NANO: Final = Decimal("0.000000001")
_MEASURES: Final = ("calls.cost", "calls.requests", "calls.total_tokens", "calls.unpriced")
#: What nobody who has a seat is known by.
NOBODY: Final = "(nobody named)"
_DAYS_OF_YEAR: Final = 365
_CLOSE: Final = 0.8
#: What a limit can be of, and the measure that says how much there was.
_LIMITED: Final = {"tokens": "total_tokens", "requests": "requests", "cost": "cost"}
Values = Sequence[tuple[str, Sequence[str]]]


@dataclass(slots=True)
class _Used:
    """What calls come to. `cost` is None where none of them has a price."""

    cost: Decimal | None = None
    requests: int = 0
    tokens: int = 0
    unpriced: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        if row["cost"] is not None:
            self.cost = (self.cost or Decimal(0)) + row["cost"]
        self.requests += row["requests"]
        self.tokens += row["total_tokens"]
        self.unpriced += row["unpriced"]


@dataclass(slots=True)
class _Held:
    """A subscription in a window: what is paid for it, and what is used by whom."""

    subscription: OwnSubscription
    paid: Decimal | None
    people: dict[str, _Used] = field(default_factory=dict)

    @property
    def used(self) -> _Used:
        """By all of them."""
        whole = _Used()
        for one in self.people.values():
            if one.cost is not None:
                whole.cost = (whole.cost or Decimal(0)) + one.cost
            whole.requests += one.requests
            whole.tokens += one.tokens
            whole.unpriced += one.unpriced
        if not whole.requests:
            whole.cost = Decimal(0)
        return whole


def paid_for(subscription: OwnSubscription, since: date, until: date, rates: Rates) -> Decimal | None:
    """What is paid for the days of a window (`until` is the day after the last), USD; None where a rate is not known.

    A month's or year's price is spread over its days. The rate is that of each month's first day in the window.
    """
    begin = max(since, subscription.since)
    end = until if subscription.until is None else min(until, subscription.until)
    price = subscription.price * subscription.seats
    whole = Decimal(0)
    while begin < end:
        days = monthrange(begin.year, begin.month)[1]
        following = (begin.replace(day=1) + timedelta(days=days)).replace(day=1)
        rate = rates.of(subscription.currency, begin)
        if rate is None:
            return None
        held = (min(end, following) - begin).days
        of = days if subscription.period == "month" else _DAYS_OF_YEAR + (monthrange(begin.year, 2)[1] - 28)
        whole += price * rate * held / of
        begin = following
    return whole.quantize(_NANO)


def _held(matter: Matter, settings: Settings) -> Generator[tuple[Question, ...], tuple[Result, ...], list[_Held]]:
    """The subscriptions with what is used of them."""
    known = settings.own_subscriptions
    bounded = any(one.until is not None for one in known) or any(_begins_within(one, matter.now) for one in known)
    names = sorted({name for one in known for name in _named(one)})
    by = (*names, *(("day",) if bounded else ()))
    query = Query(
        measures=_MEASURES,
        by=tuple(f"calls.{name}" for name in by),
        where=(*matter.where, *_all_of(known)),
        since=matter.since,
        until=matter.until,
        tz="UTC",
    )
    [asked] = yield (query,)
    since, until = _window(asked.meta, matter.now)
    rates = Rates(settings.own_rates)
    held = [_Held(one, paid_for(one, since, until, rates)) for one in known]
    # One that names people says more of whose a call is than one that covers all.
    order = sorted(held, key=lambda one: (not _matches(one.subscription), one.subscription.since))
    for row in asked.rows:
        for one in order:
            who = _covers(one.subscription, row)
            if who:
                one.people.setdefault(who, _Used()).add(row)
                break
    return held


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    if not settings.own_subscriptions:
        return []
    held = yield from _held(matter, settings)
    rows = []
    for one in held:
        used, plan = one.used, one.subscription
        seen = sum(1 for who in one.people if who != NOBODY)
        rows.append(
            {
                "subscriptions": used.cost,
                "id": plan.id,
                "subscription": plan.title,
                "provider": plan.provider,
                "plan": plan.plan,
                "paid": one.paid,
                "saved": _less(used.cost, one.paid),
                "times": float(used.cost / one.paid) if used.cost is not None and one.paid else None,
                "requests": used.requests,
                "tokens": used.tokens,
                "unpriced": used.unpriced,
                "seats": plan.seats,
                "seats_used": seen if plan.people else None,
                "seats_idle": max(0, plan.seats - seen) if plan.people else None,
                "note": ""
                if one.paid is not None
                else f"nobody has entered what {plan.currency} was in US dollars on each of its days",
            }
        )
    return rows


def _of_people(matter: Matter, settings: Settings) -> Inquiry:
    if not settings.own_subscriptions:
        return []
    held = yield from _held(matter, settings)
    rows = []
    for one in held:
        plan = one.subscription
        seat = (one.paid / plan.seats).quantize(_NANO) if one.paid is not None and plan.seats else None
        named = [person.name for person in plan.people]
        for name in (*named, *(who for who in one.people if who not in named)):
            used = one.people.get(name, _Used(cost=Decimal(0)))
            paid = seat if name != NOBODY else None
            rows.append(
                {
                    "subscription_people": used.cost,
                    "person": name,
                    "subscription": plan.title,
                    "paid": paid,
                    "saved": _less(used.cost, paid),
                    "requests": used.requests,
                    "tokens": used.tokens,
                }
            )
    return sorted(rows, key=lambda row: (-(row["subscription_people"] or 0), row["person"]))


def _of_limits(matter: Matter, settings: Settings) -> Inquiry:
    rows = []
    for plan in settings.own_subscriptions:
        for window, what, most in plan.limits:
            where = (*matter.where, *(Filter(f"calls.{name}", "in", tuple(values)) for name, values in plan.filters))
            [asked] = yield (Query(measures=(f"calls.{_LIMITED[what]}",), where=where, since=window, tz="UTC"),)
            used = asked.rows[0][_LIMITED[what]] if asked.rows else 0
            rows.append(
                {
                    "subscription_limits": None if used is None else float(Decimal(used) / most),
                    "subscription": plan.title,
                    "window": window,
                    "what": what,
                    "used": None if used is None else float(used),
                    "most": float(most),
                }
            )
    return rows


def _all_of(known: Sequence[OwnSubscription]) -> tuple[Filter, ...]:
    """What all that can be covered has in common, so that no more is looked at than has to be."""
    shared = set.intersection(*({name for name, _ in one.filters} for one in known))
    found = []
    for name in sorted(shared):
        values = sorted({value for one in known for at, of in one.filters if at == name for value in of})
        found.append(Filter(f"calls.{name}", "in", tuple(values)))
    return tuple(found)


def _covers(plan: OwnSubscription, row: Mapping[str, Any]) -> str:
    """Whose use of a plan calls are: a person's name, :data:`NOBODY`; empty where it does not cover them."""
    day = row.get("day")
    if day is not None and not _holds(plan, _day(day)):
        return ""
    if not _fits(plan.filters, row, every=True):
        return ""
    for person in plan.people:
        if person.match and _fits(person.match, row, every=False):
            return person.name
    # Where everybody who has a seat is known, other calls are somebody else's.
    return "" if len(_matches(plan)) == len(plan.people) >= max(plan.seats, 1) else NOBODY


def _fits(values: Values, row: Mapping[str, Any], *, every: bool) -> bool:
    found = [(row[name] or "") in of for name, of in values]
    return all(found) if every else any(found)


def _matches(plan: OwnSubscription) -> list[OwnPerson]:
    return [person for person in plan.people if person.match]


def _named(plan: OwnSubscription) -> Iterable[str]:
    yield from (name for name, _ in plan.filters)
    yield from (name for person in plan.people for name, _ in person.match)


def _holds(plan: OwnSubscription, day: date) -> bool:
    return plan.since <= day and (plan.until is None or day < plan.until)


def _begins_within(plan: OwnSubscription, now: datetime) -> bool:
    # A window is mostly of the last months; of one that began long ago no call is earlier.
    return plan.since > now.date() - timedelta(days=2 * _DAYS_OF_YEAR)


def _day(value: Any) -> date:  # noqa: ANN401 - a date, a time, or text
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _window(meta: Meta, now: datetime) -> tuple[date, date]:
    end = min(meta.until.astimezone(UTC), now.astimezone(UTC)) - timedelta(microseconds=1)
    return meta.since.astimezone(UTC).date(), end.date() + timedelta(days=1)


def _less(cost: Decimal | None, paid: Decimal | None) -> Decimal | None:
    return None if cost is None or paid is None else cost - paid


def _worth(row: Row, _: Settings) -> Standing:
    if row["saved"] is None:
        return "none"
    return "good" if row["saved"] >= 0 else "warning"


def _near(row: Row, _: Settings) -> Standing:
    used = row["subscription_limits"]
    return "none" if used is None else "critical" if used >= 1 else "warning" if used >= _CLOSE else "good"


_FORMULA: Final = (
    "the calls that the plan covers, at the prices of the API, against price × seats, spread over the days of each "
    "month or year. A call counts for the first plan that it fits: those that name people first"
)
SUBSCRIPTIONS: Final = Judgement(
    name="subscriptions",
    title="Worth by the API",
    unit=USD,
    better="higher",
    type="money",
    description="What the use of each subscription would have cost by the API, and what was paid for it instead.",
    formula=_FORMULA,
    by=("",),
    facts=(
        text("id", "its id"),
        text("subscription", "its name"),
        text("provider", "whose it is"),
        text("plan", "the plan"),
        Fact("paid", USD, "money", meaning="what is paid for the days of the window"),
        Fact("saved", USD, "money", meaning="worth less paid: what it saves"),
        Fact("times", RATIO, meaning="worth ÷ paid"),
        Fact("requests", COUNT, "integer", meaning="calls that it covers"),
        Fact("tokens", TOKENS, "integer", meaning="their tokens"),
        Fact("unpriced", COUNT, "integer", meaning="calls of these without a price"),
        Fact("seats", COUNT, "integer", meaning="seats that are paid"),
        Fact("seats_used", COUNT, "integer", meaning="people with a seat who made calls"),
        Fact("seats_idle", COUNT, "integer", meaning="seats that nobody used"),
        text("note", "why something is not known"),
    ),
    thresholds="good where it is worth at least what is paid, warning where not",
    inquire=_inquire,
    standing=_worth,
)
SUBSCRIPTION_PEOPLE: Final = Judgement(
    name="subscription_people",
    title="Worth by the API",
    unit=USD,
    better="higher",
    type="money",
    description="The use of each subscription by person: its worth by the API, against the price of a seat.",
    formula=_FORMULA,
    by=("",),
    facts=(
        text("person", "who has a seat"),
        text("subscription", "of which subscription"),
        Fact("paid", USD, "money", meaning="the price of a seat for the days of the window"),
        Fact("saved", USD, "money", meaning="worth less paid"),
        Fact("requests", COUNT, "integer", meaning="calls"),
        Fact("tokens", TOKENS, "integer", meaning="their tokens"),
    ),
    thresholds="good where it is worth at least what is paid, warning where not",
    inquire=_of_people,
    standing=_worth,
)
SUBSCRIPTION_LIMITS: Final = Judgement(
    name="subscription_limits",
    title="Limit used",
    unit=PERCENT,
    better="lower",
    description="How much of the limits that were entered for a subscription was used in the time that each is for.",
    formula="what calls that the plan covers used up to now in the window ÷ the limit",
    by=("",),
    facts=(
        text("subscription", "its name"),
        text("window", "up to now: `5h`, `7d`"),
        text("what", "`tokens`, `requests` or `cost`"),
        Fact("used", RATIO, meaning="what was used"),
        Fact("most", RATIO, meaning="the limit"),
    ),
    window="7d",
    thresholds="critical where all is used, warning from 80 % on",
    inquire=_of_limits,
    standing=_near,
)
