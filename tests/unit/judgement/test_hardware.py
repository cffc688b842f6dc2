"""Tests of tokometer.judgement.hardware and tokometer.judgement.machine_tokens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.hardware import api_price
from tokometer.judgement.machine_tokens import Tokens
from tokometer.prices import PriceBook
from tokometer.records import to_us
from tokometer.settings import Settings
from tokometer.settings.owned import OwnMachine

BOOK = PriceBook()
#: A dollar a million tokens in, five out.
HAIKU = "anthropic/claude-haiku-4-5"
TODAY = datetime(2026, 3, 10, tzinfo=UTC)


def _machine(**values: Any) -> OwnMachine:
    return OwnMachine(
        **{
            "id": "m1",
            "title": "Box",
            "host": "box-01",
            "price": Decimal(7305),
            "bought": TODAY - timedelta(days=10),
            "amortisation_months": 10,
            "power_price": Decimal("0.5"),
            "watts": None,
            "compared": (("*", HAIKU),),
        }
        | values
    )


def _reading(metric: str, mean: float, most: float, device: str = "gpu0", host: str = "box-01") -> dict[str, Any]:
    return {"host": host, "device": device, "model": "m", "metric": metric, "mean": mean, "max": most}


READINGS = [
    _reading("gpu.utilisation", 0.2, 1.0),
    _reading("gpu.utilisation", 0.3, 0.9, "gpu1"),
    _reading("gpu.power", 300.0, 600.0),
    _reading("gpu.power", 100.0, 400.0, "gpu1"),
]


def _counter(metric: str, day: int, low: float, last: float) -> dict[str, Any]:
    return {
        "host": "box-01",
        "model": "m",
        "metric": metric,
        "label.engine": "",
        "label.instance": "",
        "time": TODAY - timedelta(days=day),
        "min": low,
        "max": last,
        "last": last,
    }


#: A million tokens in and a tenth of that out each day, of ten days.
COUNTERS = [
    row
    for day in range(10, 0, -1)
    for row in (
        _counter("server.tokens.prompt", day, (10 - day) * 1e6, (11 - day) * 1e6),
        _counter("server.tokens.generated", day, (10 - day) * 1e5, (11 - day) * 1e5),
    )
]


def _judge(
    machine: OwnMachine, readings: list[dict[str, Any]], counters: list[dict[str, Any]], calls: list[dict[str, Any]]
) -> Mapping[str, Any]:
    teller = Teller((readings, counters, counters, calls), since=TODAY - timedelta(days=10), until=TODAY)
    settings = Settings(own_machines=(machine,))
    [row] = judged("hardware", teller=teller, settings=settings, book=BOOK, since="10d", now=TODAY)
    return row


def test_what_a_million_tokens_costs() -> None:
    """A dollar an hour of amortisation and 400 W at 50 cents a kWh: 1.20 an hour, over eleven million tokens."""
    row = _judge(_machine(), READINGS, COUNTERS, [])
    assert row["tokens"] == 11_000_000
    assert row["own_cost"] == Decimal(288)
    assert row["hardware"] == (Decimal(288) / 11).quantize(Decimal("1E-9"))
    # At full use four times as many tokens, at the kilowatt that was read at most: 1.50 an hour.
    assert row["at_full_use"] == (Decimal(360) / 44).quantize(Decimal("1E-9"))
    assert (row["utilisation"], row["headroom"], row["power"]) == (pytest.approx(0.25), pytest.approx(0.75), 400)
    assert row["energy"] == pytest.approx(96)


def test_what_it_saves() -> None:
    """The same tokens cost 1.50 a day at the API; of that goes the power of 240 hours."""
    row = _judge(_machine(power_price=Decimal("0.05")), READINGS, COUNTERS, [])
    assert row["api_cost"] == Decimal(15)
    assert row["api_per_mtok"] == (Decimal(15) / 11).quantize(Decimal("1E-9"))
    assert row["savings"] == Decimal(15) - Decimal("4.8")
    assert row["a_day"] == Decimal("1.02")
    assert row["left"] == Decimal(7305) - Decimal("10.2")
    # Every day is the same, so that the interval is a point.
    days = float(row["left"]) / 1.02
    assert row["break_even"] == row["earliest"] == row["latest"]
    assert row["break_even"] - TODAY == timedelta(days=int(days))
    assert (row["verdict"], row["standing"]) == ("on its way", "good")


def test_days_that_differ_widen_the_interval() -> None:
    """And where the worst of it saves nothing, its end is unknown."""
    counters = [one for one in COUNTERS if one["time"] < TODAY - timedelta(days=3)]
    row = _judge(_machine(power_price=Decimal("0.05")), READINGS, counters, [])
    assert row["earliest"] < row["break_even"]
    assert row["latest"] is None or row["latest"] > row["break_even"]


def test_what_never_pays_off_and_what_has() -> None:
    """Power dearer than the API never does; a cheap machine has already."""
    dear = _judge(_machine(), READINGS, COUNTERS, [])
    assert (dear["verdict"], dear["break_even"], dear["standing"]) == ("never at this pace", None, "warning")
    cheap = _judge(_machine(price=Decimal(3), power_price=Decimal("0.05")), READINGS, COUNTERS, [])
    assert (cheap["verdict"], cheap["break_even"]) == ("paid off", None)
    new = _judge(_machine(bought=TODAY - timedelta(days=6)), READINGS, COUNTERS, [])
    assert new["verdict"] == "not enough history"


def test_calls_stand_in_for_servers_that_count_nothing() -> None:
    """The tokens of the calls of models on the machine, with what the cache had at its own price."""
    calls = [
        {
            "model": "m",
            "day": f"2026-03-0{day}",
            "prompt_tokens": 1_000_000,
            "cache_read_tokens": 500_000,
            "output_tokens": 0,
        }
        for day in (3, 4)
    ]
    row = _judge(_machine(), READINGS, [], calls)
    assert row["tokens"] == 2_000_000
    assert row["api_cost"] == 2 * (Decimal("0.5") + Decimal("0.05"))


def test_what_is_not_known() -> None:
    """Without readings the stated watts count; without a comparison nothing is said of savings."""
    row = _judge(_machine(watts=200.0, compared=()), [], COUNTERS, [])
    assert (row["power"], row["utilisation"], row["at_full_use"]) == (200.0, None, None)
    assert (row["api_cost"], row["savings"], row["verdict"], row["standing"]) == (None, None, "unknown", "none")
    blind = _judge(_machine(), [], COUNTERS, [])
    assert (blind["hardware"], blind["savings"]) == (None, None)
    unpriced = _judge(_machine(compared=(("m", "home-made"),)), READINGS, COUNTERS, [])
    assert unpriced["api_cost"] is None


def test_price_at_an_api() -> None:
    """A name without a provider is its maker's."""
    one = Tokens(prompt=1e6, cached=0, output=1e6)
    at = to_us(NOW)
    assert api_price(BOOK, HAIKU, one, at) == api_price(BOOK, "claude-haiku-4-5", one, at) == Decimal(6)
    assert api_price(BOOK, "nobody/knows", one, at) is None


def test_without_machines_nothing_is_asked() -> None:
    """There are no rows then."""
    assert judged("hardware", now=NOW) == []
