"""Answers as JSON and CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tokometer.measures import Column, Meta, Result
from tokometer.measures.result import csv_cell

INDIA = timezone(timedelta(hours=5, minutes=30))


def result(**row: object) -> Result:
    """A result of one row."""
    columns = [
        Column("time", "", "time", "Time"),
        Column("model", "", "text", "Model"),
        Column("cost", "usd", "money", "Cost"),
        Column("rate", "percent", "number", "Error rate"),
    ]
    since = datetime(2025, 1, 1, tzinfo=UTC)
    values = {"time": datetime(2025, 1, 2, tzinfo=INDIA), "model": "gpt-5", "cost": Decimal("0.1"), "rate": 0.25}
    return Result(columns, [{**values, **row}], Meta(since=since, until=since, tz="UTC"))


def test_json_keeps_every_digit() -> None:
    """Money is a decimal string with nine places, times are RFC 3339 with their offset."""
    given = result(cost=Decimal("12345678.000000001")).to_json()
    assert given["rows"] == [
        {"time": "2025-01-02T00:00:00+05:30", "model": "gpt-5", "cost": "12345678.000000001", "rate": 0.25}
    ]
    assert given["columns"][2] == {"name": "cost", "unit": "usd", "type": "money", "title": "Cost"}
    assert given["meta"]["since"] == "2025-01-01T00:00:00Z"


def test_json_keeps_small_money_out_of_exponents() -> None:
    """A nano-dollar is written out."""
    assert result(cost=Decimal("1E-9")).to_json()["rows"][0]["cost"] == "0.000000001"


def test_csv_has_titles_and_units() -> None:
    """The header says what the numbers are; unknown is empty; dates are ISO."""
    header, row = csv.reader(io.StringIO(result(cost=None, model=date(2025, 1, 2)).to_csv()))
    assert header == ["Time", "Model", "Cost (USD)", "Error rate (per cent (a ratio from 0 to 1))"]
    assert row == ["2025-01-02T00:00:00+05:30", "2025-01-02", "", "0.25"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"],
)
def test_csv_disarms_formulas(text: str) -> None:
    """A name that a spreadsheet would compute becomes text."""
    assert next(iter(csv.DictReader(io.StringIO(result(model=text).to_csv(), newline=""))))["Model"] == f"'{text}"


@pytest.mark.parametrize("hidden", ["\u200b", "\x1b", "\u202e", "\ufeff", "\x00"])
def test_csv_holds_nothing_that_cannot_be_seen(hidden: str) -> None:
    """Nor what hides behind it."""
    row = next(iter(csv.DictReader(io.StringIO(result(model=f"{hidden}=1{hidden}+1").to_csv(), newline=""))))
    assert row["Model"] == "'=1+1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (6.249999999999995, "6.25"),
        (8627.646917404787, "8627.6469174"),
        (40878339661107.74, "40878339661100"),
        (1e-7 / 3, "0.0000000333333333333"),
        (Decimal("0.2543413098654515307785954691"), "0.25434131"),
        (Decimal("123456789012345678901234567890.000000001"), "123456789012345678901234567890.000000001"),
        (12345678901234567, "12345678901234567"),
    ],
)
def test_csv_has_no_digits_that_computing_made_up(value: object, text: str) -> None:
    """Ratios and quantiles have twelve digits, amounts nine decimals, counts all of theirs."""
    assert csv_cell(value) == text


def test_csv_leaves_negative_numbers_alone() -> None:
    """Numbers are ours, and may be negative."""
    row = next(iter(csv.DictReader(io.StringIO(result(cost=Decimal("-0.5")).to_csv()))))
    assert row["Cost (USD)"] == "-0.5"


def test_csv_quotes_what_needs_it() -> None:
    """Commas, quotes and line ends inside a value survive."""
    text = 'a,"b"\nc'
    assert next(iter(csv.DictReader(io.StringIO(result(model=text).to_csv(), newline=""))))["Model"] == text
