"""Rows as files: types are exact, and nothing that came from elsewhere becomes a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from tokometer.dashboards.panel import Table
from tokometer.measures.result import csv_cell
from tokometer.reports.columns import columns_of, type_of
from tokometer.reports.rows import as_csv, as_parquet

_AMOUNTS = st.decimals(-999_999_999, 999_999_999, places=9, allow_nan=False, allow_infinity=False)
_TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@given(st.lists(st.tuples(_TEXTS, st.none() | _AMOUNTS, st.none() | st.integers(-(2**63), 2**63 - 1)), max_size=5))
def test_parquet_keeps_every_digit(rows: list[tuple[str, Decimal | None, int | None]]) -> None:
    """Amounts are decimal(18, 9), counts are whole, names are as they were."""
    table = Table(("model", "calls.cost", "calls.requests"), rows)
    read = pq.read_table(io.BytesIO(as_parquet(table)))
    assert [tuple(row.values()) for row in read.to_pylist()] == rows
    assert read.schema.field("calls.cost").type == pa.decimal128(18, 9)
    assert read.schema.field("calls.requests").type == pa.int64()


def test_times_are_moments_with_a_zone() -> None:
    """A time is read back as the same moment, and says that it is one."""
    at = datetime.fromisoformat("2026-03-29T03:30:00+02:00")
    read = pq.read_table(io.BytesIO(as_parquet(Table(("time",), [(at,), (None,)]))))
    assert read.schema.field("time").type == pa.timestamp("us", tz="UTC")
    assert read.to_pylist()[0]["time"].astimezone(UTC) == at


def test_amounts_beyond_a_billion_have_more_room() -> None:
    """An amount that nine digits cannot hold is kept as decimal(38, 9)."""
    read = pq.read_table(io.BytesIO(as_parquet(Table(("calls.cost",), [(Decimal("1234567890123.5"),)]))))
    assert read.to_pylist() == [{"calls.cost": Decimal("1234567890123.5")}]


def test_whole_numbers_beyond_64_bits_keep_every_digit() -> None:
    """A sum of tokens that no integer of Parquet holds is kept as decimal(38, 0), not as a float."""
    large = 2**63 + 12_345
    read = pq.read_table(io.BytesIO(as_parquet(Table(("calls.total_tokens",), [(large,), (None,)]))))
    assert [row["calls.total_tokens"] for row in read.to_pylist()] == [Decimal(large), None]


def test_what_is_of_several_types_is_text_to_the_last_digit() -> None:
    """A column of amounts and durations is written as in CSV, not rounded into one type."""
    table = Table(("measure", "value"), [("calls.cost", Decimal("0.1")), ("calls.p95_latency", 12.5), ("x", None)])
    assert [one.type for one in columns_of(table)] == ["text", "text"]
    read = pq.read_table(io.BytesIO(as_parquet(table))).to_pylist()
    assert [row["value"] for row in read] == ["0.1", "12.5", None]


def test_an_empty_column_has_the_type_of_its_unit() -> None:
    """Without a value, what a column would hold decides."""
    assert type_of([None], "usd") == "money"
    assert type_of([], "requests") == "integer"
    assert type_of([]) == "text"


@given(_TEXTS, st.sampled_from(("", *_BEGINNINGS, "\u200b=", "\ufeff@", "\u202e+")))
def test_no_cell_of_csv_is_computed(text: str, beginning: str) -> None:
    """Whatever a name is, its cell does not begin as a formula does."""
    made = as_csv(Table(("model",), [(beginning + text,)])).decode()
    cell = next(iter(list(csv.reader(io.StringIO(made, newline="")))[1:]), [""])
    assert not cell or not cell[0].startswith(_BEGINNINGS)
    assert csv_cell(beginning + text).startswith("'") or not csv_cell(beginning + text).startswith(_BEGINNINGS)
