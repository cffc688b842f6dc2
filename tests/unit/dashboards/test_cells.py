"""Tests of tokometer.dashboards.cells."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tokometer.dashboards.cells import cell
from tokometer.records.evened import even
from tokometer.records.units import BYTES, MS, PERCENT, TOKENS, TOKENS_PER_SECOND, USD, Unit


@pytest.mark.parametrize(
    ("values", "unit", "texts"),
    [
        ([0.501, 0.05, 0.0076, 0.0001, 0.0], PERCENT, ["50.1 %", "5.0 %", "0.8 %", "<0.1 %", "0.0 %"]),
        ([1.0, 0.98], PERCENT, ["100 %", "98 %"]),
        ([124.43, 0.493, 0.00338, 0.0, None], USD, ["$124.43", "$0.49", "<$0.01", "$0.00", "–"]),
        ([0.493, 0.00338, 0.0001], USD, ["$0.493", "$0.003", "<$0.001"]),
        ([0.999996, 0.5], PERCENT, [">99.9 %", "50.0 %"]),
        ([85.31, 112.0, 9.04, 15_000.0], TOKENS_PER_SECOND, ["85.3 tok/s", "112.0 tok/s", "9.0 tok/s", "15.0 k tok/s"]),
        ([0.252, 0.0868, -0.0001], TOKENS_PER_SECOND, ["0.252 tok/s", "0.087 tok/s", "-0.001 tok/s"]),
        ([850.4, 4_213.0, 12_000.0, 200_000.0, 0.0], MS, ["850 ms", "4.2 s", "12.0 s", "3 min 20 s", "0 ms"]),
        ([75_000, 16_249, 950, 2_500_000], TOKENS, ["75.0 k", "16.2 k", "950", "2.5 M"]),
        # No digit is made up: of 53.94 millions three digits are written otherwise.
        ([53_940_000, 2_557_000, 788_449], TOKENS, ["53.9 M", "2.6 M", "788.4 k"]),
        ([3_440_000_000, 950], BYTES, ["3.4 GB", "950 B"]),
        ([999_960, None], TOKENS, ["1.0 M", "–"]),
    ],
)
def test_a_column_has_as_many_decimals(values: list[float | None], unit: Unit, texts: list[str]) -> None:
    """Values below each other are written alike, and what is not nothing is not written as nothing."""
    assert even(values, unit) == texts


def test_times_and_days() -> None:
    """A time is told to the minute on its own clock, a day with its year; what is unknown by a dash."""
    name = "judgement.hardware.break_even"
    zone = timezone(timedelta(hours=2))
    told = cell(name, {name: datetime(2027, 3, 6, 7, 5, tzinfo=zone)})
    assert (told.text, told.words) == ("6 Mar, 07:05", True)
    assert cell(name, {name: datetime(2027, 3, 6, tzinfo=zone)}).text == "6 Mar 2027"
    assert cell(name, {name: None}).text == "–"
