"""What courses are compared with."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generators.looked_at import NOW, call, looking
from tokometer.charts.axes import Grain
from tokometer.dashboards.kinds import Series
from tokometer.dashboards.levels import Bands, Benchmark, budget_line
from tokometer.dashboards.limits import error_rate_limits
from tokometer.settings import Budget, Settings, Thresholds

_NANO = 1_000_000_000
_BUDGET = Settings(budget=Budget(monthly=Decimal(310), models=(("gpt-5", Decimal(31)),)))


@pytest.mark.parametrize(("grain", "amount"), [("hour", 10 / 24), ("day", 10.0), ("week", 70.0), ("month", 310.0)])
def test_budget_by_period(tmp_path: Path, grain: Grain, amount: float) -> None:
    """In a month of 31 days, a budget of $310 is $10 a day, $70 a week."""
    with looking(tmp_path, [], _BUDGET) as context:
        [level] = budget_line(context, context.scope.window, grain)
    assert level.value == pytest.approx(amount)


@pytest.mark.parametrize(
    ("chosen", "daily"),
    [({"model": "gpt-5"}, [1.0]), ({"model": "gpt-4"}, []), ({"model": "gpt-5", "provider": "openai"}, [])],
)
def test_budget_of_what_is_looked_at(tmp_path: Path, chosen: dict[str, str], daily: list[float]) -> None:
    """Filtered by what has a budget of its own, that is the line; by anything else there is none."""
    with looking(tmp_path, [], _BUDGET, **chosen) as context:
        levels = budget_line(context, context.scope.window, "day")
    assert [level.value for level in levels] == pytest.approx(daily)


def test_benchmark_is_weighted_and_of_the_days_before(tmp_path: Path) -> None:
    """It is all cost over all tokens of the 28 days before today: not of today, and not a mean of daily means."""
    records = [
        call(NOW - timedelta(days=2), 1, input_tokens=900_000, output_tokens=0, cost_reported=_NANO),
        call(NOW - timedelta(days=3), 2, input_tokens=100_000, output_tokens=0, cost_reported=9 * _NANO),
        call(NOW, 3, input_tokens=1, output_tokens=0, cost_reported=500 * _NANO),
        call(NOW - timedelta(days=29), 4, input_tokens=1, output_tokens=0, cost_reported=500 * _NANO),
    ]
    with looking(tmp_path, records) as context:
        [level] = Benchmark("calls.cost_per_mtok")(context, context.scope.window, "hour")
    assert level.value == pytest.approx(10.0)
    assert level.label == "28 days before: $10.00"


def test_benchmark_of_nothing(tmp_path: Path) -> None:
    """Without calls before today there is nothing to compare with."""
    with looking(tmp_path, [call(NOW)]) as context:
        assert not Benchmark("calls.cost_per_mtok")(context, context.scope.window, "hour")


def test_bands_are_the_thresholds(tmp_path: Path) -> None:
    """Green up to the warning, red from the critical threshold on, without a gap between them."""
    settings = Settings(thresholds=Thresholds(error_rate_warning=0.1, error_rate_critical=0.3))
    with looking(tmp_path, [], settings) as context:
        stripes = Bands(error_rate_limits)(context)
    assert [(band.low, band.high, band.state) for band in stripes] == [
        (None, 0.1, "good"),
        (0.1, 0.3, "warning"),
        (0.3, None, "critical"),
    ]


def _rolling(folder: Path, days: int, **chosen: str) -> list[Any]:
    """The last points of a mean of seven days, of a dollar more each day."""
    panel = Series(id="x.trend", title="Cost", of=("calls.cost",), shape="area", grain="day", rolling=7)
    records = [call(NOW - timedelta(days=days - at), at, cost_reported=at * _NANO) for at in range(1, days + 1)]
    with looking(folder, records, **chosen) as context:
        chart = panel.view(context).chart
    assert chart
    series = [line["name"] for line in chart["series"]].index("rolling")
    fields = chart["data"]["points"]["fields"]
    points = [dict(zip(fields, row, strict=True)) for row in chart["data"]["points"]["rows"]]
    return [point["b"] for point in points if point["s"] == series]


def test_rolling_means_look_back(tmp_path: Path) -> None:
    """The first day of the window has its mean of seven days, of days before the window."""
    means = _rolling(tmp_path, 20, range="7d")
    # Days 14 to 20; the mean up to day 14 is that of 8 … 14.
    assert means[0] == pytest.approx(11)
    assert means[-1] == pytest.approx(17)


def test_rolling_means_need_whole_stretches(tmp_path: Path) -> None:
    """Where calls began five days ago, no day has seven behind it."""
    assert _rolling(tmp_path, 5, range="7d") == []


def test_throughput_of_providers_stacks(tmp_path: Path) -> None:
    """Tokens a second of two providers are those of both; where one had no calls, it adds nothing."""
    panel = Series(
        id="x.speed", title="Speed", of=("calls.tokens_per_second",), by="provider", shape="stack", grain="hour"
    )
    hour = timedelta(hours=1)
    records = [
        call(NOW - 2 * hour, 1, output_tokens=3600),
        call(NOW - 2 * hour, 2, provider="groq", output_tokens=7200),
        call(NOW - 3 * hour, 3, output_tokens=3600),
    ]
    with looking(tmp_path, records, range="7d") as context:
        view = panel.view(context)
    assert view.chart
    assert view.chart["kind"] == "stack"
    fields = view.chart["data"]["points"]["fields"]
    tops = [dict(zip(fields, row, strict=True)) for row in view.chart["data"]["points"]["rows"]]
    assert max(point["b"] for point in tops) == pytest.approx(3.0)


def test_a_budget_is_none_for_a_cost_per_request(tmp_path: Path) -> None:
    """Where the viewer looks at the cost per request, neither the budget nor its rolling mean is drawn."""
    panel = Series(
        id="x.trend",
        title="Cost",
        of=("calls.cost",),
        shape="area",
        grain="day",
        rolling=7,
        levels=budget_line,
        per=True,
    )
    records = [call(NOW - timedelta(days=at), at) for at in range(20)]
    for per, names in (("", ["calls.cost", "rolling"]), ("request", ["calls.cost_per_request"])):
        with looking(tmp_path / f"of{per}", records, _BUDGET, range="7d", per=per) as context:
            chart = panel.view(context).chart
        assert chart
        assert [line["name"] for line in chart["series"]] == names
        assert bool(chart["data"].get("levels", {}).get("rows")) == (per == "")
