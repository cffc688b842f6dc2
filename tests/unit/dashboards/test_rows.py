"""Reading answers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tokometer.dashboards.rows import added_up
from tokometer.measures import Result
from tokometer.measures.result import Column, Meta

_NOW = datetime(2026, 5, 1, tzinfo=UTC)
_COLUMNS = [Column("model", "", "text"), Column("cost", "usd", "money"), Column("requests", "requests", "integer")]


def _result(*rows: dict[str, Any]) -> Result:
    return Result(_COLUMNS, list(rows), Meta(since=_NOW, until=_NOW, tz="UTC"))


def test_rows_add_up() -> None:
    """Known values are added; names are left out."""
    rows = ({"model": "a", "cost": Decimal("0.5"), "requests": 2}, {"model": "b", "cost": None, "requests": 1})
    assert added_up(_result(*rows)) == {"cost": Decimal("0.5"), "requests": 3}


def test_what_no_row_knows_is_unknown() -> None:
    """The cost of calls that all have no price is unknown, and not zero."""
    assert added_up(_result({"model": "a", "cost": None, "requests": 1})) == {"cost": None, "requests": 1}


def test_no_rows_are_nothing() -> None:
    """Where nothing was used, nothing was spent."""
    assert added_up(_result()) == {"cost": 0, "requests": 0}
