"""Times and durations as databases write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tokometer.records.values import milliseconds, moment
from tokometer.sources.table.times import duration_of, time_of

#: 2 March 2026, 09:00:00.5 UTC, in microseconds.
AT = 1_772_442_000_500_000


@pytest.mark.parametrize(
    "value",
    [
        Decimal("1772442000.5"),
        1_772_442_000_500,
        AT,
        AT * 1_000,
        "1772442000500",
        "2026-03-02 09:00:00.5",
        "2026-03-02T09:00:00.5000000Z",
        "2026-03-02 10:00:00.5+01",
        "2026-03-02 10:00:00.5+01:00",
        AT * 10 + 621_355_968_000_000_000,
        str(AT * 10 + 621_355_968_000_000_000),
        datetime(2026, 3, 2, 9, 0, 0, 500_000),
        datetime(2026, 3, 2, 9, 0, 0, 500_000, tzinfo=UTC),
    ],
)
def test_a_time_is_told_by_how_it_looks(value: object) -> None:
    """Seconds, milli-, micro- and nanoseconds, text with and without a zone, .NET's ticks."""
    assert moment(time_of(value)) == AT


@pytest.mark.parametrize("value", ["2026-03-02", date(2026, 3, 2), "2026-03-02 00:00", 2461101.5, "2461101.5"])
def test_a_day_is_its_midnight(value: object) -> None:
    """Dates alone, minutes without seconds, and Julian days."""
    assert moment(time_of(value)) == 1_772_409_600_000_000


@pytest.mark.parametrize("value", ["yesterday", "", "2026-13-02", True, [1], 1e300, "9" * 30, -5])
def test_what_is_no_time_is_refused_by_its_field(value: object) -> None:
    """It is given on as it is, and nothing is made up."""
    with pytest.raises(ValueError, match=r"."):
        moment(time_of(value))


@pytest.mark.parametrize(("unit", "value"), [("ticks", 10**30), ("julian", 10**12), ("s", 10**18), ("ms", "x")])
def test_a_unit_that_was_told_cannot_lead_beyond_all_times(unit: str, value: object) -> None:
    """A column in another unit than its map says is refused."""
    with pytest.raises(ValueError, match=r"."):
        moment(time_of(value, unit))


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (1500, "ms"),
        ("1500", "ms"),
        (1.5, "s"),
        (1_500_000, "us"),
        (1_500_000_000, "ns"),
        (15_000_000, "ticks"),
        ("00:00:01.5000000", "ms"),
        (timedelta(seconds=1.5), "ms"),
    ],
)
def test_durations_are_in_milliseconds(value: object, unit: str) -> None:
    """In the unit of their column, and as databases write spans of time."""
    assert milliseconds(duration_of(value, unit)) == 1_500_000
