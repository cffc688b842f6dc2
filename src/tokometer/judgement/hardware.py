"""Whether machines that were bought pay off: what their tokens cost, and what they would have cost at an API.

Tokens are what the inference servers on a machine count or, where they count none, the calls of the models that run on
it. What they would have cost is the list price, today, of the models that somebody has named for comparison.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.compute import POWER, UTILISATION
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.judgement.machine_tokens import COUNTED, Tokens, calls_of, counters_of, of_hosts, tokens_of
from tokometer.judgement.served import stretches_of
from tokometer.judgement.what_if import priced
from tokometer.measures import Query
from tokometer.prices import PriceBook
from tokometer.records import PROVIDERS, infer_provider, to_us
from tokometer.records.units import COUNT, PERCENT, RATIO, TOKENS, USD, USD_PER_MTOK, WATTS
from tokometer.settings import Settings
from tokometer.settings.owned import OwnMachine

_NANO: Final = Decimal("0.000000001")
_MTOK: Final = Decimal(1_000_000)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
#: Hours of a month, on average.
_MONTH_HOURS: Final = Decimal("730.5")
#: Days of savings from which the date of breaking even is worked out, and the fewest.
_DAYS: Final = 28
LEAST_DAYS: Final = 7
#: Of the mean of days that follow one another, as 80 % of a normal distribution lie within; days resemble their
#: neighbours, so that there are fewer of them than it seems.
_WITHIN: Final = 1.2816
_ALIKE: Final = 2.0
#: Later than this is never.
_FAR: Final = timedelta(days=36_525)


@dataclass(slots=True)
class _Used:
    """What is known of one machine over a window."""

    models: set[str] = field(default_factory=set)
    utilisation: float | None = None
    power: float | None = None
    most_power: float | None = None
    devices: int = 0


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    machines = [one for one in settings.own_machines if one.host]
    if not settings.own_machines or matter.where_in("samples") is None:
        return []
    hosts = tuple(sorted({one.host for one in machines}))
    [readings] = yield (_readings(matter, hosts),) if hosts else (matter.query("requests"),)
    since = readings.meta.since.astimezone(UTC)
    until = min(readings.meta.until.astimezone(UTC), matter.now.astimezone(UTC))
    used = {host: _used([row for row in readings.rows if row.get("host") == host]) for host in hosts}
    begin = min((one.bought.astimezone(UTC) for one in machines), default=since)
    begin = max(min(begin, since), until - timedelta(days=3_660))
    models = tuple(sorted({model for one in used.values() for model in one.models}))
    days = max(begin, until - timedelta(days=_DAYS))
    life, recent, calls = yield (
        counters_of(hosts, begin, until, stretches_of(until - begin)),
        counters_of(hosts, min(days, since), until, "day"),
        calls_of(models, begin, until),
    )
    rows = []
    for machine in settings.own_machines:
        one = used.get(machine.host, _Used())
        shares = {model: 1 / sum(model in other.models for other in used.values()) for model in one.models}
        counted = [
            tokens_of(machine.host, counted_by.rows, calls.rows, shares, max(machine.bought.astimezone(UTC), first))
            for counted_by, first in ((life, begin), (recent, since), (recent, days))
        ]
        rows.append(_row(machine, one, counted, matter, since, until))
    return rows


def _readings(matter: Matter, hosts: tuple[str, ...]) -> Query:
    metrics = (*UTILISATION, *POWER, *COUNTED)
    return of_hosts(("host", "device", "model", "metric"), ("mean", "max"), hosts, metrics, matter.since, matter.until)


def _used(rows: Sequence[Mapping[str, Any]]) -> _Used:
    found = _Used(models={row["model"] for row in rows if row["model"]})
    busy, power = _devices(rows, UTILISATION), _devices(rows, POWER)
    found.devices = len(busy.keys() | power.keys())
    found.utilisation = math.fsum(mean for mean, _ in busy.values()) / len(busy) if busy else None
    found.power = math.fsum(mean for mean, _ in power.values()) if power else None
    found.most_power = math.fsum(most for _, most in power.values()) if power else None
    return found


def _devices(rows: Sequence[Mapping[str, Any]], metrics: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """The mean and the largest reading of each device; one that serves several models in turn is one."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row["metric"] in metrics and row["mean"] is not None:
            scale = metrics[row["metric"]]
            found.setdefault(row["device"], []).append((row["mean"] / scale, row["max"] / scale))
    return {
        device: (math.fsum(mean for mean, _ in each) / len(each), max(most for _, most in each))
        for device, each in found.items()
    }


def _row(
    machine: OwnMachine,
    used: _Used,
    counted: Sequence[Mapping[tuple[str, datetime], Tokens]],
    matter: Matter,
    since: datetime,
    until: datetime,
) -> Row:
    life, window, recent = counted
    owned = max(until - max(machine.bought.astimezone(UTC), since), timedelta())
    hours = Decimal(repr(owned / _HOUR))
    held = Decimal(repr(max(until - machine.bought.astimezone(UTC), timedelta()) / _HOUR))
    watts = used.power if used.power is not None else machine.watts
    most = used.most_power if used.most_power is not None else machine.watts
    an_hour = machine.price / (machine.amortisation_months * _MONTH_HOURS)
    total = math.fsum(one.total for one in window.values())
    at_api = _api(machine, window, matter)
    costs = None if watts is None else (an_hour + _power(watts, machine)) * hours
    each = None if costs is None or not total else (costs / Decimal(repr(total)) * _MTOK).quantize(_NANO)
    saved, value = _api(machine, life, matter), None
    if saved is not None and watts is not None:
        value = (saved - _power(watts, machine) * held).quantize(_NANO)
    full = None
    if most is not None and total and used.utilisation:
        more = Decimal(repr(total / used.utilisation))
        full = ((an_hour + _power(most, machine)) * hours / more * _MTOK).quantize(_NANO)
    row: Row = {
        "hardware": each,
        "machine": machine.title,
        "host": machine.host,
        "at_full_use": full,
        "api_per_mtok": None
        if at_api is None or not total
        else (at_api / Decimal(repr(total)) * _MTOK).quantize(_NANO),
        "tokens": round(total),
        "api_cost": None if at_api is None else at_api.quantize(_NANO),
        "own_cost": None if costs is None else costs.quantize(_NANO),
        "energy": None if watts is None else watts * float(hours) / 1000,
        "power": watts,
        "utilisation": used.utilisation,
        "headroom": None if used.utilisation is None else max(0.0, 1 - used.utilisation),
        "devices": used.devices,
        "price": machine.price,
        "savings": value,
        "left": None if value is None else machine.price - value,
        "compared": ", ".join(sorted({api for _, api in machine.compared})),
    }
    return row | _break_even(machine, recent, matter, value, watts, until)


def _power(watts: float, machine: OwnMachine) -> Decimal:
    """USD an hour."""
    return Decimal(repr(watts)) / 1000 * machine.power_price


def _api(machine: OwnMachine, counted: Mapping[tuple[str, datetime], Tokens], matter: Matter) -> Decimal | None:
    """What the tokens would cost at the models to compare with; None where there is no price for one of them."""
    sums: dict[str, Tokens] = {}
    for (model, _), one in counted.items():
        sums.setdefault(model, Tokens()).add(one)
    known = [cost for model, one in sums.items() if (cost := _at(machine, model, one, matter)) is not None]
    return sum(known, Decimal(0)) if len(known) == len(sums) and matter.book is not None and machine.compared else None


def _at(machine: OwnMachine, model: str, one: Tokens, matter: Matter) -> Decimal | None:
    if not one.total:
        return Decimal(0)
    told = dict(machine.compared)
    api = told.get(model) or told.get("*")
    return None if api is None or matter.book is None else api_price(matter.book, api, one, to_us(matter.now))


def api_price(book: PriceBook, api: str, one: Tokens, at: int) -> Decimal | None:
    """What tokens cost at `provider/model` (USD), at list price; None where nobody knows."""
    first, _, rest = api.partition("/")
    provider, model = (first, rest) if rest and first in PROVIDERS else (infer_provider(api), api)
    cached = min(one.cached, one.prompt)
    used = {
        "requests": 0,
        "prompt_tokens": 0,
        "input_tokens": round(one.prompt - cached),
        "cache_read_tokens": round(cached),
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": round(one.output),
        "reasoning_tokens": 0,
    }
    return priced(book, used, provider, model, at)


def _break_even(
    machine: OwnMachine,
    recent: Mapping[tuple[str, datetime], Tokens],
    matter: Matter,
    saved: Decimal | None,
    watts: float | None,
    until: datetime,
) -> Row:
    """When what was saved reaches the price: at the pace of the last whole days, and within which dates."""
    nothing: Row = {"a_day": None, "break_even": None, "earliest": None, "latest": None, "verdict": "unknown"}
    if saved is None or watts is None:
        return nothing
    today = until.replace(hour=0, minute=0, second=0, microsecond=0)
    first = max(today - timedelta(days=_DAYS), machine.bought.astimezone(UTC))
    by_day: dict[datetime, dict[tuple[str, datetime], Tokens]] = {}
    for (model, at), one in recent.items():
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        if first <= day < today:
            by_day.setdefault(day, {})[model, at] = one
    days = int((today - first) / _DAY)
    running = float(_power(watts, machine)) * 24
    values = [float(_api(machine, of, matter) or 0) - running for of in by_day.values()]
    values += [-running] * (days - len(values))
    if saved >= machine.price:
        return nothing | {"verdict": "paid off", "a_day": _money(values)}
    if days < LEAST_DAYS:
        return nothing | {"verdict": "not enough history"}
    mean = math.fsum(values) / days
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (days - 1) * _ALIKE / days)
    left = float(machine.price - saved)
    low, high = mean - _WITHIN * spread, mean + _WITHIN * spread
    found = {
        name: _date(until, left, pace) for name, pace in (("break_even", mean), ("earliest", high), ("latest", low))
    }
    return {"a_day": _money(values), **found, "verdict": "on its way" if found["break_even"] else "never at this pace"}


def _money(values: Sequence[float]) -> Decimal | None:
    return Decimal(repr(round(math.fsum(values) / len(values), 9))) if values else None


def _date(now: datetime, left: float, pace: float) -> datetime | None:
    if pace <= 0 or left / pace > _FAR / _DAY:
        return None
    # To the day: nobody knows the hour.
    return (now + timedelta(days=left / pace)).replace(hour=0, minute=0, second=0, microsecond=0)


def _standing(row: Row, _: Settings) -> Standing:
    return {"paid off": "good", "on its way": "good", "never at this pace": "warning"}.get(row["verdict"], "none")  # type: ignore[return-value]


HARDWARE: Final = Judgement(
    name="hardware",
    title="Cost per million tokens",
    unit=USD_PER_MTOK,
    type="money",
    better="lower",
    description=(
        "Each machine that was bought: what a million tokens costs on it, at today's use and at full, what the same "
        "tokens would cost at the models of an API that were named for comparison, and when it has paid for itself."
    ),
    formula=(
        "own cost = price / months of amortisation + mean power of its devices × price of power, over the window; full "
        "use: tokens / utilisation, at the largest power that was read. Savings to date = list price today of all "
        "tokens since it was bought − power; break-even: when they reach the price, at the pace of the last "
        f"{_DAYS} whole days (at least {LEAST_DAYS}), with an 80 % interval from how these days differ. Tokens are "
        "those that its inference servers count or, where these count fewer, of the calls of the models on it"
    ),
    by=("",),
    facts=(
        text("machine", "the machine", "Machine"),
        text("host", "the host whose samples are its"),
        Fact("at_full_use", USD_PER_MTOK, "money", "At full use", "cost per million tokens, were it never idle"),
        Fact("api_per_mtok", USD_PER_MTOK, "money", "At the API", "what a million of the same tokens would cost there"),
        Fact("tokens", TOKENS, "integer", "Tokens", "prompt and output, in the window"),
        Fact("own_cost", USD, "money", "Own cost", "amortisation and power of the window"),
        Fact("api_cost", USD, "money", "API cost", "the window's tokens at the API's list prices of today"),
        Fact("energy", RATIO, title="Energy (kWh)", meaning="kilowatt-hours in the window"),
        Fact("power", WATTS, title="Power", meaning="mean power, or what was stated where nothing is read"),
        share("utilisation", "mean utilisation that its devices report", "Use"),
        Fact("headroom", PERCENT, title="Headroom", meaning="what is left of it"),
        Fact("devices", COUNT, "integer", "Devices", "that report readings"),
        Fact("price", USD, "money", "Price", "what it was bought for"),
        Fact("savings", USD, "money", "Saved to date", "API cost of all its tokens since, less power"),
        Fact("left", USD, "money", "Left to save", "until it has paid for itself"),
        Fact("a_day", USD, "money", "Saved a day", "on average of the last whole days"),
        Fact("break_even", None, "time", "Break-even", "when it will have paid for itself at this pace"),
        Fact("earliest", None, "time", "Earliest", "the interval's beginning"),
        Fact("latest", None, "time", "Latest", "its end; unknown where it may be never"),
        text("verdict", "`paid off`, `on its way`, `never at this pace`, `not enough history` or `unknown`", "State"),
        text("compared", "what it is compared with", "Compared with"),
    ),
    thresholds="warning: it will not pay for itself at this pace",
    cube="samples",
    inquire=_inquire,
    standing=_standing,
)
