"""Machines, series, subscriptions and rates that people have made, into the settings as they are in force."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from tokometer.accounts.accounts import Accounts
from tokometer.accounts.charged import Subscription
from tokometer.accounts.decided import Hardware, Series
from tokometer.settings import Settings
from tokometer.settings.owned import OwnMachine, OwnPerson, OwnRate, OwnSeries, OwnSubscription


def with_owned(settings: Settings, kept: Accounts, workspace: str, before: Settings | None = None) -> Settings:
    """The settings with them; points of a series that has not changed since `before` are not read again."""
    known = {(one.id, one.revision): one for one in before.own_series} if before else {}
    return replace(
        settings,
        own_machines=tuple(machine_of(one) for one in kept.hardware.all(workspace)),
        own_series=tuple(
            known.get((one.id, one.revision)) or series_of(one, kept) for one in kept.series.all(workspace)
        ),
        own_subscriptions=tuple(subscription_of(one) for one in kept.subscriptions.all(workspace)),
        own_rates=tuple(OwnRate(currency=one.currency, day=one.day, usd=one.rate) for one in kept.rates.all(workspace)),
    )


def machine_of(one: Hardware) -> OwnMachine:
    """A machine as judgements know it."""
    return OwnMachine(
        id=one.id,
        title=one.title,
        host=one.match,
        price=one.price,
        bought=one.bought,
        amortisation_months=one.amortisation_months,
        power_price=one.power_price,
        watts=one.watts,
        compared=tuple(sorted((str(model), str(api)) for model, api in one.compared.items())),
        revision=one.revision,
    )


def series_of(one: Series, kept: Accounts) -> OwnSeries:
    """A series with its points."""
    return OwnSeries(
        id=one.id,
        name=one.name,
        title=one.title or one.name,
        unit=one.unit or one.name,
        tz=one.tz,
        adds=one.adds,
        revision=one.revision,
        points=tuple(kept.series.points(one.id).items()),
    )


def subscription_of(one: Subscription) -> OwnSubscription:
    """A subscription as judgements know it."""
    return OwnSubscription(
        id=one.id,
        title=one.title,
        provider=one.provider,
        plan=one.plan,
        price=one.price,
        currency=one.currency,
        period=one.period,
        seats=one.seats,
        people=tuple(OwnPerson(name=str(who["name"]), match=_values(who.get("match", {}))) for who in one.people),
        filters=_values(one.filters),
        limits=tuple(
            (window, what, Decimal(str(most))) for window, of in one.limits.items() for what, most in of.items()
        ),
        since=one.since,
        until=one.until,
        revision=one.revision,
    )


def _values(of: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, tuple(values)) for name, values in sorted(of.items()))
