"""Tests of tokometer.dashboards.cells."""

from __future__ import annotations

import pytest

from tokometer.dashboards.cells import even
from tokometer.records.units import BYTES, PERCENT, TOKENS, USD, Unit


@pytest.mark.parametrize(
    ("values", "unit", "texts"),
    [
        ([0.501, 0.05, 0.0076, 0.0001, 0.0], PERCENT, ["50.1 %", "5.0 %", "0.8 %", "<0.1 %", "0.0 %"]),
        ([1.0, 0.98], PERCENT, ["100 %", "98 %"]),
        ([124.43, 0.493, 0.00338, 0.0, None], USD, ["$124.43", "$0.49", "<$0.01", "$0.00", "–"]),
        ([0.493, 0.00338], USD, ["$0.493", "$0.00338"]),
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
